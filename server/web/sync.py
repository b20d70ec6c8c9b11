"""The rules of the sync: every item alone, exactly once, nothing lost, nothing blocked."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

import msgspec
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from server import metrics
from server.domain.clock import clock_correction
from server.domain.errors import DomainError, Invalid
from server.storage import audit, blocks, choices, diary_entries, enrolments, models, reminders
from server.storage.diary_entries import Kept
from server.web import wire
from server.web.decoding import decode, item_id
from server.web.received import check_instant, content_of

#: So far in the future an injection may lie, for clocks that differ a little.
AHEAD = timedelta(minutes=5)


class Rejected(DomainError):
    """An item that cannot be kept as it is; the phone keeps it and shows why."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.code = reason


def take(
    session: Session,
    device: models.Device,
    request: wire.SyncRequest[msgspec.Raw],
    now: datetime,
) -> list[wire.ItemResult]:
    """Take all that a phone sends, in its order, and say of each item what became of it.

    All in the caller's transaction: when the phone hears of it, it is on disk, and the reminders
    of what is answered are settled. Syncs of one patient take their turns.

    :raises Invalid: the phone's clock shows a time that cannot be corrected
    """
    check_instant(request.sent_at, "sent_at")
    enrolment = enrolments.of_device(session, device, lock=True)
    batch = Batch(session, device, enrolment, (now - request.sent_at).total_seconds(), now)
    results = [batch.take(bytes(raw)) for raw in request.items]
    batch.settle()
    device.seen_at = now
    if request.persisted is not None:
        device.storage_persisted = request.persisted
    return results


