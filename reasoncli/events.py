"""What happens during a run, as typed values; the terminal, the JSON stream and the run store listen.

A listener is any callable that takes an `Event`. It is called from several threads, one at a time
(the emitter holds a lock), and must return quickly; what it raises ends the run.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from reasoncli.domain import Baseline, Candidate, Decision, Spending, Suspect, Verdict


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run began or went on."""

    run: str
    repository: str
    issue: str
    model: str
    sandbox: str
    samples: int
    resumed: bool


@dataclass(frozen=True, slots=True)
class StageStarted:
    """A stage began: `snapshot`, `sandbox`, `baseline`, `localization`, `model`, `search`, `apply` and others."""

    stage: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class StageProgress:
    """Inside a stage: how far, of how much (`None` where unknown), and a word for people."""

    stage: str
    done: int
    total: int | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class StageFinished:
    """A stage ended."""

    stage: str
    seconds: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class BaselineReady:
    """The base is known: what must turn green, what must stay so."""

    baseline: Baseline


@dataclass(frozen=True, slots=True)
class SuspectsRanked:
    """Where the fault may be."""

    suspects: tuple[Suspect, ...]


@dataclass(frozen=True, slots=True)
class SamplesDrawn:
    """A completion arrived; running totals over the run: of independent samples, and of ranked texts beside them."""

    count: int
    samples: int
    distinct: int
    rejected: int
    tokens: int
    ranked: int = 0


@dataclass(frozen=True, slots=True)
class CandidateFound:
    """A new distinct patch, or more votes for a known one."""

    candidate: Candidate


@dataclass(frozen=True, slots=True)
class CandidateJudged:
    """A candidate has a verdict (screened, or confirmed where `verdict.clean`)."""

    index: int
    verdict: Verdict
    verified: int


@dataclass(frozen=True, slots=True)
class SandboxReplaced:
    """A sandbox broke and another took its place; no candidate suffers for it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Warned:
    """Something the user should know that doesn't end the run."""

    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """The search is over."""

    decision: Decision


@dataclass(frozen=True, slots=True)
class Spent:
    """What the run took until now, that of earlier processes included; now and then, and at the end."""

    spending: Spending


Event = (
    RunStarted
    | StageStarted
    | StageProgress
    | StageFinished
    | BaselineReady
    | SuspectsRanked
    | SamplesDrawn
    | CandidateFound
    | CandidateJudged
    | SandboxReplaced
    | Warned
    | Decided
    | Spent
)

Listener = Callable[[Event], None]


@dataclass(slots=True)
class Emitter:
    """Hands every event to every listener, one event at a time, from whichever thread emits it."""

    listeners: tuple[Listener, ...] = ()
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, event: Event) -> None:
        """Emit one event."""
        with self._lock:
            for listener in self.listeners:
                listener(event)

    def stage(self, name: str, detail: str = "") -> Stage:
        """A context manager that emits the beginning and the end of a stage."""
        return Stage(self, name, detail)


@dataclass(slots=True)
class Stage:
    """One stage in progress; `summary` is what `StageFinished` will say. Nothing is said of one that failed."""

    emit: Emitter
    name: str
    detail: str
    summary: str = ""
    started: float = 0.0

    def __enter__(self) -> Stage:
        self.started = time.monotonic()
        self.emit(StageStarted(self.name, self.detail))
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if error is None:
            self.emit(StageFinished(self.name, time.monotonic() - self.started, self.summary))

    def progress(self, done: int, total: int | None, detail: str = "") -> None:
        """Say how far the stage is."""
        self.emit(StageProgress(self.name, done, total, detail))
