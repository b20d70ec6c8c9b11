"""The reminder loop as a process of its own (`block-diary remind`) or as a thread of the server."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from server.config import Config
    from server.push.channel import Channel, Clock
    from server.push.loop import TickResult
    from server.push.report_delivery import ReportDelivery
    from server.push.web_push import WebPush
    from server.storage.db import Database


def remind(config: "Config", stop: Event) -> None:
    """Send reminders, and finished reports beside them, until `stop` is set, on database
    connections of its own; once a day carry out what clinics decided about keeping.

    :raises StartRefused: the database does not fit, or was made with another SECRET_KEY
    """
    from server.push import daily, loop, report_delivery, trial_reminders
    from server.push.sender import TIMEOUT_SECONDS

    with (
        _opened(config) as (database, channel, web_push),
        _report_delivery(config, database) as delivery,
    ):
        clock = clock_of(database)
        beside = {
            _started("keeping", daily.run, database, stop, clock): daily.LONGEST_SECONDS,
            _started("trials", trial_reminders.run, database, web_push, stop, clock): 2
            * TIMEOUT_SECONDS,
            _started("reports", report_delivery.run, database, delivery, stop, clock): 2
            * report_delivery.TIMEOUT_SECONDS,
        }
        loop.run(database, channel, stop, clock)
        for thread, longest_seconds in beside.items():
            thread.join(longest_seconds)


def _started(name: str, work: Callable[..., None], *of: object) -> Thread:
    """Something that is done beside the reminders, until told to stop."""
    thread = Thread(target=work, args=of, name=name, daemon=True)
    thread.start()
    return thread


def remind_once(config: "Config") -> "TickResult":
    """Send what is due now, reminders and then reports, and no more.

    :raises StartRefused: the database does not fit, or was made with another SECRET_KEY
    """
    from server.push import loop, report_delivery

    with (
        _opened(config) as (database, channel, _),
        _report_delivery(config, database) as delivery,
    ):
        result = loop.run_once(database, channel, clock_of(database))
        report_delivery.run_once(delivery, clock_of(database))
        return result


@contextmanager
def _report_delivery(config: "Config", database: "Database") -> "Iterator[ReportDelivery]":
    """What sends reports, open until the end."""
    from server.push.report_delivery import ReportDelivery
    from server.storage.vault import Vault

    vault = Vault(config.secret_key)
    delivery = ReportDelivery(database, vault, config.public_url, config.report_inside_hosts)
    with closing(delivery):
        yield delivery


@contextmanager
def _opened(config: "Config") -> "Iterator[tuple[Database, Channel, WebPush]]":
    """The database and the ways to patients, the last to their phones only; open until the end."""
    from server import database as tables
    from server.config import StartRefused
    from server.push.email import Mailer
    from server.push.email_channel import Channels, EmailChannel
    from server.push.sender import Sender
    from server.push.vapid_keys import vapid_keys
    from server.push.web_push import WebPush
    from server.storage.db import Database
    from server.storage.vault import SealBroken, Vault

    tables.check(config)
    with ExitStack() as opened:
        database = Database(config.database_url)
        opened.callback(database.close)
        vault = Vault(config.secret_key)
        try:
            keys = vapid_keys(database, vault, _utc_now())
        except SealBroken as error:
            raise StartRefused(f"the key for push messages: {error}") from None
        sender = Sender(keys, config.vapid_subject, config.push_extra_hosts)
        opened.callback(sender.close)
        email = None
        if config.smtp is not None:
            email = EmailChannel(vault, Mailer(config.smtp, config.public_url))
            opened.callback(email.close)
        web_push = WebPush(vault, sender, config.public_url)
        yield database, Channels(web_push, email), web_push


def add_remind(subcommands: Any) -> None:
    """`remind`: send reminders until told to stop."""
    command = subcommands.add_parser(
        "remind",
        help="send reminders, beside servers that share a PostgreSQL (with SQLite the server does)",
    )
    command.add_argument(
        "--once",
        action="store_true",
        help="send what is due now, then stop; exit code 1 if a message was not taken",
    )
    command.set_defaults(run=_remind)


def _remind(arguments: argparse.Namespace) -> int:
    import logging
    import os
    import signal

    from server.config import load
    from server.database import sole_use

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    config = load(os.environ, default="production")
    with sole_use(config):
        if arguments.once:
            return _exit_code(remind_once(config))
        stop = Event()
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: stop.set())
        remind(config, stop)
    return 0


def _exit_code(result: "TickResult") -> int:
    """0 if everything that was due went out. A phone or mailbox that has ended is no failure."""
    failed = result.failed - result.gone
    print(f"Reminders: {result.accepted} sent, {failed} failed, {result.expired} too late")
    return 1 if failed else 0


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
