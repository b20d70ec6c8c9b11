"""The e-mail channel: for patients whose phones get no push."""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from server.domain.reminders import Fate, Judgement
from server.push.channel import Channel, Clock
from server.push.email import TIMEOUT_SECONDS, EmailReminder, Mailer
from server.push.web_push import NOT_BEGUN, judged, where
from server.storage.deliveries import Delivery, DeliveryResult
from server.storage.email_reminders import Mailbox
from server.storage.subscriptions import EMAIL
from server.storage.vault import SealBroken, Vault

#: So many conversations with the mail server go on at once; most servers allow a few.
CONCURRENCY = 4

OnResult = Callable[[DeliveryResult], None]

log = logging.getLogger(__name__)


class EmailChannel:
    """Hands reminders to the mail server. Logs nothing that tells of a person or an address."""

    def __init__(self, vault: Vault, mailer: Mailer) -> None:
        self._vault = vault
        self._mailer = mailer
        self._pool = ThreadPoolExecutor(CONCURRENCY, thread_name_prefix="email")

    @property
    def longest_send(self) -> timedelta:
        return timedelta(seconds=TIMEOUT_SECONDS)

    def prepare(self, delivery: Delivery) -> None:
        """See `Channel.prepare`: an e-mail is quickly written."""

    def send(
        self,
        deliveries: Sequence[Delivery],
        begin_within: timedelta,
        clock: Clock,
        on_result: OnResult,
    ) -> None:
        """See `Channel.send`."""
        begin_until = time.monotonic() + begin_within.total_seconds()

        def send(delivery: Delivery) -> None:
            if time.monotonic() > begin_until:
                judgement = Judgement(Fate.RETRY, NOT_BEGUN)
            else:
                judgement = self._send(delivery, clock)
            on_result(judged(delivery, judgement, clock))

        for each in deliveries:
            self._pool.submit(send, each)

    def close(self) -> None:
        """Wait for what is under way; what waits is not sent."""
        self._pool.shutdown(cancel_futures=True)

    def _send(self, delivery: Delivery, clock: Clock) -> Judgement:
        try:
            mailbox = Mailbox.from_json(self._vault.open(delivery.sealed))
            return self._mailer.send(
                EmailReminder(mailbox, delivery.id, delivery.reminder.language), clock()
            )
        except SealBroken:
            return Judgement(Fate.FAILED, "unreadable")
        except Exception as error:  # one's fault must not keep the others waiting
            log.error("reminder_failed reminder=%s error=%s", delivery.reminder.id, where(error))
            return Judgement(Fate.RETRY, "fault")


class Channels:
    """Push and e-mail as one channel: each delivery goes where it belongs."""

    def __init__(self, push: Channel, email: Channel | None) -> None:
        """:param email: None: this installation sends no e-mail"""
        self._push = push
        self._email = email

    @property
    def longest_send(self) -> timedelta:
        both = (self._push, self._email)
        return max(each.longest_send for each in both if each is not None)

    def prepare(self, delivery: Delivery) -> None:
        """See `Channel.prepare`."""
        if delivery.push_service != EMAIL:
            self._push.prepare(delivery)

    def send(
        self,
        deliveries: Sequence[Delivery],
        begin_within: timedelta,
        clock: Clock,
        on_result: OnResult,
    ) -> None:
        """See `Channel.send`."""
        emails = [each for each in deliveries if each.push_service == EMAIL]
        pushes = [each for each in deliveries if each.push_service != EMAIL]
        if pushes:
            self._push.send(pushes, begin_within, clock, on_result)
        if emails and self._email is not None:
            self._email.send(emails, begin_within, clock, on_result)
        elif emails:
            for each in emails:
                on_result(judged(each, Judgement(Fate.FAILED, "email_off"), clock))
