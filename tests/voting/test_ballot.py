from __future__ import annotations

import dataclasses
import math

from hypothesis import given

from reasoncli.domain import Candidate, Decision, Evidence, Status, TieBreakers
from reasoncli.voting.ballot import decide
from reasoncli.voting.clusters import is_clean
from reasoncli.voting.tiers import Tier
from tests.voting.helpers import BROKEN, CLEAN, DEMOTED, FIXES, NO_EFFECT, PARTIAL, REGRESSES, ballots, candidate


def ballot(*candidates: Candidate, targets: int = 2) -> Decision:
    return decide(candidates, targets=targets, samples=64)


def test_a_clean_fix_is_verified_and_says_why() -> None:
    decision = ballot(candidate(0, "a", 9, CLEAN), candidate(1, "b", 3, FIXES), candidate(2, "c", 20, BROKEN))
    assert (decision.status, decision.chosen, decision.tie) == (Status.VERIFIED, 0, False)
    assert decision.margin == 0.5
    assert decision.reasons == (
        "It passes all 2 targets and breaks nothing; so does 1 other of 3 judged patches, and none does better.",
        "It has the most votes: 9 against 3 for the runner-up.",
        "Judged again in a fresh sandbox with the whole suite: 2 of 2 targets pass, 3 of 3 guards hold.",
    )


def test_a_verdict_over_a_sample_says_so_and_names_what_was_excused() -> None:
    sampled = dataclasses.replace(CLEAN, guards_total=40)
    assert ballot(candidate(0, judged=sampled)).reasons[-1] == (
        "Judged again in a fresh sandbox with a sample of 40 guards: 2 of 2 targets pass, 3 of 3 guards hold."
    )
    excused = dataclasses.replace(CLEAN, guards_total=5, excused=("t::x", "t::y"))
    assert ballot(candidate(0, judged=excused)).reasons[-1] == (
        "Judged again in a fresh sandbox with the whole suite: 2 of 2 targets pass, 3 of 3 guards hold "
        "(2 others not counted, as they are unsteady)."
    )


def test_a_screened_fix_alone_is_not_verified() -> None:
    decision = ballot(candidate(0, judged=FIXES))
    assert (decision.status, decision.chosen) == (Status.UNVERIFIED, 0)
    assert any("not judged again" in reason for reason in decision.reasons)


def test_a_confirmed_fix_goes_before_one_with_more_votes_that_was_not() -> None:
    decision = ballot(candidate(0, "more", 9, FIXES), candidate(1, "clean", 4, CLEAN))
    assert (decision.status, decision.chosen) == (Status.VERIFIED, 1)
    assert decision.clusters[0].key == "clean"
    assert decision.margin < 0
    assert any("not confirmed" in reason for reason in decision.reasons)


def test_partial_results_are_called_so() -> None:
    assert ballot(candidate(0, judged=PARTIAL)).status is Status.PARTIAL
    assert ballot(candidate(0, judged=DEMOTED)).status is Status.PARTIAL
    assert ballot(candidate(0, judged=REGRESSES), targets=0).status is Status.PARTIAL


def test_without_targets_the_best_is_unverified_however_clean() -> None:
    clean = dataclasses.replace(NO_EFFECT, clean=True)
    decision = ballot(candidate(0, "a", 5, clean), candidate(1, "b", 9, REGRESSES), targets=0)
    assert (decision.status, decision.chosen) == (Status.UNVERIFIED, 0)
    assert any("nothing shows that it fixes the issue" in reason for reason in decision.reasons)


def test_none_with_the_evidence() -> None:
    decision = ballot(candidate(0, judged=NO_EFFECT), candidate(1, judged=BROKEN), candidate(2, judged=REGRESSES))
    assert (decision.status, decision.chosen, decision.margin) == (Status.NONE, None, 0.0)
    assert "1 no-effect" in decision.reasons[1]
    assert [c.members for c in decision.clusters] == [(0,), (2,), (1,)]


def test_none_without_any_patch() -> None:
    assert ballot().reasons == ("No proposal was a patch that could be tried.",)


def test_ties_are_reported() -> None:
    decision = ballot(candidate(0, "a", 3, CLEAN), candidate(1, "b", 3, CLEAN))
    assert (decision.chosen, decision.tie, decision.margin) == (0, True, 0.0)
    assert any("appeared first" in reason for reason in decision.reasons)
    assert not ballot(candidate(0, "a", 3, CLEAN, size=1), candidate(1, "b", 3, CLEAN)).tie


def test_what_does_not_count_breaks_no_tie_and_is_no_reason() -> None:
    ties = TieBreakers()
    one, other = candidate(0, "a", 3, CLEAN, size=9, ties=ties), candidate(1, "b", 3, CLEAN, logprob=-0.1, ties=ties)
    decision = ballot(one, other)
    assert (decision.chosen, decision.tie) == (0, True)
    assert any("appeared first" in reason for reason in decision.reasons)


def test_what_is_not_known_of_the_runner_up_is_said_in_words() -> None:
    decision = ballot(candidate(0, logprob=-3.5), candidate(1, logprob=-math.inf))
    assert decision.chosen == 0
    assert "How likely the model holds the runner-up isn't known." in decision.reasons
    assert not any("inf" in reason for reason in decision.reasons)


def test_alone_in_its_tier_the_margin_is_one() -> None:
    assert ballot(candidate(0, "a", 1, CLEAN), candidate(1, "b", 50, NO_EFFECT)).margin == 1.0


def test_what_was_not_judged_counts_against_the_margin() -> None:
    assert ballot(candidate(0, "a", 6, CLEAN), candidate(1, "b", 2, None)).margin == 0.5


def test_weak_evidence_is_named() -> None:
    weak = dataclasses.replace(CLEAN, evidence=Evidence.EXIT_CODE)
    assert any("exit status and a summary" in reason for reason in ballot(candidate(0, judged=weak)).reasons)


@given(ballots())
def test_only_clean_fixes_are_verified(candidates: list[Candidate]) -> None:
    decision = ballot(*candidates)
    if decision.status is Status.VERIFIED:
        assert decision.chosen is not None
        chosen = candidates[decision.chosen]
        assert is_clean(chosen)
        assert decision.clusters[0].tier == Tier.FIXES
        assert chosen.verdict is not None
        assert not chosen.verdict.guards_broken
        assert not chosen.verdict.targets_failed
    assert ballot(*candidates, targets=0).status is not Status.VERIFIED


@given(ballots())
def test_the_chosen_one_leads_the_first_cluster(candidates: list[Candidate]) -> None:
    for targets in (0, 2):
        decision = ballot(*candidates, targets=targets)
        assert (decision.chosen is None) == (decision.status is Status.NONE)
        if decision.chosen is not None:
            assert decision.clusters[0].members[0] == decision.chosen
            assert candidates[decision.chosen].verdict is not None
        assert decision.reasons
