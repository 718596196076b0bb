"""Bugs planted in one function can all be taken back by themselves."""

from __future__ import annotations

import itertools
import random

import pytest

from training.mix import Weights
from training.planting import plant

LINES = (
    "def moving_average(values, width=3):",
    "    if width < 1:",
    "        raise ValueError(width)",
    "    window = []",
    "    total = 0",
    "    averages = []",
    "    for value in values:",
    "        window.append(value)",
    "        total += value",
    "        if len(window) > width:",
    "            total -= window.pop(0)",
    "        if len(window) == width:",
    "            averages.append(total / width)",
    "    return averages",
)


@pytest.mark.parametrize("seed", range(30))
def test_taking_all_bugs_back_gives_the_function(seed: int) -> None:
    broken, hunks = plant(LINES, random.Random(seed), Weights({(1, 1): 6, (0, 1): 2, (1, 2): 1, (1, 0): 1}, {}))
    assert 1 <= len(hunks) <= 2
    assert broken != LINES
    right = list(broken)
    for hunk in reversed(hunks):
        right[hunk.start : hunk.end] = hunk.replacement
    assert tuple(right) == LINES
    assert all(one.end < other.start for one, other in itertools.pairwise(hunks)), "a right line between"


def test_a_function_without_anything_to_break_stays() -> None:
    assert plant(("def f():", "    ..."), random.Random(0), Weights({}, {}))[0][0].startswith("def f(")
