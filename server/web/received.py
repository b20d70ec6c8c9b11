"""What is kept of an item: its content in one form, so that the same content is always the same."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from server.domain.errors import Invalid
from server.web import wire

#: A phone's clock may be wrong by decades, but what it stamps must leave room to be corrected.
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2500, 1, 1, tzinfo=UTC)
#: Further apart than this, two clocks of those years cannot be.
MOST_SECONDS = (LATEST - EARLIEST).total_seconds()

#: Fields that came after the first release are not kept at their default: an item that was stored
#: before, and is sent again, must still be the same.
LATER_FIELDS: dict[str, Any] = {"after_effects": []}


def check_instant(instant: datetime, path: str) -> None:
    """:raises Invalid: no clock of a phone that works says this"""
    if not EARLIEST <= instant < LATEST:
        raise Invalid(path, f"{instant.isoformat()} is not between 1900 and 2500.")


def content_of(item: wire.Item) -> dict[str, Any]:
    """The item as it is stored: JSON values, instants in UTC, ids in one form.

    :raises Invalid: a value that no database or rule can hold
    """
    in_utc = {}
    for name in item.__struct_fields__:
        value = getattr(item, name)
        if isinstance(value, datetime):
            check_instant(value, name)
            in_utc[name] = value.astimezone(UTC)
    difference = getattr(item, "clock_difference_seconds", None)
    if difference is not None and abs(difference) > MOST_SECONDS:
        raise Invalid("clock_difference_seconds", "is more than a clock can be wrong.")
    content: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(item, **in_utc))
    for name, default in LATER_FIELDS.items():
        if content.get(name) == default:
            del content[name]
    for path, text in _texts(content):
        if "\0" in text:  # neither PostgreSQL's text nor its JSON can hold it
            raise Invalid(path, "holds a NUL character, which cannot be stored.")
    return content


def _texts(content: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every text in an item with its path, keys of objects included."""
    for name, value in content.items():
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, list | dict):
            for part in value:
                if isinstance(part, str):
                    yield name, part
