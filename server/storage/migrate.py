"""Brings a database to the newest tables, from nothing or from any earlier version."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from server.storage import sqlite_planner
from server.storage.db import open_engine

#: Any number that nobody else uses: processes that start together migrate one after the other.
_ADVISORY_LOCK = 4_150_212_606


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's settings for our migrations, to be run on the given connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """The newest version that this program knows."""
    newest = ScriptDirectory.from_config(alembic_config()).get_current_head()
    assert newest is not None, "there is no migration"
    return newest


def migrate(database_url: str, revision: str = "head") -> None:
    """Apply every migration that is not yet applied, all or none of them.

    Safe to call at every start and by several processes at once: the second waits for the first
    and then finds nothing to do. `revision` stops at an earlier version, which only tests need.

    :raises alembic.util.CommandError: the database was migrated by a newer program
    """
    engine = open_engine(database_url, foreign_keys=False)
    try:
        with engine.execution_options(write=True).begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(
                    text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK}
                )
            before = MigrationContext.configure(connection).get_current_revision()
            command.upgrade(alembic_config(connection), revision)
            after = MigrationContext.configure(connection).get_current_revision()
            if connection.dialect.name == "sqlite" and before != after:
                _refuse_broken_references(connection)
                sqlite_planner.tell(connection)
    finally:
        engine.dispose()


def version(database_url: str) -> str | None:
    """The version that a database is at; None if it was never migrated."""
    engine = open_engine(database_url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def _refuse_broken_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        tables = ", ".join(sorted({row[0] for row in broken}))
        raise RuntimeError(f"the migration would leave broken references in: {tables}")
