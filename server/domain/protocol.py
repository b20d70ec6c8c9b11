"""What a clinic asks and by what criteria it judges the answers.

Durations are minutes, held as fractions so that every comparison is exact.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import time
from fractions import Fraction

from server.domain.errors import Invalid

MOST_MINUTES = 10_000_000
MOST_DAYS = 3_650

#: How long each anaesthetic is expected to act: (low, high) in minutes; None where nothing is
#: expected. Source: docs/report.md, rule 10.
AGENTS: dict[str, tuple[int, int] | None] = {
    "lidocaine": (60, 240),
    "mepivacaine": (120, 240),
    "bupivacaine": (120, 720),
    "levobupivacaine": (120, 720),
    "ropivacaine": (120, 720),
    "other": None,
}


def agent_window(agent: str) -> tuple[int, int] | None:
    """Expected duration of an agent, (low, high) in minutes; None for `other`.

    :raises Invalid: the agent is none of `AGENTS`
    """
    if agent not in AGENTS:
        raise Invalid("block.agent", f"is not one of {', '.join(AGENTS)}")
    return AGENTS[agent]


@dataclass(frozen=True)
class PlannedAssessment:
    """One time point of a protocol: so many minutes after the block, or a day at a local time.

    `after_minutes` is above 0; `day` counts local dates from that of the block (0 is the same
    day) and goes with `at`, the wall-clock time there. Exactly one of the two kinds is given.
    """

    id: str
    after_minutes: Fraction | None = None
    day: int | None = None
    at: time | None = None

    def __post_init__(self) -> None:
        if not self.id:
            raise Invalid("id", "is empty")
        if self.after_minutes is not None:
            if self.day is not None or self.at is not None:
                raise Invalid("after_minutes", "cannot go with day and at")
            if not 0 < self.after_minutes <= MOST_MINUTES:
                raise Invalid(
                    "after_minutes", f"is not a number above 0 and up to {MOST_MINUTES:,}"
                )
        elif self.day is None:
            raise Invalid("day", "is missing")
        elif self.at is None:
            raise Invalid("at", "is missing")
        elif not 0 <= self.day <= MOST_DAYS:
            raise Invalid("day", f"is not a whole number from 0 to {MOST_DAYS:,}")

    @property
    def daily(self) -> bool:
        """Asked at a local time of day, with the wide window of a daily assessment."""
        return self.day is not None


@dataclass(frozen=True)
class Protocol:
    """A clinic's schedule of assessments, in the clinic's order; it may be empty.

    :raises Invalid: two assessments share an id
    """

    name: str
    assessments: tuple[PlannedAssessment, ...]

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for index, planned in enumerate(self.assessments):
            if planned.id in seen:
                raise Invalid(
                    f"protocol.assessments[{index}].id", "an earlier assessment has the same id"
                )
            seen.add(planned.id)


def _standard() -> Protocol:
    evening = time(18)
    return Protocol(
        "standard",
        (
            PlannedAssessment("15min", after_minutes=Fraction(15)),
            PlannedAssessment("30min", after_minutes=Fraction(30)),
            *(
                PlannedAssessment(f"{hours}h", after_minutes=Fraction(60 * hours))
                for hours in (*range(1, 9), 12)
            ),
            *(PlannedAssessment(f"day{day}", day=day, at=evening) for day in (1, 2, 3)),
        ),
    )


#: 15 and 30 minutes, 1 to 8 hours hourly, 12 hours, then days 1 to 3 at 18:00 local time.
STANDARD = _standard()


@dataclass(frozen=True)
class Criteria:
    """The nine values by which a diary is judged; printed in every report.

    :raises Invalid: a value is outside what is permitted; the path is `criteria.` and its name

    Source: docs/report.md, Criteria.
    """

    #: Relief, in percent of the baseline, from which a reading qualifies; 1 to 100.
    threshold_percent: int = 80
    #: A baseline below this many points gives no verdict; 0 to 10.
    min_baseline: int = 4
    #: A verdict needs a clean reading no later than this; above 0.
    early_minutes: Fraction = Fraction(120)
    #: Peak, onset, runs and verdict look at readings up to this; above 0.
    verdict_minutes: Fraction = Fraction(480)
    #: "Not met" counts the readings up to this; above 0.
    not_met_minutes: Fraction = Fraction(240)
    #: ... and needs so many of them; at least 1.
    not_met_readings: int = 3
    #: Two readings further apart than this never belong to one run; 0 or more.
    max_gap_minutes: Fraction = Fraction(90)
    #: "Met" needs two readings of one run at least this far apart; 0 or more.
    min_spread_minutes: Fraction = Fraction(10)
    #: For so long after pain medicine a reading is confounded; 0 or more.
    rescue_minutes: Fraction = Fraction(360)

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            words, permits = _PERMITTED[field.name]
            if not permits(value):
                raise Invalid(f"criteria.{field.name}", f"is not {words}")


_Permitted = tuple[str, Callable[[int | Fraction], bool]]
_ABOVE_ZERO: _Permitted = (
    f"a number above 0 and up to {MOST_MINUTES:,}",
    lambda value: 0 < value <= MOST_MINUTES,
)
_ZERO_OR_MORE: _Permitted = (
    f"a number from 0 to {MOST_MINUTES:,}",
    lambda value: 0 <= value <= MOST_MINUTES,
)
_PERMITTED: dict[str, _Permitted] = {
    "threshold_percent": ("a whole number from 1 to 100", lambda value: 1 <= value <= 100),
    "min_baseline": ("a whole number from 0 to 10", lambda value: 0 <= value <= 10),
    "early_minutes": _ABOVE_ZERO,
    "verdict_minutes": _ABOVE_ZERO,
    "not_met_minutes": _ABOVE_ZERO,
    "not_met_readings": ("a whole number of 1 or more", lambda value: value >= 1),
    "max_gap_minutes": _ZERO_OR_MORE,
    "min_spread_minutes": _ZERO_OR_MORE,
    "rescue_minutes": _ZERO_OR_MORE,
}
