"""Sends reminders on trial, beside the others and never in their way."""

import logging
import threading

from server.domain.reminders import Fate
from server.push.channel import Clock
from server.push.web_push import WebPush, where
from server.storage import subscriptions, trial_reminders
from server.storage.db import Database

#: Somebody holds the phone and waits for it.
LOOK_UP_SECONDS = 1.0

log = logging.getLogger(__name__)


def run(database: Database, web_push: WebPush, stop: threading.Event, clock: Clock) -> None:
    """Send those that are asked for until `stop` is set. Survives every error."""
    while not stop.wait(LOOK_UP_SECONDS):
        try:
            send_asked(database, web_push, clock)
        except Exception as error:  # it outlives a database that is away for a while
            log.error("trial_reminders_failed error=%s", where(error))


def send_asked(database: Database, web_push: WebPush, clock: Clock) -> int:
    """Send those that wait, one after the other; how many a push service took."""
    now = clock()
    with database.reading() as session:
        if not trial_reminders.is_asked(session, now):
            return 0
    with database.transaction() as session:
        trials = trial_reminders.claim(session, now)
    accepted = 0
    for trial in trials:
        judgement = web_push.send_trial(trial, clock())
        log.info("trial_reminder fate=%s reason=%s", judgement.fate.value, judgement.reason)
        accepted += judgement.fate is Fate.ACCEPTED
        if judgement.fate is Fate.GONE:  # the phone subscribes anew when it next looks
            with database.transaction() as session:
                subscriptions.retire(
                    session, trial.clinic_id, trial.subscription_id, "gone", clock()
                )
    return accepted
