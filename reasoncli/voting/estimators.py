"""Estimators for reports: what k samples would have given, from the n that were drawn."""

from __future__ import annotations

import random
from collections.abc import Sequence


def pass_at_k(n: int, correct: int, k: int) -> float:
    """Probability that at least one of k samples is correct, unbiased: 1 - C(n-c, k) / C(n, k).

    From Chen et al., "Evaluating Large Language Models Trained on Code", 2021, in the numerically stable
    form of a product.

    Args:
        n: independent samples drawn.
        correct: how many of them are correct.
        k: at most n.
    """
    if not 0 <= correct <= n or not 1 <= k <= n:
        raise ValueError(f"pass@k needs 0 <= correct <= n and 1 <= k <= n, got n={n}, correct={correct}, k={k}")
    if n - correct < k:
        return 1.0
    miss = 1.0
    for i in range(n - correct + 1, n + 1):
        miss *= 1.0 - k / i
    return 1.0 - miss


def maj_at_k(counts: Sequence[int], correct: Sequence[bool], k: int, *, draws: int = 2000, seed: int = 0) -> float:
    """Probability that the plurality among k of the samples is correct; ties are split evenly.

    Estimated by drawing k samples without replacement again and again; its standard error is at most
    0.5 / sqrt(draws).

    Args:
        counts: samples of each cluster.
        correct: whether the cluster is correct, beside each count.
        k: at most the sum of the counts.
        draws: how often to draw.
        seed: of the draws.
    """
    total = sum(counts)
    if len(counts) != len(correct) or not 1 <= k <= total:
        raise ValueError(f"maj@k needs one flag a count and 1 <= k <= {total}, got k={k}")
    rng = random.Random(seed)  # noqa: S311 - statistics, not secrets
    clusters = range(len(counts))
    won = 0.0
    for _ in range(draws):
        tally = [0] * len(counts)
        for cluster in rng.sample(clusters, k, counts=counts):
            tally[cluster] += 1
        most = max(tally)
        leaders = [correct[c] for c in clusters if tally[c] == most]
        won += sum(leaders) / len(leaders)
    return won / draws
