"""The rules that `benchmarks.selection` compares, on pools made up for the purpose."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.selection import calibration, stopping
from benchmarks.selection.__main__ import OWN
from benchmarks.selection.calibration import Choice
from benchmarks.selection.facts import Fact, Pool, pack, read
from benchmarks.selection.rules import RULES, without
from benchmarks.selection.table import gap, measured, show
from reasoncli.voting.confidence import WEIGHTS


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


def test_weak_features_decide_even_votes_alone() -> None:
    likely = Fact("a", correct=True, vote_key="a", execution_key="a", size=5, kind="no-effect", logprob=-0.1)
    small = Fact("b", correct=False, vote_key="b", execution_key="b", size=1, kind="no-effect", logprob=-0.9)
    first = Fact("c", correct=False, vote_key="c", execution_key="c", size=5, kind="no-effect")
    even = Pool("org-4", (first, likely, small))
    assert [solved(rule, even) for rule in ("everything", "  ties: the smaller first", "  ties: both")] == [0, 0, 0]
    assert solved("  ties: the likelier first", even) == 1
    assert solved("  ties: the likelier first", Pool("org-4", (first, first, likely, small))) == 0


def test_what_is_left_out_leaves_the_facts_as_they_are() -> None:
    (chosen,) = without("guards", "behaviour")(RIGHT_BREAKS, RIGHT_BREAKS.candidates)
    assert chosen in RIGHT_BREAKS.candidates


def test_the_table_says_how_much_of_the_gap_is_recovered(tmp_path: Path) -> None:
    for pool in (RIGHT_BREAKS, SHOWN):
        pool.write(tmp_path / f"{pool.instance}.json")
    pools = read(tmp_path)
    assert pools == [RIGHT_BREAKS, SHOWN]
    pack(pools, tmp_path / "packed")
    assert read(tmp_path / "packed") == pools
    scores = measured(pools, None, 9)
    assert gap(scores, "everything").value == gap(scores, "oracle").value == 1
    assert gap(scores, "random pick").value == 0
    assert measured(pools, 2, 20) == measured(pools, 2, 20)
    out = io.StringIO()
    show(pools, (2, None), 20, Console(file=out, width=160))
    assert "all candidates: 2 issues" in out.getvalue()
    assert "100%" in out.getvalue()


def flipped(share: float, count: int, signs: tuple[float, ...], project: str) -> list[Choice]:
    return [Choice(project, signs, n < share * count, 1.0) for n in range(count)]


def test_the_fit_finds_how_often_choices_are_right() -> None:
    seen = [*flipped(0.25, 400, (1.0, 0.0), "a"), *flipped(0.75, 400, (1.0, 1.0), "b")]
    weights = calibration.fitted(seen)
    assert calibration.predicted(weights, seen[0]) == pytest.approx(0.25, abs=0.01)
    assert calibration.predicted(weights, seen[-1]) == pytest.approx(0.75, abs=0.01)


def test_a_project_is_judged_by_what_others_show() -> None:
    seen = [*flipped(0.2, 50, (1.0,), "a"), *flipped(0.8, 50, (1.0,), "b")]
    said = {choice.project: p for p, choice in calibration.left_out(seen)}
    assert said == {"a": pytest.approx(0.8, abs=0.01), "b": pytest.approx(0.2, abs=0.01)}


def test_bins_say_what_was_stated_and_what_was_right() -> None:
    judged = [(p, Choice("a", (1.0,), right, 2.0)) for p, right in ((0.05, False), (0.55, True), (0.59, False))]
    judged.append((1.0, Choice("a", (1.0,), right=True, weight=2.0)))
    rows = calibration.bins(judged)
    assert rows[0] == (2.0, pytest.approx(0.05), 0.0)
    assert rows[5] == (4.0, pytest.approx(0.57), 0.5)
    assert rows[9] == (2.0, 1.0, 1.0)
    assert rows[1] is None


def test_calibration_and_stopping_print_their_tables() -> None:
    out = io.StringIO()
    calibration.show([RIGHT_BREAKS, SHOWN], [SHOWN], 3, Console(file=out, width=120))
    stopping.show([RIGHT_BREAKS, SHOWN, CLEAR], 3, Console(file=out, width=120))
    for words in ("2 pools, each project left out", "1 given pools", "Brier score", "times fewer", "a clear winner"):
        assert words in out.getvalue()


CLEAR = Pool(
    "org-3",
    (
        *(fact(f"right{n}", correct=True, key="r", kind="fixes", passed=1) for n in range(8)),
        *(fact(f"wrong{n}") for n in range(4)),
    ),
    targets=1,
)


def test_a_clear_winner_is_chosen_with_few_attempts_and_certainty_takes_more() -> None:
    assert stopping.clear(CLEAR)
    soon, certain = (stopping.stopped(CLEAR, level, 20) for level in (0.95, 1.0))
    assert soon.drawn < certain.drawn <= stopping.BUDGET
    assert certain.same == 1
    assert soon.same == soon.right == 1


def test_the_tools_confidence_is_what_our_own_pools_say_and_holds_there() -> None:
    seen = calibration.choices(read(OWN), 10)
    assert calibration.fitted(seen) == pytest.approx(WEIGHTS, abs=0.1), "python -m benchmarks.selection calibrate"
    judged = calibration.left_out(seen)
    said, right, off = 0.0, 0.0, 0.0
    for row in calibration.bins(judged):
        if row is not None:
            weight, stated, true = row
            said, right, off = said + weight * stated, right + weight * true, off + weight * abs(stated - true)
    total = sum(choice.weight for _, choice in judged)
    assert said / total == pytest.approx(right / total, abs=0.05)
    assert off / total < 0.15
