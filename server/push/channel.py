"""What a way to reach a patient looks like to the reminder loop."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from server.storage.deliveries import Delivery, DeliveryResult

#: Tells the present instant, aware and UTC.
Clock = Callable[[], datetime]


class Channel(Protocol):
    """Turns deliveries into messages and sends them."""

    @property
    def longest_send(self) -> timedelta:
        """A message that was begun is answered within this."""

    def prepare(self, delivery: Delivery) -> None:
        """Do what can be done for a delivery before its time, so that `send` is quicker. Nothing
        leaves yet, and what is wrong with it waits for `send`."""

    def send(
        self,
        deliveries: Sequence[Delivery],
        begin_within: timedelta,
        clock: Clock,
        on_result: Callable[[DeliveryResult], None],
    ) -> None:
        """Hand over deliveries and return at once.

        :param begin_within: what is not begun by then comes back as not begun
        :param on_result: is told of each exactly once, as soon as it is known, in any order and
            on any thread
        """


def running_from(now: datetime) -> Clock:
    """A clock that shows `now` at this moment and runs on by itself, whatever is done to the
    host's own."""
    started = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - started)
