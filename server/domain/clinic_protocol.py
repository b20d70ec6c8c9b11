"""A protocol as a clinic writes it: what it asks and when, how it judges, what it tells patients."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from server.domain.baseline import MAX_AGE_MINUTES
from server.domain.errors import Invalid
from server.domain.protocol import Criteria, PlannedAssessment, Protocol
from server.domain.written_times import written_minutes

MOST_ASSESSMENTS = 60
#: So that the diary ends while the board still follows it.
MOST_DAYS = 20
#: Two reminders closer together would be one.
LEAST_APART_MINUTES = 5
#: Times of one day; at least the longest that clocks are put forward by.
LEAST_APART_DAILY_MINUTES = 120
DAY_MINUTES = 24 * 60
#: Minutes of the day between which blocks are done, an hour for changing clocks included.
BLOCKS_FROM, BLOCKS_UNTIL = 5 * 60, 21 * 60
MOST_CHARACTERS = 400
MOST_LINES = 6
MOST_NAME_CHARACTERS = 60
MOST_SOURCE_CHARACTERS = 300


@dataclass(frozen=True)
class PatientText:
    """A clinic's own words for its patients in one language, plain text; empty: none.

    `cautions` stand in place of the diary's own wherever it encourages to be active;
    `instructions` stand before them.
    """

    instructions: str = ""
    cautions: str = ""

    def __bool__(self) -> bool:
        return bool(self.instructions or self.cautions)


@dataclass(frozen=True)
class ClinicProtocol:
    """One version of a clinic's protocol. `texts` are by language, as in a page's `lang`.

    `nudge` says whether a reminder that nothing confirms is followed by one second push;
    `source` where the protocol comes from, in the clinic's words; `offered` whether new blocks
    can get it.
    """

    schedule: Protocol
    criteria: Criteria = field(default_factory=Criteria)
    baseline_max_age_minutes: int = MAX_AGE_MINUTES
    nudge: bool = True
    texts: Mapping[str, PatientText] = field(default_factory=dict)
    source: str = ""
    offered: bool = True


def check_plain(text: str, path: str) -> None:
    """A clinic's words are text that a small screen can hold.

    :raises Invalid: too long, too many lines, or characters that no keyboard types
    """
    if len(text) > MOST_CHARACTERS:
        raise Invalid(
            path,
            "Use {most} characters or fewer; these are {count}.",
            most=MOST_CHARACTERS,
            count=len(text),
        )
    if text.count("\n") >= MOST_LINES:
        raise Invalid(path, "Use {most} lines or fewer.", most=MOST_LINES)
    if not all(character == "\n" or character.isprintable() for character in text):
        raise Invalid(path, "There is a character that cannot be shown. Type the text again.")


def check_times(planned: tuple[PlannedAssessment, ...]) -> None:
    """Each time can be asked, and no two meet whenever a block is done between 05:00 and 21:00.

    :raises Invalid: with the path `after` or `days`, and what to do
    """
    if not planned:
        raise Invalid("after", "Write at least one time, such as 1 h.")
    if len(planned) > MOST_ASSESSMENTS:
        raise Invalid(
            "after",
            "Ask at most {most} times; these are {count}.",
            most=MOST_ASSESSMENTS,
            count=len(planned),
        )
    minutes = sorted(each.after_minutes for each in planned if each.after_minutes is not None)
    if minutes and minutes[-1] > MOST_DAYS * DAY_MINUTES:
        raise Invalid(
            "after", "The last time can be {hours} h after the block.", hours=MOST_DAYS * 24
        )
    for earlier, later in pairwise(minutes):
        if later - earlier < LEAST_APART_MINUTES:
            raise Invalid(
                "after",
                "{earlier} and {later}: leave at least {least} min between two times.",
                earlier=written_minutes(earlier),
                later=written_minutes(later),
                least=LEAST_APART_MINUTES,
            )
    daily = sorted(_wall_minutes(each) for each in planned if each.daily)
    for at in daily:
        if not DAY_MINUTES <= at < (MOST_DAYS + 1) * DAY_MINUTES:
            raise Invalid(
                "days",
                "Days run from 1, the day after the block, to {last}. On the day itself ask"
                " by the time since the block.",
                last=MOST_DAYS,
            )
    for earlier_at, later_at in pairwise(daily):
        if later_at - earlier_at < LEAST_APART_DAILY_MINUTES:
            raise Invalid("days", "Leave at least 2 hours between two times of the days.")
    for at in daily:
        for after in minutes:
            if BLOCKS_FROM <= at - after < BLOCKS_UNTIL:  # when a block would make them one
                raise Invalid(
                    "days",
                    "Day {day} at {time} could fall on {after} after a block. Choose another time, or"
                    " leave one of the two out.",
                    day=at // DAY_MINUTES,
                    time=f"{at % DAY_MINUTES // 60:02}:{at % 60:02}",
                    after=written_minutes(after),
                )


def _wall_minutes(planned: PlannedAssessment) -> int:
    """Minutes on the wall since the midnight before the block."""
    assert planned.day is not None and planned.at is not None  # asked of daily ones alone
    return planned.day * DAY_MINUTES + planned.at.hour * 60 + planned.at.minute
