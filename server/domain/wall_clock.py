"""From the time on a wall to an instant, where the clocks may change."""

from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from server.domain.errors import DomainError

Occurrence = Literal["first", "second"]

#: How far ahead of our clock a block's time may lie: clocks differ.
AHEAD_AT_MOST = timedelta(minutes=5)


class NoSuchTime(DomainError):
    """The clocks went forward over it."""

    code = "no_such_time"


class TimeOccursTwice(DomainError):
    """The clocks went back, and nobody said which of the two is meant."""

    code = "time_occurs_twice"


def instant_on_the_wall(
    local: datetime, timezone: str, occurrence: Occurrence | None = None
) -> datetime:
    """The instant at which a clock in `timezone` (an IANA name) shows `local` (naive).

    :param occurrence: which is meant if the clock shows it twice that night; else not looked at
    :raises NoSuchTime: the clock never shows it
    :raises TimeOccursTwice: it shows it twice and `occurrence` is None
    """
    zone = ZoneInfo(timezone)
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first.astimezone(zone).replace(tzinfo=None) != local:
        raise NoSuchTime(
            "The clocks went forward that night: {time} did not exist in {zone}.",
            time=f"{local:%H:%M}",
            zone=timezone,
        )
    if first == second:
        return first
    if occurrence is None:
        raise TimeOccursTwice(
            "The clocks went back that night: {time} came twice in {zone}."
            " Say which of the two you mean.",
            time=f"{local:%H:%M}",
            zone=timezone,
        )
    return first if occurrence == "first" else second
