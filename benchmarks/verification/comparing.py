"""Whether two ways of judging said the same of a candidate."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from reasoncli.domain import Verdict, VerdictKind


class Agreement(StrEnum):
    """How a screening and a clean verdict stand to each other."""

    SAME = "same"
    STAGE = "stage"  # no target passes: screening stops there, so that it can't know what else the candidate breaks
    GUARDS = "guards"  # the same kind, but other guards broke
    DIFFERENT = "different"


def compare(fast: Verdict, clean: Verdict) -> Agreement:
    """How the verdicts stand to each other. Neither knows of the other's excused guards."""
    targets = set(fast.targets_passed) == set(clean.targets_passed)
    if fast.kind is clean.kind and targets:
        return Agreement.SAME if set(fast.guards_broken) == set(clean.guards_broken) else Agreement.GUARDS
    hopeless = not fast.targets_passed and not clean.targets_passed
    if hopeless and fast.guards_run == 0 and fast.kind is not VerdictKind.FIXES and clean.kind is VerdictKind.REGRESSES:
        return Agreement.STAGE
    return Agreement.DIFFERENT


def told(pairs: Sequence[tuple[Verdict, Verdict]]) -> list[str]:
    """A sentence on each pair that disagrees."""
    return [
        f"candidate {number}: screened {fast.kind} ({fast.reason}), clean {clean.kind} ({clean.reason})"
        for number, (fast, clean) in enumerate(pairs)
        if compare(fast, clean) in (Agreement.GUARDS, Agreement.DIFFERENT)
    ]


def counted(pairs: Sequence[tuple[Verdict, Verdict]]) -> str:
    """How many agree, and how."""
    kinds = [compare(fast, clean) for fast, clean in pairs]
    agree = sum(kind in (Agreement.SAME, Agreement.STAGE) for kind in kinds)
    return (
        f"{agree} of {len(pairs)} verdicts agree ({kinds.count(Agreement.STAGE)} of them told by the targets alone, "
        "where the whole suite sees that guards break as well)"
    )
