"""The tables. Every row of data belongs to exactly one clinic, and says which (`clinic_id`)."""

from server.storage.models.clinics import (
    AcceptedLanguage,
    AuditEvent,
    Clinic,
    ClinicTexts,
    InstallationKey,
    Protocol,
    Retention,
)
from server.storage.models.diary import DiaryEntry, EntryConflict, InjectionDone, PatientChoice
from server.storage.models.integrations import ApiToken, ReportPush, ReportTarget
from server.storage.models.patients import (
    Block,
    Device,
    Enrolment,
    Invitation,
    Patient,
    SignOff,
    StaffBaseline,
)
from server.storage.models.reminders import Reminder, ReminderDelivery, ReminderLoop, Subscription
from server.storage.models.revisions import raise_revision

__all__ = [
    "AcceptedLanguage",
    "ApiToken",
    "AuditEvent",
    "Block",
    "Clinic",
    "ClinicTexts",
    "Device",
    "DiaryEntry",
    "Enrolment",
    "EntryConflict",
    "InjectionDone",
    "InstallationKey",
    "Invitation",
    "Patient",
    "PatientChoice",
    "Protocol",
    "Reminder",
    "ReminderDelivery",
    "ReminderLoop",
    "ReportPush",
    "ReportTarget",
    "Retention",
    "SignOff",
    "StaffBaseline",
    "Subscription",
    "raise_revision",
]
