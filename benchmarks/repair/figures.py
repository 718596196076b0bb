"""Outcomes as figures: coverage within so many candidates, with its standard error."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from math import ceil, sqrt
from statistics import fmean
from typing import Any

from rich.table import Table

from benchmarks.repair.measuring import RANKED, SAMPLED, Measured, Outcome

BUDGETS = (1, 8, 64, 256, 512)
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


def coverage(ranks: Sequence[int | None], groups: Sequence[str], budget: int) -> tuple[float, float]:
    """Share of bugs that are repaired within a budget, and its standard error.

    Bugs of one group (program, repository) are taken for alike: the error is that of a mean over groups of bugs.

    Args:
        ranks: of each bug, the number of its first right candidate.
        groups: of each bug, its group.
        budget: candidates.
    """
    hits = [rank is not None and rank <= budget for rank in ranks]
    share = fmean(hits)
    off: dict[str, float] = {}
    for hit, group in zip(hits, groups, strict=True):
        off[group] = off.get(group, 0.0) + hit - share
    number = len(off)
    spread = sum(value * value for value in off.values()) * (number / (number - 1) if number > 1 else 1.0)
    return share, sqrt(spread) / len(hits)


def table(title: str, measured: Sequence[Measured], *, exact: bool) -> Table:
    """The figures of a set of bugs.

    Args:
        title: of the set.
        measured: its bugs.
        exact: whether only the right function counts, or any that passes the tests.
    """
    made = Table(
        title=f"{title}: {len(measured)} bugs, percent within k candidates ± standard error", title_justify="left"
    )
    for name in ("weights", "proposals", "line"):
        made.add_column(name)
    for name in (*(f"k={budget}" for budget in BUDGETS), "candidates", "model s/bug"):
        made.add_column(name, justify="right", no_wrap=True)
    groups = [each.bug.group for each in measured]
    last = ""
    for key, outcomes in _columns(measured).items():
        if last and key[0] != last:
            made.add_section()
        last = key[0]
        ranks = [each.exact if exact else each.plausible for each in outcomes]
        cells = [coverage(ranks, groups, budget) for budget in BUDGETS]
        made.add_row(
            key[0],
            key[1],
            "told" if key[2] else "not told",
            *(f"{100 * share:.1f} ±{100 * error:.1f}" for share, error in cells),
            f"{fmean(each.candidates for each in outcomes):.0f}",
            f"{fmean(each.seconds for each in outcomes):.2f}" if any(each.seconds for each in outcomes) else "",
        )
    return made


def shares_table(title: str, measured: Sequence[Measured]) -> Table:
    """What shares of `--ranked-share` would bring: ranked edits for so many of the candidates, samples for the rest.

    Args:
        title: of the set.
        measured: its bugs; what passes the tests counts, and the lines are not told.
    """
    made = Table(title=f"{title}: by the share of ranked edits, line not told", title_justify="left")
    for name in ("weights", "share", *(f"k={budget}" for budget in BUDGETS)):
        made.add_column(name, justify="left" if name == "weights" else "right", no_wrap=True)
    columns = _columns(measured)
    groups = [each.bug.group for each in measured]
    for name in measured[0].sayable:
        both = list(zip(columns[name, RANKED, False], columns[name, SAMPLED, False], strict=True))
        for share in _SHARES:
            cells = []
            for budget in BUDGETS:
                first = ceil(share * budget)
                ranks = [1 if _hits(ranked, first) or _hits(drawn, budget - first) else None for ranked, drawn in both]
                cells.append(f"{100 * coverage(ranks, groups, budget)[0]:.1f}")
            made.add_row(name, f"{share:g}", *cells)
        made.add_section()
    return made


def _hits(outcome: Outcome, budget: int) -> bool:
    return outcome.plausible is not None and outcome.plausible <= budget


def remarks(measured: Sequence[Measured]) -> list[str]:
    """What the table doesn't say of its bugs."""
    edits = sum(each.edits for each in measured)
    reachable = sum(each.reachable for each in measured)
    several = sum(each.bug.wrong[1] - each.bug.wrong[0] > 1 for each in measured)
    told = [
        f"{edits / len(measured):.0f} edits a bug; for {reachable} of {len(measured)} bugs one is the right fix",
        f"{several} bugs are of several lines that follow each other",
    ]
    for name in measured[0].sayable:
        sayable = sum(each.sayable[name] for each in measured)
        told.append(f"{name} can't say {edits - sayable} of {edits} edits: they change lines that it isn't asked about")
    return told


def as_json(measured: Sequence[Measured]) -> dict[str, Any]:
    """All outcomes by bug, and the figures."""
    groups = [each.bug.group for each in measured]
    figures = [
        {
            "weights": weights,
            "way": way,
            "told": told,
            "plausible": [coverage([each.plausible for each in outcomes], groups, budget) for budget in BUDGETS],
            "exact": [coverage([each.exact for each in outcomes], groups, budget) for budget in BUDGETS],
        }
        for (weights, way, told), outcomes in _columns(measured).items()
    ]
    bugs = [
        {
            "id": each.bug.id,
            "group": each.bug.group,
            "lines": len(each.bug.before),
            "wrong": each.bug.wrong,
            "edits": each.edits,
            "sayable": each.sayable,
            "reachable": each.reachable,
            "outcomes": [asdict(outcome) for outcome in each.outcomes],
        }
        for each in measured
    ]
    return {"budgets": BUDGETS, "figures": figures, "bugs": bugs}


def _columns(measured: Iterable[Measured]) -> dict[tuple[str, str, bool], list[Outcome]]:
    """Outcomes of all bugs by weights, way, and whether the lines were told; those that were told first."""
    columns: dict[tuple[str, str, bool], list[Outcome]] = {}
    for each in measured:
        for outcome in each.outcomes:
            columns.setdefault((outcome.weights, outcome.way, outcome.told), []).append(outcome)
    return columns