class Batch:
    """The items of one sync request, and what they are about.

    :param at_sync_seconds: server minus phone, as the request arrived
    """

    def __init__(
        self,
        session: Session,
        device: models.Device,
        enrolment: models.Enrolment,
        at_sync_seconds: float,
        now: datetime,
    ) -> None:
        self.session = session
        self.device = device
        self.at_sync_seconds = at_sync_seconds
        self.now = now
        patients = blocks.of_patient(session, device.clinic_id, enrolment.patient_id, lock=True)
        self.blocks = {block.id: block for block in patients}
        self._changed: set[UUID] = set()

    def take(self, raw: bytes) -> wire.ItemResult:
        """Keep one item, or say why not; whatever is wrong with it stays with it."""
        sent_id = item_id(raw)
        try:
            with self.session.begin_nested():
                kept = self._keep(decode(raw, wire.Item))
        except Invalid as fault:
            return _rejected(sent_id, "invalid", str(fault))
        except DomainError as refusal:
            return _rejected(sent_id, refusal.code, str(refusal))
        except DataError:
            return _rejected(sent_id, "invalid", "It holds a value that cannot be stored.")
        return wire.ItemResult(id=sent_id, outcome=kept.outcome, received_at=kept.received_at)

    def settle(self) -> None:
        """Close the reminders that the new entries answer, open those that they withdraw."""
        for block_id in self._changed:
            blocks.settle(self.session, self.blocks[block_id])

    def _keep(self, item: wire.Item) -> Kept:
        match item:
            case wire.DiaryEntry():
                return self._keep_entry(item)
            case wire.InjectionDone():
                return self._keep_injection(item)
            case wire.ReminderShown():
                return self._keep_receipt(item)
            case wire.QuietHours():
                return self._keep_quiet_hours(item)
            case wire.ZoneFollowed():
                return self._keep_zone(item)

    def _keep_entry(self, item: wire.DiaryEntry) -> Kept:
        content = content_of(item)
        row = models.DiaryEntry(
            **self._received(item, content),
            kind=item.kind,
            felt_at=item.felt_at,
            recorded_at=item.recorded_at,
        )
        if kept := diary_entries.known(self.session, row):
            return kept
        self._check_entry(item)
        self._changed.add(item.block_id)
        return diary_entries.keep(self.session, row)

    def _keep_injection(self, item: wire.InjectionDone) -> Kept:
        content = content_of(item)
        row = models.InjectionDone(**self._received(item, content))
        if kept := diary_entries.known(self.session, row):
            return kept
        block = self._block(item.block_id)
        clock = clock_correction(item.clock_difference_seconds, self.at_sync_seconds)
        if item.performed_at + clock.shift > self.now + AHEAD:
            raise Invalid("performed_at", "The injection lies in the future. Set its time again.")
        kept = diary_entries.keep(self.session, row)
        performed_at = blocks.time_by_patient(self.session, block)
        if performed_at is not None and block.cancelled_at is None:
            actor = audit.phone(self.device)
            blocks.start(self.session, block, performed_at, "phone", actor, self.now)
        return kept

    def _keep_receipt(self, item: wire.ReminderShown) -> Kept:
        content_of(item)
        outcome = reminders.receipt(
            self.session,
            self.device.clinic_id,
            self.device.id,
            item.id,
            item.shown_at,
            self.now,
            self.at_sync_seconds,
        )
        if outcome == "unknown":
            raise Rejected("unknown_delivery", "No reminder of this name was sent to this phone.")
        if outcome == "stored":
            metrics.receipt()
        return Kept(outcome, reminders.receipt_at(self.session, self.device.clinic_id, item.id))

    def _keep_quiet_hours(self, item: wire.QuietHours) -> Kept:
        row = self._choice(item, None)
        if kept := choices.known(self.session, row):
            return kept
        kept = choices.keep(self.session, row)
        for block in self.blocks.values():
            blocks.replan(self.session, block, self.now)
        return kept

    def _keep_zone(self, item: wire.ZoneFollowed) -> Kept:
        row = self._choice(item, item.block_id)
        if kept := choices.known(self.session, row):
            return kept
        block = self._block(item.block_id)
        if item.timezone not in available_timezones():
            raise Rejected("unknown_zone", f"{item.timezone} is not a time zone known here.")
        kept = choices.keep(self.session, row)
        zone = choices.zone(self.session, block)
        assert zone is not None, "one was kept a moment ago"
        blocks.follow_zone(self.session, block, zone, audit.phone(self.device), self.now)
        return kept

    def _choice(
        self, item: wire.QuietHours | wire.ZoneFollowed, block_id: UUID | None
    ) -> models.PatientChoice:
        content = content_of(item)
        clock = clock_correction(item.clock_difference_seconds, self.at_sync_seconds)
        return models.PatientChoice(
            clinic_id=self.device.clinic_id,
            enrolment_id=self.device.enrolment_id,
            device_id=self.device.id,
            block_id=block_id,
            id=item.id,
            kind=content["type"],
            chosen_at=item.recorded_at + clock.shift,
            content=content,
            digest=diary_entries.digest(content),
            received_at=self.now,
        )

    def _check_entry(self, item: wire.DiaryEntry) -> None:
        block = self._block(item.block_id)
        for site in item.scores:
            if site not in block.sites:
                raise Rejected("unknown_site", f"This block has no pain site named {site}.")
        if item.kind == "unable" and item.scores:
            raise Invalid("scores", "An entry that says why there is no score cannot have one.")
        if item.replaces is not None:
            self._check_replaced(item, item.replaces)

    def _check_replaced(self, item: wire.DiaryEntry, replaced_id: UUID) -> None:
        replaced = diary_entries.find(
            self.session, self.device.clinic_id, self.device.enrolment_id, replaced_id
        )
        if replaced is None:
            raise Rejected("unknown_replaced", "The entry that this one corrects is not here.")
        if (replaced.kind, replaced.block_id) != (item.kind, item.block_id):
            raise Rejected("wrong_kind", "An entry can correct only one of its own kind and block.")

    def _block(self, block_id: UUID) -> models.Block:
        """One of this patient's blocks; anybody else's is as unknown as none."""
        if block_id not in self.blocks:
            raise Rejected("unknown_block", "This block is not one of yours.")
        return self.blocks[block_id]

    def _received(
        self, item: wire.DiaryEntry | wire.InjectionDone, content: dict[str, Any]
    ) -> dict[str, Any]:
        return {
            "clinic_id": self.device.clinic_id,
            "enrolment_id": self.device.enrolment_id,
            "device_id": self.device.id,
            "block_id": item.block_id,
            "id": item.id,
            "content": content,
            "digest": diary_entries.digest(content),
            "sync_clock_difference_seconds": self.at_sync_seconds,
            "received_at": self.now,
        }


def _rejected(sent_id: str | None, reason: str, message: str) -> wire.ItemResult:
    return wire.ItemResult(id=sent_id, outcome="rejected", reason=reason, message=message)
