"""The reminder loop: claims what is due, sends it, records what the push services said.

Nothing is sent inside a database transaction, and nothing is logged that tells of a person or of
a phone's push address.
"""

import logging
import random
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.domain.reminders import Fate, Judgement, judge, retry_at
from server.push.payload import reminder_payload, topic
from server.push.sender import CONCURRENCY, TIMEOUT_SECONDS, Message, Sender, Unsendable
from server.storage import reminder_queue
from server.storage.db import Database
from server.storage.reminder_queue import ClaimedReminder, Delivery, DeliveryResult
from server.storage.subscriptions import BrowserSubscription
from server.storage.vault import SealBroken, Vault

#: A worker that died gives its reminders back after this.
LEASE = timedelta(minutes=2)
#: One tick takes so many; what else is due follows in the next, at once.
BATCH = 100
#: A new block or a corrected time is noticed after this at the latest.
LONGEST_SLEEP = timedelta(seconds=5)

# No send begins later than this before the lease ends: it would outlast it, and a second worker
# send too. To connect and to answer may each take the time-out; two hosts' clocks may differ.
_LAST_SEND = timedelta(seconds=2 * TIMEOUT_SECONDS + 30)

Clock = Callable[[], datetime]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TickResult:
    """What one tick did, counted."""

    claimed: int  #: reminders taken from the queue
    accepted: int  #: messages that a push service took
    failed: int  #: messages that none took, now or ever
    expired: int  #: reminders whose window had closed unsent
    more: bool  #: more may be due right now


def tick(
    database: Database, vault: Vault, sender: Sender, public_url: str, now: datetime
) -> TickResult:
    """Send what is due at `now` to every phone of its patient, and record it.

    The clock of the tick runs on from `now`: sending takes time, in which windows close.
    """
    clock = _running_from(now)
    with database.transaction() as session:
        claim = reminder_queue.claim_due(session, now, BATCH, LEASE)

    def deliver(claimed: ClaimedReminder) -> list[Fate]:
        try:
            return _deliver(database, vault, sender, public_url, claimed, clock)
        except Exception as error:  # one reminder's fault must not keep the others waiting
            # ... it comes back when its lease ends
            log.error("reminder_failed reminder=%s error=%s", claimed.id, _where(error))
            return [Fate.FAILED]

    if len(claim.reminders) < 2:
        fates = [fate for each in claim.reminders for fate in deliver(each)]
    else:
        with ThreadPoolExecutor(CONCURRENCY, thread_name_prefix="push") as pool:
            fates = [fate for each in pool.map(deliver, claim.reminders) for fate in each]
    accepted = fates.count(Fate.ACCEPTED)
    return TickResult(
        claimed=len(claim.reminders),
        accepted=accepted,
        failed=len(fates) - accepted,
        expired=claim.expired,
        more=claim.looked_at == BATCH,
    )


def run(
    database: Database,
    vault: Vault,
    sender: Sender,
    public_url: str,
    stop: threading.Event,
    clock: Clock,
) -> None:
    """Tick until `stop` is set, then finish the tick and return. Survives every error."""
    log.info("reminder_loop_started")
    while not stop.is_set():
        try:
            result = tick(database, vault, sender, public_url, clock())
            if result.claimed or result.expired:
                log.info(
                    "reminder_tick claimed=%d accepted=%d failed=%d expired=%d",
                    result.claimed,
                    result.accepted,
                    result.failed,
                    result.expired,
                )
            pause = timedelta(0) if result.more else _pause(database, clock())
        except Exception as error:  # the loop outlives a database that is away for a while
            log.error("reminder_tick_failed error=%s", _where(error))
            pause = LONGEST_SLEEP
        stop.wait(pause.total_seconds())
    log.info("reminder_loop_stopped")


def _deliver(
    database: Database,
    vault: Vault,
    sender: Sender,
    public_url: str,
    claimed: ClaimedReminder,
    clock: Clock,
) -> list[Fate]:
    with database.transaction() as session:
        todo = reminder_queue.deliveries(session, claimed, clock())
    results = []
    for delivery in todo:
        if clock() + _LAST_SEND > claimed.leased_until:
            break
        with database.reading() as session:
            if not reminder_queue.is_wanted(session, claimed, clock()):
                break  # answered, moved or cancelled a moment ago
        results.append(_send(vault, sender, public_url, claimed, delivery, clock))
    with database.transaction() as session:
        reminder_queue.record(session, claimed, results, clock())
    return [result.judgement.fate for result in results]


def _send(
    vault: Vault,
    sender: Sender,
    public_url: str,
    claimed: ClaimedReminder,
    delivery: Delivery,
    clock: Clock,
) -> DeliveryResult:
    started_at = clock()
    message = Message(
        payload=reminder_payload(
            public_url=public_url,
            delivery_id=delivery.id,
            block_id=claimed.block_id,
            assessment_id=claimed.assessment_id,
            closes_at=claimed.closes_at,
            language=claimed.language,
        ),
        ttl_seconds=int((claimed.closes_at - started_at).total_seconds()),
        topic=topic(claimed.block_id, claimed.assessment_id),
    )
    again_at = None
    try:
        browser = BrowserSubscription.from_json(vault.open(delivery.sealed))
        answer = sender.send(browser, message, started_at)
        judgement = judge(answer)
        if judgement.fate is Fate.RETRY:
            spread = random.random()  # noqa: S311, no secret depends on it
            again_at = retry_at(answer, delivery.tries + 1, claimed.closes_at, clock(), spread)
    except Unsendable as error:
        judgement = Judgement(Fate.FAILED, error.reason)
    except SealBroken:
        judgement = Judgement(Fate.FAILED, "unreadable")
    # Somebody must look at a refused signature: until then no phone of that service rings.
    log.log(
        logging.ERROR if judgement.fate is Fate.REFUSED else logging.INFO,
        "reminder_delivery reminder=%s delivery=%s push_service=%s fate=%s reason=%s"
        " late_seconds=%d",
        claimed.id,
        delivery.id,
        delivery.push_service,
        judgement.fate.value,
        judgement.reason,
        (started_at - claimed.due_at).total_seconds(),
    )
    return DeliveryResult(delivery, judgement, again_at, clock())


def _pause(database: Database, now: datetime) -> timedelta:
    with database.reading() as session:
        next_try_at = reminder_queue.next_try_at(session)
    if next_try_at is None:
        return LONGEST_SLEEP
    return max(timedelta(0), min(next_try_at - now, LONGEST_SLEEP))


def _running_from(now: datetime) -> Clock:
    started = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - started)


def _where(error: Exception) -> str:
    """What went wrong and where, without the message: it may hold values from the database."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].name}:{frames[-1].lineno}" if frames else "?"
    return f"{type(error).__name__}@{place}"
