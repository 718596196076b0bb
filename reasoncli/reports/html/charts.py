"""Charts as geometry: what the template draws as SVG. Numbers only, no text from a run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reasoncli.reports.words import number
from reasoncli.voting.coverage import PowerLaw
from reasoncli.voting.curves import Bounds, Curves, Pooled

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
        band: corners of pass@k's confidence band; majority_band: of maj@k's, empty where none is drawn.
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
    majority_band: str = ""
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    bottom: float = HEIGHT - _BOTTOM


def coverage_chart(curves: Curves) -> CoverageChart | None:
    """The chart of a run's samples; `None` where one point is all there is."""
    rows = [_At(row.k, row.passes, row.band, row.majority[0].value) for row in curves.rows]
    return _chart(rows, curves.law)


def pooled_chart(together: Pooled) -> CoverageChart | None:
    """The chart of means over several runs, with a band for maj@k as well."""
    rows = [_At(row.k, row.passes, row.band, row.majority[0]) for row in together.rows]
    return _chart(rows, together.law, [row.majority_band for row in together.rows])


@dataclass(frozen=True, slots=True)
class _At:
    """What is drawn at one k."""

    k: int
    passes: Bounds
    band: Bounds
    majority: float


def _chart(rows: Sequence[_At], law: PowerLaw | str, others: Sequence[Bounds] = ()) -> CoverageChart | None:
    if len(rows) < 2:
        return None
    last = math.log2(rows[-1].k)

    def place(k: float, share: float) -> Point:
        across = math.log2(k) / last * (WIDTH - _LEFT - _RIGHT)
        return round(_LEFT + across, 1), round(_TOP + (1 - share) * (HEIGHT - _TOP - _BOTTOM), 1)

    def around(bands: Sequence[Bounds]) -> str:
        edges = [(place(row.k, low), place(row.k, high)) for row, (low, high) in zip(rows, bands, strict=True)]
        return points([*(high for _, high in edges), *(low for low, _ in reversed(edges))])

    ticks = [row.k for row in rows if row.k & (row.k - 1) == 0]
    ticks = ticks[:: math.ceil(len(ticks) / _TICKS)]
    line: tuple[Point, ...] = ()
    if isinstance(law, PowerLaw):
        steps = [2 ** (last * i / _SMOOTH) for i in range(_SMOOTH + 1)]
        line = tuple(place(k, law.at(k)) for k in steps)
    open_end = any(row.passes[0] != row.passes[1] for row in rows)
    return CoverageChart(
        x=tuple(Tick(place(k, 0)[0], number(k)) for k in ticks),
        y=tuple(Tick(place(1, share)[1], f"{share:.0%}") for share in (0.0, 0.25, 0.5, 0.75, 1.0)),
        band=around([row.band for row in rows]),
        passes=tuple(place(row.k, row.passes[0]) for row in rows),
        upper=tuple(place(row.k, row.passes[1]) for row in rows) if open_end else (),
        law=line,
        majority=tuple(place(row.k, row.majority) for row in rows),
        majority_band=around(others) if others else "",
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
