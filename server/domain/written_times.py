"""The times of a protocol as a clinic writes them: "15 min, 1-8 h" and "1-3 at 18:00".

What is written here and read again is the same.
"""

import re
from collections.abc import Iterable
from datetime import time
from fractions import Fraction
from itertools import groupby

from server.domain.errors import Invalid
from server.domain.protocol import PlannedAssessment

_AFTER = re.compile(r"(\d{1,4})(?:\s*[-–]\s*(\d{1,4}))?\s*(min|minutes?|h|hours?)", re.IGNORECASE)
_DAYS = re.compile(r"(?:days?\s*)?(?P<days>[\d\s,–-]+?)\s*at\s+(?P<times>[\d:\s,]+)", re.IGNORECASE)
_DAY = re.compile(r"(\d{1,3})(?:\s*[-–]\s*(\d{1,3}))?")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def read_after(text: str) -> tuple[PlannedAssessment, ...]:
    """Times since the block, separated by commas or lines: "15 min, 30 min, 1-8 h".

    :raises Invalid: one of them cannot be read; the path is `after`
    """
    found: list[PlannedAssessment] = []
    for piece in _pieces(text, r"[,;\n]"):
        read = _AFTER.fullmatch(piece)
        if read is None:
            raise Invalid(
                "after", "“{typed}” is not a time such as 45 min, 2 h or 1-8 h.", typed=piece
            )
        first, last = _range(read[1], read[2], piece, "after")
        unit = 1 if read[3].lower().startswith("m") else 60
        found += (_after(number * unit) for number in range(first, last + 1))
    return tuple(found)


def read_days(text: str) -> tuple[PlannedAssessment, ...]:
    """Days after that of the block with their times on the wall, a line each: "1-3 at 18:00",
    "1, 4 at 09:00, 18:00".

    :raises Invalid: a line cannot be read; the path is `days`
    """
    asked: list[tuple[int, time]] = []
    for line in _pieces(text, r"[;\n]"):
        read = _DAYS.fullmatch(line)
        if read is None:
            raise Invalid("days", "“{typed}” is not a line such as 1-3 at 18:00.", typed=line)
        clocks = [_clock(each) for each in _pieces(read["times"], ",")]
        for piece in _pieces(read["days"], ","):
            days = _DAY.fullmatch(piece)
            if days is None:
                raise Invalid(
                    "days", "“{typed}” is not a day such as 2, or days such as 1-3.", typed=piece
                )
            first, last = _range(days[1], days[2], piece, "days")
            asked += ((day, at) for day in range(first, last + 1) for at in clocks)
    often = {day for day, _ in asked if sum(day == other for other, _ in asked) > 1}
    return tuple(
        PlannedAssessment(f"day{day}-{at:%H%M}" if day in often else f"day{day}", day=day, at=at)
        for day, at in asked
    )


def written_after(planned: Iterable[PlannedAssessment]) -> str:
    """The times since the block, as `read_after` reads them: "15 min, 30 min, 1 h"."""
    minutes = [each.after_minutes for each in planned if each.after_minutes is not None]
    return ", ".join(written_minutes(each) for each in minutes)


def written_days(planned: Iterable[PlannedAssessment]) -> str:
    """The daily times, as `read_days` reads them, neighbouring days with the same times in one
    line."""
    by_day: dict[int, list[str]] = {}
    for each in planned:
        if each.day is not None:
            by_day.setdefault(each.day, []).append(f"{each.at:%H:%M}")
    lines = []
    # Neighbouring days share their distance to their place in the list.
    in_order = enumerate(sorted(by_day))
    for (_, times), group in groupby(in_order, lambda of: (of[1] - of[0], by_day[of[1]])):
        days = [day for _, day in group]
        span = f"{days[0]}-{days[-1]}" if len(days) > 1 else f"{days[0]}"
        lines.append(f"{span} at {', '.join(times)}")
    return "\n".join(lines)


def _after(minutes: int) -> PlannedAssessment:
    whole_hours = minutes >= 60 and minutes % 60 == 0
    name = f"{minutes // 60}h" if whole_hours else f"{minutes}min"
    if minutes == 0:
        raise Invalid("after", "The first time comes after the block: 1 min or later.")
    return PlannedAssessment(name, after_minutes=Fraction(minutes))


def written_minutes(minutes: Fraction) -> str:
    """A time since the block, as `read_after` reads it: "45 min", "2 h"."""
    if minutes >= 60 and minutes % 60 == 0:
        return f"{minutes / 60} h"
    return f"{minutes} min"


def _range(first: str, last: str | None, piece: str, path: str) -> tuple[int, int]:
    start, end = int(first), int(last or first)
    if end < start:
        raise Invalid(path, "“{typed}” ends before it begins.", typed=piece)
    return start, end


def _clock(text: str) -> time:
    read = _CLOCK.fullmatch(text)
    if read is None:
        raise Invalid("days", "“{typed}” is not a time such as 18:00.", typed=text)
    return time(int(read[1]), int(read[2]))


def _pieces(text: str, separator: str) -> list[str]:
    return [piece.strip() for piece in re.split(separator, text) if piece.strip()]
