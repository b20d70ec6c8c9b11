"""The push channel: what a claimed reminder says to a phone, and what its service's answer means."""

import logging
import random
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from server.domain.reminders import Answer, Fate, Judgement, judge, retry_at
from server.push.channel import Clock
from server.push.encryption import encrypted
from server.push.payload import TRIAL_TOPIC, reminder_payload, topic, trial_payload
from server.push.sender import TIMEOUT_SECONDS, Message, Outgoing, Sender, Unsendable
from server.storage.deliveries import Delivery, DeliveryResult
from server.storage.subscriptions import BrowserSubscription
from server.storage.trial_reminders import WAITED_FOR, Trial
from server.storage.vault import SealBroken, Vault

#: The word for what was given back unsent.
NOT_BEGUN = "not_begun"
_NO_ANSWER = Answer(None)

_LEVELS = {
    Fate.ACCEPTED: logging.DEBUG,
    # Somebody must look at a refused signature: until then no phone of that service rings.
    Fate.REFUSED: logging.ERROR,
}

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class _Outgoing(Outgoing):
    delivery: Delivery = field(kw_only=True)


@dataclass(frozen=True)
class _Letter:
    """What of a message does not depend on when it is sent."""

    browser: BrowserSubscription
    payload: bytes
    body: bytes | None = None  #: the payload encrypted; None: not yet


class WebPush:
    """The channel of browsers that are subscribed. Logs nothing that tells of a person or of a
    phone's push address."""

    def __init__(self, vault: Vault, sender: Sender, public_url: str) -> None:
        """:param public_url: where a tap on the notification leads"""
        self._vault = vault
        self._sender = sender
        self._public_url = public_url
        # Forgotten with their deliveries, if these come to nothing.
        self._prepared = WeakKeyDictionary[Delivery, _Letter]()

    @property
    def longest_send(self) -> timedelta:
        return timedelta(seconds=2 * TIMEOUT_SECONDS)

    def prepare(self, delivery: Delivery) -> None:
        """See `Channel.prepare`. Most of a message's work is its encryption."""
        with suppress(Exception):  # `send` meets the same again, and says so
            letter = self._letter(delivery)
            body = encrypted(letter.browser, letter.payload)
            self._prepared[delivery] = replace(letter, body=body)

    def send(
        self,
        deliveries: Sequence[Delivery],
        begin_within: timedelta,
        clock: Clock,
        on_result: Callable[[DeliveryResult], None],
    ) -> None:
        """See `Channel.send`."""
        now = clock()
        outgoing = []
        for delivery in deliveries:
            try:
                letter = self._prepared.pop(delivery, None) or self._letter(delivery)
            except SealBroken:
                on_result(_result(delivery, Unsendable("unreadable"), clock))
            except Exception as error:  # one's fault must not keep the others waiting
                log.error(
                    "reminder_failed reminder=%s error=%s", delivery.reminder.id, where(error)
                )
                on_result(_result(delivery, Answer(None, problem="fault"), clock))
            else:
                outgoing.append(
                    _Outgoing(
                        letter.browser,
                        _message(delivery, letter, now),
                        begin_within.total_seconds(),
                        letter.body,
                        delivery=delivery,
                    )
                )

        def on_answer(each: Outgoing, answer: Answer | Unsendable) -> None:
            assert isinstance(each, _Outgoing)
            on_result(_result(each.delivery, answer, clock))

        self._sender.send_all(outgoing, now, on_answer)

    def send_trial(self, trial: Trial, now: datetime) -> Judgement:
        """Send one reminder on trial, and wait for what its push service says."""
        try:
            browser = BrowserSubscription.from_json(self._vault.open(trial.sealed))
            message = Message(
                payload=trial_payload(self._public_url, trial.language),
                ttl_seconds=int(WAITED_FOR.total_seconds()),
                topic=TRIAL_TOPIC,
            )
            return judge(self._sender.send(browser, message, now))
        except SealBroken:
            return Judgement(Fate.FAILED, "unreadable")
        except Unsendable as error:
            return Judgement(Fate.FAILED, error.reason)

    def _letter(self, delivery: Delivery) -> _Letter:
        reminder = delivery.reminder
        payload = reminder_payload(
            public_url=self._public_url,
            delivery_id=delivery.id,
            block_id=reminder.block_id,
            assessment_id=reminder.assessment_id,
            closes_at=reminder.closes_at,
            language=reminder.language,
            snooze=reminder.attempt != "snoozed",
        )
        return _Letter(BrowserSubscription.from_json(self._vault.open(delivery.sealed)), payload)


def _message(delivery: Delivery, letter: _Letter, now: datetime) -> Message:
    reminder = delivery.reminder
    return Message(
        payload=letter.payload,
        ttl_seconds=int((reminder.closes_at - now).total_seconds()),
        topic=topic(reminder.block_id, reminder.assessment_id),
    )


def _result(delivery: Delivery, answer: Answer | Unsendable, clock: Clock) -> DeliveryResult:
    if isinstance(answer, Unsendable):
        return judged(delivery, Judgement(Fate.FAILED, answer.reason), clock)
    return judged(delivery, judge(answer), clock, answer)


def judged(
    delivery: Delivery,
    judgement: Judgement,
    clock: Clock,
    answer: Answer = _NO_ANSWER,
) -> DeliveryResult:
    """What is kept of a delivery, and written to the log: the same for every channel.

    :param answer: what a push service said, for its Retry-After
    """
    now = clock()
    again_at = None
    if judgement.fate is Fate.RETRY:
        spread = random.random()  # noqa: S311, no secret depends on it
        again_at = retry_at(answer, delivery.tries + 1, delivery.reminder.closes_at, now, spread)
    log.log(
        _LEVELS.get(judgement.fate, logging.INFO),
        "reminder_delivery reminder=%s delivery=%s push_service=%s fate=%s reason=%s"
        " late_seconds=%d",
        delivery.reminder.id,
        delivery.id,
        delivery.push_service,
        judgement.fate.value,
        judgement.reason,
        (now - delivery.reminder.due_at).total_seconds(),
    )
    return DeliveryResult(delivery, judgement, again_at, now, judgement.reason != NOT_BEGUN)


def where(error: Exception) -> str:
    """What went wrong and where, without the message: it may hold values from the database."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].name}:{frames[-1].lineno}" if frames else "?"
    return f"{type(error).__name__}@{place}"
