"""When sampling may stop, and which candidates are still worth a run of the tests.

Two rules end sampling before its budget; both ask only whether the *choice of a cluster* could still
change, and both take screening verdicts as final. The caller therefore confirms the leader (a clean
verdict) before it stops, and asks again with the new verdict if that demotes the leader.

**The deterministic rule** makes no assumption about samples: the leader stands in the best tier that the
run allows, and no other cluster, seen, unjudged or yet to appear, could reach its votes even with every
vote still to come. The full run would choose the same cluster.

**The statistical rule** is that of adaptive consistency (Aggarwal et al., "Let's Sample Step by Step",
2023), with what patches need added. Each independent sample falls into one behaviour. Under a uniform
prior, the posterior probability that behaviour j is as frequent as the leader's is, with a and b votes,

    P(p_j >= p_L) = I_{1/2}(a + 1, b + 1) = P(Binomial(a + b + 1, 1/2) >= a + 1).

Rivals are all clusters of the leader's tier; all unjudged ones, as if they passed; and everything unseen,
pooled as one more rival with no vote (a pool is at least as frequent as any of its parts). Suppose the
full run ends with j at or above the leader: given that, P(p_j >= p_L) is at least 1/2, as the posterior is
then on j's side. So the full run chooses differently with probability at most

    2 * sum over rivals of P(p_j >= p_L)

and sampling stops when this is at most 1 - confidence: that is the stated error. It is an average over
the prior, and it needs what the caller guarantees: samples that are independent, counted over whole
batches (short completions finish first, so a part of a batch is biased), and batches that draw from the
same prompts in the same shares. Votes of ranked proposals are weights, not samples: they are left out of
the counts, and the rule stays silent where they favour a rival.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from reasoncli.domain import Candidate
from reasoncli.voting.clusters import Group, is_clean, ranked
from reasoncli.voting.tiers import electable, unsurpassed
from reasoncli.voting.wording import number


def settled(
    candidates: Sequence[Candidate],
    *,
    targets: int,
    remaining: float,
    confidence: float = 1.0,
    independent: Mapping[int, int] | None = None,
) -> str | None:
    """Why sampling can stop, as a sentence, or `None` if the choice may still change.

    Args:
        candidates: everything found so far, with its verdicts.
        targets: how many tests must turn green; 0 if the run has none.
        remaining: votes still to come: that any cluster can gain more than the leader does.
        confidence: 1 - the accepted probability that the full run would choose another cluster; 1.0 leaves the
            deterministic rule alone.
        independent: candidate index -> independent samples of whole batches that wrote it; what is missing
            counts 0. `None` says that every vote is such a sample.
    """
    groups = ranked(candidates)
    if not groups or not unsurpassed(groups[0].standing, targets):
        return None
    leader = groups[0]
    if remaining <= 0:
        return None
    rivals = [g for g in groups[1:] if g.standing == leader.standing or not g.judged]
    nearest = max((g.votes for g in rivals), default=0.0)
    if leader.votes > nearest + remaining:
        return (
            f"no other patch can overtake the leader's {number(leader.votes)} votes: "
            f"the next has {number(nearest)}, and {number(remaining)} more can come"
        )
    error = _error(leader, rivals, independent)
    if error <= 1.0 - confidence:
        return (
            f"the leader's {number(leader.votes)} votes against {number(nearest)} of the next settle it: "
            f"the full budget would choose differently with probability at most {error:.2g}"
        )
    return None


def contenders(candidates: Sequence[Candidate], *, targets: int, remaining: float = 0.0) -> list[int]:
    """Candidates without a verdict that could still be chosen, the likely winners first.

    One candidate for each vote key that has no verdict at all: the others behave alike. Once a leader stands in the
    best tier, those are left out whose cluster cannot reach its votes even with all `remaining` ones; and when no
    more votes come, those that would lose to it by the rules after the votes. Once that leader is
    demoted by its confirmation, ask again.
    """
    groups = ranked(candidates)
    unjudged = [g for g in groups if not g.judged]  # ranked: most votes first, then smaller, then likelier
    if groups and unsurpassed(groups[0].standing, targets):
        unjudged = [g for g in unjudged if _can_beat(g, groups[0], remaining)]
    return [g.leader.index for g in unjudged]


def finalists(candidates: Sequence[Candidate], *, targets: int, limit: int = 1) -> list[int]:
    """Candidates to be judged clean next: of the first `limit` clusters, those without a clean verdict.

    An empty list says that the choice stands on clean verdicts. Judge them, and ask again.
    """
    leaders = [g.leader for g in ranked(candidates) if electable(g.standing.tier, targets)]
    return [leader.index for leader in leaders[:limit] if not is_clean(leader)]


def tail(a: int, b: int) -> float:
    """Posterior probability that a behaviour with b votes is at least as frequent as one with a votes."""
    n = a + b + 1
    return float(Fraction(sum(math.comb(n, i) for i in range(a + 1, n + 1)), 2**n))


def _can_beat(group: Group, leader: Group, remaining: float) -> bool:
    """Whether an unjudged cluster would come before the leader if it passed."""
    if remaining > 0:
        return group.votes + remaining >= leader.votes
    return ((leader.standing, *group.merit[1:]), group.first) < (leader.merit, leader.first)


def _error(leader: Group, rivals: Sequence[Group], independent: Mapping[int, int] | None) -> float:
    """Bound on the probability that the full run chooses another cluster; infinite where it has no ground."""
    ours, our_weight = _counted(leader, independent)
    error = tail(ours, 0)  # everything not seen yet
    for rival in rivals:
        theirs, their_weight = _counted(rival, independent)
        if theirs >= ours or their_weight > our_weight + 1e-9:
            return math.inf
        error += tail(ours, theirs)
    return 2.0 * error


def _counted(group: Group, independent: Mapping[int, int] | None) -> tuple[int, float]:
    """Independent samples of a cluster, and the votes that are weights."""
    if independent is None:
        return math.floor(group.votes), 0.0
    count = sum(independent.get(member.index, 0) for member in group.members)
    return count, max(group.votes - count, 0.0)
