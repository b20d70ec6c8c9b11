"""The database's tables are those that the program expects, whatever version it started from."""

import sqlite3
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import text

from server.storage import models
from server.storage.db import Base, open_engine
from server.storage.migrate import alembic_config, head, migrate, version

REVISIONS = [
    script.revision
    for script in reversed(list(ScriptDirectory.from_config(alembic_config()).walk_revisions()))
]


def differences(database_url: str) -> list[object]:
    engine = open_engine(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, Base.metadata)
    engine.dispose()
    return list(found)


def test_head_has_exactly_the_tables_columns_and_indexes_of_the_models(
    empty_database_url: str,
) -> None:
    migrate(empty_database_url)
    assert models.Clinic.__tablename__ in Base.metadata.tables
    assert differences(empty_database_url) == []


def test_a_forgotten_migration_is_noticed(empty_database_url: str) -> None:
    migrate(empty_database_url)
    engine = open_engine(empty_database_url)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE clinic DROP COLUMN telephone"))
    engine.dispose()
    assert len(differences(empty_database_url)) == 1


def test_the_first_version_alone_creates_the_tables(empty_database_url: str) -> None:
    assert version(empty_database_url) is None
    migrate(empty_database_url, REVISIONS[0])
    assert version(empty_database_url) == "0001"


def test_head_is_reached_one_version_at_a_time_with_data_in_the_way(
    empty_database_url: str,
) -> None:
    migrate(empty_database_url, REVISIONS[0])
    engine = open_engine(empty_database_url)
    row = (
        "INSERT INTO clinic (id, name, telephone, timezone, created_at) VALUES "
        "('00000000000000000000000000000001', 'Elm', '1', 'UTC', '2026-03-02 09:00:00')"
    )
    with engine.begin() as connection:
        connection.execute(text(row))
    engine.dispose()
    for revision in REVISIONS[1:]:
        migrate(empty_database_url, revision)
    migrate(empty_database_url)
    engine = open_engine(empty_database_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT name FROM clinic")).scalars().all() == ["Elm"]
    engine.dispose()
    assert version(empty_database_url) == head()
    assert differences(empty_database_url) == []


def test_migrating_again_changes_nothing(empty_database_url: str) -> None:
    migrate(empty_database_url)
    migrate(empty_database_url)
    assert version(empty_database_url) == head()


def test_processes_that_start_together_migrate_once(empty_database_url: str) -> None:
    failures: list[BaseException] = []

    def start() -> None:
        try:
            migrate(empty_database_url)
        except BaseException as failure:
            failures.append(failure)

    starts = [threading.Thread(target=start) for _ in range(3)]
    for each in starts:
        each.start()
    for each in starts:
        each.join()
    assert failures == []
    assert version(empty_database_url) == head()


def test_a_database_of_a_newer_program_is_refused_and_left_alone(empty_database_url: str) -> None:
    migrate(empty_database_url)
    engine = open_engine(empty_database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(CommandError, match="9999"):
        migrate(empty_database_url)
    assert version(empty_database_url) == "9999"


def test_a_migration_that_fails_leaves_nothing_half_done(tmp_path: Path) -> None:
    path = tmp_path / "taken.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE subscription (id TEXT)")  # stands in 0001's way
    connection.close()
    with pytest.raises(Exception, match="subscription"):
        migrate(f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        assert tables.fetchall() == [("subscription",)]
    connection.close()


def test_versions_are_numbered_in_order_without_branches() -> None:
    assert [f"{number:04}" for number in range(1, len(REVISIONS) + 1)] == REVISIONS
