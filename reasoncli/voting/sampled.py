"""What a run's independent samples came to: which patch each one is, and what the tests say of it.

Only samples of whole batches are here. Short completions finish first, so a batch that was cut short is biased. Ranked
proposals are no samples: they come once each, the likeliest first, and are counted beside.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reasoncli.domain import Candidate
from reasoncli.voting.clusters import grouped
from reasoncli.voting.tiers import Tier, best_possible


@dataclass(frozen=True, slots=True)
class Attempt:
    """A patch, and the samples that wrote it.

    Attributes:
        key: its execution key; program: its vote key.
        samples: how many wrote it.
        batches: the same by the number of the batch; empty where that isn't known.
        plausible: whether the tests hold; `None` where it was not judged.
        logprob: mean log-probability a token, `-inf` where unknown.
        size: lines added and removed.
    """

    key: str
    program: str
    samples: int
    batches: Mapping[int, int]
    plausible: bool | None
    logprob: float
    size: int


@dataclass(frozen=True, slots=True)
class Sampled:
    """All independent samples of a run.

    Attributes:
        batches: how many samples each whole batch gave, in their order.
        attempts: the patches among them.
        targets: how many tests had to turn green. Without any, plausible is whatever breaks none.
        ranked: proposals beside the samples; ranked_plausible: different patches among them that are plausible;
            first_ranked: the best rank of these, 0 where there is none.
        trouble: why nothing can be said of the samples; empty where something can.
    """

    batches: tuple[int, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    targets: int = 0
    ranked: int = 0
    ranked_plausible: int = 0
    first_ranked: int = 0
    trouble: str = ""

    @property
    def samples(self) -> int:
        """How many there are, those included that are no patch."""
        return sum(self.batches)

    @property
    def plausible(self) -> int:
        """Samples that are a plausible patch."""
        return sum(each.samples for each in self.attempts if each.plausible)

    @property
    def unjudged(self) -> int:
        """Samples that are a patch which was not judged: plausible or not, nobody knows."""
        return sum(each.samples for each in self.attempts if each.plausible is None)

    @property
    def none(self) -> int:
        """Samples that are no patch."""
        return self.samples - sum(each.samples for each in self.attempts)

    def programs(self, *, unjudged: bool) -> list[tuple[int, bool]]:
        """(samples, whether plausible) of each different program; unjudged ones taken for what is said."""
        counts: defaultdict[str, int] = defaultdict(int)
        good: dict[str, bool] = {}
        for each in self.attempts:
            counts[each.program] += each.samples
            good[each.program] = unjudged if each.plausible is None else each.plausible
        return [(samples, good[key]) for key, samples in counts.items()]

    def first(self) -> tuple[int, int] | None:
        """The first batch with a plausible sample: samples drawn before it, and with it. `None` if unknown or none."""
        hits = [min(each.batches) for each in self.attempts if each.plausible and each.batches]
        if not hits:
            return None
        return sum(self.batches[: min(hits)]), sum(self.batches[: min(hits) + 1])


def sampled(candidates: Sequence[Candidate], batches: Sequence[int], targets: int, ranked: int = 0) -> Sampled:
    """What the samples of a run came to.

    Equal programs (canonical syntax trees) are judged together, as in the vote: what holds of one holds of all.

    Args:
        candidates: with their verdicts.
        batches: independent samples of each whole batch, by its number.
        targets: how many tests had to turn green.
        ranked: proposals beside them.
    """
    wanted = best_possible(targets)
    tiers = {m.patch.vote_key: group.standing.tier for group in grouped(candidates) for m in group.members}
    fate = {key: None if tier is Tier.UNJUDGED else tier is wanted for key, tier in tiers.items()}
    placed = [each for each in candidates if each.rank and fate[each.patch.vote_key]]
    trouble = _trouble(candidates, batches, ranked)
    return Sampled(
        batches=() if trouble else tuple(batches),
        attempts=() if trouble else tuple(_attempts(candidates, len(batches), fate)),
        targets=targets,
        ranked=ranked,
        ranked_plausible=len({each.patch.vote_key for each in placed}),
        first_ranked=min((each.rank for each in placed), default=0),
        trouble=trouble,
    )


def _trouble(candidates: Sequence[Candidate], batches: Sequence[int], ranked: int) -> str:
    if not sum(batches):
        return "no whole batch of independent samples was drawn"
    untold = [each for each in candidates if each.drawn is None]
    if untold and ranked:
        return "it is of an earlier version, which does not tell samples from ranked proposals"
    if math.fsum(each.votes for each in untold) > sum(batches):
        return "it is of an earlier version and was interrupted, so that votes don't tell the samples of whole batches"
    return ""


def _attempts(candidates: Sequence[Candidate], batches: int, fate: Mapping[str, bool | None]) -> list[Attempt]:
    found = []
    for each in candidates:
        drawn = {number: count for number, count in each.drawn or () if number < batches}
        # Without ranked proposals votes are samples.
        samples = round(each.votes) if each.drawn is None else sum(drawn.values())
        if samples:
            patch = each.patch
            known = fate[patch.vote_key]
            found.append(Attempt(patch.execution_key, patch.vote_key, samples, drawn, known, each.logprob, patch.size))
    return found
