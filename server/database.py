"""The database at start: brought to this version's tables by a command, checked before serving."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from server.config import Config, StartRefused
from server.storage import migrate as migrations


def migrate(config: Config) -> None:
    """Make the database, or bring an earlier one to the newest tables; its entries are kept.

    :raises StartRefused: it cannot be reached, or a newer version of the program made it
    """
    with _told_plainly(config):
        before = migrations.version(config.database_url)
        migrations.migrate(config.database_url)
    made = "ready" if before == migrations.head() else "made" if before is None else "migrated"
    print(f"Database: {made}", flush=True)


def check(config: Config) -> None:
    """:raises StartRefused: the database cannot be reached, or has not this version's tables"""
    with _told_plainly(config):
        version = migrations.version(config.database_url)
    if version != migrations.head():
        raise StartRefused(
            "DATABASE_URL: the database has not the tables of this version;"
            " keep a copy of it, then run block-diary migrate"
        )


@contextmanager
def sole_use(config: Config) -> Iterator[None]:
    """Keep a second server, or a second reminder loop, off the same embedded database: both would
    send every reminder. Many may share a PostgreSQL.

    :raises StartRefused: another process has the data folder
    """
    if not config.is_embedded:
        yield
        return
    config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (config.data_dir / "server.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StartRefused(
                f"BLOCK_DIARY_DATA is {config.data_dir}: another server uses it, and SQLite allows"
                " one server with one reminder loop; stop that one, name another folder, or use"
                " PostgreSQL (DATABASE_URL)"
            ) from None
        yield


@contextmanager
def _told_plainly(config: Config) -> Iterator[None]:
    """Errors of the database as one line that repeats no password."""
    if config.is_embedded:
        config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        yield
    except DBAPIError as error:
        why = " ".join(str(error.orig).split())
        raise StartRefused(
            f"DATABASE_URL: the database cannot be used ({why});"
            " see that it runs and that the address is right"
        ) from error
    except CommandError:
        raise StartRefused(
            "DATABASE_URL: a newer version of Block Diary made this database; start that version"
        ) from None
