"""Whether two ways of judging said the same of a candidate."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from reasoncli.domain import Verdict, VerdictKind
from reasoncli.verification.verifier import ENOUGH

_CUT = (VerdictKind.TIMEOUT, VerdictKind.BROKEN)
_RED = (VerdictKind.NO_EFFECT, VerdictKind.TIMEOUT)


class Agreement(StrEnum):
    """How a screening and a clean verdict stand to each other."""

    SAME = "same"
    STAGE = "stage"  # screening stopped where it should, so that it can't know what else the candidate breaks
    GUARDS = "guards"  # the same kind, but other guards broke
    DIFFERENT = "different"


def compare(fast: Verdict, clean: Verdict) -> Agreement:
    """How the verdicts stand to each other. Neither knows of the other's excused guards.

    A run that is cut short tells nothing of its tests: where both ways end so, what passed before is not compared. A
    screening stops without a target that passes, and at ten broken guards; the whole suite may then show more that is
    broken, or a guard that hangs.
    """
    if fast.kind is clean.kind and fast.kind in _CUT:
        return Agreement.SAME
    hopeless = not fast.targets_passed and not clean.targets_passed
    if hopeless and fast.guards_run == 0 and fast.kind in _RED and clean.kind in (VerdictKind.REGRESSES, *_CUT):
        return Agreement.STAGE
    if fast.kind is not clean.kind or set(fast.targets_passed) != set(clean.targets_passed):
        return Agreement.DIFFERENT
    if set(fast.guards_broken) == set(clean.guards_broken):
        return Agreement.SAME
    stopped = fast.guards_run < fast.guards_total and len(fast.guards_broken) >= ENOUGH
    return Agreement.STAGE if stopped and set(fast.guards_broken) < set(clean.guards_broken) else Agreement.GUARDS


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
    stage = kinds.count(Agreement.STAGE)
    return (
        f"{agree} of {len(pairs)} verdicts agree ({stage} of them where screening stopped at the targets, or at "
        f"{ENOUGH} broken guards, and the whole suite sees that more is broken)"
    )
