"""What the audit trail's page calls what was done, and what it was done to.

The file that is exported, and the values of details, keep the codes: they are for machines.
"""

from collections.abc import Mapping
from typing import Any

from flask import Flask

from server.web.speech import N, said, t

ACTIONS: Mapping[str, str] = {
    "audit.exported": N("audit: exported"),
    "audit.viewed": N("audit: viewed"),
    "block.baseline_entered": N("block: baseline entered"),
    "block.cancelled": N("block: cancelled"),
    "block.entry_corrected": N("block: entry corrected"),
    "block.entry_withdrawn": N("block: entry withdrawn"),
    "block.entry_written": N("block: entry written"),
    "block.exported": N("block: exported"),
    "block.given_set": N("block: given set"),
    "block.planned": N("block: planned"),
    "block.signed_off": N("block: signed off"),
    "block.time_changed": N("block: time changed"),
    "block.time_set": N("block: time set"),
    "block.viewed": N("block: viewed"),
    "block.zone_changed": N("block: zone changed"),
    "board.viewed": N("board: viewed"),
    "clinic.contact_changed": N("clinic: contact changed"),
    "clinic.exported": N("clinic: exported"),
    "clinic.report_target_removed": N("clinic: report target removed"),
    "clinic.report_target_set": N("clinic: report target set"),
    "clinic.retention_set": N("clinic: retention set"),
    "clinic.second_factor_rule": N("clinic: second factor rule"),
    "device.viewed": N("device: viewed"),
    "enrolment.device_revoked": N("enrolment: device revoked"),
    "enrolment.invitation_withdrawn": N("enrolment: invitation withdrawn"),
    "enrolment.invited": N("enrolment: invited"),
    "enrolment.redeemed": N("enrolment: redeemed"),
    "fhir.metadata": N("fhir: metadata"),
    "fhir.read": N("fhir: read"),
    "fhir.searched": N("fhir: searched"),
    "language.accepted": N("language: accepted"),
    "language.withdrawn": N("language: withdrawn"),
    "patient.anonymised": N("patient: anonymised"),
    "patient.erased": N("patient: erased"),
    "patient.language_set": N("patient: language set"),
    "patient.viewed": N("patient: viewed"),
    "protocol.saved": N("protocol: saved"),
    "report.not_sent": N("report: not sent"),
    "report.sent": N("report: sent"),
    "report.tried_again": N("report: tried again"),
    "staff.added": N("staff: added"),
    "staff.app_removed": N("staff: app removed"),
    "staff.app_set": N("staff: app set"),
    "staff.code_failed": N("staff: code failed"),
    "staff.deactivated": N("staff: deactivated"),
    "staff.joined": N("staff: joined"),
    "staff.language_set": N("staff: language set"),
    "staff.link_made": N("staff: link made"),
    "staff.passkey_added": N("staff: passkey added"),
    "staff.passkey_removed": N("staff: passkey removed"),
    "staff.password_changed": N("staff: password changed"),
    "staff.password_right": N("staff: password right"),
    "staff.reactivated": N("staff: reactivated"),
    "staff.recovery_code_used": N("staff: recovery code used"),
    "staff.recovery_codes_made": N("staff: recovery codes made"),
    "staff.reset": N("staff: reset"),
    "staff.role_changed": N("staff: role changed"),
    "staff.session_ended": N("staff: session ended"),
    "staff.sign_in_failed": N("staff: sign in failed"),
    "staff.signed_in": N("staff: signed in"),
    "staff.signed_out": N("staff: signed out"),
    "staff.signed_out_everywhere": N("staff: signed out everywhere"),
    "staff.viewed": N("staff: viewed"),
    "token.made": N("token: made"),
    "token.revoked": N("token: revoked"),
    "email_reminders.gone": N("email reminders: address gone"),
    "email_reminders.off": N("email reminders: off"),
    "email_reminders.on": N("email reminders: on"),
    "email_reminders.stopped": N("email reminders: stopped"),
    "patient.email_kept": N("patient: email kept"),
    "patient.email_removed": N("patient: email removed"),
}
SUBJECTS: Mapping[str, str] = {
    "block": N("Block"),
    "patient": N("Patient"),
    "enrolment": N("Enrolment"),
    "device": N("Device"),
    "protocol": N("Protocol"),
    "clinic": N("Clinic"),
    "staff": N("Staff"),
    "token": N("Token"),
    "report": N("Report"),
}


