"""One private PostgreSQL for a test run: on a Unix socket, in a temporary folder, gone afterwards."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from tests.rig.keeper import Kept, keep
from tests.rig.programs import postgres, required

START_SECONDS = 60
#: Faster, and safe only for data that nobody wants to keep.
SETTINGS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=200",
    "timezone=UTC",
)


class PostgresDidNotStart(Exception):
    """PostgreSQL could not be started; the message holds what it printed."""


class PostgresServer:
    """A running PostgreSQL."""

    def __init__(self, socket_folder: Path, process: Kept) -> None:
        self._socket_folder = socket_folder
        #: The server's process id.
        self.pid = process.pid

    def url(self, name: str) -> str:
        """The SQLAlchemy address of a database, for psycopg 3."""
        return f"postgresql+psycopg://postgres@/{name}?host={self._socket_folder}"

    def database_url(self, name: str, template: str | None = None) -> str:
        """Create the database, empty or as a copy of `template`, in place of one of that name; its address.

        Nobody may be connected to the template while it is copied.
        """
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        with self._connect() as connection:
            self._drop(connection, name)
            connection.execute(
                create.format(sql.Identifier(name), sql.Identifier(template or "template0"))
            )
        return self.url(name)

    def drop(self, name: str) -> None:
        """Drop the database, also while somebody is connected to it."""
        with self._connect() as connection:
            self._drop(connection, name)

    def _drop(self, connection: psycopg.Connection, name: str) -> None:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self._socket_folder),
            user="postgres",
            dbname="postgres",
            autocommit=True,
            connect_timeout=60,
        )


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Start a PostgreSQL of our own and stop it at the end, also when the test run is killed.

    :raises ProgramMissing: there is no PostgreSQL on this machine.
    :raises PostgresDidNotStart: it is there but does not start.
    """
    programs = required(postgres(), "PostgreSQL")
    account = _account()
    folder = Path(
        tempfile.mkdtemp(prefix="pg-")
    )  # short: a socket's whole path has about 100 bytes
    if account:
        shutil.chown(folder, account)
    try:
        _create(programs, folder / "data", account)
        process = _start(programs, folder, account)
        try:
            server = PostgresServer(folder, process)
            _wait_until_ready(server, process, folder / "log")
            yield server
        finally:
            process.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _account() -> str | None:
    """Whom to run the server as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    accounts = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in accounts else "nobody"


def _create(programs: Path, data: Path, account: str | None) -> None:
    made = subprocess.run(
        [
            programs / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "--auth=trust",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C",
        ],
        cwd=data.parent,
        user=account,
        group=pwd.getpwnam(account).pw_gid if account else None,
        extra_groups=[] if account else None,
        capture_output=True,
        text=True,
    )
    if made.returncode:
        raise PostgresDidNotStart(f"initdb failed:\n{made.stdout}{made.stderr}")


def _start(programs: Path, folder: Path, account: str | None) -> Kept:
    settings = [*SETTINGS, "listen_addresses=", f"unix_socket_directories={folder}"]
    return keep(
        [
            programs / "postgres",
            "-D",
            folder / "data",
            *(part for setting in settings for part in ("-c", setting)),
        ],
        log=folder / "log",
        ends_with=signal.SIGINT,  # PostgreSQL's "fast" shutdown: does not wait for connections to close
        user=account,
        leftovers=folder,
    )


def _wait_until_ready(server: PostgresServer, process: Kept, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.running() and time.monotonic() < deadline:
        try:
            server._connect().close()
            return
        except psycopg.OperationalError:
            time.sleep(0.02)
    raise PostgresDidNotStart(f"PostgreSQL did not start:\n{log.read_text()}")
