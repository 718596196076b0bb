"""One bug, all ways of proposing: at which candidate the first right one comes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from random import Random

from benchmarks.repair.bugs import Bug
from benchmarks.repair.functions import joined
from benchmarks.repair.model import Asked, Model
from reasoncli import python_source
from reasoncli.edits import Edit, enumerate_edits

BASELINE = "uniform edits"
SAMPLED, DISTINCT, RANKED, MIXED = "samples", "distinct samples", "ranked edits", "mixed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one way of proposing brought for one bug.

    Attributes:
        weights: the model's name, or `BASELINE`.
        way: of proposing.
        told: whether the wrong lines were told.
        plausible: number, from 1, of the first candidate that passes the tests; `None` if none of those looked at does.
            Without tests the same as `exact`.
        exact: number of the first candidate that is the right function.
        candidates: how many there were, of those looked at.
        seconds: of the model's time.
    """

    weights: str
    way: str
    told: bool
    plausible: int | None
    exact: int | None
    candidates: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A bug with all outcomes.

    Attributes:
        edits: how many were enumerated, and `sayable` how many each model's form can say, by its name.
        reachable: whether an edit is the right one.
    """

    bug: Bug
    edits: int
    sayable: dict[str, int]
    reachable: bool
    outcomes: tuple[Outcome, ...]


def measure(bug: Bug, models: Sequence[Model], *, most: int) -> Measured:
    """Try all ways on one bug.

    Args:
        bug: to repair.
        models: asked one after the other.
        most: how many candidates are looked at, and samples drawn.
    """
    edits = list(enumerate_edits(bug.before, bug.scope))
    seed = int.from_bytes(hashlib.sha256(bug.id.encode()).digest()[:7], "big")
    outcomes = []
    for told in (True, False):
        outcomes.append(_outcome(bug, BASELINE, "random order", told, _shuffled(bug, edits, seed, told, most), 0.0))
    sayable = {}
    for model in models:
        asked = Asked(model, bug.before, seed, bug.hints)
        said = asked.says(edits)
        sayable[model.name] = len(said)
        for told in (True, False):
            place = bug.wrong if told else None
            draw = asked.drawn(most, place)
            ranking = asked.ranked(said, most, place)
            drawn, ranked = _distinct(draw.texts), ranking.texts
            both = draw.seconds + ranking.seconds
            outcomes += [
                _outcome(bug, model.name, SAMPLED, told, draw.texts, draw.seconds),
                _outcome(bug, model.name, DISTINCT, told, drawn, draw.seconds),
                _outcome(bug, model.name, RANKED, told, ranked, ranking.seconds),
                _outcome(bug, model.name, MIXED, told, _distinct(_alternating(ranked, drawn))[:most], both),
            ]
    reachable = any(edit.apply(bug.before) == list(bug.after) for edit in edits)
    return Measured(bug, len(edits), sayable, reachable, tuple(outcomes))


def _outcome(bug: Bug, weights: str, way: str, told: bool, candidates: Sequence[str | None], seconds: float) -> Outcome:
    places: dict[str, int] = {}
    for number, text in enumerate(candidates, 1):
        if text is not None:
            places.setdefault(text, number)
    texts = list(places)
    exact = next((places[text] for text in texts if bug.is_exact(text)), None)
    plausible = exact
    if bug.tests is not None:
        plausible = next((places[t] for t, good in zip(texts, bug.passes(texts), strict=False) if good), None)
    return Outcome(weights, way, told, plausible, exact, len(candidates), seconds)


def _shuffled(bug: Bug, edits: Sequence[Edit], seed: int, told: bool, most: int) -> list[str]:
    near = [edit for edit in edits if not told or _starts_in(edit, *bug.wrong)]
    Random(seed).shuffle(near)
    return [joined(edit.apply(bug.before)) for edit in near[:most]]


def _starts_in(edit: Edit, first: int, last: int) -> bool:
    start = edit.start if edit.start < edit.end else max(edit.start - 1, 0)
    return first <= start < last


def _distinct(texts: Iterable[str | None]) -> list[str]:
    """Each text once, without what isn't Python: that costs nobody a run of the tests."""
    return [text for text in dict.fromkeys(texts) if text is not None and python_source.parse(text) is not None]


def _alternating(first: Sequence[str], second: Sequence[str]) -> Iterator[str | None]:
    for pair in zip_longest(first, second):
        yield from pair
