"""Bugs that the grammar makes: their repair gives the original back, and the mix follows the weights."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoncli import python_source
from reasoncli.edits import Scope
from tests.edits.functions import FUNCTIONS, of_library, printed
from training.bugs import Bug, make_bug, make_bugs, measure, operator_of, read_fixes, undoing
from training.mix import Shape, Weights

SHAPES: dict[Shape, float] = {
    (1, 1): 4, (0, 1): 1, (1, 0): 1, (0, 2): 1, (2, 2): 1, (1, 2): 1, (2, 1): 1, (3, 3): 1, (2, 4): 1, (5, 5): 1,
    (0, 5): 1,
}  # fmt: skip
WEIGHTS = Weights(SHAPES, {"change-name": 3.0, "add-clause": 2.0, "insert-guard": 2.0})


def sound(bug: Bug, lines: list[str]) -> None:
    assert bug.after == tuple(lines)
    assert bug.before != bug.after
    assert [*bug.before[: bug.start], *bug.replacement, *bug.before[bug.end :]] == lines
    assert 0 < max(bug.end - bug.start, len(bug.replacement)) <= 5
    hunk = bug.before[bug.start : bug.end]
    if hunk and bug.replacement:
        assert hunk[0] != bug.replacement[0]
        assert hunk[-1] != bug.replacement[-1]
    assert python_source.parse("\n".join(bug.before)) is not None


@settings(max_examples=30)
@given(FUNCTIONS, st.integers(0, 1000))
def test_the_repair_gives_the_original(lines: list[str], seed: int) -> None:
    for bug in make_bugs(lines, Scope(), random.Random(seed), WEIGHTS, 4):
        sound(bug, lines)


def test_bugs_of_the_library_are_sound_and_of_all_shapes() -> None:
    rng = random.Random(1)
    shapes: Counter[Shape] = Counter()
    made = tried = 0
    for lines in of_library()[::9]:
        if len(lines) < 4:
            continue
        tried += 3
        for bug in make_bugs(lines, Scope(), rng, WEIGHTS, 3):
            sound(bug, lines)
            made += 1
            shapes[bug.end - bug.start, len(bug.replacement)] += 1
    assert made > tried * 0.9
    assert set(SHAPES) - set(shapes) <= {(0, 5)}
    assert max(shapes.items(), key=lambda item: item[1])[0] == (1, 1)


def test_operators_follow_the_weights() -> None:
    weights = Weights({(1, 1): 1.0}, {"change-comparison": 1.0, "add-clause": 3.0})
    lines = printed("""
        def f(a, b, c):
            if a < b and b < c:
                return a
            if b > c and a:
                return b
            return c
    """)
    rng = random.Random(7)
    drawn = [make_bug(lines, Scope(), rng, weights) for _ in range(200)]
    operators = Counter(bug.operator for bug in drawn if bug)
    assert operators["add-clause"] > 1.8 * operators["change-comparison"] > 40
    assert operators["add-clause"] + operators["change-comparison"] > 150


def test_a_missing_guard_is_made_by_taking_one_away() -> None:
    lines = printed("""
        def f(a):
            if a is None:
                return None
            return a.b
    """)
    bug = make_bug(lines, Scope(), random.Random(1), Weights({(0, 2): 1.0}, {"insert-guard": 1.0}))
    assert bug is not None
    assert bug.before == ("def f(a):", "    return a.b")
    assert (bug.start, bug.end, bug.replacement) == (1, 1, ("    if a is None:", "        return None"))
    assert bug.operator == "insert-guard"


def test_equal_draws_give_equal_bugs() -> None:
    lines = of_library()[3]
    one = list(make_bugs(lines, Scope(), random.Random(5), WEIGHTS, 5))
    assert one == list(make_bugs(lines, Scope(), random.Random(5), WEIGHTS, 5))
    assert len({bug.before for bug in one}) == len(one)


def test_what_is_no_function_has_no_bug() -> None:
    assert make_bug(["x = 1"], Scope(), random.Random(0), WEIGHTS) is None


@pytest.mark.parametrize(
    ("operator", "other"),
    [
        ("change-name", "change-name"),
        ("drop-clause", "add-clause"),
        ("add-clause", "drop-clause"),
        ("delete-guard", "insert-guard"),
        ("drop-attribute-everywhere", "add-attribute-everywhere"),
    ],
)
def test_operators_have_inverses(operator: str, other: str) -> None:
    assert undoing(operator) == other


def fix(before: list[str], start: int, end: int, replacement: list[str], split: str = "train") -> dict[str, Any]:
    after = [*before[:start], *replacement, *before[end:]]
    return {"before": before, "after": after, "start": start, "end": end, "replacement": replacement, "split": split}


def test_fixes_are_measured(tmp_path: Path) -> None:
    before = ["def f(a, b):", "    if a < b:", "        return a", "    return b"]
    known = fix(before, 1, 2, ["    if a <= b:"])
    guard = fix(before, 1, 1, ["    if a is None:", "        return b"])
    other = fix(before, 3, 4, ["    return frobnicate(a, 17)"])
    held = fix(before, 3, 4, ["    return a"], "dev")
    assert operator_of(known) == "change-comparison"
    assert operator_of(guard) == "insert-guard"
    assert operator_of(other) is None
    (tmp_path / "fixes").mkdir()
    with gzip.open(tmp_path / "fixes" / "a.jsonl.gz", "wt") as stream:
        stream.writelines(json.dumps(record) + "\n" for record in ({"head": "x"}, known, guard, other, held))
    fixes = list(read_fixes(tmp_path, "train"))
    assert fixes == [known, guard, other]
    weights, found = measure(fixes)
    assert weights == Weights({(1, 1): 2, (0, 2): 1}, {"change-comparison": 1, "insert-guard": 1})
    assert found == {(1, 1): Counter({"change-comparison": 1, "": 1}), (0, 2): Counter({"insert-guard": 1})}
    weights.write(tmp_path / "weights.json")
    assert Weights.read(tmp_path / "weights.json") == weights
