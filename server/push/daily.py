"""What is done once a day beside the reminders: erasing what clinics no longer keep."""

import logging
import threading
from datetime import timedelta

from server.push.channel import Clock
from server.push.web_push import where
from server.storage import retention
from server.storage.db import Database

#: So often it is looked whether the day is over.
LOOK_EVERY = timedelta(minutes=10)
#: Patients in one transaction: nothing else waits for long.
AT_ONCE = 20
#: At the end: what is under way may take so long, or is taken back by the database.
LONGEST_SECONDS = 10

log = logging.getLogger(__name__)


def run_once(database: Database, clock: Clock) -> None:
    """Carry out what each clinic decided, where it was not done for a day. A clinic where it goes
    wrong holds up none of the others, and of several processes one does it."""
    with database.reading() as session:
        clinic_ids = retention.clinics_due(session, clock())
    for clinic_id in clinic_ids:
        try:
            count, some = 0, AT_ONCE
            while some == AT_ONCE:
                with database.transaction() as session:
                    some = retention.take_turn(session, clinic_id, clock(), AT_ONCE)
                count += some
        except Exception as error:
            log.error("retention_failed clinic=%s error=%s", clinic_id, where(error))
        else:
            log.info("retention_applied clinic=%s patients=%d", clinic_id, count)


def run(database: Database, stop: threading.Event, clock: Clock) -> None:
    """Do so until `stop` is set. Survives every error."""
    while not stop.is_set():
        try:
            run_once(database, clock)
        except Exception as error:  # a database that is away for a while
            log.error("retention_failed error=%s", where(error))
        stop.wait(LOOK_EVERY.total_seconds())
