"""Searching by date: `ge2026-03-02`, as FHIR says it (R4, search, 3.1.1.5.2 and 3.1.1.5.5)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

#: Equal, not equal, before, after, from, up to; "sa" and "eb" are "gt" and "lt" for an instant.
PREFIXES = ("eq", "ne", "lt", "gt", "ge", "le", "sa", "eb")

_DATE = re.compile(
    r"(?P<prefix>[a-z]{2})?(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:T(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?P<fraction>\.\d{1,6})?)?"
    r"(?P<zone>Z|[+ -]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)


@dataclass(frozen=True)
class DateWanted:
    """One date that is searched for: all instants from `low` up to, not including, `high`."""

    prefix: str
    low: datetime
    high: datetime

    def holds(self, at: datetime) -> bool:
        """Is the instant one of those that are asked for?"""
        match self.prefix:
            case "ne":
                return not self.low <= at < self.high
            case "lt" | "eb":
                return at < self.low
            case "gt" | "sa":
                return at >= self.high
            case "ge":
                return at >= self.low
            case "le":
                return at < self.high
            case _:
                return self.low <= at < self.high

    @property
    def since(self) -> datetime | None:
        """Nothing before this is asked for; None: there is no such end."""
        return {"eq": self.low, "ge": self.low, "gt": self.high, "sa": self.high}.get(self.prefix)

    @property
    def until(self) -> datetime | None:
        """Nothing from this on is asked for; None: there is no such end."""
        return {"eq": self.high, "le": self.high, "lt": self.low, "eb": self.low}.get(self.prefix)


def date_wanted(text: str, zone: tzinfo) -> DateWanted:
    """What one value of a date parameter asks for.

    :param zone: where a date without a zone is meant
    :raises ValueError: it is no date, or its prefix is not one of `PREFIXES`
    """
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a date such as ge2026-03-02 or 2026-03-02T14:30:00Z")
    prefix = found["prefix"] or "eq"
    if prefix not in PREFIXES:
        raise ValueError(f"the prefix {prefix!r} is not offered; use one of {', '.join(PREFIXES)}")
    parts = {name: int(found[name]) for name in _PARTS if found[name]}
    # A plus sign in an address is read as a space.
    offset = found["zone"] and datetime.fromisoformat(
        "2000-01-01T00:00" + found["zone"].replace(" ", "+").replace("Z", "+00:00")
    )
    where = offset.tzinfo if offset else zone
    fraction = found["fraction"] or ""
    local = datetime(
        parts["year"],
        parts.get("month", 1),
        parts.get("day", 1),
        parts.get("hour", 0),
        parts.get("minute", 0),
        parts.get("second", 0),
        int(fraction[1:].ljust(6, "0")) if fraction else 0,
        tzinfo=where,
    )
    try:
        return DateWanted(prefix, local.astimezone(UTC), _end(local, parts, fraction))
    except OverflowError:
        raise ValueError(f"{text!r} is too far away") from None


_PARTS = ("year", "month", "day", "hour", "minute", "second")


def _end(local: datetime, parts: dict[str, int], fraction: str) -> datetime:
    """The first instant that is no longer meant, given how exactly the date was told."""
    if "month" not in parts:
        return local.replace(year=local.year + 1).astimezone(UTC)
    if "day" not in parts:
        following = (local.replace(day=28) + timedelta(days=4)).replace(day=1)
        return following.astimezone(UTC)
    if "hour" not in parts:
        return (local + timedelta(days=1)).astimezone(UTC)  # on the wall, so that it may have 23 h
    if fraction:
        return local.astimezone(UTC) + timedelta(seconds=10 ** (1 - len(fraction)))
    return local.astimezone(UTC) + timedelta(seconds=1 if "second" in parts else 60)
