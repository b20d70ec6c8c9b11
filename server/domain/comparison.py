"""Two blocks of one patient, a short-acting and a long-acting anaesthetic, side by side."""

from dataclasses import dataclass
from typing import Literal

from server.domain.report import BlockRecord, SiteReport, report

Comparison = Literal["concordant", "discordant", "not_comparable"]
ComparisonReason = Literal["too_close", "criteria_differ", "agents", "not_both_met", "overlap"]

SHORT_ACTING = frozenset({"lidocaine", "mepivacaine"})
LONG_ACTING = frozenset({"bupivacaine", "levobupivacaine", "ropivacaine"})
#: Blocks on local dates closer than this are not compared.
APART_DAYS = 14


@dataclass(frozen=True)
class SiteComparison:
    """How two blocks agree at one pain site; a reason only where they cannot be compared."""

    comparison: Comparison
    reason: ComparisonReason | None


def compare(first: BlockRecord, second: BlockRecord) -> dict[str, SiteComparison]:
    """Compare two blocks at every pain site of both, in the first block's order.

    Whichever was done earlier makes no difference. Empty if they share no site.

    Source: docs/report.md, rule 13.
    """
    common = [site for site in first.baseline if site in second.baseline]
    obstacle = _obstacle(first, second)
    if obstacle:
        return {site: SiteComparison("not_comparable", obstacle) for site in common}
    if first.agent in SHORT_ACTING:
        short, long = report(first), report(second)
    else:
        short, long = report(second), report(first)
    return {site: _compare_site(short.sites[site], long.sites[site]) for site in common}


def _obstacle(first: BlockRecord, second: BlockRecord) -> ComparisonReason | None:
    if abs((first.performed_on - second.performed_on).days) < APART_DAYS:
        return "too_close"
    if first.criteria != second.criteria:
        return "criteria_differ"
    short = sum(block.agent in SHORT_ACTING for block in (first, second))
    long = sum(block.agent in LONG_ACTING for block in (first, second))
    if (short, long) != (1, 1):
        return "agents"
    return None


def _compare_site(short: SiteReport, long: SiteReport) -> SiteComparison:
    if not short.verdict == long.verdict == "met" or not (short.duration and long.duration):
        return SiteComparison("not_comparable", "not_both_met")
    if _outlasts(long, short):
        return SiteComparison("concordant", None)
    if _outlasts(short, long):
        return SiteComparison("discordant", None)
    return SiteComparison("not_comparable", "overlap")


def _outlasts(one: SiteReport, other: SiteReport) -> bool:
    if one.duration is None or other.duration is None:
        return False
    upper = other.duration.upper_minutes
    return upper is not None and one.duration.lower_minutes > upper
