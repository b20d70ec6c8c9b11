"""The reminder loop as a process of its own (`block-diary remind`) or as a thread of the server."""

import argparse
from datetime import UTC, datetime
from threading import Event
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from server.config import Config
    from server.push.channel import Clock
    from server.storage.db import Database


def remind(config: "Config", stop: Event) -> None:
    """Send reminders until `stop` is set, on database connections of its own.

    :raises StartRefused: the database does not fit, or was made with another SECRET_KEY
    """
    from server import database as tables
    from server.config import StartRefused
    from server.push.loop import run
    from server.push.sender import Sender
    from server.push.vapid_keys import vapid_keys
    from server.push.web_push import WebPush
    from server.storage.db import Database
    from server.storage.vault import SealBroken, Vault

    tables.check(config)
    database = Database(config.database_url)
    try:
        vault = Vault(config.secret_key)
        try:
            keys = vapid_keys(database, vault, _utc_now())
        except SealBroken as error:
            raise StartRefused(f"the key for push messages: {error}") from None
        sender = Sender(keys, config.vapid_subject, config.push_extra_hosts)
        try:
            run(database, WebPush(vault, sender, config.public_url), stop, clock_of(database))
        finally:
            sender.close()
    finally:
        database.close()


def add_remind(subcommands: Any) -> None:
    """`remind`: send reminders until told to stop."""
    command = subcommands.add_parser(
        "remind",
        help="send reminders, beside servers that share a PostgreSQL (with SQLite the server does)",
    )
    command.set_defaults(run=_remind)


def _remind(_arguments: argparse.Namespace) -> int:
    import logging
    import os
    import signal

    from server.config import load
    from server.database import sole_use

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    stop = Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stop.set())
    config = load(os.environ, default="production")
    with sole_use(config):
        remind(config, stop)
    return 0


def clock_of(database: "Database") -> "Clock":
    """The one clock of all reminder loops on a database.

    PostgreSQL's own: hosts whose clocks differ then agree on what is due, on the ends of windows
    and on leases. What the loops leave to their host's clock is only how fast it runs: a lease of
    two minutes ends half a minute after the last send could, whatever happens to the clock in
    between. Servers stamp what they are told by their host's clock; no reminder's time depends on
    that. With SQLite everything is on one host.
    """
    return _utc_now if database.is_sqlite else database.server_time


def _utc_now() -> datetime:
    return datetime.now(UTC)
