"""What patches are worth by their tests, and which one is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reasoncli.domain.patching import Patch
from reasoncli.domain.reproducing import Reproduced
from reasoncli.domain.testing import Evidence


class VerdictKind(StrEnum):
    """What a candidate's run showed, best first."""

    FIXES = "fixes"  # every target passes, no guard broke
    PARTIAL = "partial"  # some targets pass, no guard broke
    NO_EFFECT = "no-effect"  # no target passes, no guard broke (also: nothing to turn green)
    REGRESSES = "regresses"  # a guard broke
    BROKEN = "broken"  # can't be imported, collected, or ended without a full report
    TIMEOUT = "timeout"
    FORBIDDEN = "forbidden"  # touches what a patch may not touch
    UNAPPLIABLE = "unappliable"
    NEEDS_REBUILD = "needs-rebuild"  # changes dependencies or compiled sources


class ClaimFate(StrEnum):
    """What became, under a patch, of something that the issue shows."""

    GONE = "gone"  # the base does what the issue complains of, and it no longer happens
    REMAINS = "remains"  # it still does
    MET = "met"  # the issue says what should come instead, and it comes
    UNMET = "unmet"  # it does not
    UNKNOWN = "unknown"  # the statement was not reached


@dataclass(frozen=True, slots=True)
class ClaimOutcome:
    """One thing that the issue shows, or that a person said when asked, under a patch.

    Attributes:
        statement: what is run.
        said: what it gives by the issue: what it should no longer, or what it should.
        now: what it gives.
        asked: it is a person's answer.
        check: that answer as two lines of Python, see `workflow/keeping.py`; empty where it can't be written down.
    """

    fate: ClaimFate
    statement: str
    said: str
    now: str
    asked: bool = False
    check: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the tests say of one candidate.

    Attributes:
        targets_passed, targets_failed: of those that were run.
        guards_broken: tests that passed at the base and don't under the candidate.
        guards_run, guards_total: how much of the suite was run, of all that could guard.
        clean: from a fresh sandbox, every target and every guard run; only such a verdict may select.
        reason: one line for people.
        overran: tests that were interrupted at a time limit; on another day they might not have been.
        excused: guards that failed and don't count: they fail now and then, or at the base as well.
        reused: an earlier run of the same base judged these very files.
        suspicions: what the patch adds that a fix has hardly a reason for, each with its place; such a patch isn't
            applied without consent.
        claims: what became of what the issue itself shows; empty where it shows nothing that the base bears out; and
            of what a person said when asked.
    """

    kind: VerdictKind
    targets_passed: tuple[str, ...] = ()
    targets_failed: tuple[str, ...] = ()
    guards_broken: tuple[str, ...] = ()
    guards_run: int = 0
    guards_total: int = 0
    clean: bool = False
    evidence: Evidence = Evidence.STRUCTURED
    duration: float = 0.0
    reason: str = ""
    output: str = ""
    overran: int = 0
    excused: tuple[str, ...] = ()
    reused: bool = False
    suspicions: tuple[str, ...] = ()
    claims: tuple[ClaimOutcome, ...] = ()


@dataclass(frozen=True, slots=True)
class TieBreakers:
    """Weak features of a patch, and which of them decide where votes are even.

    Attributes:
        size: the smaller change first.
        logprob: the one that the model holds likelier first.
    """

    size: bool = False
    logprob: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A patch, the completions that wrote it, and what became of it.

    Attributes:
        index: order of first appearance within the run, from 0.
        votes: summed over the completions that wrote it: 1 for each sample; ranked ones share out as many votes as they
            are, by their probabilities, which is how often each would be drawn if as many samples fell on them alone.
        logprob: best mean log-probability per token among its completions; `-inf` where unknown.
        prompts: ids of the prompts it came from.
        behaviour: equal for candidates that were seen to do the same; empty where that was not looked at.
        reproduced: what became of tests that the model wrote of the issue; empty where it was not run with any.
        opinion: votes that judges gave its cluster, which counts them once; see `voting/opinions.py`.
        tie_breakers: the same for all candidates of a run.
        drawn: independent samples that wrote it, as (batch, how many) in the order of batches; `None` in runs of
            earlier versions, which don't tell.
        rank: its best place among the texts that a model ranked, from 1; 0 where it was not ranked.
    """

    index: int
    patch: Patch
    votes: float
    logprob: float
    prompts: tuple[str, ...]
    verdict: Verdict | None = None
    behaviour: str = ""
    reproduced: tuple[Reproduced, ...] = ()
    opinion: float = 0.0
    tie_breakers: TieBreakers = TieBreakers()
    drawn: tuple[tuple[int, int], ...] | None = None
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Cluster:
    """Candidates that vote together, best member first.

    Attributes:
        agreement: of the patches that pass the same tests of the model's, see `voting/agreement.py`; 0 without any.
        opinion: the part of the votes that judges gave.
    """

    key: str
    members: tuple[int, ...]
    votes: float
    tier: int
    agreement: float = 0.0
    opinion: float = 0.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """What judges said of two patches, each shown first as often as second.

    Attributes:
        one, other: indices of the candidates.
        first, second: answers for `one` where it was shown first, and where it was shown second; one that is for
            neither counts half.
        asked: answers in each order.
    """

    one: int
    other: int
    first: float
    second: float
    asked: int


@dataclass(frozen=True, slots=True)
class Contrast:
    """A call of which the chosen patch and another make something else.

    Attributes:
        other: index of that candidate.
        call: in words, as `f(1)`.
        test: in which it happens; empty where no test makes it.
        ours, theirs: what comes of it under the chosen patch and under the other, in words.
    """

    other: int
    call: str
    test: str
    ours: str
    theirs: str


class Status(StrEnum):
    """How a run ended."""

    VERIFIED = "verified"  # a patch passes every target and every guard, judged clean
    SUSPICIOUS = "suspicious"  # so does this one, but it reaches for means of making tests pass without a fix
    PARTIAL = "partial"  # the best patch leaves a target red or breaks a guard
    UNVERIFIED = "unverified"  # there was no target; the best patch breaks nothing
    NONE = "none"  # no candidate is worth showing


@dataclass(frozen=True, slots=True)
class Decision:
    """The chosen patch or an honest none, with the reasons as data.

    Attributes:
        chosen: index of the candidate, `None` with `Status.NONE`.
        clusters: all of them, in the order of preference.
        margin: (leader's votes - runner-up's) / all votes, over the leader's tier and what was not judged (it might
            have passed); 1.0 without a runner-up, negative where the most-voted could not be confirmed, or tests that
            the model wrote speak for another.
        confidence: probability that the chosen patch is right, see `voting/confidence.py`; 0.0 without one.
        tie: whether the last rule (order of appearance) had to decide.
        reasons: sentences, in the order in which the rules were applied.
        samples: independent samples drawn; ranked: given texts proposed by their probability; distinct: different
            patches among both.
        stopped_early: why sampling ended before its budget, or an empty string.
        comparisons: what judges said of the leading patches; empty where none were asked.
        contrasts: calls on which others that were watched differ from the chosen patch, a few for each cluster.
    """

    status: Status
    chosen: int | None
    clusters: tuple[Cluster, ...]
    margin: float
    tie: bool
    reasons: tuple[str, ...]
    samples: int
    distinct: int
    stopped_early: str = ""
    ranked: int = 0
    comparisons: tuple[Comparison, ...] = ()
    confidence: float = 0.0
    contrasts: tuple[Contrast, ...] = ()
