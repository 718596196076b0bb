"""The decision: which cluster wins, by how much, and why, in sentences."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from reasoncli.domain import Candidate, ClaimFate, Comparison, Decision, Evidence, Status, Verdict
from reasoncli.voting import clusters
from reasoncli.voting.clusters import Group, attempts
from reasoncli.voting.confidence import confidence
from reasoncli.voting.opinions import tally
from reasoncli.voting.tiers import Tier, electable
from reasoncli.voting.wording import count, number

_NAMED = 3


def decide(
    candidates: Sequence[Candidate],
    *,
    targets: int,
    samples: int,
    ranked: int = 0,
    distinct: int | None = None,
    stopped_early: str = "",
    comparisons: Sequence[Comparison] = (),
) -> Decision:
    """Choose a patch, or say that none is worth choosing.

    Only a clean verdict on every target and every guard makes the result `VERIFIED`; where the leader in votes was
    not judged clean, the next one of equal standing that was is chosen before it. Without targets the
    best that can be said is `UNVERIFIED`. A patch that leaves a target red or breaks a guard is `PARTIAL`.

    Args:
        candidates: all candidates, with their verdicts.
        targets: how many tests had to turn green; 0 if there were none.
        samples: independent samples drawn.
        ranked: texts of a ranking that were proposed.
        distinct: different patches among both; the number of candidates if not given.
        stopped_early: why sampling ended before its budget.
        comparisons: what judges said; the votes that they gave are the candidates' already.
    """
    groups = clusters.ranked(candidates)
    chosen = _choose(groups, targets)
    if chosen is not None:
        groups = [chosen, *(g for g in groups if g is not chosen)]
    rivals = [g for g in groups if chosen is not None and g is not chosen and g.standing == chosen.standing]
    return Decision(
        status=Status.NONE if chosen is None else _status(chosen, targets),
        chosen=None if chosen is None else chosen.leader.index,
        clusters=tuple(g.cluster() for g in groups),
        margin=0.0 if chosen is None else _margin(chosen, [*rivals, *(g for g in groups if not g.judged)]),
        tie=chosen is not None and any(g.merit == chosen.merit for g in rivals),
        reasons=tuple(
            _why_none(groups, targets) if chosen is None else _why(chosen, rivals, groups, targets, comparisons)
        ),
        samples=samples,
        distinct=len(candidates) if distinct is None else distinct,
        stopped_early=stopped_early,
        ranked=ranked,
        comparisons=tuple(comparisons),
        confidence=0.0 if chosen is None else confidence(chosen, groups),
    )


def _choose(groups: Sequence[Group], targets: int) -> Group | None:
    if not groups or not electable(groups[0].standing.tier, targets):
        return None
    return next((g for g in groups if g.clean and g.standing == groups[0].standing), groups[0])


def _status(chosen: Group, targets: int) -> Status:
    match chosen.standing.tier:
        case Tier.FIXES if chosen.clean and targets:
            return Status.SUSPICIOUS if chosen.standing.suspicious else Status.VERIFIED
        case Tier.FIXES | Tier.HARMLESS:
            return Status.UNVERIFIED
        case _:
            return Status.PARTIAL


def _margin(chosen: Group, rivals: Sequence[Group]) -> float:
    """(leader - runner-up) / all votes of the tier; negative where the most-voted could not be confirmed.

    What was not judged counts as a rival: it might have passed.
    """
    if not rivals:
        return 1.0
    total = math.fsum([chosen.votes, *(g.votes for g in rivals)])
    return (chosen.votes - max(g.votes for g in rivals)) / total if total else 0.0


def _why(
    chosen: Group,
    rivals: Sequence[Group],
    groups: Sequence[Group],
    targets: int,
    comparisons: Sequence[Comparison],
) -> list[str]:
    reasons = [_outcome(chosen, len(rivals) + 1, sum(g.judged for g in groups), targets)]
    if chosen.standing.tier is Tier.CONTESTED:
        reasons.append(_outvoted(chosen, groups))
    reasons.extend(_reproduced(chosen))
    if rivals:
        reasons.extend(_comparison(chosen, rivals[0]))
        reasons.extend(_judged(chosen, rivals[0], comparisons))
    verdict = chosen.leader.verdict
    if verdict is not None:
        reasons.append(_evidence(verdict, targets))
        if verdict.evidence is not Evidence.STRUCTURED:
            reasons.append(f"The evidence is weaker than usual: outcomes were read from {_source(verdict.evidence)}.")
        reasons.extend(_claims(verdict))
        if verdict.suspicions:
            reasons.append(f"It is suspicious: {verdict.suspicions[0]}{_more(verdict.suspicions)}.")
    if chosen.standing.tier is Tier.HARMLESS:
        but = "; tests that the model wrote itself don't" if chosen.evidence.reproduced else ""
        reasons.append(f"There was no failing test to turn green, so nothing shows that it fixes the issue{but}.")
    waiting = sum(not g.judged for g in groups)
    if waiting:
        them = "1 patch" if waiting == 1 else f"{waiting} patches"
        reasons.append(f"{them} with fewer votes or found late went without a verdict.")
    return reasons


def _outcome(chosen: Group, equals: int, judged: int, targets: int) -> str:
    """The first rule: what the tests said."""
    standing = chosen.standing
    part = f"passes {-standing.red} of {count(targets, 'target')}"
    what = {
        Tier.FIXES: f"passes {_of_all(targets)} and breaks nothing",
        Tier.PARTIAL: f"{part} and breaks nothing",
        Tier.DEMOTED: f"{part} but breaks {count(standing.broken, 'test')}",
        Tier.HARMLESS: "breaks nothing",
        Tier.REGRESSES: f"breaks {count(standing.broken, 'test')}",
        Tier.CONTESTED: f"breaks {count(standing.broken, 'test')}",
    }[standing.tier]
    others = judged - 1
    if not others:
        return f"It {what}; no other patch was judged."
    if equals > 1:
        so = "so does 1 other" if equals == 2 else f"so do {equals - 1} others"
        return f"It {what}; {so} of {count(judged, 'judged patch', 'judged patches')}, and none does better."
    return f"It {what}; none of {count(others, 'other judged patch', 'other judged patches')} does as well."


def _outvoted(chosen: Group, groups: Sequence[Group]) -> str:
    """Why a patch was chosen though it breaks tests."""
    votes = math.fsum(attempts(group) for group in groups if group.standing.tier is not Tier.UNELECTABLE)
    verdict = chosen.leader.verdict
    broken = verdict.guards_broken if verdict is not None else ()
    named = ", ".join(broken[:_NAMED]) + (f" and {len(broken) - _NAMED} more" if len(broken) > _NAMED else "")
    which = "this test" if len(broken) == 1 else "these tests"
    share = f"{number(attempts(chosen))} of {number(votes)} votes"
    return (
        f"It breaks {named}. {share} are for breaking {which} in this way, so the vote takes {which} for asserting "
        "what the issue wants changed."
    )


def _reproduced(chosen: Group) -> list[str]:
    """How it fares with tests that the model wrote."""
    outcomes = chosen.evidence.reproduced
    if not outcomes:
        return []
    passing = sum(each.passed for each in outcomes)
    passes = "pass" if passing > 1 or len(outcomes) > 1 else "passes"
    tests = count(len(outcomes), "reproduction test")
    fail = "fails" if len(outcomes) == 1 else "fail"
    return [f"{passing or 'None'} of {tests} that {fail} at the base {passes} with it."]


def _comparison(chosen: Group, runner_up: Group) -> list[str]:
    """The rules after the first, as far as they were needed."""
    if chosen.agreement != runner_up.agreement:
        ours, theirs = number(chosen.agreement), number(runner_up.agreement)
        if chosen.agreement < runner_up.agreement:
            return [f"Another agrees more with these tests ({theirs} against {ours}), but was not confirmed."]
        return [f"Votes weighed by these tests are for it: {ours} against {theirs} for the runner-up."]
    ours, theirs = number(chosen.votes), number(runner_up.votes)
    if chosen.votes > runner_up.votes:
        return [f"It has the most votes: {ours} against {theirs} for the runner-up."]
    if chosen.votes < runner_up.votes:
        return [f"Another has more votes ({theirs} against {ours}) but was not confirmed in a fresh sandbox."]
    reasons = [f"Votes are even with the runner-up: {ours} each."]
    mine, other = chosen.leader, runner_up.leader
    counts = mine.tie_breakers
    if counts.size and mine.patch.size != other.patch.size:
        lines = "changed lines"
        reasons.append(f"It is the smaller change: {mine.patch.size} against {other.patch.size} {lines}.")
    elif counts.logprob and mine.logprob != other.logprob and not math.isfinite(other.logprob):
        reasons.append("How likely the model holds the runner-up isn't known.")
    elif counts.logprob and mine.logprob != other.logprob:
        reasons.append(
            f"The model holds it the likelier: mean log-probability {mine.logprob:.2f}, {other.logprob:.2f}."
        )
    else:
        reasons.append("Nothing tells the two apart; the one that appeared first was taken.")
    return reasons


def _judged(chosen: Group, runner_up: Group, comparisons: Sequence[Comparison]) -> list[str]:
    """What the judges have to do with it."""
    both = {member.index for group in (chosen, runner_up) for member in group.members}
    reasons = []
    if chosen.opinion or runner_up.opinion:
        reasons.append(f"Of these votes {number(chosen.opinion)} and {number(runner_up.opinion)} are the judges'.")
    for each in comparisons:
        if {each.one, each.other} <= both:
            ours = each.one if each.one in {member.index for member in chosen.members} else each.other
            reasons.append(f"Judges compared it with the runner-up: {tally(each, ours)}.")
    return reasons


def _evidence(verdict: Verdict, targets: int) -> str:
    held = verdict.guards_run - len(verdict.guards_broken)
    guards = f"{held} of {count(verdict.guards_run, 'guard')} hold" if verdict.guards_run else "no guard was run"
    passed = f"{len(verdict.targets_passed)} of {count(targets, 'target')} pass, " if targets else ""
    excused = len(verdict.excused)
    if excused:
        guards += f" ({count(excused, 'other')} not counted, as {'it is' if excused == 1 else 'they are'} unsteady)"
    if not verdict.clean:
        return f"It was screened but not judged again in a fresh sandbox: {passed}{guards}."
    sampled = verdict.guards_run + excused < verdict.guards_total
    suite = f"a sample of {verdict.guards_total} guards" if sampled else "the whole suite"
    return f"Judged again in a fresh sandbox with {suite}: {passed}{guards}."


def _claims(verdict: Verdict) -> list[str]:
    """What became of what the issue itself shows: the worst of it, else the best."""
    told = {
        ClaimFate.REMAINS: "But what the issue complains of still happens: `{}` gives {}.",
        ClaimFate.UNMET: "But `{}` doesn't give what the issue wants: it gives {now}, not {said}.",
        ClaimFate.MET: "It does what the issue wants: `{}` gives {}.",
        ClaimFate.GONE: "What the issue complains of no longer happens: `{}` gave {said}, and gives {now} now.",
    }
    answers = [claim for claim in verdict.claims if claim.asked and claim.fate is ClaimFate.MET]
    if answers:
        return [f"It does what you said is right: `{each.statement}` {each.said}." for each in answers]
    for fate, sentence in told.items():
        these = [claim for claim in verdict.claims if claim.fate is fate]
        if these:
            first = these[0]
            more = f" (and {len(these) - 1} more)" if len(these) > 1 else ""
            return [sentence.format(first.statement, first.now, said=first.said, now=first.now)[:-1] + f"{more}."]
    return []


def _why_none(groups: Sequence[Group], targets: int) -> list[str]:
    if not groups:
        return ["No proposal was a patch that could be tried."]
    best = groups[0].standing
    if best.tier is Tier.UNJUDGED:
        return [f"None of {count(len(groups), 'patch', 'patches')} was judged."]
    goal = (
        f"turns {'the target' if targets == 1 else f'any of {targets} targets'} green" if targets else "can be judged"
    )
    reasons = [f"None of {count(sum(g.judged for g in groups), 'judged patch', 'judged patches')} {goal}."]
    kinds = Counter(g.leader.verdict.kind for g in groups if g.leader.verdict is not None)
    reasons.append("Verdicts: " + ", ".join(f"{n} {kind.value}" for kind, n in kinds.most_common()) + ".")
    denied = sum(any(claim.asked for claim in g.leader.verdict.claims) for g in groups if g.leader.verdict is not None)
    if denied:
        reasons.append(f"{count(denied, 'patch does', 'patches do')} what you said is wrong.")
    verdict = groups[0].leader.verdict
    if verdict is not None and verdict.reason:
        reasons.append(f"The best of them: {verdict.reason}")
    return reasons


def _more(told: Sequence[str]) -> str:
    return f" (and {len(told) - 1} more)" if len(told) > 1 else ""


def _source(evidence: Evidence) -> str:
    return {
        Evidence.STRUCTURED: "a structured report",
        Evidence.JUNIT: "a JUnit file",
        Evidence.LINES: "the lines that the test command printed",
        Evidence.EXIT_CODE: "its exit status and a summary in its output",
    }[evidence]


def _of_all(targets: int) -> str:
    return "the target" if targets == 1 else f"all {targets} targets"
