"""How likely the chosen patch is right, by what tests and vote say of it.

    logit P(right) = WEIGHTS · (1, fixes, spoils, lead)

`fixes`: it turns every failing test that is the issue's green. `spoils`: it leaves a target red, breaks a guard, does
what the issue complains of, or is suspicious. `lead`: log((v + 1/2) / (w + 1/2)), v the attempts that behave as it
does, w all others that could be tried, whatever the tests say of them: attempts that fail say that the task is hard.
The half votes are Jeffreys' prior for a share.

The weights are a logistic regression on pools of our own, `python -m benchmarks.selection calibrate`, which prints how
often it is right where it says so, each project left out in turn. They hold for attempts as independent as those are.
The issues of these pools show no examples, so that what an issue shows speaks for nothing here beyond its standing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from reasoncli.voting.clusters import Group, attempts
from reasoncli.voting.tiers import Tier

WEIGHTS = (0.77, 1.48, -0.64, 0.56)


def confidence(chosen: Group, groups: Sequence[Group]) -> float:
    """Probability that the chosen patch is right, in [0, 1]."""
    return logistic(math.fsum(w * x for w, x in zip(WEIGHTS, signs(chosen, groups), strict=True)))


def signs(chosen: Group, groups: Sequence[Group]) -> tuple[float, ...]:
    """What speaks for and against it, as `WEIGHTS` weighs them.

    Args:
        chosen: the cluster that was chosen.
        groups: all clusters, it among them.
    """
    standing, verdict = chosen.standing, chosen.leader.verdict
    passed = verdict is not None and bool(verdict.targets_passed)
    others = math.fsum(attempts(g) for g in groups if g is not chosen and g.standing.tier is not Tier.UNELECTABLE)
    spoils = standing.tier not in (Tier.FIXES, Tier.HARMLESS) or standing.suspicious or bool(standing.unproven)
    return (
        1.0,
        float(standing.tier is Tier.FIXES and passed),
        float(spoils),
        math.log((attempts(chosen) + 0.5) / (others + 0.5)),
    )


def logistic(value: float) -> float:
    """The inverse of the logit."""
    return 1.0 / (1.0 + math.exp(-value)) if value >= 0 else 1.0 - 1.0 / (1.0 + math.exp(value))
