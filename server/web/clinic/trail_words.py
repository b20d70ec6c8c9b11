"""What the audit trail's page calls what was done, and what it was done to.

The file that is exported, and the names of details, keep the codes: they are for machines.
"""

from collections.abc import Mapping

from flask import Flask

from server.web.speech import N, said

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
    "token.made": N("token: made"),
    "token.revoked": N("token: revoked"),
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


def action_name(action: str) -> str:
    """ "staff: signed in" """
    known = ACTIONS.get(action)
    return said(known) if known else action.replace(".", ": ", 1).replace("_", " ")


def subject_name(subject: str) -> str:
    """ "Block", of "block:5f3a..." """
    kind = subject.partition(":")[0]
    return said(SUBJECTS[kind]) if kind in SUBJECTS else kind.capitalize()


def register(app: Flask) -> None:
    """Give the templates the words."""
    app.add_template_filter(action_name)
    app.add_template_filter(subject_name)
