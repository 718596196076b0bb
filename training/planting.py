"""Several bugs in one function: it is read once, and asked about all of them."""

from __future__ import annotations

import random
from collections.abc import Sequence

from reasoncli.edits import Scope
from training.bugs import make_bugs
from training.hunk import Hunk
from training.mix import Weights

_LINES = 8  # of a function, for each bug
_MOST = 3  # bugs in a function
_TRIED = 2  # bugs made for each that is wanted, as some are too near to each other


def plant(lines: Sequence[str], rng: random.Random, weights: Weights) -> tuple[tuple[str, ...], list[Hunk]]:
    """A function with bugs, and what repairs them, in its broken lines' places.

    There is a right line between any two bugs, so that each can be asked about by itself. A function in which nothing
    can be broken comes back as it is.
    """
    wanted = min(_MOST, max(1, len(lines) // _LINES))
    taken: list[tuple[int, int, tuple[str, ...]]] = []  # places in the right lines, and what stands there instead
    for bug in make_bugs(lines, Scope(), rng, weights, wanted * _TRIED):
        start, end = bug.start, bug.start + len(bug.replacement)
        if len(taken) < wanted and all(end + 1 < other or last + 1 < start for other, last, _ in taken):
            taken.append((start, end, bug.before[bug.start : bug.end]))
    broken = list(lines)
    hunks: list[Hunk] = []
    for start, end, wrong in sorted(taken, reverse=True):
        broken[start:end] = wrong
        moved = len(wrong) - (end - start)
        hunks = [Hunk(hunk.start + moved, hunk.end + moved, hunk.replacement) for hunk in hunks]
        hunks.insert(0, Hunk(start, start + len(wrong), tuple(lines[start:end])))
    return tuple(broken), hunks
