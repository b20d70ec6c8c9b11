"""The reminders in one worker's hands, from their claim until what became of them is kept.

Nothing is sent inside a database transaction. A claim is a lease, and no send begins that could
outlast it: a second worker would send too. What is due soon is claimed and encrypted before, so
that many that are due at one second all leave soon after it; whether they are still wanted is
looked up when they do.
"""

import time
from collections import Counter, deque
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

from server.domain.reminders import Fate, Judgement
from server.push.channel import Channel, running_from
from server.storage import deliveries, delivery_results, reminder_queue
from server.storage.db import Database
from server.storage.deliveries import Delivery, DeliveryResult
from server.storage.reminder_queue import Claim, ClaimedReminder

#: A worker that died gives its reminders back after this.
LEASE = timedelta(minutes=2)
#: One claim takes so many; what else is due follows in the next, at once.
BATCH = 500
#: So long before its time a reminder may be claimed, to be ready then.
AHEAD = timedelta(seconds=15)
#: One worker has so many ready, or waiting for one push service, at some kilobytes of memory each.
MOST_READY = 20_000
#: Besides the time that a send takes, so much of the lease must be left when it begins: a host
#: may stand still for a while, and the database may move to one whose clock differs.
MARGIN = timedelta(seconds=30)

# So many messages a push service has from us at once. Enough to keep the sender busy while this
# worker talks to the database; the fewer, the later the last look whether they are still wanted.
_AT_ONE_SERVICE = 500
# What the sender has not begun so long after that last look comes back for another one.
_LOOK_HOLDS = timedelta(seconds=10)
# A push service that is behind for longer is not waited for. If it does not get on with what it
# has either, what else is due for it is put off: the other services' reminders would come late.
_PATIENCE = timedelta(seconds=1)
_PUT_OFF = timedelta(seconds=5)
# Answers that come within this are kept in one transaction.
_GATHER_SECONDS = 0.1


