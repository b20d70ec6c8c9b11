"""Reads the values of a JSON document one by one, and says of each fault where it is.

A path names the place, such as `entries[3].scores.left`; the document itself has the empty path.
"""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, time
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from server.domain.errors import Invalid
from server.interchange.strict_json import MOST_DIGITS, shown

_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?"
    r"(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def member(path: str, key: str) -> str:
    """The path of a key within the object at `path`."""
    return f"{path}.{key}" if path else key


def an_object(value: Any, path: str) -> dict[str, Any]:
    """A JSON object with any keys."""
    if not isinstance(value, dict):
        raise Invalid(path or "the file", f"{shown(value)} is not an object")
    return value


def a_record(
    value: Any, path: str, required: Collection[str], optional: Collection[str] = ()
) -> dict[str, Any]:
    """A JSON object with known keys, so that a misspelt one is never ignored."""
    found = an_object(value, path)
    for key in found:
        if key not in required and key not in optional:
            known = ", ".join((*required, *optional))
            raise Invalid(member(path, key), f"is not a known key; known here: {known}")
    for key in required:
        if key not in found:
            raise Invalid(member(path, key), "is missing")
    return found


def a_list(value: Any, path: str) -> list[Any]:
    """A JSON array."""
    if not isinstance(value, list):
        raise Invalid(path, f"{shown(value)} is not a list")
    return value


def text(value: Any, path: str) -> str:
    """Any text, empty or not."""
    if not isinstance(value, str):
        raise Invalid(path, f"{shown(value)} is not a text")
    return value


def name(value: Any, path: str) -> str:
    """Text that is not empty, as ids are."""
    if not text(value, path):
        raise Invalid(path, "is empty")
    return str(value)


def whole(value: Any, path: str, low: int, high: int) -> int:
    """A whole number from `low` to `high`, written without point or exponent."""
    span = f"from {low:,} to {high:,}"
    # 1e0 is shown as 1, which alone would look right
    written = ", written without point or exponent" if isinstance(value, Decimal) else ""
    found = any_whole(value, path, span + written)
    if not low <= found <= high:
        raise Invalid(path, f"{shown(value)} is not a whole number {span}")
    return found


def any_whole(value: Any, path: str, span: str = "without point or exponent") -> int:
    """A whole number written without point or exponent."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise Invalid(path, f"{shown(value)} is not a whole number {span}")
    return value


def number(value: Any, path: str, most: int) -> Fraction:
    """Any finite number up to `most`, exact."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Invalid(path, f"{shown(value)} is not a number")
    # Before it becomes a fraction, which for 1e999999 would need a million digits.
    if not -most <= value <= most:
        raise Invalid(path, f"{shown(value)} is not a number up to {most:,}")
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        if not isinstance(exponent, int) or exponent < -MOST_DIGITS:
            raise Invalid(path, f"{shown(value)} has more than {MOST_DIGITS:,} decimals")
    return Fraction(value)


def instant(value: Any, path: str) -> datetime:
    """An RFC 3339 date-time with capital T, seconds and an offset or capital Z, in UTC.

    Leap seconds (:60) and the year 0000 are refused, and so is a time that falls out of the years
    0001 to 9999 once it is put in UTC.
    """
    written = text(value, path)
    if not _DATE_TIME.fullmatch(written):
        raise Invalid(
            path,
            f"{shown(value)} is not a date-time with seconds and offset, such as "
            "2026-03-02T15:00:00Z or 2026-03-02T10:00:00.5-05:00",
        )
    try:
        return datetime.fromisoformat(written).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid(
            path, f"{shown(value)} is not a time that exists between the years 0001 and 9999"
        ) from None


def clock(value: Any, path: str) -> time:
    """A time of day, HH:MM."""
    written = text(value, path)
    if not _CLOCK.fullmatch(written):
        raise Invalid(path, f"{shown(value)} is not a time of day from 00:00 to 23:59")
    return time.fromisoformat(written)


def zone(value: Any, path: str) -> str:
    """The IANA name of a time zone."""
    if text(value, path) not in _zones():
        raise Invalid(path, f"{shown(value)} is not an IANA time zone, such as Europe/London")
    return str(value)


def one_of(value: Any, path: str, choices: Collection[str]) -> str:
    """One of a few words."""
    if not isinstance(value, str) or value not in choices:
        raise Invalid(path, f"{shown(value)} is not one of {', '.join(choices)}")
    return value


def each_of(value: Mapping[str, Any], path: str) -> list[tuple[str, Any, str]]:
    """The items of an object whose keys are names: key, value and the value's path."""
    for key in value:
        if not key:
            raise Invalid(path, "has an empty name")
    return [(key, item, member(path, key)) for key, item in value.items()]


@cache
def _zones() -> frozenset[str]:
    # Some systems list their own setting as if it were a zone.
    return frozenset(available_timezones() - {"localtime"})
