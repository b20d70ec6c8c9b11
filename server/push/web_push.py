"""The push channel: what a claimed reminder says to a phone, and what its service's answer means."""

import logging
import random
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from server.domain.reminders import Answer, Fate, Judgement, judge, retry_at
from server.push.channel import Clock
from server.push.payload import reminder_payload, topic
from server.push.sender import TIMEOUT_SECONDS, Message, Outgoing, Sender, Unsendable
from server.storage.deliveries import Delivery, DeliveryResult
from server.storage.subscriptions import BrowserSubscription
from server.storage.vault import SealBroken, Vault

# The sender's word for what it gave back unsent.
_NOT_BEGUN = "not_begun"

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class _Outgoing(Outgoing):
    delivery: Delivery = field(kw_only=True)


class WebPush:
    """The channel of browsers that are subscribed. Logs nothing that tells of a person or of a
    phone's push address."""

    def __init__(self, vault: Vault, sender: Sender, public_url: str) -> None:
        """:param public_url: where a tap on the notification leads"""
        self._vault = vault
        self._sender = sender
        self._public_url = public_url

    @property
    def longest_send(self) -> timedelta:
        return timedelta(seconds=2 * TIMEOUT_SECONDS)

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
                browser = BrowserSubscription.from_json(self._vault.open(delivery.sealed))
                message = self._message(delivery, delivery.reminder.closes_at - now)
            except SealBroken:
                on_result(_result(delivery, Unsendable("unreadable"), clock))
            except Exception as error:  # one's fault must not keep the others waiting
                log.error(
                    "reminder_failed reminder=%s error=%s", delivery.reminder.id, where(error)
                )
                on_result(_result(delivery, Answer(None, problem="fault"), clock))
            else:
                outgoing.append(
                    _Outgoing(browser, message, begin_within.total_seconds(), delivery=delivery)
                )

        def on_answer(each: Outgoing, answer: Answer | Unsendable) -> None:
            assert isinstance(each, _Outgoing)
            on_result(_result(each.delivery, answer, clock))

        self._sender.send_all(outgoing, now, on_answer)

    def _message(self, delivery: Delivery, rest: timedelta) -> Message:
        reminder = delivery.reminder
        return Message(
            payload=reminder_payload(
                public_url=self._public_url,
                delivery_id=delivery.id,
                block_id=reminder.block_id,
                assessment_id=reminder.assessment_id,
                closes_at=reminder.closes_at,
                snooze=reminder.attempt != "snoozed",
            ),
            ttl_seconds=int(rest.total_seconds()),
            topic=topic(reminder.block_id, reminder.assessment_id),
        )


def _result(delivery: Delivery, answer: Answer | Unsendable, clock: Clock) -> DeliveryResult:
    now = clock()
    again_at = None
    if isinstance(answer, Unsendable):
        judgement = Judgement(Fate.FAILED, answer.reason)
    elif (judgement := judge(answer)).fate is Fate.RETRY:
        spread = random.random()  # noqa: S311, no secret depends on it
        again_at = retry_at(answer, delivery.tries + 1, delivery.reminder.closes_at, now, spread)
    # Somebody must look at a refused signature: until then no phone of that service rings.
    log.log(
        logging.ERROR if judgement.fate is Fate.REFUSED else logging.INFO,
        "reminder_delivery reminder=%s delivery=%s push_service=%s fate=%s reason=%s"
        " late_seconds=%d",
        delivery.reminder.id,
        delivery.id,
        delivery.push_service,
        judgement.fate.value,
        judgement.reason,
        (now - delivery.reminder.due_at).total_seconds(),
    )
    return DeliveryResult(delivery, judgement, again_at, now, judgement.reason != _NOT_BEGUN)


def where(error: Exception) -> str:
    """What went wrong and where, without the message: it may hold values from the database."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].name}:{frames[-1].lineno}" if frames else "?"
    return f"{type(error).__name__}@{place}"
