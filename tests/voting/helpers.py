"""Candidates for the vote, made from what the vote looks at."""

from __future__ import annotations

from hypothesis import strategies as st

from reasoncli.domain import Candidate, Patch, TieBreakers, Verdict, VerdictKind

ALL_TIES = TieBreakers(size=True, logprob=True)
TARGETS = ("t::one", "t::two")
GUARDS = ("g::one", "g::two", "g::three")


def verdict(kind: VerdictKind, passed: int = 0, broken: int = 0, *, clean: bool = False) -> Verdict:
    return Verdict(
        kind,
        targets_passed=TARGETS[:passed],
        targets_failed=TARGETS[passed:],
        guards_broken=GUARDS[:broken],
        guards_run=len(GUARDS),
        guards_total=len(GUARDS),
        clean=clean,
    )


FIXES = verdict(VerdictKind.FIXES, 2)
CLEAN = verdict(VerdictKind.FIXES, 2, clean=True)
PARTIAL = verdict(VerdictKind.PARTIAL, 1)
NO_EFFECT = verdict(VerdictKind.NO_EFFECT)
DEMOTED = verdict(VerdictKind.REGRESSES, 2, 1)
REGRESSES = verdict(VerdictKind.REGRESSES, 0, 1)
BROKEN = verdict(VerdictKind.BROKEN)


def candidate(
    index: int,
    key: str = "",
    votes: float = 1,
    judged: Verdict | None = FIXES,
    *,
    size: int = 2,
    logprob: float = -1.0,
    behaviour: str = "",
    ties: TieBreakers = ALL_TIES,
) -> Candidate:
    """With all that may break a tie, unless `ties` says otherwise."""
    patch = Patch((), "", f"exec-{index}", key or f"key-{index}", size)
    return Candidate(index, patch, votes, logprob, ("p",), judged, behaviour=behaviour, tie_breakers=ties)


@st.composite
def verdicts(draw: st.DrawFn) -> Verdict | None:
    """Verdicts that a verifier could give: kind and tests agree."""
    clean = draw(st.booleans())
    match draw(st.sampled_from(["none", "fixes", "partial", "no-effect", "regresses", "out"])):
        case "none":
            return None
        case "fixes":
            return verdict(VerdictKind.FIXES, 2, clean=clean)
        case "partial":
            return verdict(VerdictKind.PARTIAL, 1, clean=clean)
        case "no-effect":
            return verdict(VerdictKind.NO_EFFECT, clean=clean)
        case "regresses":
            passed, broken = draw(st.integers(0, 2)), draw(st.integers(1, 3))
            return verdict(VerdictKind.REGRESSES, passed, broken, clean=clean)
        case _:
            kinds = [VerdictKind.BROKEN, VerdictKind.TIMEOUT, VerdictKind.FORBIDDEN, VerdictKind.NEEDS_REBUILD]
            return verdict(draw(st.sampled_from(kinds)), clean=clean)


@st.composite
def ballots(draw: st.DrawFn, max_size: int = 8) -> list[Candidate]:
    """Candidates in order of appearance; few keys, sizes and log-probabilities, so that ties are common."""
    made = []
    for index in range(draw(st.integers(0, max_size))):
        made.append(
            candidate(
                index,
                draw(st.sampled_from("abcd")),
                draw(st.integers(1, 5)),
                draw(verdicts()),
                size=draw(st.integers(1, 3)),
                logprob=draw(st.sampled_from([-0.5, -1.0, float("-inf")])),
            )
        )
    return made
