"""The curve of one pain site, as shapes to draw: where everything goes, and what is joined.

A pure function of the report. Coordinates are the units of the picture's own box; x grows to the
right with time, y downwards, so that less pain is lower.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from server.domain.protocol import Criteria, agent_window
from server.domain.relief import Reading
from server.domain.report import BlockRecord, SiteReport
from server.domain.schedule import minutes_between
from server.web.clinic.time_axis import (
    MOST_DRAWN_MINUTES,
    Panel,
    Size,
    Stretch,
    Tick,
    day_ticks,
    hour_ticks,
    nights,
    panels,
    x_of,
)
from server.web.speech import N

WIDE = Size("wide", 960, 340, 36, 148, 44, 58, 13, False)
NARROW = Size("narrow", 344, 330, 26, 8, 46, 58, 7, True)

Kind = Literal["clean", "confounded", "recalled"]
LABELS: dict[str, str] = {"confounded": N("after medicine"), "recalled": N("recalled")}


@dataclass(frozen=True)
class Dot:
    """One reading. `label` names its kind beside the first of that kind."""

    x: float
    y: float
    kind: Kind
    label: str | None


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


def curve(record: BlockRecord, found: SiteReport, size: Size = WIDE) -> Curve:
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
    last = max((each.minutes for each in drawn), default=Fraction(0))
    axis = panels(record.criteria.verdict_minutes, last, size)
    taken = _medicine(record)
    marks = tuple(x for x in (x_of(axis, minutes) for minutes in taken) if x is not None)
    window = agent_window(record.agent)
    dark = tuple(nights(record, axis))
    threshold = threshold_score(found.baseline, record.criteria.threshold_percent)
    return Curve(
        size=size,
        panels=tuple(Stretch(panel.x, panel.width) for panel in axis),
        grid=tuple(Level(_y(score, size), score) for score in range(0, 11, 2)),
        hours=tuple(hour_ticks(axis[0], size)),
        days=tuple(day_ticks(record, axis[1])) if len(axis) > 1 else (),
        nights=dark,
        night_labels=tuple(
            night.middle
            for night in dark
            if night.width > 30 and all(abs(night.middle - x) > 50 for x in marks[:1])
        ),
        window=axis[0].stretch(Fraction(window[0]), Fraction(window[1])) if window else None,
        baseline=None
        if found.baseline is None
        else Level(_y(found.baseline, size), found.baseline),
        threshold=None if threshold is None else Level(_y(threshold, size), threshold),
        lines=tuple(_lines(drawn, taken, record.criteria, axis, size)),
        dots=tuple(_dots(drawn, axis, size)),
        medicine=marks,
    )


def threshold_score(baseline: int | None, threshold_percent: int) -> int | None:
    """The highest score that still qualifies; None without a baseline of 1 or more."""
    return None if not baseline else baseline * (100 - threshold_percent) // 100


def _y(score: int, size: Size) -> float:
    height = size.height - size.top - size.bottom
    return round(size.top + height * (10 - score) / 10, 1)


def _medicine(record: BlockRecord) -> list[Fraction]:
    return sorted(
        minutes_between(record.performed_at, each.entry.rescue_at)
        for each in record.diary
        if each.standing and each.entry.rescue_at is not None
    )


def _lines(
    drawn: Sequence[Reading],
    taken: Sequence[Fraction],
    criteria: Criteria,
    axis: Sequence[Panel],
    size: Size,
) -> Iterator[tuple[tuple[float, float], ...]]:
    clean = [each for each in drawn if each.status == "clean"]
    line: list[tuple[float, float]] = []
    for before, each in pairwise((None, *clean)):
        assert each is not None  # only the first of the pairs has none before it
        joined = (
            before is not None
            and each.minutes - before.minutes <= criteria.max_gap_minutes
            and not any(before.minutes <= at < each.minutes for at in taken)
            and not before.minutes <= axis[0].end < each.minutes
        )
        if not joined:
            if len(line) > 1:
                yield tuple(line)
            line = []
        x = x_of(axis, each.minutes)
        assert x is not None  # the axis reaches to the last reading
        line.append((x, _y(each.score, size)))
    if len(line) > 1:
        yield tuple(line)


def _dots(drawn: Sequence[Reading], axis: Sequence[Panel], size: Size) -> Iterator[Dot]:
    labelled: set[str] = set()
    for each in drawn:
        x = x_of(axis, each.minutes)
        assert x is not None  # the axis reaches to the last reading
        if each.status == "not_counted":
            continue
        label = None if each.status in labelled else LABELS.get(each.status)
        labelled.add(each.status)
        yield Dot(x, _y(each.score, size), each.status, label)