class Outbox:
    """Deliveries that wait for their push service, are being sent, or were answered."""

    def __init__(self, database: Database, channel: Channel) -> None:
        self._database = database
        self._channel = channel
        self._ready: dict[datetime, list[Delivery]] = {}  # not due yet, by when they are
        self._waiting: dict[str, deque[Delivery]] = {}  # by push service, oldest first
        self._sending = Counter[str]()  # by push service
        self._behind_since: dict[str, datetime] = {}
        self._got_on_at: dict[str, datetime] = {}  # when a push service last had room for more
        self._answers = SimpleQueue[DeliveryResult]()  # filled by the channel's threads
        self._answered: list[DeliveryResult] = []
        self._open = Counter[ClaimedReminder]()  # deliveries of each that have no answer yet
        self._finished: list[ClaimedReminder] = []

    @property
    def in_hand(self) -> bool:
        """Is there anything left to send now, to wait for or to keep?"""
        return bool(self._waiting or self._sending.total() or self._answered or self._finished)

    @property
    def next_due_at(self) -> datetime | None:
        """When the first of what is ready becomes due; None if nothing is."""
        return min(self._ready, default=None)

    def has_room(self, now: datetime) -> bool:
        """Should more be claimed? Not while a push service has enough waiting; but one that is
        behind for long keeps nobody waiting."""
        behind = {name for name, queue in self._waiting.items() if len(queue) > _AT_ONE_SERVICE}
        self._behind_since = {name: self._behind_since.get(name, now) for name in behind}
        return all(now - since > _PATIENCE for since in self._behind_since.values())

    def claim(self, now: datetime, ahead: timedelta = timedelta(0)) -> Claim:
        """Take a batch of what is due, or soon will be, out of the queue.

        :param ahead: what becomes due within this is made ready for `hand_over` after that
        """
        if sum(len(each) for each in self._ready.values()) >= MOST_READY:
            ahead = timedelta(0)
        with self._database.transaction() as session:
            claim = reminder_queue.claim_due(session, now, BATCH, LEASE, ahead)
            planned = deliveries.plan(session, claim.reminders, now)
        for each in planned:
            self._open[each.reminder] += 1
        self._finished += [each for each in claim.reminders if each not in self._open]
        for each in planned:
            if each.reminder.due_at > now:
                self._ready.setdefault(each.reminder.due_at, []).append(each)
                self._channel.prepare(each)
            elif self._is_stuck(each.push_service, now):
                self._answer(_put_off(each, now))
            else:
                self._wait(each)
        return claim

    def hand_over(self, now: datetime) -> None:
        """Give the channel what waits, as far as each push service has room, after a last look
        whether it is still wanted."""
        for due_at in sorted(each for each in self._ready if each <= now):
            for delivery in self._ready.pop(due_at):
                self._wait(delivery)
        chosen = [each for service in self._waiting for each in self._next(service)]
        if not chosen:
            return
        clock = running_from(now)
        with self._database.reading() as session:
            wanted = reminder_queue.wanted(session, {each.reminder for each in chosen}, now)
            reachable = deliveries.reachable(session, chosen)
        latest_lease = now + self._channel.longest_send + MARGIN
        sending = []
        for each in chosen:
            self._waiting[each.push_service].popleft()
            self._got_on_at[each.push_service] = now
            in_lease = each.reminder.leased_until > latest_lease
            if in_lease and each.reminder in wanted and each in reachable:
                sending.append(each)
                self._sending[each.push_service] += 1
            else:
                self._close(each)
        self._waiting = {name: queue for name, queue in self._waiting.items() if queue}
        self._got_on_at = {name: self._got_on_at.get(name, now) for name in self._waiting}
        if sending:
            lease_left = min(each.reminder.leased_until for each in sending) - latest_lease
            try:
                self._channel.send(sending, min(_LOOK_HOLDS, lease_left), clock, self._answers.put)
            except Exception:
                for each in sending:
                    self._sending[each.push_service] -= 1
                    self._close(each)
                raise

    def collect(self, wait_seconds: float) -> None:
        """Take in what was answered.

        :param wait_seconds: how long to wait for a first answer; others that come right after it
            are taken in too
        """
        if wait_seconds and self._sending.total():
            try:
                self._take(self._answers.get(timeout=wait_seconds))
            except Empty:
                return
            until = time.monotonic() + min(wait_seconds, _GATHER_SECONDS)
            while time.monotonic() < until:
                if self._answers.qsize() >= min(self._sending.total(), BATCH):
                    break
                time.sleep(0.01)
        while not self._answers.empty():
            self._take(self._answers.get())

    def record(self, now: datetime) -> list[DeliveryResult]:
        """Keep in the database what was answered, and give back what is finished.

        If that fails they stay here for the next time, unless their leases are over by then.
        """
        answered, finished = self._answered, self._finished
        if not answered and not finished:
            return []
        try:
            with self._database.transaction() as session:
                delivery_results.record(session, answered, finished, now)
        except Exception:
            self._answered = [
                each for each in answered if each.delivery.reminder.leased_until > now
            ]
            self._finished = [each for each in finished if each.leased_until > now]
            raise
        self._answered, self._finished = [], []
        return answered

    def give_up_waiting(self) -> None:
        """Send nothing more: what the channel does not have yet goes back to the queue."""
        for held in (*self._waiting.values(), *self._ready.values()):
            for each in held:
                self._close(each)
        self._waiting, self._ready = {}, {}

    def _wait(self, delivery: Delivery) -> None:
        self._waiting.setdefault(delivery.push_service, deque()).append(delivery)

    def _is_stuck(self, service: str, now: datetime) -> bool:
        """Is it behind and does not get on, or has it more waiting than one worker should hold?"""
        since = self._behind_since.get(service)
        if since is None:
            return False
        stands_still = now - self._got_on_at.get(service, since) > _PATIENCE
        return stands_still or len(self._waiting[service]) >= MOST_READY

    def _next(self, service: str) -> list[Delivery]:
        """What waits for a push service and fits; few only when they are the last."""
        waiting = self._waiting[service]
        room = _AT_ONE_SERVICE - self._sending[service]
        if room < min(len(waiting), _AT_ONE_SERVICE // 2):
            return []
        return [waiting[index] for index in range(min(room, len(waiting)))]

    def _take(self, result: DeliveryResult) -> None:
        self._sending[result.delivery.push_service] -= 1
        self._answer(result)

    def _answer(self, result: DeliveryResult) -> None:
        self._answered.append(result)
        self._close(result.delivery)

    def _close(self, delivery: Delivery) -> None:
        self._open[delivery.reminder] -= 1
        if not self._open[delivery.reminder]:
            del self._open[delivery.reminder]
            self._finished.append(delivery.reminder)


def _put_off(delivery: Delivery, now: datetime) -> DeliveryResult:
    again_at = now + _PUT_OFF
    in_time = again_at < delivery.reminder.closes_at
    judgement = Judgement(Fate.RETRY, "behind")
    return DeliveryResult(delivery, judgement, again_at if in_time else None, now, begun=False)
