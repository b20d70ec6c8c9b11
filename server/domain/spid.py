"""%SPID: the share of the pain that was relieved over six hours, a secondary figure."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from server.domain.relief import Reading, rounded
from server.domain.rescue import Rescues

#: The hours that it covers, and how far the readings must reach, in minutes.
HORIZON_MINUTES = Fraction(360)
REACH_MINUTES = Fraction(300)
#: The share of assessments due in that time that must be answered.
ANSWERED_SHARE = Fraction(3, 4)


def spid_percent(
    baseline: int | None,
    clean: Sequence[Reading],
    answered: tuple[int, int],
    rescues: Rescues,
    rescue_minutes: Fraction,
) -> Fraction | None:
    """Pain relieved between the block and the last clean reading, in percent of the baseline.

    A whole number of tenths, negative if the pain was worse; None where it may not be given.

    :param answered: how many assessments due in the six hours were answered for this site, and
        of how many
    Source: docs/report.md, rule 11.
    """
    answers, due = answered
    within = [reading for reading in clean if reading.minutes <= HORIZON_MINUTES]
    if (
        not baseline
        or not within
        or within[-1].minutes < REACH_MINUTES
        or rescues.any_after_to(-rescue_minutes, HORIZON_MINUTES)
        or due == 0
        or answers < ANSWERED_SHARE * due
    ):
        return None
    points = [(Fraction(0), 0), *((each.minutes, baseline - each.score) for each in within)]
    area = (
        sum(
            ((left + right) * (end - start) for (start, left), (end, right) in pairwise(points)),
            Fraction(0),
        )
        / 2
    )
    return Fraction(rounded(1000 * area / (baseline * within[-1].minutes)), 10)
