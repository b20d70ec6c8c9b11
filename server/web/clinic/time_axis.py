"""The curve's time axis: the first hours wide, the days after them beside, the nights shaded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from server.domain.report import BlockRecord
from server.domain.schedule import minutes_between

#: The first hours get most of the width; what is later is drawn beside them on its own scale.
HOURS_PANEL_MINUTES = 13 * 60
DAYS_SHARE = 0.28
BREAK_WIDTH = 10
#: Night on the wall where the block was done.
NIGHT_FROM, NIGHT_TO = time(22), time(7)
#: Beyond this the days have no shaded nights: they would be stripes.
MOST_SHADED_MINUTES = 14 * 24 * 60
#: A reading later than this (a phone with a wrong clock) is in the table of entries only.
MOST_DRAWN_MINUTES = 60 * 24 * 60


@dataclass(frozen=True)
class Size:
    """A picture's box and the margins around its plot."""

    name: str
    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    most_ticks: int
    labels_inside: bool  #: lines are labelled above themselves, not in the right margin


@dataclass(frozen=True)
class Stretch:
    """A part of the axis."""

    x: float
    width: float

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True)
class Tick:
    """A mark on the axis with what is written below it."""

    x: float
    label: str


@dataclass(frozen=True)
class Panel:
    """A span of minutes since the block on a part of the picture."""

    start: Fraction
    end: Fraction
    x: float
    width: float

    def at(self, minutes: Fraction) -> float:
        share = float((minutes - self.start) / (self.end - self.start))
        return round(self.x + share * self.width, 1)

    def stretch(self, start: Fraction, end: Fraction) -> Stretch | None:
        """The part of a span that lies in this panel."""
        start, end = max(start, self.start), min(end, self.end)
        if start >= end:
            return None
        return Stretch(self.at(start), round(self.at(end) - self.at(start), 1))


def panels(verdict_minutes: Fraction, last_minutes: Fraction, size: Size) -> tuple[Panel, ...]:
    """One panel for the hours, and one for the days if a reading is as late as that."""
    verdict_minutes = min(Fraction(verdict_minutes), Fraction(MOST_DRAWN_MINUTES))
    hours_end = max(Fraction(HOURS_PANEL_MINUTES), verdict_minutes)
    width = size.width - size.left - size.right
    if last_minutes <= hours_end:
        return (Panel(Fraction(0), hours_end, size.left, width),)
    days_width = round(width * DAYS_SHARE)
    # A tenth more, so that the last dot is not on the edge.
    days_end = last_minutes + (last_minutes - hours_end) / 10
    return (
        Panel(Fraction(0), hours_end, size.left, width - days_width - BREAK_WIDTH),
        Panel(hours_end, days_end, size.left + width - days_width, days_width),
    )


def x_of(axis: Sequence[Panel], minutes: Fraction) -> float | None:
    """Where an instant lies; None outside the axis."""
    for panel in axis:
        if panel.start <= minutes <= panel.end:
            return panel.at(minutes)
    return None


def hour_ticks(panel: Panel, size: Size) -> Iterator[Tick]:
    """Whole hours, as many as can be told apart."""
    step = 60
    while panel.end / step > size.most_ticks:
        step *= 2
    for minutes in range(0, int(panel.end) + 1, step):
        yield Tick(panel.at(Fraction(minutes)), str(minutes // 60))


def day_ticks(record: BlockRecord, panel: Panel) -> Iterator[Tick]:
    """A number at the local noon of each day, thinned where they would touch."""
    noons = [
        (day, panel.at(minutes))
        for day, minutes in _on_the_wall(record, time(12), panel.end)
        if day > 0 and panel.start <= minutes <= panel.end
    ]
    every = 1
    while noons and panel.width * every / len(noons) < 16:
        every += 1
    for day, x in noons[::every]:
        yield Tick(x, str(day))


def nights(record: BlockRecord, axis: Sequence[Panel]) -> Iterator[Stretch]:
    """The nights of the block's zone, each panel's part by itself."""
    axis = [panel for panel in axis if panel.end <= MOST_SHADED_MINUTES]
    if not axis:
        return
    end = axis[-1].end
    evenings = [minutes for _, minutes in _on_the_wall(record, NIGHT_FROM, end)]
    mornings = [minutes for _, minutes in _on_the_wall(record, NIGHT_TO, end)][1:]
    for evening, morning in zip(evenings, mornings, strict=False):
        for panel in axis:
            if stretch := panel.stretch(evening, morning):
                yield stretch


def _on_the_wall(record: BlockRecord, at: time, until: Fraction) -> list[tuple[int, Fraction]]:
    """(day, minutes since the block) of a wall-clock time, from the day before the block on."""
    zone = ZoneInfo(record.timezone)
    first = record.performed_at.astimezone(zone).date()
    return [
        (
            day,
            minutes_between(
                record.performed_at, datetime.combine(first + timedelta(days=day), at, tzinfo=zone)
            ),
        )
        for day in range(-1, int(until / (24 * 60)) + 3)
    ]
