"""Real reminder processes, started in a few milliseconds: one process has imported everything and
forks the others.

It reads lines from its standard input and answers each with one number:
* `start {...}`: forks `block-diary remind`; its process id
* `warm`: sends what is due by itself, once; how much that was. What is forked from then on is
  spared the start-up too (it does what `remind` does once it has started), for tests that start
  hundreds
* `wait PID`: how that process ended
"""

import json
import logging
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event

from server import cli
from server.config import load
from server.push import command, outbox
from server.push.loop import run, tick
from server.push.sender import Sender
from server.push.vapid_keys import vapid_keys
from server.push.web_push import WebPush
from server.storage.db import Database
from server.storage.vault import Vault

Work = Callable[[], int]


def main() -> None:
    """Serve until the input ends."""
    work: Work = _remind
    for line in sys.stdin:
        what, _, argument = line.strip().partition(" ")
        if what == "warm":
            answer, work = _warm()
        elif what == "start":
            answer = _start(work, **json.loads(argument))
        else:
            _, status = os.waitpid(int(argument), 0)
            answer = os.waitstatus_to_exitcode(status)
        print(answer, flush=True)


def _remind() -> int:
    return cli.main(["remind"])


def _warm() -> tuple[int, Work]:
    """With statements compiled and no connection open, so that both can be forked."""
    config = load(os.environ, default="production")
    database, vault = Database(config.database_url), Vault(config.secret_key)
    keys = vapid_keys(database, vault, datetime.now(UTC))

    def channel() -> tuple[Sender, WebPush]:
        sender = Sender(keys, config.vapid_subject, config.push_extra_hosts)
        return sender, WebPush(vault, sender, config.public_url)

    sender, sending = channel()
    done = tick(database, sending, command.clock_of(database)())
    sender.close()
    database.close()

    def work() -> int:
        run(database, channel()[1], Event(), command.clock_of(database))
        return 0

    return done.accepted, work


def _start(
    work: Work,
    lease_seconds: float | None = None,
    batch: int | None = None,
    clock_ahead_seconds: float = 0,
) -> int:
    """:param lease_seconds: None: as it is in earnest
    :param batch: None: as it is in earnest
    :param clock_ahead_seconds: how far this process's host is ahead of the true time
    """
    if process := os.fork():
        return process
    os.dup2(2, 1)  # the answers are the parent's to give
    if lease_seconds is not None:
        outbox.LEASE = timedelta(seconds=lease_seconds)
        outbox.AHEAD = outbox.LEASE / 8
        outbox.MARGIN = WebPush.longest_send = outbox.LEASE / 4
    outbox.BATCH = batch or outbox.BATCH
    ahead = timedelta(seconds=clock_ahead_seconds)
    command._utc_now = lambda: datetime.now(UTC) + ahead
    code = 70
    try:
        code = work()
    except BaseException:
        logging.exception("the process failed")
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
