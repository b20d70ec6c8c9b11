"""What a page says to a patient, on paper: in the patient's own language."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton, format_time, get_datetime_format
from babel.units import format_unit
from markupsafe import Markup, escape

from server.domain.contact import Contact
from server.domain.protocol import PlannedAssessment, Protocol
from server.domain.schedule import Assessment
from server.web import languages
from server.words.catalogues import SOURCE_LANGUAGE, t
from server.words.catalogues import language as catalogue_language


def speaker(language: str) -> Callable[..., Markup]:
    """`t()` of a template: a message in this language, its values escaped."""

    def say(message: str, **values: object) -> Markup:
        return escape(t(language, message)).format(**values)

    return say


def telephone(number: str) -> Markup:
    """A number that stays in one piece and in its own order, whichever way the words run."""
    return Markup('<strong class="nowrap" dir="ltr">{}</strong>').format(number)


def whom_to_call(its: Contact, language: str) -> dict[str, Any]:
    """The clinic's numbers and own words, as `patient/_whom_to_call.html` wants them."""
    return {
        "contact": its,
        "number": telephone,
        "opening_hours": languages.said(its, "opening_hours", language),
        "advice": languages.said(its, "advice", language),
        "direction": lambda code: catalogue_language(code).direction,
    }


def day_and_clock(instant: datetime, timezone: str, language: str) -> str:
    """A date and a time on the wall: "Mon, 2 Mar 2026, 14:00"."""
    locale = _locale(language)
    local = instant.astimezone(ZoneInfo(timezone))
    day, clock = (format_skeleton(parts, local, locale=locale) for parts in ("yMMMEd", "Hm"))
    return str(get_datetime_format("medium", locale)).format(clock, day)


@dataclass(frozen=True)
class PaperRow:
    """One time of the paper diary. `span` after the block, or None with `day`: so many days later
    at `at`; `clock` is its time on the wall where the block has a time, else empty."""

    span: str | None
    day: int
    at: str
    clock: str


def paper_rows(
    protocol: Protocol, scheduled: Sequence[Assessment] | None, timezone: str, language: str
) -> list[PaperRow]:
    """The times of a protocol in order, as the patient's language writes them.

    :param scheduled: the block's assessments; None while it has no time
    """
    if scheduled is None:
        planned = sorted(protocol.assessments, key=_order)
        return [_paper_row(each, "", language) for each in planned]
    by_id = {each.id: each for each in protocol.assessments}
    return [
        _paper_row(by_id[each.id], day_and_clock(each.due_at, timezone, language), language)
        for each in scheduled
    ]


def _paper_row(planned: PlannedAssessment, clock: str, language: str) -> PaperRow:
    minutes, at = planned.after_minutes, planned.at
    return PaperRow(
        span=None if minutes is None else _span(round(minutes), language),
        day=planned.day or 0,
        at="" if at is None else format_time(at, "short", locale=_locale(language)),
        clock=clock,
    )


def _span(minutes: int, language: str) -> str:
    """A length of time in the language's own words: "1 hour", "90 minutes"."""
    amount, unit = (minutes // 60, "hour") if minutes % 60 == 0 else (minutes, "minute")
    return format_unit(amount, f"duration-{unit}", "long", locale=_locale(language))


def _order(planned: PlannedAssessment) -> timedelta:
    """Before the block has a time, its daily assessments are sorted as if it were done at noon."""
    if planned.after_minutes is not None:
        return timedelta(minutes=float(planned.after_minutes))
    at = planned.at or time(0)
    return timedelta(days=planned.day or 0, hours=at.hour - 12, minutes=at.minute)


def _locale(language: str) -> str:
    return "en_001" if language == SOURCE_LANGUAGE else language
