"""How the clinic pages write times, spans and intervals, in the language of whoever reads them."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal
from flask import Flask

from server.domain.relief import Peak, Reading, rounded
from server.domain.runs import Duration
from server.web.speech import spoken, t, tn
from server.words.catalogues import SOURCE_LANGUAGE


def span(minutes: Fraction | float) -> str:
    """A length of time, to the minute: "45 min", "2 h", "2 h 30 min"."""
    whole = rounded(Fraction(minutes))
    if whole < 0:
        return f"−{span(-whole)}"
    hours, rest = divmod(whole, 60)
    if hours == 0:
        return t("{minutes} min", minutes=rest)
    if rest == 0:
        return t("{hours} h", hours=hours)
    return t("{hours} h {minutes} min", hours=hours, minutes=rest)


def interval(duration: Duration) -> str:
    """How long relief lasted, never as one exact number."""
    lower = span(duration.lower_minutes)
    if duration.upper_minutes is None:
        return t("at least {span}", span=lower)
    return t("{lower} to {upper}", lower=lower, upper=span(duration.upper_minutes))


def clock(instant: datetime, timezone: str) -> str:
    """The time on the wall, to the minute: "09:05"."""
    return instant.astimezone(ZoneInfo(timezone)).strftime("%H:%M")


def clock_seconds(instant: datetime, timezone: str) -> str:
    """The time on the wall, to the second: "09:05:12"."""
    return instant.astimezone(ZoneInfo(timezone)).strftime("%H:%M:%S")


def day(instant: datetime, timezone: str) -> str:
    """The date on the wall: "Mon 2 Mar 2026"."""
    local = instant.astimezone(ZoneInfo(timezone))
    if _is_english():
        return f"{local:%a} {local.day} {local:%b %Y}"
    return format_skeleton("yMMMEd", local, locale=spoken().code)


def date_on(value: date, now: datetime | None = None, timezone: str = "UTC") -> str:
    """A local date: "2 Mar 2026", or "today" where `now` is given."""
    if now is not None and value == now.astimezone(ZoneInfo(timezone)).date():
        return t("today")
    if _is_english():
        return f"{value.day} {value:%b %Y}"
    return format_date(value, "medium", locale=spoken().code)


def moment(instant: datetime, now: datetime, timezone: str) -> str:
    """A time of today as "09:05", of another day with its weekday, of another year with all."""
    local, today = (each.astimezone(ZoneInfo(timezone)) for each in (instant, now))
    if local.date() == today.date():
        return f"{local:%H:%M}"
    if abs(local.date() - today.date()) < timedelta(days=6):
        weekday = f"{local:%a}" if _is_english() else format_date(local, "ccc", spoken().code)
        return t("{weekday} {time}", weekday=weekday, time=f"{local:%H:%M}")
    return t("{day}, {time}", day=date_on(local.date()), time=f"{local:%H:%M}")


def ago(instant: datetime, now: datetime, timezone: str) -> str:
    """How long ago: "2 h 10 min ago"; from the next day on the weekday."""
    elapsed = now - instant
    if elapsed < timedelta(0):
        return t("in {span}", span=span(-elapsed.total_seconds() / 60))
    if elapsed < timedelta(hours=24):
        return t("{span} ago", span=span(elapsed.total_seconds() / 60))
    return day(instant, timezone)


def assessment_name(assessment_id: str) -> str:
    """What people call an assessment: "15 min", "1 h", "day 1", "day 2, 18:00"; a clinic's own name as it is."""
    short = re.fullmatch(r"(\d+)(min|h)|(day)(\d+)(?:-(\d\d)(\d\d))?", assessment_id)
    if short is None:
        return assessment_id
    number, unit, _, day, hour, minute = short.groups()
    if unit:
        return t("{hours} h", hours=number) if unit == "h" else t("{minutes} min", minutes=number)
    if hour:
        return t("day {number}, {time}", number=day, time=f"{hour}:{minute}")
    return t("day {number}", number=day)


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
        return t("{span} before the block", span=span(-minutes))
    return t("{span} after", span=span(minutes))


def relief(scored: Reading | Peak, baseline: int | None) -> str:
    """Relief in percent of the baseline; a worse score in points. Source: report.md, rule 4."""
    if baseline is not None and scored.score > baseline:
        worse = scored.score - baseline
        return tn("worse by {count} point", "worse by {count} points", worse)
    return t("{percent} %", percent=scored.relief_percent)


def tenths(value: Fraction) -> str:
    """A value with one decimal."""
    written = f"{float(value):.1f}"
    if not _is_english():
        written = format_decimal(Decimal(written), "0.0", spoken().code)
    return written.replace("-", "−")


def instant(text: str) -> datetime:
    """An RFC 3339 stamp of a stored item."""
    return datetime.fromisoformat(text)


def _is_english() -> bool:
    """English dates are written as staff of many countries read them alike, "2 Mar 2026"."""
    return spoken().code == SOURCE_LANGUAGE


FILTERS = (
    *(span, interval, clock, clock_seconds, day, date_on, moment, ago),
    *(assessment_name, initial_capital, zone_name, offset, since_block, relief, tenths, instant),
)


def register(app: Flask) -> None:
    """Give the words to the templates, as filters."""
    for filter_ in FILTERS:
        app.add_template_filter(filter_)
