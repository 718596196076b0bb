"""Patches and tests that a model wrote judge each other.

Dual execution agreement (Chen et al., "CodeT: Code Generation with Generated Tests", 2022): patches that pass the same
tests are a consensus set, and the best set is the one with the largest product of how many patches are in it and how
many tests they pass. Patches count by their votes and tests by theirs, as equal samples are one patch or one test here:

    agreement(set) = votes of its patches * (1 + votes of the tests that they pass)

The 1 is ours. It stands for the test that everybody passes, so that a single test, which may be wrong, can at most
double the weight of those that pass it and doesn't wipe out all votes of the others; the more samples agree on a test,
the less is left of that. Read as odds, (1 + passed) / (2 + all) is Laplace's estimate of the chance that the next test
of this kind would pass, and the product is the votes weighed by it: there is no parameter to be tuned.

It compares patches of equal standing alone. What the project's own tests, the issue's examples and a person say comes
before it: the model that wrote these tests may have misread the issue in them as in the patches.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from reasoncli.domain import Candidate, Reproduced


def passed(candidate: Candidate) -> frozenset[str]:
    """Ids of the tests that a candidate passes; none where it was not run with any."""
    return frozenset(each.test for each in candidate.reproduced if each.passed)


def weight(outcomes: Iterable[Reproduced]) -> int:
    """1, and the votes of the tests that pass."""
    return 1 + sum(each.votes for each in outcomes if each.passed)


def agreements(groups: Sequence[tuple[Candidate, float]]) -> list[float]:
    """The agreement of each group's consensus set; 0 for all where none was run with a test.

    Args:
        groups: of equal standing, each as the candidate that stands for it, and its votes.
    """
    if not any(leader.reproduced for leader, _ in groups):
        return [0.0] * len(groups)
    votes: defaultdict[frozenset[str], list[float]] = defaultdict(list)
    for leader, its in groups:
        votes[passed(leader)].append(its)
    return [math.fsum(votes[passed(leader)]) * weight(leader.reproduced) for leader, _ in groups]


def supported(candidates: Iterable[Candidate]) -> Mapping[str, float]:
    """The other side of the agreement: a test's votes times the votes of the patches that pass it, by its id."""
    votes: defaultdict[str, list[float]] = defaultdict(list)
    for candidate in candidates:
        for each in candidate.reproduced:
            votes[each.test].append(candidate.votes * each.votes if each.passed else 0.0)
    return {test: math.fsum(each) for test, each in votes.items()}
