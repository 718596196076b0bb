"""The rules that `benchmarks.selection` compares, on pools made up for the purpose."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.selection.facts import Fact, Pool
from benchmarks.selection.rules import RULES, without
from benchmarks.selection.table import gap, measured, show


def fact(name: str, *, correct: bool = False, key: str = "", kind: str = "no-effect", **more: object) -> Fact:
    return Fact(name, correct, vote_key=key or name, execution_key=name, size=3, kind=kind, **more)  # type: ignore[arg-type]


RIGHT_BREAKS = Pool(
    "org-1",
    (
        *(fact(f"right{n}", correct=True, kind="regresses", broken=("t",), did=(1, 2)) for n in range(4)),
        *(fact(f"idle{n}", key="idle", did=(0, 0)) for n in range(2)),
        Fact("no patch", correct=False),
    ),
    made=1,
    base=(0, 0),
)
SHOWN = Pool(
    "org-2",
    (fact("a", correct=True, claims=("gone", "met")), *(fact(f"b{n}", key="b", claims=("remains",)) for n in range(3))),
)


def solved(rule: str, pool: Pool) -> float:
    chosen = RULES[rule](pool, pool.candidates)
    return sum(each.correct for each in chosen) / len(chosen)


def test_each_rule_sees_what_it_may() -> None:
    assert solved("random pick", RIGHT_BREAKS) == pytest.approx(4 / 7)
    assert solved("exact text, majority", RIGHT_BREAKS) == pytest.approx(4 / 6)
    assert solved("AST, majority", RIGHT_BREAKS) == 0
    assert solved("fewest regressions, behaviour", RIGHT_BREAKS) == 0
    assert solved("everything", RIGHT_BREAKS) == 1
    assert solved("  without behaviour", RIGHT_BREAKS) == 0
    assert solved("AST, majority", SHOWN) == 0
    assert solved("everything", SHOWN) == 1
    assert solved("  without the issue's examples", SHOWN) == 0


def test_what_is_left_out_leaves_the_facts_as_they_are() -> None:
    (chosen,) = without("guards", "behaviour")(RIGHT_BREAKS, RIGHT_BREAKS.candidates)
    assert chosen in RIGHT_BREAKS.candidates


def test_the_table_says_how_much_of_the_gap_is_recovered(tmp_path: Path) -> None:
    for pool in (RIGHT_BREAKS, SHOWN):
        pool.write(tmp_path / f"{pool.instance}.json")
    pools = [Pool.read(path) for path in sorted(tmp_path.iterdir())]
    assert pools == [RIGHT_BREAKS, SHOWN]
    scores = measured(pools, None, 9)
    assert gap(scores, "everything").value == gap(scores, "oracle").value == 1
    assert gap(scores, "random pick").value == 0
    assert measured(pools, 2, 20) == measured(pools, 2, 20)
    out = io.StringIO()
    show(pools, (2, None), 20, Console(file=out, width=160))
    assert "all candidates: 2 issues" in out.getvalue()
    assert "100%" in out.getvalue()
