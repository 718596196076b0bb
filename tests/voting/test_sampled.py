"""Which samples are plausible, which were not judged, and which can't be told."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest

from reasoncli.domain import Candidate, FileChange, Patch, Verdict, VerdictKind
from reasoncli.voting.curves import curves, pooled
from reasoncli.voting.sampled import Sampled, sampled

FIXES = Verdict(VerdictKind.FIXES, ("t",))
FAILS = Verdict(VerdictKind.NO_EFFECT, (), ("t",))


def candidate(
    index: int,
    drawn: Sequence[tuple[int, int]] | None,
    verdict: Verdict | None,
    *,
    program: str = "",
    rank: int = 0,
    votes: float = 0.0,
    logprob: float = -0.5,
) -> Candidate:
    patch = Patch((FileChange("a.py", b""),), "", f"e{index}", program or f"v{index}", 2 + index)
    return Candidate(
        index,
        patch,
        votes,
        logprob,
        ("p",),
        verdict,
        drawn=None if drawn is None else tuple(drawn),
        rank=rank,
    )


def test_samples_are_counted_by_what_the_tests_say_of_them() -> None:
    found = sampled(
        [candidate(0, [(0, 2), (1, 3)], FIXES), candidate(1, [(0, 4)], FAILS), candidate(2, [(1, 1)], None)], [8, 8], 1
    )
    assert (found.samples, found.plausible, found.unjudged, found.none) == (16, 5, 1, 6)
    assert found.first() == (0, 8)
    row = curves(found).rows[0]
    assert row.passes == (pytest.approx(5 / 16), pytest.approx(6 / 16))
    assert row.majority[0].value == pytest.approx(5 / 16)
    assert row.majority[1].value == pytest.approx(6 / 16)


def test_what_holds_of_one_spelling_holds_of_all() -> None:
    found = sampled(
        [candidate(0, [(0, 2)], FIXES, program="same"), candidate(1, [(0, 3)], None, program="same")], [5], 1
    )
    assert (found.plausible, found.unjudged) == (5, 0)
    assert found.programs(unjudged=False) == [(5, True)]


def test_without_targets_what_breaks_nothing_is_plausible() -> None:
    breaks = Verdict(VerdictKind.REGRESSES, guards_broken=("g",))
    found = sampled([candidate(0, [(0, 3)], Verdict(VerdictKind.NO_EFFECT)), candidate(1, [(0, 1)], breaks)], [4], 0)
    assert (found.targets, found.plausible) == (0, 3)


def test_ranked_proposals_stand_aside() -> None:
    found = sampled(
        [candidate(0, (), FAILS, rank=1), candidate(1, (), FIXES, rank=3), candidate(2, [(0, 2)], FIXES)], [4], 1, 16
    )
    assert (found.samples, found.plausible, found.none) == (4, 2, 2)
    assert (found.ranked, found.ranked_plausible, found.first_ranked) == (16, 1, 3)


def test_a_batch_that_was_not_recorded_whole_is_left_out() -> None:
    found = sampled([candidate(0, [(0, 1), (1, 7)], FIXES)], [2], 1)
    assert (found.samples, found.plausible) == (2, 1)


@pytest.mark.parametrize(
    ("candidates", "batches", "ranked", "why"),
    [
        ([candidate(0, (), FIXES, rank=1)], [0], 8, "no whole batch"),
        ([], [], 0, "no whole batch"),
        ([candidate(0, None, FIXES, votes=2.5)], [4], 4, "earlier version"),
        ([candidate(0, None, FIXES, votes=9)], [4], 0, "interrupted"),
    ],
)
def test_where_nothing_can_be_told_it_is_said_why(
    candidates: list[Candidate], batches: list[int], ranked: int, why: str
) -> None:
    found = sampled(candidates, batches, 1, ranked)
    assert why in found.trouble
    assert curves(found).rows == ()
    assert curves(found).law == found.trouble


def test_votes_of_an_earlier_version_are_its_samples() -> None:
    found = sampled([candidate(0, None, FIXES, votes=3), candidate(1, None, FAILS, votes=1)], [4], 1)
    assert (found.plausible, found.first()) == (3, None)


def test_choosing_by_a_score_is_worth_what_the_score_is_worth() -> None:
    found = sampled([candidate(0, [(0, 1)], FAILS, logprob=-0.1), candidate(1, [(0, 3)], FIXES, logprob=-0.9)], [4], 1)
    last = curves(found).rows[-1]
    assert last.passes == (1, 1)
    assert last.majority[0].value == 1
    assert last.likeliest == (0, 0)
    assert last.smallest == (0, 0)
    unknown = dataclasses.replace(
        found, attempts=tuple(dataclasses.replace(each, logprob=float("-inf")) for each in found.attempts)
    )
    assert curves(unknown).rows[-1].likeliest is None


def test_several_runs_are_compared_over_as_many_samples_as_all_have() -> None:
    def run(samples: int, plausible: int) -> Sampled:
        return sampled([candidate(0, [(0, plausible)], FIXES)] if plausible else [], [samples], 1)

    runs = [run(16, 4), run(4, 0), run(0, 0), run(8, 8)]
    found = pooled(runs)
    assert found is not None
    assert found.runs == 3
    assert [row.k for row in found.rows] == [1, 2, 4]
    assert found.rows[0].passes[0] == pytest.approx((0.25 + 0 + 1) / 3)
    for (low, high), (mean, _) in (
        (found.rows[0].band, found.rows[0].passes),
        (found.rows[0].majority_band, found.rows[0].majority),
    ):
        assert 0 <= low < mean < high <= 1
    assert pooled(runs[1:3]) is None
