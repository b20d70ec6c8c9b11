"""The heartbeat of one reminder loop, with the counts of its process."""

from datetime import datetime, timedelta
from uuid import uuid4

from server import metrics
from server.storage import loops
from server.storage.db import Database

#: Well within the minute after which health fails.
EVERY = timedelta(seconds=5)


class Pulse:
    """Says in the database that this loop is alive."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._id = uuid4()
        self._last_at: datetime | None = None

    def beat(self, now: datetime, *, at_once: bool = False) -> None:
        """To be called at every turn; writes every few seconds.

        :param at_once: also if the last was a moment ago, such as at the end
        """
        if at_once or self._last_at is None or now - self._last_at >= EVERY:
            with self._database.transaction() as session:
                loops.beat(session, self._id, metrics.counts(), now)
            self._last_at = now
