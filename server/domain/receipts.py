"""What receipts tell: whether a phone really shows the reminders that push services accept."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

#: A receipt takes a moment: a phone that sleeps shows a message after up to a few minutes.
GRACE = timedelta(minutes=5)
#: So many reminders in a row without a receipt are no accident.
UNCONFIRMED = 2


@dataclass(frozen=True)
class Ring:
    """One push that a push service accepted for one phone.

    `receipt_at` is when the phone's receipt arrived; None: none did.
    """

    assessment_id: str
    accepted_at: datetime
    receipt_at: datetime | None


def is_unconfirmed(rings: Iterable[Ring], now: datetime) -> bool:
    """Did a phone leave its last two reminders without a receipt?

    All pushes about one assessment are one reminder, as old as the first of them: any receipt
    confirms it. One that is younger than the grace is not counted yet, unless it is confirmed.
    """
    begun: dict[str, datetime] = {}
    confirmed = set()
    for ring in sorted(rings, key=lambda ring: ring.accepted_at):
        begun.setdefault(ring.assessment_id, ring.accepted_at)
        if ring.receipt_at is not None:
            confirmed.add(ring.assessment_id)
    counted = [
        each in confirmed
        for each, accepted_at in begun.items()
        if each in confirmed or now - accepted_at >= GRACE
    ]
    last = counted[-UNCONFIRMED:]
    return len(last) == UNCONFIRMED and not any(last)
