"""Candidates that are equal as canonical ASTs vote together; clusters stand in the order of preference.

The order: standing by test outcome; then the most votes; then the smallest change; then the highest
mean log-probability; then who appeared first.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reasoncli.domain import Candidate, Cluster
from reasoncli.voting.tiers import UNJUDGED, Standing, Tier, standing


@dataclass(frozen=True, slots=True)
class Group:
    """A cluster while it is worked with.

    Attributes:
        members: best first; the first one stands for all.
        standing: the worst of its clean verdicts where there are any, else the best of its screenings: members
            are equal as canonical ASTs, so what holds of one holds of all, and a clean verdict outweighs any other.
        votes: summed over all members, judged or not.
    """

    key: str
    members: tuple[Candidate, ...]
    standing: Standing
    votes: float

    @property
    def leader(self) -> Candidate:
        """The member that stands for all."""
        return self.members[0]

    @property
    def clean(self) -> bool:
        """Whether the member that stands for all was judged clean."""
        return is_clean(self.leader)

    @property
    def judged(self) -> bool:
        """Whether any member has a verdict."""
        return self.standing.tier is not Tier.UNJUDGED

    @property
    def merit(self) -> tuple[Standing, float, int, float]:
        """What the rules compare, all but the last one: equal merit is a tie. Sorts best first."""
        return (self.standing, -self.votes, self.leader.patch.size, -self.leader.logprob)

    @property
    def first(self) -> int:
        """The last rule: the index at which the cluster first appeared."""
        return min(member.index for member in self.members)

    def cluster(self) -> Cluster:
        """As the value that reports and the run store know."""
        return Cluster(self.key, tuple(m.index for m in self.members), self.votes, int(self.standing.tier))


def rank(candidates: Sequence[Candidate]) -> list[Cluster]:
    """All clusters in the order of preference, the judged and electable ones first.

    Independent of the order in which candidates are given.
    """
    return [group.cluster() for group in ranked(candidates)]


def ranked(candidates: Sequence[Candidate]) -> list[Group]:
    """As `rank`, with the candidates at hand."""
    return sorted(grouped(candidates), key=lambda group: (group.merit, group.first))


def grouped(candidates: Iterable[Candidate]) -> list[Group]:
    """Candidates grouped by vote key, in no particular order."""
    by_key: Mapping[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_key[candidate.patch.vote_key].append(candidate)
    return [_group(key, members) for key, members in by_key.items()]


def is_clean(candidate: Candidate) -> bool:
    """Whether the candidate was judged in a fresh sandbox with the whole suite."""
    return candidate.verdict is not None and candidate.verdict.clean


def _group(key: str, members: list[Candidate]) -> Group:
    clean = [standing(m.verdict) for m in members if is_clean(m)]
    screened = (standing(m.verdict) for m in members if m.verdict is not None)
    common = max(clean) if clean else min(screened, default=UNJUDGED)

    def preference(member: Candidate) -> tuple[bool, bool, int, float, int]:
        own = standing(member.verdict)
        return (bool(clean) and not is_clean(member), own != common, member.patch.size, -member.logprob, member.index)

    # fsum: the sum must not depend on the order of the members
    return Group(key, tuple(sorted(members, key=preference)), common, math.fsum(m.votes for m in members))
