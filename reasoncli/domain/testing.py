"""What runs of tests show, and what the base's mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


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
    """A test that must turn green, and why it was taken for one.

    Attributes:
        certain: it was named by the user, or is linked to the issue; else it is one of few that fail.
    """

    id: str
    why: str
    certain: bool = True


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
        left_out: how many tests the time for the base left unrun; nothing is known of them.
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
    left_out: int = 0
    reused: float | None = None
