"""What the staff of a clinic may be, and what they may do at its pages."""

from collections.abc import Mapping

#: From most to least that they may do.
ROLES: tuple[str, ...] = ("administrator", "clinician", "nurse", "viewer")

EVERYBODY = frozenset(ROLES)
#: Who looks after patients; an administrator may too, since a small clinic has one person for all.
CARERS = EVERYBODY - {"viewer"}
ADMINISTRATORS = frozenset({"administrator"})
#: Whose conclusion a sign-off can be.
CLINICIANS = frozenset({"clinician"})

#: By endpoint, the roles that may use it. What has no line here is closed to everybody.
#: `docs/access.md` says the same in a clinic's words, and a test holds the two together.
MAY: Mapping[str, frozenset[str]] = {
    "board.board": EVERYBODY,
    "board.sign_out": EVERYBODY,
    "block.block": EVERYBODY,
    "block.report_as_json": EVERYBODY,
    "block.record_as_json": EVERYBODY,
    "block.report_as_pdf": EVERYBODY,
    "exports.diary": EVERYBODY,
    "exports.fhir": EVERYBODY,
    "block.signed_off": CLINICIANS,
    "block.email_entered": CARERS,
    "block.email_stopped": CARERS,
    "block.email_resumed": CARERS,
    "block.time_set": CARERS,
    "block.given_set": CARERS,
    "block.baseline_entered": CARERS,
    "block.cancelled": CARERS,
    "staff_entry.asked": CARERS,
    "staff_entry.written": CARERS,
    "staff_entry.correction_asked": CARERS,
    "staff_entry.corrected": CARERS,
    "staff_entry.withdrawn": CARERS,
    "staff_entry.paper": EVERYBODY,
    "enrol.enrol": CARERS,
    "enrol.enrol_sent": CARERS,
    "enrol_list.enrol_list": CARERS,
    "enrol_list.enrol_list_sent": CARERS,
    "enrol_list.example": CARERS,
    "sheet.sheet": EVERYBODY,
    "sheet.sheet_made": CARERS,
    "sheet.phone_revoked": CARERS,
    "exports.exports": CARERS,
    "exports.blocks": CARERS,
    "exports.diaries": CARERS,
    "exports.dictionary": CARERS,
    "statistics.shown": EVERYBODY,
    "connections.connections": ADMINISTRATORS,
    "connections.token_made": ADMINISTRATORS,
    "connections.token_revoked": ADMINISTRATORS,
    "connections.fhir_server_set": ADMINISTRATORS,
    "connections.webhook_set": ADMINISTRATORS,
    "connections.target_removed": ADMINISTRATORS,
    "connections.tried_again": ADMINISTRATORS,
    "languages.languages": EVERYBODY,
    # To answer for words that nobody reviewed is a clinical decision, or the clinic's own.
    "languages.accepted": CLINICIANS | ADMINISTRATORS,
    "languages.withdrawn": CLINICIANS | ADMINISTRATORS,
    "contact.contact_page": ADMINISTRATORS,
    "contact.changed": ADMINISTRATORS,
    "protocols.protocols_list": EVERYBODY,
    "protocols.protocol": EVERYBODY,
    # What is asked and what counts as relief decides the verdict: as languages above.
    "protocols.new": CLINICIANS | ADMINISTRATORS,
    "protocols.new_sent": CLINICIANS | ADMINISTRATORS,
    "protocols.edit": CLINICIANS | ADMINISTRATORS,
    "protocols.edit_sent": CLINICIANS | ADMINISTRATORS,
    "account.account": EVERYBODY,
    "account.password_changed": EVERYBODY,
    "account.app_removed": EVERYBODY,
    "account.recovery_codes_made": EVERYBODY,
    "account.passkey_removed": EVERYBODY,
    "account.session_ended": EVERYBODY,
    "account.signed_out_everywhere": EVERYBODY,
    "passkeys.options": EVERYBODY,
    "passkeys.added": EVERYBODY,
    "second_factor.asked": EVERYBODY,
    "second_factor.given": EVERYBODY,
    "second_factor.app_offered": EVERYBODY,
    "second_factor.app_set": EVERYBODY,
    "keeping.shown": ADMINISTRATORS,
    "keeping.decided": ADMINISTRATORS,
    "keeping.erasing": ADMINISTRATORS,
    "keeping.erased": ADMINISTRATORS,
    "keeping.proof": ADMINISTRATORS,
    "keeping.everything": ADMINISTRATORS,
    "trail.trail": ADMINISTRATORS,
    "trail.exported": ADMINISTRATORS,
    "people.people": ADMINISTRATORS,
    "people.invited": ADMINISTRATORS,
    "people.person": ADMINISTRATORS,
    "people.role_changed": ADMINISTRATORS,
    "people.deactivated": ADMINISTRATORS,
    "people.reactivated": ADMINISTRATORS,
    "people.reset": ADMINISTRATORS,
    "people.second_factor_set": ADMINISTRATORS,
}


def may(role: str, endpoint: str) -> bool:
    """May somebody of this role use the endpoint? Not if nobody said so."""
    return role in MAY.get(endpoint, frozenset())
