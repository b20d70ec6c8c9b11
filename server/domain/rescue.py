"""Pain medicine beyond the regular, and what it makes unsafe to count."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from fractions import Fraction


class Rescues:
    """When rescue medicine was taken, in minutes after the block; negative is before it."""

    def __init__(self, taken: Iterable[Fraction]) -> None:
        self._taken = sorted(taken)

    def confound(self, minutes: Fraction, rescue_minutes: Fraction) -> bool:
        """Whether a reading at `minutes` follows a rescue by no more than `rescue_minutes`.

        Medicine taken at that very instant has not acted yet. Source: docs/report.md, rule 3.
        """
        earlier = bisect_left(self._taken, minutes)
        return earlier > 0 and minutes <= self._taken[earlier - 1] + rescue_minutes

    def any_from_until(self, start: Fraction, end: Fraction) -> bool:
        """Whether one lies in [start, end)."""
        return bisect_left(self._taken, start) < bisect_left(self._taken, end)

    def any_from_to(self, start: Fraction, end: Fraction) -> bool:
        """Whether one lies in [start, end]."""
        return bisect_left(self._taken, start) < bisect_right(self._taken, end)

    def any_after_to(self, start: Fraction, end: Fraction) -> bool:
        """Whether one lies in (start, end]."""
        return bisect_right(self._taken, start) < bisect_right(self._taken, end)
