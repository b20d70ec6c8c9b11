"""What the board needs of a block's diary, whatever the time: made once for a state of the diary."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from server.domain.baseline import Baseline
from server.domain.block_record import BlockDiary, block_record
from server.domain.compliance import AssessmentStatus, assessment_statuses
from server.domain.schedule import Assessment, local_date, midnight_after

#: What a patient told of after-effects stays on the board for so long, over a weekend too.
TOLD_STAYS = timedelta(days=3)


@dataclass(frozen=True)
class LastRating:
    """The scores of the standing rating about the latest moment."""

    felt_at: datetime
    scores: Mapping[str, int]


@dataclass(frozen=True)
class Outline:
    """A diary in short. Without a time (`performed_at` None) it has no schedule.

    `in_the_end` says what became of each assessment once all have closed, if nothing more is
    written; `rescues` are when medicine was taken, by entries that stand, and `rescue_acts` for
    how long it may act; `told_at` is when the clinic last received an entry that tells of
    after-effects and was not corrected.
    """

    performed_at: datetime | None
    timezone: str
    baselines: Mapping[str, Baseline | None]
    schedule: tuple[Assessment, ...]
    in_the_end: Mapping[str, AssessmentStatus]
    last: LastRating | None
    rescues: tuple[datetime, ...]
    rescue_acts: timedelta
    told_at: datetime | None
    clock_uncertain: bool

    def statuses(self, now: datetime) -> dict[str, AssessmentStatus]:
        """Of the assessments opened by now, in order of due time: as `assessment_statuses`."""
        return {
            each.id: "pending"
            if self.in_the_end[each.id] == "missed" and each.closes_at > now
            else self.in_the_end[each.id]
            for each in self.schedule
            if each.opens_at <= now
        }

    def next_due(self, now: datetime) -> Assessment | None:
        """The first assessment that can still be answered and is not."""
        for each in self.schedule:
            answered = each.opens_at <= now and self.in_the_end[each.id] != "missed"
            if each.closes_at > now and not answered:
                return each
        return None

    def last_two_missed(self, now: datetime) -> bool:
        """Of the assessments that are answered or closed by now, were the last two missed?"""
        missed = 0
        for each in reversed(self.schedule):
            can_come = each.closes_at > now and self.in_the_end[each.id] == "missed"
            if each.opens_at > now or can_come:
                continue
            if self.in_the_end[each.id] != "missed":
                return False
            missed += 1
            if missed == 2:
                return True
        return False

    def medicine_acts(self, now: datetime) -> bool:
        """Was pain medicine taken so shortly before the block that it may still act? Until the
        block has a time, shortly before now."""
        until = self.performed_at or now
        return any(until - self.rescue_acts < each <= until for each in self.rescues)

    def is_current(self, now: datetime) -> bool:
        """Does the block wait, was it done today, can its diary still be answered, or did the
        patient lately tell of after-effects?"""
        if self.performed_at is None:
            return True
        if self.closes_at is not None and self.closes_at > now:
            return True
        if self.performed_on == local_date(now, self.timezone):
            return True
        return self.told_at is not None and self.told_at > now - TOLD_STAYS

    def holds_until(self, now: datetime) -> datetime:
        """Whatever is said here of a moment is said of every moment from now until then."""
        changes = [midnight_after(now, self.timezone)]
        for each in self.schedule:
            changes += (each.opens_at, each.closes_at)
        if self.performed_at is None:
            for taken_at in self.rescues:
                changes += (taken_at, taken_at + self.rescue_acts)
        if self.told_at is not None:
            changes.append(self.told_at + TOLD_STAYS)
        return min(each for each in changes if each > now)

    @cached_property
    def closes_at(self) -> datetime | None:
        """When the last assessment can no longer be answered; None without one."""
        return max((each.closes_at for each in self.schedule), default=None)

    @cached_property
    def performed_on(self) -> date | None:
        """The local date of the block; None without a time."""
        return self.performed_at and local_date(self.performed_at, self.timezone)


def outline(diary: BlockDiary) -> Outline:
    """The diary in short.

    :raises Invalid: its entries or its schedule contradict themselves, as `BlockRecord` says
    """
    schedule: tuple[Assessment, ...] = ()
    in_the_end: Mapping[str, AssessmentStatus] = {}
    if diary.performed_at is not None:
        record = block_record(diary, as_of=diary.performed_at)
        schedule = record.schedule
        end = max((each.closes_at for each in schedule), default=diary.performed_at)
        in_the_end = assessment_statuses(schedule, record.diary, as_of=end)
    replaced = {each.entry.replaces for each in diary.entries}
    stands = [each for each in diary.entries if each.entry.id not in replaced]
    ratings = [each for each in stands if each.entry.kind == "rating" and each.entry.scores]
    last = max(ratings, key=lambda each: (each.felt_at, each.recorded_at), default=None)
    return Outline(
        performed_at=diary.performed_at,
        timezone=diary.timezone,
        baselines=diary.baselines,
        schedule=schedule,
        in_the_end=in_the_end,
        last=None if last is None else LastRating(last.felt_at, last.entry.scores),
        rescues=tuple(each.rescue_at for each in stands if each.rescue_at is not None),
        rescue_acts=timedelta(minutes=float(diary.criteria.rescue_minutes)),
        told_at=max(
            (each.entry.received_at for each in stands if each.entry.after_effects), default=None
        ),
        clock_uncertain=any(each.clock_uncertain for each in diary.entries),
    )
