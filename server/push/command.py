"""The reminder loop as a process of its own (`block-diary remind`) or as a thread of the server."""

import argparse
from datetime import UTC, datetime
from threading import Event
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from server.config import Config


def remind(config: "Config", stop: Event) -> None:
    """Send reminders until `stop` is set, on database connections of its own.

    :raises SealBroken: the database was made with another SECRET_KEY
    """
    from server.push.loop import run
    from server.push.sender import Sender
    from server.push.vapid_keys import vapid_keys
    from server.storage.db import Database
    from server.storage.vault import Vault

    database = Database(config.database_url)
    try:
        vault = Vault(config.secret_key)
        keys = vapid_keys(database, vault, _utc_now())
        sender = Sender(keys, config.vapid_subject, config.push_extra_hosts)
        try:
            run(database, vault, sender, config.public_url, stop, _utc_now)
        finally:
            sender.close()
    finally:
        database.close()


def add_remind(subcommands: Any) -> None:
    """`remind`: send reminders until told to stop."""
    command = subcommands.add_parser(
        "remind", help="send reminders, beside servers that share a PostgreSQL"
    )
    command.set_defaults(run=_remind)


def _remind(_arguments: argparse.Namespace) -> int:
    import logging
    import os
    import signal

    from server.config import load

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    stop = Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stop.set())
    remind(load(os.environ, default="production"), stop)
    return 0


def _utc_now() -> datetime:
    return datetime.now(UTC)
