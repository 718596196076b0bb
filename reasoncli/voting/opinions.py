"""What judges' votes are worth: a model compares the leading patches in pairs, and may break near-ties.

A model that is shown two texts favours one place, often the first, whatever stands there (Zheng et al., "Judging
LLM-as-a-Judge with MT-Bench and Chatbot Arena", 2023). Each pair is therefore shown in both orders, and answers count
as far as the model agrees with itself. With p and q the shares of the answers for one patch, shown first and second,

    margin = (1 - |p - q|) * (p + q - 1)

goes from -1 to 1: the mean preference, times how far the orders agree. It is 0 for a model that always names one place.
Shares are those of Laplace, (answers for it + 1) / (answers + 2), so that few answers speak softly: where all agree,
one in each order gives 1/3, four give 2/3.

**The bound.** The judges share out as many votes as there are finalists, as if each had one attempt more: a finalist
has 1 + the mean of its margins, in (0, 2). So they decide ties, and can turn a lead of less than two votes; a larger
one, as independent samples give it, stands whatever they say. They compare what stands equal by the tests, those that
the model wrote among them (`agreement.py`), and their votes don't count as some of those that outweigh a broken test
(`clusters.py`). They have none where no margin favours anybody.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from reasoncli.domain import Candidate, Comparison
from reasoncli.voting.clusters import Group, ranked
from reasoncli.voting.tiers import electable
from reasoncli.voting.wording import count, number

REACH = 2.0
"""Votes by which a leader must be ahead for nothing that judges say to matter."""

_MOST = 4  # finalists: six pairs


def comparable(candidates: Sequence[Candidate], *, targets: int) -> list[Group]:
    """The clusters that judges could bring to the top, best first; fewer than two where there is nothing to judge."""
    groups = ranked(candidates)
    if not groups or not electable(groups[0].standing.tier, targets):
        return []
    leader = groups[0]
    equals = [group for group in groups if (group.standing, group.agreement) == (leader.standing, leader.agreement)]
    return [group for group in equals if leader.votes - group.votes < REACH][:_MOST]


def margin(comparison: Comparison) -> float:
    """How far `one` is ahead, in (-1, 1); see above."""
    first, second = ((answers + 1) / (comparison.asked + 2) for answers in (comparison.first, comparison.second))
    return (1 - abs(first - second)) * (first + second - 1)


def with_opinions(candidates: Sequence[Candidate], comparisons: Sequence[Comparison]) -> tuple[Candidate, ...]:
    """The candidates, those in the clusters of compared ones with the votes that the judges give the cluster."""
    margins: dict[int, list[float]] = defaultdict(list)
    for each in comparisons:
        margins[each.one].append(margin(each))
        margins[each.other].append(-margin(each))
    if not any(abs(value) > 1e-9 for values in margins.values() for value in values):
        return tuple(candidates)
    given = {
        member.index: 1 + math.fsum(margins[group.leader.index]) / len(margins[group.leader.index])
        for group in ranked(candidates)
        if group.leader.index in margins
        for member in group.members
    }
    return tuple(replace(each, opinion=given.get(each.index, 0.0)) for each in candidates)


def tally(comparison: Comparison, candidate: int) -> str:
    """How many answers were for one of the two, in words."""
    asked, first, second = comparison.asked, comparison.first, comparison.second
    if candidate != comparison.one:
        first, second = asked - second, asked - first
    swayed = "; they went by the order" if abs(first - second) * 2 > asked else ""
    return f"{number(first)} of {count(asked, 'answer')} for it shown first, {number(second)} shown second{swayed}"
