"""The reminder loop: claims what is due, sends it, records what the push services said.

Any number of loops may share one PostgreSQL, on any hosts. Whose clock counts: `clock`, which for
PostgreSQL is the database's own (`command.clock_of`), so that leases, due times and windows mean
the same to all of them however far their hosts' clocks are apart. With SQLite there is one loop
only, which reads its host's.
"""

import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from server import metrics
from server.domain.reminders import Fate
from server.push import outbox
from server.push.channel import Channel, Clock, running_from
from server.push.outbox import Outbox
from server.push.pulse import Pulse
from server.push.web_push import where
from server.storage import reminder_queue
from server.storage.db import Database
from server.storage.deliveries import DeliveryResult
from server.storage.reminder_queue import Claim

#: A new block or a corrected time is noticed after this at the latest.
LONGEST_SLEEP = timedelta(seconds=5)

# While messages are under way: so often what has become due meanwhile is looked at.
_LOOK_UP = timedelta(seconds=0.2)

_NOTHING = Claim((), expired=0, looked_at=0)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TickResult:
    """What was done, counted."""

    claimed: int  #: reminders taken from the queue
    accepted: int  #: messages that a push service took
    failed: int  #: messages that none took, now or ever
    gone: int  #: of these, to a phone or mailbox that has ended
    expired: int  #: reminders whose window had closed unsent
    more: bool  #: more may be due right now


def tick(database: Database, channel: Channel, now: datetime) -> TickResult:
    """Send a batch of what is due at `now` to every phone of its patient, and record it.

    The clock of the tick runs on from `now`: sending takes time, in which windows close.
    """
    clock = running_from(now)
    hands = Outbox(database, channel)
    claim = hands.claim(now)
    results = []
    while hands.in_hand:
        hands.hand_over(clock())
        hands.collect(_LOOK_UP.total_seconds())
        results += hands.record(clock())
    return _counted(claim, results)


def run_once(database: Database, channel: Channel, clock: Clock) -> TickResult:
    """One pass over all that is due, then no more; what it counted is kept for the monitor."""
    total = TickResult(claimed=0, accepted=0, failed=0, gone=0, expired=0, more=True)
    while total.more:
        result = tick(database, channel, clock())
        total = TickResult(
            claimed=total.claimed + result.claimed,
            accepted=total.accepted + result.accepted,
            failed=total.failed + result.failed,
            gone=total.gone + result.gone,
            expired=total.expired + result.expired,
            more=result.more,
        )
    Pulse(database).beat(clock())
    return total


def run(database: Database, channel: Channel, stop: threading.Event, clock: Clock) -> None:
    """Send what is due until `stop` is set, then finish what is under way and return.

    Survives every error. A push service that is slow delays its own reminders only: claims and
    records go on while its answers are awaited.
    """
    log.info("reminder_loop_started")
    hands = Outbox(database, channel)
    pulse = Pulse(database)
    while not stop.is_set():
        try:
            now = clock()
            pulse.beat(now)
            _turn(database, hands, stop, now)
        except Exception as error:  # the loop outlives a database that is away for a while
            log.error("reminder_tick_failed error=%s", where(error))
            stop.wait(LONGEST_SLEEP.total_seconds())
    try:
        hands.give_up_waiting()
        while hands.in_hand:
            hands.collect(_LOOK_UP.total_seconds())
            _counted(_NOTHING, hands.record(clock()))
        pulse.beat(clock(), at_once=True)
    except Exception as error:  # leases carry what could not be kept
        log.error("reminder_tick_failed error=%s", where(error))
    log.info("reminder_loop_stopped")


def _turn(database: Database, hands: Outbox, stop: threading.Event, now: datetime) -> None:
    """Claim, hand over and record, each by the batch; then wait for the first thing to do."""
    clock = running_from(now)
    has_room = hands.has_room(now)
    claim = hands.claim(now, outbox.AHEAD) if has_room else _NOTHING
    hands.hand_over(clock())
    hands.collect(0)
    result = _counted(claim, hands.record(clock()))
    if result.claimed or result.expired or result.accepted or result.failed:
        log.info(
            "reminder_tick claimed=%d accepted=%d failed=%d expired=%d",
            result.claimed,
            result.accepted,
            result.failed,
            result.expired,
        )
    if result.more:
        return
    pause = _pause(database, clock()) if has_room else LONGEST_SLEEP
    if hands.next_due_at is not None:
        pause = max(timedelta(0), min(pause, hands.next_due_at - clock()))
    if hands.in_hand:
        hands.collect(min(pause, _LOOK_UP).total_seconds())
    else:
        stop.wait(pause.total_seconds())


def _pause(database: Database, now: datetime) -> timedelta:
    with database.reading() as session:
        next_try_at = reminder_queue.next_try_at(session)
    if next_try_at is None:
        return LONGEST_SLEEP
    rest = next_try_at - now
    if rest > outbox.AHEAD:  # else it was not one to be claimed before its time
        rest -= outbox.AHEAD
    return max(timedelta(0), min(rest, LONGEST_SLEEP))


def _counted(claim: Claim, results: list[DeliveryResult]) -> TickResult:
    metrics.claimed(len(claim.reminders), claim.expired)
    for each in results:
        _count(each)
    accepted = sum(each.judgement.fate is Fate.ACCEPTED for each in results)
    begun = sum(each.begun for each in results)
    return TickResult(
        claimed=len(claim.reminders),
        accepted=accepted,
        failed=begun - accepted,
        gone=sum(each.judgement.fate is Fate.GONE for each in results),
        expired=claim.expired,
        more=claim.looked_at == outbox.BATCH,
    )


def _count(result: DeliveryResult) -> None:
    delivery = result.delivery
    if result.judgement.fate is Fate.ACCEPTED:
        metrics.taken(delivery.push_service, result.at - delivery.reminder.due_at)
    elif result.begun:
        metrics.not_taken(delivery.push_service, result.judgement.reason or "unknown")
