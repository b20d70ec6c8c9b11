"""How long a clinic keeps what patients told it."""

from calendar import monthrange
from datetime import datetime
from typing import Literal

from server.domain.errors import Invalid

#: What is done once nothing was heard of a patient for so long.
Then = Literal["erase", "anonymise"]

#: Shorter than any diary and its follow-up would be an accident; longer than this is for ever.
FEWEST_MONTHS, MOST_MONTHS = 3, 600


def checked_months(months: int) -> int:
    """:raises Invalid: too few or too many"""
    if not FEWEST_MONTHS <= months <= MOST_MONTHS:
        raise Invalid(
            "months",
            "Type a number of months from {fewest} to {most}.",
            fewest=FEWEST_MONTHS,
            most=MOST_MONTHS,
        )
    return months


def kept_since(now: datetime, months: int) -> datetime:
    """So many calendar months ago; on the month's last day where it is shorter."""
    count = now.year * 12 + now.month - 1 - months
    year, month = divmod(count, 12)
    day = min(now.day, monthrange(year, month + 1)[1])
    return now.replace(year=year, month=month + 1, day=day)
