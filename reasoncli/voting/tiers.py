"""What a verdict is worth in the vote: tiers by test outcome, and the standing inside them.

Only standing compares patches before their votes do. Among equal standings the votes decide.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from reasoncli.domain import ClaimFate, Verdict, VerdictKind


class Tier(IntEnum):
    """Test outcomes in the order of preference; `Cluster.tier` holds one of these."""

    FIXES = 0  # every target passes, no guard broke
    PARTIAL = 1  # some targets pass, no guard broke
    DEMOTED = 2  # targets pass, but a guard broke
    CONTESTED = 3  # nothing turned green, and a guard broke, but most votes are for just that; see `clusters`
    HARMLESS = 4  # nothing turned green, nothing broke
    REGRESSES = 5  # nothing turned green, and a guard broke
    UNJUDGED = 6  # no verdict yet
    UNELECTABLE = 7  # broken, timed out, forbidden, unappliable, needs a rebuild, or a person said that it is wrong


class Standing(NamedTuple):
    """What the tests say of a candidate, as a value that sorts best first.

    Attributes:
        suspicious: whether the patch reaches for means of making tests pass without a fix.
        unproven: how much of what the issue itself shows is still as it complains of, or not as it wants it.
        red: minus the number of targets that pass. All candidates of a run face the same targets, so this
            orders them as the share of targets passed does; a screening that stopped early counts what it saw.
        broken: how many guards broke.
    """

    tier: Tier
    suspicious: bool = False
    unproven: int = 0
    red: int = 0
    broken: int = 0


_UNPROVEN = (ClaimFate.REMAINS, ClaimFate.UNMET)

UNJUDGED = Standing(Tier.UNJUDGED)


def standing(verdict: Verdict | None) -> Standing:
    """The standing of a verdict. A red target or a broken guard that it names outweighs its kind."""
    if verdict is None:
        return UNJUDGED
    if any(claim.asked and claim.fate in _UNPROVEN for claim in verdict.claims):
        return Standing(Tier.UNELECTABLE)
    unproven = sum(claim.fate in _UNPROVEN for claim in verdict.claims)
    return _by_outcome(verdict)._replace(suspicious=bool(verdict.suspicions), unproven=unproven)


def _by_outcome(verdict: Verdict) -> Standing:
    passed, broken = len(verdict.targets_passed), len(verdict.guards_broken)
    match verdict.kind:
        case VerdictKind.FIXES | VerdictKind.PARTIAL | VerdictKind.NO_EFFECT if broken:
            return Standing(Tier.DEMOTED if passed else Tier.REGRESSES, red=-passed, broken=broken)
        case VerdictKind.REGRESSES:
            return Standing(Tier.DEMOTED if passed else Tier.REGRESSES, red=-passed, broken=max(broken, 1))
        case VerdictKind.FIXES if not verdict.targets_failed:
            return Standing(Tier.FIXES)
        case VerdictKind.FIXES | VerdictKind.PARTIAL:
            return Standing(Tier.PARTIAL, red=-passed)
        case VerdictKind.NO_EFFECT:
            return Standing(Tier.HARMLESS)
        case _:
            return Standing(Tier.UNELECTABLE)


def best_possible(targets: int) -> Tier:
    """The best tier that any candidate of a run can reach: without targets nothing can be shown to be fixed."""
    return Tier.FIXES if targets else Tier.HARMLESS


def unsurpassed(reached: Standing, targets: int) -> bool:
    """Whether no candidate can stand above this one, so that only votes decide."""
    return reached.tier is best_possible(targets) and not reached.suspicious and not reached.unproven


def electable(tier: Tier, targets: int) -> bool:
    """Whether a patch of this tier is worth being shown as the run's result."""
    return tier <= Tier.DEMOTED or (not targets and tier <= Tier.REGRESSES)
