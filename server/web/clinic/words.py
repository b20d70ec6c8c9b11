"""How the clinic pages write times, spans and intervals."""

import re
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from flask import Flask

from server.domain.relief import Peak, Reading, rounded
from server.domain.runs import Duration


def span(minutes: Fraction | float) -> str:
    """A length of time, to the minute: "45 min", "2 h", "2 h 30 min"."""
    whole = rounded(Fraction(minutes))
    if whole < 0:
        return f"−{span(-whole)}"
    hours, rest = divmod(whole, 60)
    if hours == 0:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def interval(duration: Duration) -> str:
    """How long relief lasted, never as one exact number."""
    lower = span(duration.lower_minutes)
    if duration.upper_minutes is None:
        return f"at least {lower}"
    return f"{lower} to {span(duration.upper_minutes)}"


def clock(instant: datetime, timezone: str) -> str:
    """The time on the wall, to the minute: "09:05"."""
    return instant.astimezone(ZoneInfo(timezone)).strftime("%H:%M")


def clock_seconds(instant: datetime, timezone: str) -> str:
    """The time on the wall, to the second: "09:05:12"."""
    return instant.astimezone(ZoneInfo(timezone)).strftime("%H:%M:%S")


def day(instant: datetime, timezone: str) -> str:
    """The date on the wall: "Mon 2 Mar 2026"."""
    local = instant.astimezone(ZoneInfo(timezone))
    return f"{local:%a} {local.day} {local:%b %Y}"


def date_on(value: date, now: datetime | None = None, timezone: str = "UTC") -> str:
    """A local date: "2 Mar 2026", or "today" where `now` is given."""
    if now is not None and value == now.astimezone(ZoneInfo(timezone)).date():
        return "today"
    return f"{value.day} {value:%b %Y}"


def moment(instant: datetime, now: datetime, timezone: str) -> str:
    """A time of today as "09:05", of another day with its weekday, of another year with all."""
    local, today = (each.astimezone(ZoneInfo(timezone)) for each in (instant, now))
    if local.date() == today.date():
        return f"{local:%H:%M}"
    if abs(local.date() - today.date()) < timedelta(days=6):
        return f"{local:%a %H:%M}"
    return f"{date_on(local.date())}, {local:%H:%M}"


def ago(instant: datetime, now: datetime, timezone: str) -> str:
    """How long ago: "2 h 10 min ago"; from the next day on the weekday."""
    elapsed = now - instant
    if elapsed < timedelta(0):
        return f"in {span(-elapsed.total_seconds() / 60)}"
    if elapsed < timedelta(hours=24):
        return f"{span(elapsed.total_seconds() / 60)} ago"
    return day(instant, timezone)


def assessment_name(assessment_id: str) -> str:
    """What people call an assessment: "15 min", "1 h", "day 1", "day 2, 18:00"; a clinic's own name as it is."""
    short = re.fullmatch(r"(\d+)(min|h)|(day)(\d+)(?:-(\d\d)(\d\d))?", assessment_id)
    if short is None:
        return assessment_id
    *named, hour, minute = short.groups()
    called = " ".join(part for part in named if part)
    return f"{called}, {hour}:{minute}" if hour else called


def initial_capital(name: str) -> str:
    """What a clinic called something, as it stands alone: "standard" is "Standard"."""
    return name[:1].upper() + name[1:]


def zone_name(instant: datetime, timezone: str) -> str:
    """The zone and its offset at an instant: "America/New_York, UTC−05:00"."""
    return f"{timezone}, {offset(instant.astimezone(ZoneInfo(timezone)))}"


def offset(local: datetime) -> str:
    """The offset of an aware instant: "UTC−05:00"."""
    shift = local.utcoffset()
    assert shift is not None
    minutes = round(shift.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'−' if minutes < 0 else '+'}{hours:02}:{rest:02}"


def since_block(minutes: Fraction) -> str:
    """When an entry was felt, as people say it: "2 h after", "10 min before"."""
    if minutes < 0:
        return f"{span(-minutes)} before the block"
    return f"{span(minutes)} after"


def relief(scored: Reading | Peak, baseline: int | None) -> str:
    """Relief in percent of the baseline; a worse score in points. Source: report.md, rule 4."""
    if baseline is not None and scored.score > baseline:
        worse = scored.score - baseline
        return f"worse by {worse} point{'' if worse == 1 else 's'}"
    return f"{scored.relief_percent} %"


def tenths(value: Fraction) -> str:
    """A value with one decimal."""
    return f"{float(value):.1f}".replace("-", "−")


def instant(text: str) -> datetime:
    """An RFC 3339 stamp of a stored item."""
    return datetime.fromisoformat(text)


FILTERS = (
    *(span, interval, clock, clock_seconds, day, date_on, moment, ago),
    *(assessment_name, initial_capital, zone_name, offset, since_block, relief, tenths, instant),
)


def register(app: Flask) -> None:
    """Give the words to the templates, as filters."""
    for filter_ in FILTERS:
        app.add_template_filter(filter_)
