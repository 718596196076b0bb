"""Asking a person what is right, where patches that lead differ on a concrete call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from reasoncli.domain import NEITHER, Candidate, ClaimFate, ClaimOutcome, Question, Verdict, Way
from reasoncli.verification.behaviour import Asked
from reasoncli.verification.watching import Watched
from reasoncli.voting.clusters import ranked
from reasoncli.voting.tiers import UNJUDGED, Tier
from reasoncli.workflow.keeping import as_check

MOST_QUESTIONS = 4
_MOST_WAYS = 5


class Ask(Protocol):
    """Whoever sits at the terminal."""

    def __call__(self, question: Question) -> int | None:
        """The place of the way that is right, `NEITHER`, or `None` for "I don't know; stop asking"."""
        ...

    def consents(self, chosen: Candidate, why: str) -> bool:
        """Whether the chosen patch shall be applied, though `why` speaks against it."""
        ...


def asked(candidates: Sequence[Candidate], watched: Watched, ask: Ask) -> tuple[Candidate, ...]:
    """Ask on what the leaders differ, until they don't, or nobody knows; answers become claims of the verdicts.

    What was answered in an earlier part of the run is not asked again.
    """
    found = tuple(candidates)
    programs = {each.patch.vote_key: _key(each) for each in found if _key(each) in watched.runs}
    for _ in range(MOST_QUESTIONS):
        posed = _next(found, watched, programs)
        if posed is None:
            break
        call, question = posed
        answer = ask(question)
        if answer is None:
            break
        found = tuple(_answered(each, call, question, answer, watched, programs) for each in found)
    return found


def carried(before: Verdict | None, verdict: Verdict) -> Verdict:
    """A new verdict of a candidate, with the answers that the one before it has."""
    kept = () if before is None else tuple(claim for claim in before.claims if claim.asked)
    return replace(verdict, claims=(*verdict.claims, *kept))


def _next(
    candidates: Sequence[Candidate], watched: Watched, programs: Mapping[str, str]
) -> tuple[Asked, Question] | None:
    """A call on which the leader and another program of equal standing differ, that was not asked about: the one
    nearest to what the issue speaks of; of the program that leads of the others, where several are as near.

    Among them those that vote together, as no test tells them apart: what was tried may.
    """
    groups = ranked(candidates)
    best = groups[0].standing if groups else UNJUDGED
    if best.tier in (Tier.UNJUDGED, Tier.UNELECTABLE):
        return None
    members = [each for group in groups if group.standing == best for each in group.members]
    first, *others = dict.fromkeys(key for each in members if (key := each.patch.vote_key) in programs) or ("",)
    known = {claim.statement for each in candidates if each.verdict for claim in each.verdict.claims if claim.asked}
    found = [
        next((each for each in watched.differences(programs[first], programs[other]) if each.call not in known), None)
        for other in others
    ]
    posed = max((each for each in found if each is not None), key=lambda each: each.near, default=None)
    if posed is None:
        return None
    ways: dict[str, Way] = {}
    for member in (each for each in members if each.patch.vote_key in programs):
        outcome = watched.outcome(programs[member.patch.vote_key], posed.asked)
        way = ways.get(outcome, Way(outcome, 0.0, member.patch))
        ways[outcome] = replace(way, votes=way.votes + member.votes)
    base = watched.base_outcome(posed.asked)
    return posed.asked, Question(posed.call, posed.test, tuple(ways.values())[:_MOST_WAYS], base)


def _answered(
    candidate: Candidate,
    call: Asked,
    question: Question,
    answer: int,
    watched: Watched,
    programs: Mapping[str, str],
) -> Candidate:
    verdict, program = candidate.verdict, programs.get(candidate.patch.vote_key)
    if verdict is None or program is None:
        return candidate
    now = watched.outcome(program, call)
    if answer == NEITHER:
        wrong, said = now in {way.outcome for way in question.ways}, "should do something else"
    else:
        said = question.ways[answer].outcome
        wrong = now != said
    fate = ClaimFate.UNMET if wrong else ClaimFate.MET
    check = "" if wrong or answer == NEITHER else as_check(call.function, *watched.structures(program, call))
    claim = ClaimOutcome(fate, question.call, said, now, asked=True, check=check)
    return replace(candidate, verdict=replace(verdict, claims=(*verdict.claims, claim)))


def _key(candidate: Candidate) -> str:
    return candidate.patch.execution_key
