"""Rules for choosing among candidates, from the simplest to ours. Each gives those that it holds equally good.

Candidates are `facts.Fact`s: what is known without the hidden tests. None looks at `correct`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace

from benchmarks.selection.facts import Fact, Pool
from reasoncli.domain import Candidate, ClaimFate, ClaimOutcome, Patch, TieBreakers, Verdict, VerdictKind
from reasoncli.voting.clusters import ranked

Rule = Callable[[Pool, Sequence[Fact]], Sequence[Fact]]

_UNELECTABLE = frozenset({"broken", "timeout", "forbidden", "unappliable", "needs-rebuild", ""})


def random_pick(pool: Pool, drawn: Sequence[Fact]) -> Sequence[Fact]:
    """Any of them, those that are no patch included."""
    return drawn


def exact_text(pool: Pool, drawn: Sequence[Fact]) -> Sequence[Fact]:
    """The most frequent resulting files."""
    return _most(drawn, lambda fact: fact.execution_key)


def ast_majority(pool: Pool, drawn: Sequence[Fact]) -> Sequence[Fact]:
    """The most frequent canonical AST."""
    return _most(drawn, lambda fact: fact.vote_key)


def regressions(pool: Pool, drawn: Sequence[Fact]) -> Sequence[Fact]:
    """The most frequent canonical AST of those that break the fewest tests (Xia et al., "Agentless", 2024)."""
    return _most(_fewest(drawn), lambda fact: fact.vote_key)


def behaviour(pool: Pool, drawn: Sequence[Fact]) -> Sequence[Fact]:
    """The most frequent behaviour of those that break the fewest tests, and nothing else."""
    return _most(_fewest(drawn), lambda fact: _behaviour(pool, fact) or fact.vote_key)


def everything(pool: Pool, drawn: Sequence[Fact]) -> Sequence[Fact]:
    """What `select` does, by the tool's own code."""
    return [chosen(pool, drawn)] if any(fact.vote_key for fact in drawn) else drawn


def chosen(pool: Pool, drawn: Sequence[Fact], ties: TieBreakers | None = None) -> Fact:
    """The one that `select` chooses; there must be a patch among them. `ties`: what decides where votes are even."""
    facts = {fact.execution_key: fact for fact in drawn if fact.vote_key}
    found = [replace(each, tie_breakers=ties or each.tie_breakers) for each in candidates(pool, drawn)]
    return facts[ranked(found)[0].leader.patch.execution_key]


def candidates(pool: Pool, drawn: Sequence[Fact]) -> list[Candidate]:
    """Attempts as the tool sees them: equal ones are one, with as many votes."""
    facts = {fact.execution_key: fact for fact in drawn if fact.vote_key}
    votes = Counter(fact.execution_key for fact in drawn if fact.vote_key)
    return [_candidate(pool, n, fact, votes[key]) for n, (key, fact) in enumerate(facts.items())]


def without(*parts: str) -> Rule:
    """`everything` with some of what is known left out: `behaviour`, `claims` or `guards`."""

    def rule(pool: Pool, drawn: Sequence[Fact]) -> Sequence[Fact]:
        known = {fact.execution_key: fact for fact in drawn}
        less = [_less(fact, parts) for fact in drawn]
        return [known[fact.execution_key] for fact in everything(pool, less)]

    return rule


def with_ties(ties: TieBreakers) -> Rule:
    """`everything` where weak features decide between even votes."""

    def rule(pool: Pool, drawn: Sequence[Fact]) -> Sequence[Fact]:
        return [chosen(pool, drawn, ties)] if any(fact.vote_key for fact in drawn) else drawn

    return rule


RULES: dict[str, Rule] = {
    "random pick": random_pick,
    "exact text, majority": exact_text,
    "AST, majority": ast_majority,
    "fewest regressions, AST": regressions,
    "fewest regressions, behaviour": behaviour,
    "everything": everything,
    "  without behaviour": without("behaviour"),
    "  without the issue's examples": without("claims"),
    "  without guards": without("guards"),
    "  ties: the smaller first": with_ties(TieBreakers(size=True)),
    "  ties: the likelier first": with_ties(TieBreakers(logprob=True)),
    "  ties: both": with_ties(TieBreakers(size=True, logprob=True)),
}


def _less(fact: Fact, parts: Sequence[str]) -> Fact:
    if "behaviour" in parts:
        fact = replace(fact, did=())
    if "claims" in parts:
        fact = replace(fact, claims=())
    if "guards" in parts and fact.kind == "regresses":
        fact = replace(fact, broken=(), kind="no-effect")
    return fact


def _candidate(pool: Pool, index: int, fact: Fact, votes: int) -> Candidate:
    verdict = Verdict(
        VerdictKind(fact.kind),
        targets_passed=("?",) * fact.passed,
        guards_broken=fact.broken,
        suspicions=("?",) if fact.suspicious else (),
        claims=tuple(ClaimOutcome(ClaimFate(fate), "", "", "") for fate in fact.claims),
    )
    patch = Patch((), "", fact.execution_key, fact.vote_key, fact.size)
    logprob = -math.inf if fact.logprob is None else fact.logprob
    return Candidate(index, patch, votes, logprob, (), verdict, _behaviour(pool, fact))


def _behaviour(pool: Pool, fact: Fact) -> str:
    """As `Watched.fingerprint`."""
    for calls in (slice(pool.made), slice(None)):
        if fact.did and fact.did[calls] != pool.base[calls]:
            return str(fact.did[calls])
    return ""


def _patches(drawn: Sequence[Fact]) -> Sequence[Fact]:
    runnable = [fact for fact in drawn if fact.kind not in _UNELECTABLE]
    return runnable or [fact for fact in drawn if fact.vote_key] or drawn


def _fewest(drawn: Sequence[Fact]) -> Sequence[Fact]:
    left = _patches(drawn)
    fewest = min(len(fact.broken) for fact in left)
    return [fact for fact in left if len(fact.broken) == fewest]


def _most(drawn: Sequence[Fact], key: Callable[[Fact], Hashable]) -> Sequence[Fact]:
    left = _patches(drawn)
    votes = Counter(key(fact) for fact in left)
    most = max(votes.values())
    return [fact for fact in left if votes[key(fact)] == most]
