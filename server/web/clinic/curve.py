"""The curve of one pain site, as shapes to draw: where everything goes, and what is joined.

A pure function of the report. Coordinates are the units of the picture's own box; x grows to the
right with time, y downwards, so that less pain is lower.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from server.domain.protocol import agent_window
from server.domain.relief import Reading
from server.domain.report import BlockRecord, SiteReport
from server.domain.schedule import minutes_between

#: The first hours get most of the width; what is later is drawn beside them on its own scale.
HOURS_PANEL_MINUTES = 13 * 60
#: Night on the wall where the block was done.
NIGHT_FROM, NIGHT_TO = time(22), time(7)
#: Beyond this the days have no shaded nights: they would be stripes.
MOST_SHADED_DAYS = 14
#: A reading later than this (a phone with a wrong clock) is in the table of entries only.
MOST_DRAWN_MINUTES = 60 * 24 * 60

Kind = Literal["clean", "confounded", "recalled"]


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


WIDE = Size("wide", 760, 340, 36, 148, 44, 58, 13, False)
NARROW = Size("narrow", 344, 330, 26, 8, 46, 58, 7, True)


@dataclass(frozen=True)
class Dot:
    """One reading."""

    x: float
    y: float
    kind: Kind
    label: str | None  #: names the kind, beside the first of its kind


@dataclass(frozen=True)
class Stretch:
    """A part of the time axis."""

    x: float
    width: float

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True)
class Tick:
    """A mark on the time axis with what is written below it."""

    x: float
    label: str


@dataclass(frozen=True)
class Level:
    """A horizontal line at a score."""

    y: float
    score: int


@dataclass(frozen=True)
class Curve:
    """Everything that is drawn. `lines` are the readings joined, each a sequence of points;
    a reading that is joined to none is in none of them."""

    size: Size
    panels: tuple[Stretch, ...]
    grid: tuple[Level, ...]
    hours: tuple[Tick, ...]
    days: tuple[Tick, ...]
    nights: tuple[Stretch, ...]
    night_labels: tuple[float, ...]
    window: Stretch | None
    window_hours: tuple[int, int] | None
    baseline: Level | None
    threshold: Level | None
    lines: tuple[tuple[tuple[float, float], ...], ...]
    dots: tuple[Dot, ...]
    medicine: tuple[float, ...]

    @property
    def plot_right(self) -> float:
        return self.panels[-1].x + self.panels[-1].width

    @property
    def plot_bottom(self) -> int:
        return self.size.height - self.size.bottom


@dataclass(frozen=True)
class _Panel:
    """A stretch of time on a stretch of the picture."""

    start: Fraction
    end: Fraction
    x: float
    width: float

    def at(self, minutes: Fraction) -> float:
        share = float((minutes - self.start) / (self.end - self.start))
        return round(self.x + share * self.width, 1)

    def stretch(self, start: Fraction, end: Fraction) -> Stretch | None:
        """The part of a time span that lies in this panel."""
        start, end = max(start, self.start), min(end, self.end)
        if start >= end:
            return None
        return Stretch(self.at(start), round(self.at(end) - self.at(start), 1))


def curve(record: BlockRecord, site: str, found: SiteReport, size: Size = WIDE) -> Curve:
    """Place the readings of one pain site.

    Readings before the block and superseded ones are not drawn. Clean readings that follow one
    another are joined if they are at most `max_gap_minutes` apart and no pain medicine was taken
    between them; recalled and confounded ones never are.
    """
    drawn = [
        each
        for each in found.readings
        if each.status != "not_counted" and 0 < each.minutes <= MOST_DRAWN_MINUTES
    ]
    panels = _panels(record, drawn, size)
    taken = _medicine(record)
    window = agent_window(record.agent)
    first = panels[0]
    nights = tuple(_nights(record, panels))
    marks = tuple(x for x in (_x(panels, minutes) for minutes in taken) if x is not None)
    return Curve(
        size=size,
        panels=tuple(Stretch(panel.x, panel.width) for panel in panels),
        grid=tuple(Level(_y(score, size), score) for score in range(0, 11, 2)),
        hours=tuple(_hour_ticks(first, size)),
        days=tuple(_day_ticks(record, panels[1], size)) if len(panels) > 1 else (),
        nights=nights,
        night_labels=tuple(
            night.middle
            for night in nights
            if night.width > 30 and all(abs(night.middle - x) > 50 for x in marks[:1])
        ),
        window=first.stretch(Fraction(window[0]), Fraction(window[1])) if window else None,
        window_hours=(window[0] // 60, window[1] // 60) if window else None,
        baseline=_level(found.baseline, size),
        threshold=_level(threshold_score(found.baseline, record.criteria.threshold_percent), size),
        lines=tuple(_lines(drawn, taken, record, panels, size)),
        dots=tuple(_dots(drawn, panels, size)),
        medicine=marks,
    )


def threshold_score(baseline: int | None, threshold_percent: int) -> int | None:
    """The highest score that still qualifies; None without a baseline of 1 or more."""
    return None if not baseline else baseline * (100 - threshold_percent) // 100


def _panels(record: BlockRecord, drawn: Sequence[Reading], size: Size) -> list[_Panel]:
    verdict_minutes = min(Fraction(record.criteria.verdict_minutes), Fraction(MOST_DRAWN_MINUTES))
    hours_end = max(Fraction(HOURS_PANEL_MINUTES), verdict_minutes)
    width = size.width - size.left - size.right
    last = max((each.minutes for each in drawn), default=Fraction(0))
    if last <= hours_end:
        return [_Panel(Fraction(0), hours_end, size.left, width)]
    days_width = round(width * 0.28)
    break_width = 10
    return [
        _Panel(Fraction(0), hours_end, size.left, width - days_width - break_width),
        # A tenth more, so that the last dot is not on the edge.
        _Panel(
            hours_end,
            last + (last - hours_end) / 10,
            size.left + width - days_width,
            days_width,
        ),
    ]


def _x(panels: Sequence[_Panel], minutes: Fraction) -> float | None:
    for panel in panels:
        if panel.start <= minutes <= panel.end:
            return panel.at(minutes)
    return None


def _y(score: int, size: Size) -> float:
    height = size.height - size.top - size.bottom
    return round(size.top + height * (10 - score) / 10, 1)


def _level(score: int | None, size: Size) -> Level | None:
    return None if score is None else Level(_y(score, size), score)


def _hour_ticks(panel: _Panel, size: Size) -> Iterator[Tick]:
    step = 60
    while panel.end / step > size.most_ticks:
        step *= 2
    for minutes in range(0, int(panel.end) + 1, step):
        yield Tick(panel.at(Fraction(minutes)), str(minutes // 60))


def _day_ticks(record: BlockRecord, panel: _Panel, size: Size) -> Iterator[Tick]:
    """A label at the local noon of each day, thinned where they would touch."""
    noons = [
        (day, panel.at(minutes))
        for day, minutes in _wall(record, time(12), panel.end)
        if day > 0 and panel.start <= minutes <= panel.end
    ]
    every = 1
    while noons and panel.width * every / len(noons) < 16:
        every += 1
    for day, x in noons[::every]:
        yield Tick(x, str(day))


def _nights(record: BlockRecord, panels: Sequence[_Panel]) -> Iterator[Stretch]:
    if panels[-1].end > MOST_SHADED_DAYS * 24 * 60:
        panels = panels[:1]
    if panels[-1].end > MOST_SHADED_DAYS * 24 * 60:
        return
    evenings = _wall(record, NIGHT_FROM, panels[-1].end)
    mornings = _wall(record, NIGHT_TO, panels[-1].end)
    starts = [minutes for _, minutes in evenings]
    ends = [minutes for _, minutes in mornings][1:]
    for start, end in zip(starts, ends, strict=False):
        for panel in panels:
            if stretch := panel.stretch(start, end):
                yield stretch


def _wall(record: BlockRecord, at: time, until: Fraction) -> list[tuple[int, Fraction]]:
    """(day, minutes since the block) of a wall-clock time, from the day before the block on."""
    zone = ZoneInfo(record.timezone)
    first = record.performed_at.astimezone(zone).date()
    days = range(-1, int(until / (24 * 60)) + 3)
    return [
        (
            day,
            minutes_between(
                record.performed_at, datetime.combine(first + timedelta(days=day), at, tzinfo=zone)
            ),
        )
        for day in days
    ]


def _medicine(record: BlockRecord) -> list[Fraction]:
    return sorted(
        minutes_between(record.performed_at, each.entry.rescue_at)
        for each in record.diary
        if each.standing and each.entry.rescue_at is not None
    )


def _lines(
    drawn: Sequence[Reading],
    taken: Sequence[Fraction],
    record: BlockRecord,
    panels: Sequence[_Panel],
    size: Size,
) -> Iterator[tuple[tuple[float, float], ...]]:
    clean = [each for each in drawn if each.status == "clean"]
    line: list[tuple[float, float]] = []
    for before, each in pairwise((None, *clean)):
        assert each is not None  # only the first of the pairs has none before it
        joined = (
            before is not None
            and each.minutes - before.minutes <= record.criteria.max_gap_minutes
            and not any(before.minutes <= at < each.minutes for at in taken)
            and not before.minutes <= panels[0].end < each.minutes
        )
        if not joined:
            if len(line) > 1:
                yield tuple(line)
            line = []
        x = _x(panels, each.minutes)
        assert x is not None  # the panels reach to the last reading
        line.append((x, _y(each.score, size)))
    if len(line) > 1:
        yield tuple(line)


LABELS: dict[Kind, str] = {"confounded": "after medicine", "recalled": "recalled"}


def _dots(drawn: Sequence[Reading], panels: Sequence[_Panel], size: Size) -> Iterator[Dot]:
    labelled: set[str] = set()
    for each in drawn:
        x = _x(panels, each.minutes)
        if x is None or each.status == "not_counted":
            continue
        label = None if each.status in labelled else LABELS.get(each.status)
        labelled.add(each.status)
        yield Dot(x, _y(each.score, size), each.status, label)
