"""The database: SQLite (embedded, WAL) or PostgreSQL, and the transactions that callers own."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Text, create_engine, event, func, select
from sqlalchemy.orm import DeclarativeBase, Session

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {str: Text}  # noqa: RUF012, as SQLAlchemy declares it


class Database:
    """One installation's database. Open it inside the process that uses it, never before a fork."""

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._writing = self.engine.execution_options(write=True)
        self._reading: Engine = self.engine
        if not self.is_sqlite:
            self._reading = self.engine.execution_options(isolation_level="REPEATABLE READ")

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """All or nothing: commits at the end, rolls back on any error. Takes SQLite's write lock
        at once, so that two writers queue instead of failing half-way."""
        with Session(self._writing, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One consistent view for queries; nothing is written."""
        with Session(self._reading, expire_on_commit=False) as session:
            yield session

    def server_time(self) -> datetime:
        """What PostgreSQL's own clock shows; SQLite has none."""
        with self.engine.connect() as connection:
            now: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return now.astimezone(UTC)

    def close(self) -> None:
        self.engine.dispose()


def open_engine(url: str, *, foreign_keys: bool = True) -> Engine:
    """An engine for the address, with what SQLite needs to keep its promises.

    :param foreign_keys: whether SQLite checks them; off only while migrations rebuild tables
    """
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(url, connect_args={"timeout": 15}, hide_parameters=True)
    checked = "ON" if foreign_keys else "OFF"

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        # FULL: an entry that was acknowledged survives a power cut (promise 2)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", f"foreign_keys={checked}"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _began(connection: Connection) -> None:
        write = connection.get_execution_options().get("write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine
