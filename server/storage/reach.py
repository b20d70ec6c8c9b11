"""How the patient of a reminder's block is reached: joins that its planning and its records share."""

from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func
from sqlalchemy.orm import InstrumentedAttribute

from server.storage.models import (
    Block,
    Device,
    Enrolment,
    Reminder,
    ReminderDelivery,
    Subscription,
)

Joined = TypeVar("Joined", bound=Select[*tuple[Any, ...]])


def _same_clinic(clinic_id: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """Whether it is the reminder's, said so that no index of it alone serves: SQLite, which keeps
    no statistics, would read all phones of the clinic for each reminder."""
    return func.coalesce(clinic_id, Reminder.clinic_id) == Reminder.clinic_id


def to_email(blocks: Joined) -> Joined:
    """Join a query of blocks with the patient's e-mail address, and with the delivery there. For
    reminders whose patient has no phone that may be sent to.

    Not for a nudge: it follows what no phone confirmed. No mailbox confirms anything, so each
    e-mail would bring a second one.
    """
    return blocks.join(
        Subscription,
        and_(
            _same_clinic(Subscription.clinic_id),
            Subscription.email_of == Block.patient_id,
            Subscription.retired_at.is_(None),
            Reminder.attempt != "nudge",
        ),
    ).outerjoin(
        ReminderDelivery,
        and_(
            ReminderDelivery.reminder_id == Reminder.id,
            ReminderDelivery.subscription_id == Subscription.id,
        ),
    )


def to_phones(blocks: Joined) -> Joined:
    """Join a query of blocks with the phones that may be sent to, and with the deliveries there."""
    return (
        blocks.join(
            Enrolment,
            and_(
                _same_clinic(Enrolment.clinic_id),
                Enrolment.patient_id == Block.patient_id,
                Enrolment.revoked_at.is_(None),
            ),
        )
        .join(
            Device,
            and_(
                _same_clinic(Device.clinic_id),
                Device.enrolment_id == Enrolment.id,
                Device.revoked_at.is_(None),
            ),
        )
        .join(
            Subscription,
            and_(
                _same_clinic(Subscription.clinic_id),
                Subscription.device_id == Device.id,
                Subscription.retired_at.is_(None),
            ),
        )
        .outerjoin(
            ReminderDelivery,
            and_(
                ReminderDelivery.reminder_id == Reminder.id,
                ReminderDelivery.subscription_id == Subscription.id,
            ),
        )
    )
