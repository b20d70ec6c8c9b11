"""What a page says to a patient, on paper: in the patient's own language."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton, get_datetime_format
from markupsafe import Markup, escape

from server.words.catalogues import SOURCE_LANGUAGE, t


def speaker(language: str) -> Callable[..., Markup]:
    """`t()` of a template: a message in this language, its values escaped."""

    def say(message: str, **values: object) -> Markup:
        return escape(t(language, message)).format(**values)

    return say


def telephone(number: str) -> Markup:
    """A number that stays in one piece and in its own order, whichever way the words run."""
    return Markup('<strong class="nowrap" dir="ltr">{}</strong>').format(number)


def day_and_clock(instant: datetime, timezone: str, language: str) -> str:
    """A date and a time on the wall: "Mon, 2 Mar 2026, 14:00"."""
    locale = "en_001" if language == SOURCE_LANGUAGE else language
    local = instant.astimezone(ZoneInfo(timezone))
    day, clock = (format_skeleton(parts, local, locale=locale) for parts in ("yMMMEd", "Hm"))
    return str(get_datetime_format("medium", locale)).format(clock, day)
