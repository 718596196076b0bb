"""Rules for choosing among candidates, from the simplest to ours. Each gives those that it holds equally good.

Candidates are `facts.Fact`s: what is known without the hidden tests. None looks at `correct`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence

from benchmarks.selection.facts import Fact, Pool

Rule = Callable[[Pool, Sequence[Fact]], Sequence[Fact]]

_UNPROVEN = frozenset({"remains", "unmet"})
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
    """The most frequent canonical AST of those that break the fewest tests (Agentless; Xia et al. 2024)."""
    return _most(_fewest(drawn), lambda fact: fact.vote_key)


def behaviour(pool: Pool, drawn: Sequence[Fact]) -> Sequence[Fact]:
    """The most frequent behaviour in all recorded calls, of those that break the fewest tests."""
    return _most(_fewest(drawn), lambda fact: fact.did[: pool.made] or fact.vote_key)


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
