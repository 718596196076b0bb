"""Charts as geometry: what the template draws as SVG. Numbers only, no text from a run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reasoncli.reports.words import number
from reasoncli.voting.coverage import PowerLaw
from reasoncli.voting.curves import Curves

WIDTH, HEIGHT = 480, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 26, 12, 44
_BARS = 150  # where bars begin, after their labels
_TICKS = 8
_SMOOTH = 48  # points of the law's line

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: where it is, and what stands there."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class CoverageChart:
    """Lines over the number of samples, which doubles from step to step; places in the picture's units.

    Attributes:
        band: corners of the confidence band.
        passes: pass@k; upper: the same if all unjudged samples are plausible, empty where there are none.
        law: the fitted power law, empty without one.
        majority: maj@k.
    """

    x: tuple[Tick, ...]
    y: tuple[Tick, ...]
    band: str
    passes: tuple[Point, ...]
    upper: tuple[Point, ...]
    law: tuple[Point, ...]
    majority: tuple[Point, ...]
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    bottom: float = HEIGHT - _BOTTOM


def coverage_chart(curves: Curves) -> CoverageChart | None:
    """The chart of a run's samples; `None` where one point is all there is."""
    rows = curves.rows
    if len(rows) < 2:
        return None
    last = math.log2(rows[-1].k)

    def place(k: float, share: float) -> Point:
        across = math.log2(k) / last * (WIDTH - _LEFT - _RIGHT)
        return round(_LEFT + across, 1), round(_TOP + (1 - share) * (HEIGHT - _TOP - _BOTTOM), 1)

    ticks = [row.k for row in rows if row.k & (row.k - 1) == 0]
    ticks = ticks[:: math.ceil(len(ticks) / _TICKS)]
    corners = [place(row.k, row.band[1]) for row in rows] + [place(row.k, row.band[0]) for row in reversed(rows)]
    law: tuple[Point, ...] = ()
    if isinstance(curves.law, PowerLaw):
        steps = [2 ** (last * i / _SMOOTH) for i in range(_SMOOTH + 1)]
        law = tuple(place(k, curves.law.at(k)) for k in steps)
    return CoverageChart(
        x=tuple(Tick(place(k, 0)[0], number(k)) for k in ticks),
        y=tuple(Tick(place(1, share)[1], f"{share:.0%}") for share in (0.0, 0.25, 0.5, 0.75, 1.0)),
        band=points(corners),
        passes=tuple(place(row.k, row.passes[0]) for row in rows),
        upper=tuple(place(row.k, row.passes[1]) for row in rows) if curves.sampled.unjudged else (),
        law=law,
        majority=tuple(place(row.k, row.majority[0].value) for row in rows),
    )


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a bar chart: its label, its value in words, where it stands and how long it is."""

    label: str
    words: str
    top: int
    width: float


@dataclass(frozen=True, slots=True)
class BarChart:
    """Bars below each other; `height` in the picture's units."""

    bars: tuple[Bar, ...]
    height: int
    start: int = _BARS


def bar_chart(rows: Sequence[tuple[str, float, str]]) -> BarChart | None:
    """Bars for (label, value, value in words); `None` where there are no two to compare."""
    most = max((value for _, value, _ in rows), default=0.0)
    if len(rows) < 2 or most <= 0:
        return None
    room = WIDTH - _BARS - 110
    bars = tuple(
        Bar(label, words, 4 + 28 * i, round(max(value / most * room, 1.0), 1))
        for i, (label, value, words) in enumerate(rows)
    )
    return BarChart(bars, 28 * len(bars) + 4)


def points(corners: Iterable[Point]) -> str:
    """As SVG's `points` has it."""
    return " ".join(f"{x:g},{y:g}" for x, y in corners)
