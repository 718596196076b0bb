"""The values that cross rooms: frozen, typed, without behaviour beyond what they are.

Paths inside a repository are POSIX strings relative to its root. Lines count from 1. Durations are
seconds. Log-probabilities are natural logarithms at temperature 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

# ---------------------------------------------------------------- the task


@dataclass(frozen=True, slots=True)
class Issue:
    """What shall be fixed, in the words of whoever asked.

    Attributes:
        text: the whole text, title included.
        title: its first line, or the tracker's title.
        source: where it came from, as the user named it.
        url: its address at a tracker, if it has one.
    """

    text: str
    title: str
    source: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A repository at one moment: tracked files and untracked ones that git does not ignore.

    Attributes:
        repository: the user's work tree (top level).
        root: a private copy outside it; nothing else writes there.
        commit: HEAD's full hash.
        tree_hash: hash of all file paths, modes and bytes of the copy.
        dirty: whether the work tree differs from HEAD.
        files: path -> sha256 of its bytes (of the target text, for a symlink), sorted by path.
    """

    repository: Path
    root: Path
    commit: str
    tree_hash: str
    dirty: bool
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TestPlan:
    """How the project's tests run.

    Attributes:
        command: a shell command line for inside the sandbox; may hold `{tests}`, replaced by selectors.
        selected: test ids or paths that limit the whole suite (`--tests`); empty means all.
        targets: test ids the user named; empty means they are to be found.
        timeout: wall-clock limit of one run of the command on a candidate; `None` means derived from the baseline.
        junit: globs, relative to the root, of the JUnit files that the command writes by itself.
        pass_marker: regular expression that a passing run's output holds; `None` means the common summaries.
    """

    __test__ = False

    command: str
    selected: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    timeout: float | None = None
    junit: tuple[str, ...] = ()
    pass_marker: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A repository at one commit, an issue, and how its tests run."""

    snapshot: Snapshot
    issue: Issue
    tests: TestPlan


# ---------------------------------------------------------------- test outcomes


class Outcome(StrEnum):
    """What became of one test."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    XPASSED = "xpassed"
    TIMEOUT = "timeout"

    @property
    def ok(self) -> bool:
        """Whether a test suite would count this as not broken."""
        return self not in (Outcome.FAILED, Outcome.ERROR, Outcome.TIMEOUT)


class Evidence(StrEnum):
    """How a report was obtained, strongest first."""

    STRUCTURED = "structured"  # our plugin or hook saw every test
    JUNIT = "junit"  # the test command wrote JUnit XML
    LINES = "lines"  # read from verbose lines
    EXIT_CODE = "exit-code"  # nothing but an exit status and a summary in the output


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test's outcome.

    Attributes:
        message: the exception's type and text for one that did not pass, at most a few kB.
        traceback: rendered traceback, at most a few kB.
        frames: (path, line, function) of the traceback's frames inside the repository, outermost first.
    """

    __test__ = False

    id: str
    outcome: Outcome
    duration: float = 0.0
    message: str = ""
    traceback: str = ""
    frames: tuple[tuple[str, int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a test process had loaded in the end, each in order of import.

    Attributes:
        modules: names of those that aren't the repository's.
        sources: the repository's files, loaded as they are.
        rewritten: the repository's files whose assertions pytest rewrote.
    """

    modules: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    rewritten: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TestReport:
    """What one run of the test command showed.

    Attributes:
        results: by test id; a module that could not be collected stands here under its path, as an ERROR.
        exit_code: of the test command; `None` if it was killed.
        timed_out: the wall-clock limit ended it.
        complete: the run came to its regular end (the closing record was seen), nothing cut it short.
        output: the end of stdout and stderr, capped.
        coverage: test id -> path -> lines it executed; empty unless asked for.
        loaded: what the tests loaded; empty unless asked for.
        counted: tests that ran, by the summary in the output; told only where nothing better is known of them.
        canaries: tests of our own were among them, and came out as they must.
    """

    __test__ = False

    results: Mapping[str, TestResult]
    evidence: Evidence
    exit_code: int | None
    duration: float
    timed_out: bool = False
    complete: bool = True
    output: str = ""
    coverage: Mapping[str, Mapping[str, frozenset[int]]] = field(default_factory=lambda: MappingProxyType({}))
    loaded: Loaded = field(default_factory=Loaded)
    counted: int = 0
    canaries: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """A test that must turn green, and why it was taken for one."""

    id: str
    why: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """All tests at the base commit, run twice, the second time in another order.

    Attributes:
        first, second: the two runs; the first carries the coverage, the second is undisturbed by it.
        targets: must turn green. Guards: pass at the base and must stay so. Flaky: differ between runs in one order.
        environmental: fail for want of a module, the network or the like, with the reason; never targets.
        unrelated: fail at the base and are not linked to the issue; they neither select nor reject.
        order_dependent: have one outcome in the suite's own order and another in another order; set aside as flaky ones
            are, unless the suite as a whole is `ordered`.
        quarantine: why a test counts as flaky or order-dependent.
        uncollected: modules that can't be imported or collected at the base, with what they raise. Their tests are not
            known; the modules stand among targets, environmental or unrelated as well.
        ordered: so many tests depend on their order that only whole runs in the suite's own order say anything.
        passing: how many tests pass in both runs; more than there are guards where those are a sample.
        reused: seconds since the epoch at which an earlier run measured this; `None` where this run did.
    """

    first: TestReport
    second: TestReport
    targets: tuple[Target, ...]
    guards: tuple[str, ...]
    flaky: tuple[str, ...]
    environmental: Mapping[str, str]
    unrelated: tuple[str, ...]
    order_dependent: tuple[str, ...] = ()
    quarantine: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    uncollected: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    ordered: bool = False
    passing: int = 0
    reused: float | None = None


