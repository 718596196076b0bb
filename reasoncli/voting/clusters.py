"""Candidates that behave alike vote together; clusters stand in the order of preference.

The order: standing by test outcome; then agreement with tests that the model wrote, where there are any
(`agreement.py`); then the most votes, judges' among them (`opinions.py`); then, as far as settings have them count
(`TieBreakers`), the smallest change and the highest mean log-probability; then who appeared first.

One exception lets votes outweigh guards. A test may assert the old behaviour, and then every right patch breaks it
(in django-15851 8 of 12 patches do, all right, and no right one does not). Where no patch turns a target green, a
cluster that breaks guards and has more than half of all votes comes first: that many independent attempts don't
break the same in the same way by mistake. It is for a person to say whether it may be applied.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from reasoncli.domain import Candidate, Cluster
from reasoncli.voting.agreement import agreements, passed
from reasoncli.voting.tiers import UNJUDGED, Standing, Tier, standing


@dataclass(frozen=True, slots=True)
class Group:
    """A cluster while it is worked with.

    Attributes:
        members: best first, by programs (see `_programs`); the first one stands for all.
        standing: of each of its programs (members that are equal as canonical ASTs): the worst of its clean
            verdicts where there are any, else the best of its screenings. What holds of one member of a program
            holds of all, and a clean verdict outweighs any other; what behaves alike but stands otherwise is a
            cluster of its own.
        votes: summed over all members, judged or not, and those that judges gave.
        opinion: these last ones.
        merit: what the rules compare, all but the last one, best first: equal merit is a tie.
        first: the last rule, the index at which the cluster first appeared.
        agreement: see `domain.Cluster`.
    """

    key: str
    members: tuple[Candidate, ...]
    standing: Standing
    votes: float
    merit: tuple[Standing, float, float, int, float]
    first: int
    agreement: float = 0.0
    opinion: float = 0.0

    @property
    def leader(self) -> Candidate:
        """The member that stands for all."""
        return self.members[0]

    @property
    def evidence(self) -> Candidate:
        """A member that was run with the model's tests, if any was: what holds of one holds of all."""
        return next((each for each in self.members if each.reproduced), self.leader)

    @property
    def clean(self) -> bool:
        """Whether the member that stands for all was judged clean."""
        return is_clean(self.leader)

    @property
    def judged(self) -> bool:
        """Whether any member has a verdict."""
        return self.standing.tier is not Tier.UNJUDGED

    def cluster(self) -> Cluster:
        """As the value that reports and the run store know."""
        members = tuple(member.index for member in self.members)
        return Cluster(self.key, members, self.votes, int(self.standing.tier), self.agreement, self.opinion)


def rank(candidates: Sequence[Candidate]) -> list[Cluster]:
    """All clusters in the order of preference, the judged and electable ones first.

    Independent of the order in which candidates are given.
    """
    return [group.cluster() for group in ranked(candidates)]


def ranked(candidates: Sequence[Candidate]) -> list[Group]:
    """As `rank`, with the candidates at hand."""
    return sorted(_agreed(_contested(grouped(candidates))), key=lambda group: (group.merit, group.first))