#: What is told of an action; its values are codes, numbers and times.
DETAILS: Mapping[str, str] = {
    "action": N("action"),
    "advice": N("advice"),
    "months": N("months"),
    "opening_hours": N("opening hours"),
    "then": N("then"),
    "actor": N("actor"),
    "asked": N("asked"),
    "before": N("before"),
    "blocks": N("blocks"),
    "by": N("signed in by"),
    "changed": N("changed"),
    "check_word": N("check word"),
    "comment_sha256": N("SHA-256 of the comment"),
    "concentration_percent": N("concentration in percent"),
    "credential": N("credential"),
    "device": N("device"),
    "emergency_number": N("emergency number"),
    "entry": N("entry"),
    "expires_at": N("expires"),
    "felt_at": N("felt"),
    "figures": N("figures"),
    "file": N("file"),
    "for": N("asked of"),
    "format": N("format"),
    "found": N("found"),
    "from": N("from"),
    "host": N("host"),
    "id": N("id"),
    "invitation": N("invitation"),
    "kind": N("kind"),
    "left": N("still left"),
    "name": N("name"),
    "out_of_hours_telephone": N("telephone out of hours"),
    "page": N("page"),
    "patient": N("patient"),
    "performed_at": N("done"),
    "problem": N("problem"),
    "replaces": N("replaces"),
    "role": N("role"),
    "rows": N("rows"),
    "scopes": N("may read"),
    "score": N("score"),
    "scores": N("scores"),
    "sedation": N("sedation"),
    "sign_off": N("sign-off"),
    "since": N("since"),
    "site": N("site"),
    "source": N("source"),
    "steroid": N("steroid"),
    "telephone": N("telephone"),
    "timezone": N("time zone"),
    "to": N("to"),
    "told": N("told"),
    "tries": N("tries"),
    "type": N("type"),
    "until": N("until"),
    "version": N("version"),
}


def action_name(action: str) -> str:
    """ "staff: signed in" """
    known = ACTIONS.get(action)
    return said(known) if known else action.replace(".", ": ", 1).replace("_", " ")


def subject_name(subject: str) -> str:
    """ "Block", of "block:5f3a..." """
    kind = subject.partition(":")[0]
    return said(SUBJECTS[kind]) if kind in SUBJECTS else kind.capitalize()


def told_details(details: Mapping[str, Any]) -> dict[str, str]:
    """What was told, under its name in words; what was not told is left out."""
    return {
        _detail_name(name): _shown(value) for name, value in details.items() if value is not None
    }


def _detail_name(name: str) -> str:
    if name in DETAILS:
        return said(DETAILS[name])
    text, _, language = name.rpartition("_")  # opening_hours_en
    return f"{said(DETAILS[text])} ({language})" if text in DETAILS else name.replace("_", " ")


def _shown(value: Any) -> str:
    match value:
        case None:
            return "–"
        case bool():
            return t("yes") if value else t("no")
        case {"from": before, "to": after}:
            return f"“{_shown(before)}” → “{_shown(after)}”"
        case Mapping():
            return "; ".join(f"{_detail_name(name)} {_shown(each)}" for name, each in value.items())
        case list():
            return ", ".join(map(_shown, value))
    return str(value)


def register(app: Flask) -> None:
    """Give the templates the words."""
    app.add_template_filter(action_name)
    app.add_template_filter(subject_name)
    app.add_template_filter(told_details)