# ---------------------------------------------------------------- localization


@dataclass(frozen=True, slots=True)
class Clue:
    """One reason to suspect a place: kind is `spectrum`, `traceback`, `lexical` or `model`."""

    kind: str
    score: float
    detail: str


@dataclass(frozen=True, slots=True)
class Suspect:
    """A place that may hold the fault.

    Attributes:
        line: a suspect line, or `None` where the function as a whole is meant.
        function: qualified name of the enclosing function or class body, `<module>` outside any.
        start, end: first and last line of that function (decorators included).
        score: combined, in [0, 1], higher is more suspect.
    """

    path: str
    line: int | None
    function: str
    start: int
    end: int
    score: float
    clues: tuple[Clue, ...] = ()


# ---------------------------------------------------------------- prompts and samples


class Form(StrEnum):
    """How a completion says what to change."""

    SEARCH_REPLACE = "search-replace"
    UNIFIED_DIFF = "unified-diff"
    INFILL = "infill"
    LINE_REPAIR = "line-repair"


@dataclass(frozen=True, slots=True)
class Region:
    """Lines `start` to `end` (both included) of a file; what an infill or line repair replaces."""

    path: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ChatContent:
    """A conversation: (role, text) pairs, roles `system`, `user`, `assistant`."""

    messages: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class InfillContent:
    """Text before and after the hole; extra context files come first, as (path, text)."""

    prefix: str
    suffix: str
    path: str
    context: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RepairContent:
    """The embedded model's form: a function, normalized, and the suspect line, stripped."""

    function: str
    line: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is asked.

    Attributes:
        id: sha256 of form, content and region, 16 hex digits; equal prompts have equal ids.
        region: what the completion replaces, for infill and line repair.
        stop: strings that end a completion (not part of it).
        max_tokens: of the answer; thinking has a budget of its own.
        share: this prompt's part of the samples, relative to the other prompts of its proposal.
        files: paths of the files it shows, so that an edit that names none finds its own.
    """

    id: str
    form: Form
    content: ChatContent | InfillContent | RepairContent
    region: Region | None = None
    stop: tuple[str, ...] = ()
    max_tokens: int = 1024
    share: float = 1.0
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Completion:
    """One distinct text that a model gave for a prompt, and how many of the samples gave it.

    Attributes:
        prompt: the prompt's id.
        count: how many independent samples this text stands for (exact tree sampling merges equal ones).
        logprobs: untempered log-probability of each token of `text`; empty where the backend can't tell.
        tokens: how many tokens were generated (thinking included).
        finish: `stop`, `length` or `cancelled`.
        thinking: a reasoning model's thoughts, never taken for a patch.
        batch: index of the sampling batch it belongs to; batches count as a whole.
    """

    prompt: str
    text: str
    count: int
    logprobs: tuple[float, ...]
    tokens: int
    finish: str
    thinking: str = ""
    batch: int = 0


# ---------------------------------------------------------------- patches and verdicts


@dataclass(frozen=True, slots=True)
class FileChange:
    """The state of one file after a patch: its bytes, or `None` for a deleted file."""

    path: str
    content: bytes | None
    executable: bool | None = None


@dataclass(frozen=True, slots=True)
class Patch:
    """A change to the repository, with the two keys it is known by.

    Attributes:
        changes: files after the patch, sorted by path.
        diff: unified diff with `a/` and `b/` prefixes, applicable with `git apply`. Always valid UTF-8: a file that
            isn't stands in git's binary form. May hold carriage returns: write it without newline translation.
        execution_key: sha256 over the exact resulting bytes; equal ones are run once.
        vote_key: sha256 over their canonical AST (text where the syntax is not ours); equal ones vote together.
        size: lines added plus lines removed.
        dropped: protected paths that the completion also wanted to change; those parts were left out.
    """

    changes: tuple[FileChange, ...]
    diff: str
    execution_key: str
    vote_key: str
    size: int
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a completion is not a patch.

    Attributes:
        kind: `unparsable`, `unappliable`, `ambiguous`, `no-change`, `forbidden`, `syntax`.
    """

    kind: str
    reason: str


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


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the tests say of one candidate.

    Attributes:
        targets_passed, targets_failed: of those that were run.
        guards_broken: tests that passed at the base and don't under the candidate.
        guards_run, guards_total: how much of the suite was run, of all that could guard.
        clean: from a fresh sandbox and the whole suite; only such a verdict may select.
        reason: one line for people.
        overran: tests that were interrupted at a time limit; on another day they might not have been.
        reused: an earlier run of the same base judged these very files.
        suspicions: what the patch adds that a fix has hardly a reason for, each with its place; such a patch isn't
            applied without consent.
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
    reused: bool = False
    suspicions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A patch, the samples that wrote it, and what became of it.

    Attributes:
        index: order of first appearance within the run, from 0.
        votes: summed counts of its samples.
        logprob: best mean log-probability per token among its samples; `-inf` where unknown.
        prompts: ids of the prompts it came from.
    """

    index: int
    patch: Patch
    votes: float
    logprob: float
    prompts: tuple[str, ...]
    verdict: Verdict | None = None


# ---------------------------------------------------------------- the choice


@dataclass(frozen=True, slots=True)
class Cluster:
    """Candidates that vote together, best member first."""

    key: str
    members: tuple[int, ...]
    votes: float
    tier: int


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
            have passed); 1.0 without a runner-up, negative where the most-voted could not be confirmed.
        tie: whether the last rule (order of appearance) had to decide.
        reasons: sentences, in the order in which the rules were applied.
        samples: independent samples drawn; distinct: different patches among them.
        stopped_early: why sampling ended before its budget, or an empty string.
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
