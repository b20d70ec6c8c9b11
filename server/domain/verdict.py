"""Whether one pain site met the criterion, and how its relief compares with the anaesthetic."""

from collections.abc import Sequence
from typing import Literal

from server.domain.protocol import Criteria, agent_window
from server.domain.relief import Reading
from server.domain.runs import Duration, Run

Verdict = Literal["met", "not_met", "undetermined"]
Reason = Literal[
    "baseline_missing",
    "baseline_zero",
    "baseline_low",
    "no_early_reading",
    "never_reached",
    "not_sustained",
    "too_few_readings",
]
WindowWord = Literal["shorter", "longer", "within", "overlaps"]


def verdict(
    baseline: int | None, clean: Sequence[Reading], found: Sequence[Run], criteria: Criteria
) -> tuple[Verdict, Reason | None]:
    """The verdict of a site and the reason for it; no reason goes with `met`.

    :param clean: the clean readings of the site, in order
    :param found: its runs

    Source: docs/report.md, rule 9.
    """
    horizon = criteria.verdict_minutes
    if baseline is None:
        return "undetermined", "baseline_missing"
    if baseline == 0:
        return "undetermined", "baseline_zero"
    if baseline < criteria.min_baseline:
        return "undetermined", "baseline_low"
    if not any(reading.minutes <= criteria.early_minutes for reading in clean):
        return "undetermined", "no_early_reading"
    if any(_sustained(run, criteria) for run in found):
        return "met", None
    counted = sum(reading.minutes <= criteria.not_met_minutes for reading in clean)
    if counted >= criteria.not_met_readings:
        reached = any(reading.qualifies and reading.minutes <= horizon for reading in clean)
        return "not_met", "not_sustained" if reached else "never_reached"
    return "undetermined", "too_few_readings"


def _sustained(run: Run, criteria: Criteria) -> bool:
    within = [each.minutes for each in run.readings if each.minutes <= criteria.verdict_minutes]
    return len(within) >= 2 and within[-1] - within[0] >= criteria.min_spread_minutes


def window_word(agent: str, lasted: Duration | None) -> WindowWord | None:
    """How a duration lies to the agent's expected window; None without either.

    Never alters the verdict. Source: docs/report.md, rule 10.
    """
    window = agent_window(agent)
    if window is None or lasted is None:
        return None
    low, high = window
    lower, upper = lasted.lower_minutes, lasted.upper_minutes
    if upper is not None and upper < low:
        return "shorter"
    if lower > high:
        return "longer"
    if lower >= low and upper is not None and upper <= high:
        return "within"
    return "overlaps"
