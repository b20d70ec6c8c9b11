"""The database at start: brought to this version's tables by a command, checked before serving."""

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
