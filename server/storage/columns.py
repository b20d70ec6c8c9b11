"""Columns that many tables have, and a type that keeps an instant an instant on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Dialect,
    ForeignKey,
    SQLColumnExpression,
    type_coerce,
)
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import NullType, TypeDecorator


def new_id() -> Mapped[UUID]:
    """A row's own id, made by the server."""
    return mapped_column(primary_key=True, default=uuid4)


def of_clinic() -> Mapped[UUID]:
    """The one clinic whose row it is."""
    return mapped_column(ForeignKey("clinic.id"), index=True)


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant; a naive one is refused before it reaches the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        instant: datetime = value
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def unread(column: SQLColumnExpression[Any]) -> ColumnElement[Any]:
    """The column as the database gives it, only to be compared: to make ids and instants of very
    many rows takes longer than to find them."""
    return type_coerce(column, NullType()).label(None)


def read_id(unread_id: object) -> UUID:
    """What an `unread` id is."""
    return UUID(str(unread_id))
