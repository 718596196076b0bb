"""Patches and the model's own tests judge each other: the rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from reasoncli.domain import Candidate, Reproduced, Status, Verdict
from reasoncli.voting.agreement import agreements, supported, weight
from reasoncli.voting.ballot import decide
from reasoncli.voting.clusters import rank, ranked
from tests.voting.helpers import FIXES, NO_EFFECT, REGRESSES, ballots, candidate, verdict

CLEAN = replace(NO_EFFECT, clean=True)
VOTES = {"one": 1, "two": 2, "five": 5}


def run(
    index: int, votes: float, passes: str, *, tests: Mapping[str, int] = VOTES, judged: Verdict = CLEAN, key: str = ""
) -> Candidate:
    """A candidate that passes these of the tests."""
    outcomes = tuple(Reproduced(test, its, test in passes.split()) for test, its in tests.items())
    return replace(candidate(index, key or f"key-{index}", votes, judged), reproduced=outcomes)


def order(*candidates: Candidate) -> list[int]:
    return [cluster.members[0] for cluster in rank(candidates)]


def agreement(*candidates: Candidate) -> dict[int, float]:
    return {group.leader.index: group.agreement for group in ranked(candidates)}


def test_the_set_that_passes_the_same_tests_has_the_votes_of_all_times_those_of_the_tests() -> None:
    found = agreement(run(0, 3, "one five"), run(1, 2, "one five"), run(2, 4, "two"), run(3, 7, ""))
    assert found == {0: 5 * (1 + 6), 1: 5 * (1 + 6), 2: 4 * (1 + 2), 3: 7 * 1}


def test_two_patches_that_agree_outweigh_one_with_more_votes_and_inside_their_set_votes_decide() -> None:
    assert order(run(0, 5, "two"), run(1, 2, "five"), run(2, 3, "five"), run(3, 1, "one two five")) == [2, 1, 0, 3]


def test_a_single_sample_of_a_test_at_most_doubles_votes() -> None:
    lone = {"lone": 1}
    assert order(run(0, 9, "", tests=lone), run(1, 4, "lone", tests=lone)) == [0, 1]
    assert order(run(0, 9, "", tests=lone), run(1, 5, "lone", tests=lone)) == [1, 0]


def test_a_test_that_all_pass_or_none_does_not_turn_votes_around() -> None:
    for passes in ("", "one two five"):
        assert order(run(0, 3, passes), run(1, 4, passes)) == [1, 0]


def test_no_agreement_lifts_a_patch_over_one_that_the_projects_tests_put_before_it() -> None:
    breaks = replace(REGRESSES, clean=True)
    assert order(run(0, 90, "one two five", judged=breaks), run(1, 1, "")) == [1, 0]
    worse = verdict(NO_EFFECT.kind, clean=True)
    suspicious = replace(worse, suspicions=("it reads the tests",))
    assert order(run(0, 90, "one two five", judged=suspicious), run(1, 1, "")) == [1, 0]


def test_what_passes_other_tests_does_not_vote_together_though_it_was_seen_to_behave_alike() -> None:
    alike = [replace(each, behaviour="same") for each in (run(0, 2, "five"), run(1, 9, ""))]
    clusters = rank(alike)
    assert [(each.members, each.votes) for each in clusters] == [((0,), 2), ((1,), 9)]
    assert len(rank([replace(each, reproduced=()) for each in alike])) == 1


def test_a_patch_that_was_not_run_passes_nothing() -> None:
    assert order(candidate(0, "k", 5, CLEAN), run(1, 1, "five")) == [1, 0]


@given(ballots())
def test_without_such_tests_nothing_changes(candidates: list[Candidate]) -> None:
    assert all(cluster.agreement == 0 for cluster in rank(candidates))


OUTCOMES = st.lists(st.tuples(st.integers(1, 9), st.sampled_from(["", "one", "two", "one two"])), max_size=6)


@given(OUTCOMES, st.randoms())
def test_the_order_of_candidates_does_not_matter(drawn: list[tuple[int, str]], shuffled: object) -> None:
    candidates = [run(index, votes, passes) for index, (votes, passes) in enumerate(drawn)]
    expected = rank(candidates)
    shuffled.shuffle(candidates)  # type: ignore[attr-defined]
    assert rank(candidates) == expected


@given(OUTCOMES)
def test_passing_one_more_test_never_hurts_a_patch_that_stands_alone(drawn: list[tuple[int, str]]) -> None:
    others = [run(index + 1, votes, passes) for index, (votes, passes) in enumerate(drawn)]
    before, after = (order(run(0, 4, passes), *others).index(0) for passes in ("five", "one two five"))
    assert after <= before


def test_it_is_told_and_stays_unverified() -> None:
    decision = decide([run(0, 5, ""), run(1, 2, "one five")], targets=0, samples=9)
    assert (decision.status, decision.chosen) == (Status.UNVERIFIED, 1)
    assert "2 of 3 reproduction tests that fail at the base pass with it." in decision.reasons
    assert "Votes weighed by these tests are for it: 14 against 5 for the runner-up." in decision.reasons
    assert any("the model wrote itself don't" in reason for reason in decision.reasons)
    assert decision.margin < 0
    unmet = decide([run(0, 5, "", tests={"lone": 1})], targets=0, samples=9)
    assert "None of 1 reproduction test that fails at the base passes with it." in unmet.reasons


def test_one_that_agrees_more_but_was_never_judged_clean_does_not_win() -> None:
    decision = decide([run(0, 5, ""), run(1, 2, "one five", judged=NO_EFFECT)], targets=0, samples=9)
    assert decision.chosen == 0
    assert "Another agrees more with these tests (14 against 5), but was not confirmed." in decision.reasons


def test_targets_that_pass_stay_above() -> None:
    fixes = replace(FIXES, clean=True)
    assert order(run(0, 50, "one two five"), run(1, 1, "", judged=fixes)) == [1, 0]


def test_a_test_is_supported_by_the_votes_that_pass_it() -> None:
    assert supported([run(0, 3, "one five"), run(1, 4, "one"), candidate(2)]) == {"one": 7, "two": 0, "five": 15}
    assert weight(()) == 1
    assert agreements([]) == []
