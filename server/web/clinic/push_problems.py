"""Why a report, or a reminder, was not taken, in the words that staff read."""

from collections.abc import Mapping

from flask import Flask

from server.web.speech import N, said, t

#: By what `report_targets.Outcome` calls them.
_REPORTS: Mapping[str, str] = {
    "timed_out": N("It did not answer in time."),
    "unreachable": N("It could not be reached."),
    "tls_failed": N("Its certificate is not trusted."),
    "address_forbidden": N("Its name leads into the server’s own network, which is not allowed."),
    "address_refused": N("The address is no longer allowed here. Enter it again."),
    "unreadable": N("The credential cannot be read any more. Enter it again."),
    "not_fhir": N("It answered, but not as a FHIR server does after a transaction."),
    "redirected": N("It points to another address, which is not followed. Enter that one."),
    "stopped": N("The server was stopped meanwhile."),
    "fault": N("It could not be made. The fault was recorded."),
    "status_401": N("It answered 401: it does not accept the credential."),
    "status_403": N("It answered 403: the credential does not allow it."),
    "status_404": N("It answered 404: there is nothing at this address."),
}
#: By the reason that a delivery keeps.
_REMINDERS: Mapping[str, str] = {
    "timed_out": N("timed out"),
    "unreachable": N("unreachable"),
    "behind": N("behind"),
    "no_answer": N("no answer"),
    "certificate": N("certificate"),
    "tls_failed": N("certificate"),
    "no_tls": N("no tls"),
    "unreadable": N("unreadable"),
    "fault": N("fault"),
    "email_off": N("email off"),
    "not_begun": N("not begun"),
    "too_late": N("too late"),
    "stopped": N("stopped"),
    "failed": N("fault"),
    "gone": N("no longer there"),
    "refused": N("refused"),
    "connect_refused": N("refused"),
    "policy": N("refused"),
    "sign_in_refused": N("sign-in refused"),
    "sender_refused": N("sender refused"),
    "mailbox_full": N("mailbox full"),
    "too_many": N("too many at once"),
    "unavailable": N("out of order"),
    "deferred": N("put off"),
    "too_large": N("too long"),
    "redirected": N("led elsewhere"),
    "bad_keys": N("wrong keys"),
    "push_service_unknown": N("push service not allowed"),
    "address_forbidden": N("address not allowed"),
}


def words_of(problem: str) -> str:
    """Why a report was not taken, in a sentence."""
    if problem in _REPORTS:
        return said(_REPORTS[problem])
    status = problem.removeprefix("status_")
    return problem if status == problem else t("It answered {status}.", status=status)


def failure_name(reason: str) -> str:
    """Why no push service or mail server took a reminder, in a word or two."""
    if reason in _REMINDERS:
        return said(_REMINDERS[reason])
    return t("answer {status}", status=reason.removeprefix("status_"))


def register(app: Flask) -> None:
    """Give the templates the words."""
    app.add_template_filter(failure_name)