def grouped(candidates: Sequence[Candidate]) -> list[Group]:
    """Candidates grouped as programs, and programs that stand equal as far as they behave alike; in no order.

    Those of which one passes a test that another fails don't behave alike, whatever else was seen of them.
    """
    programs: Mapping[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        programs[candidate.patch.vote_key].append(candidate)
    behaviours = {each.patch.vote_key: each.behaviour for each in candidates if each.behaviour}
    alike: Mapping[tuple[str, Standing, frozenset[str]], list[str]] = defaultdict(list)
    for key, members in programs.items():
        passes = next((passed(each) for each in members if each.reproduced), frozenset())
        alike[behaviours.get(key, key), _common(members), passes].append(key)
    shared = Counter(name for name, *_ in alike)
    return [
        _group(name if shared[name] == 1 else min(keys), [each for key in keys for each in programs[key]], common)
        for (name, common, _), keys in alike.items()
    ]


def _agreed(groups: Sequence[Group]) -> list[Group]:
    """The groups, with the agreement of each among those of equal standing."""
    equals: defaultdict[Standing, list[Group]] = defaultdict(list)
    for group in groups:
        equals[group.standing].append(group)
    return [
        replace(group, agreement=found, merit=(group.standing, -found, *group.merit[2:]))
        for these in equals.values()
        for group, found in zip(these, agreements([(each.evidence, attempts(each)) for each in these]), strict=True)
    ]


def _contested(groups: Sequence[Group]) -> list[Group]:
    """The groups, the one raised that the exception is for."""
    tiers = {group.standing.tier for group in groups}
    if Tier.REGRESSES not in tiers or tiers & {Tier.FIXES, Tier.PARTIAL, Tier.DEMOTED}:
        return list(groups)
    votes = math.fsum(attempts(group) for group in groups if group.standing.tier is not Tier.UNELECTABLE)
    return [_raised(group) if _has_most(group, votes) else group for group in groups]


def _programs(members: Sequence[Candidate]) -> dict[str, tuple[float, int, int, int]]:
    """What the programs of a group are sorted by: most votes first, then the most ordinary in size.

    The smallest of several that behave alike is the likeliest to leave something out.
    """
    votes: defaultdict[str, list[float]] = defaultdict(list)
    sizes: dict[str, int] = {}
    first: dict[str, int] = {}
    for member in members:
        key = member.patch.vote_key
        votes[key].append(member.votes)
        sizes[key] = min(member.patch.size, sizes.get(key, member.patch.size))
        first[key] = min(member.index, first.get(key, member.index))
    middle = sorted(sizes.values())[(len(sizes) - 1) // 2]
    return {key: (-math.fsum(votes[key]), abs(size - middle), size, first[key]) for key, size in sizes.items()}


def _weak(candidate: Candidate) -> tuple[int, float]:
    """What breaks a tie, smallest first; the same for all where it doesn't count."""
    counts = candidate.tie_breakers
    return candidate.patch.size if counts.size else 0, -candidate.logprob if counts.logprob else 0.0


def _has_most(group: Group, votes: float) -> bool:
    standing = group.standing
    different = len({member.patch.execution_key for member in group.members})
    proper = standing.tier is Tier.REGRESSES and not standing.suspicious and not standing.unproven
    return proper and different > 1 and 2 * attempts(group) > votes


def attempts(group: Group) -> float:
    """The votes that are no judge's: what speaks against tests must be written, and not only be found good."""
    return group.votes - group.opinion


def _raised(group: Group) -> Group:
    standing = group.standing._replace(tier=Tier.CONTESTED)
    return replace(group, standing=standing, merit=(standing, *group.merit[1:]))


def is_clean(candidate: Candidate) -> bool:
    """Whether the candidate was judged in a fresh sandbox with the whole suite."""
    return candidate.verdict is not None and candidate.verdict.clean


def _common(members: Sequence[Candidate]) -> Standing:
    """Of one program: the worst of its clean verdicts where there are any, else the best of its screenings."""
    clean = [standing(member.verdict) for member in members if is_clean(member)]
    if clean:
        return max(clean)
    return min((standing(member.verdict) for member in members if member.verdict is not None), default=UNJUDGED)


def _group(key: str, members: list[Candidate], common: Standing) -> Group:
    programs = _programs(members)

    def preference(member: Candidate) -> tuple[tuple[float, int, int, int], bool, bool, int, float, int]:
        differs = standing(member.verdict) != common
        place = programs[member.patch.vote_key]
        return (place, not is_clean(member), differs, *_weak(member), member.index)

    if len(members) > 1:
        members.sort(key=preference)
    opinion = max(member.opinion for member in members)
    votes = math.fsum([*(member.votes for member in members), opinion])  # exact: members' order must not matter
    leader = members[0]
    merit = (common, 0.0, -votes, *_weak(leader))
    first = min(member.index for member in members)
    return Group(key, tuple(members), common, votes, merit, first, opinion=opinion)
