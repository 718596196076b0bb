"""What a display knows of a run: events folded into one value, without a word on how it looks."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from reasoncli.domain import Baseline, Candidate, Decision, Spending, Suspect
from reasoncli.events import (
    BaselineReady,
    CandidateFound,
    CandidateJudged,
    Decided,
    Event,
    RunStarted,
    SamplesDrawn,
    Spent,
    StageFinished,
    StageProgress,
    StageStarted,
    SuspectsRanked,
)
from reasoncli.voting.clusters import Group, ranked


@dataclass(slots=True)
class StageView:
    """One stage as displayed: `seconds` is set once it ended."""

    name: str
    began: float
    detail: str = ""
    done: int = 0
    total: int | None = None
    seconds: float | None = None


@dataclass(slots=True)
class RunView:
    """The run until now. `observe` is its only way to change."""

    clock: Callable[[], float] = time.monotonic
    started: RunStarted | None = None
    stages: dict[str, StageView] = field(default_factory=dict)
    baseline: Baseline | None = None
    suspects: tuple[Suspect, ...] = ()
    samples: int = 0
    ranked: int = 0
    distinct: int = 0
    rejected: int = 0
    tokens: int = 0
    verified: int = 0
    candidates: dict[int, Candidate] = field(default_factory=dict)
    decision: Decision | None = None
    spending: Spending = field(default_factory=Spending)
    _groups: list[Group] | None = None

    def observe(self, event: Event) -> None:
        """Take an event in."""
        match event:
            case RunStarted():
                self.started = event
            case StageStarted(stage, detail):
                self.stages[stage] = StageView(stage, self.clock(), detail)
            case StageProgress(stage, done, total, detail):
                view = self.stages.setdefault(stage, StageView(stage, self.clock()))
                view.done, view.total = done, total
                view.detail = detail or view.detail
            case StageFinished(stage, seconds, detail):
                view = self.stages.setdefault(stage, StageView(stage, self.clock()))
                view.seconds = seconds
                view.detail = detail or view.detail
            case BaselineReady(baseline):
                self.baseline = baseline
            case SuspectsRanked(suspects):
                self.suspects = suspects
            case SamplesDrawn(_, samples, distinct, rejected, tokens, ranked):
                self.samples, self.distinct, self.rejected, self.tokens = samples, distinct, rejected, tokens
                self.ranked = ranked
            case CandidateFound(candidate):
                known = self.candidates.get(candidate.index)
                if known is not None and candidate.verdict is None:
                    candidate = replace(candidate, verdict=known.verdict)
                self.candidates[candidate.index] = candidate
                self._groups = None
            case CandidateJudged(index, verdict, verified):
                self.verified = verified
                if index in self.candidates:
                    self.candidates[index] = replace(self.candidates[index], verdict=verdict)
                self._groups = None
            case Decided(decision):
                self.decision = decision
            case Spent(spending):
                self.spending = spending
            case _:
                pass

    @property
    def current(self) -> StageView | None:
        """The stage that goes on, the latest begun."""
        running = [stage for stage in self.stages.values() if stage.seconds is None]
        return running[-1] if running else None

    @property
    def groups(self) -> list[Group]:
        """Clusters of candidates in the order of preference; sorted again only after something changed."""
        if self._groups is None:
            self._groups = ranked(list(self.candidates.values()))
        return self._groups

    @property
    def proposals(self) -> int:
        """Samples and ranked texts."""
        return self.samples + self.ranked

    @property
    def budget(self) -> int:
        """Proposals that may be made."""
        return self.started.samples if self.started is not None else 0

    def seconds_left(self) -> float | None:
        """An upper estimate for the stage that goes on, from its pace until now; `None` where there is no ground."""
        stage = self.current
        if stage is None:
            return None
        elapsed = self.clock() - stage.began
        if stage.name != "search":
            if not stage.total or not stage.done:
                return None
            return elapsed * max(stage.total - stage.done, 0) / stage.done
        if not self.proposals or elapsed <= 0 or not self.budget:
            return None
        share = max(self.budget - self.proposals, 0) / self.proposals
        drawing = elapsed * share
        if not self.verified:
            return drawing
        waiting = max(len(self.candidates) - self.verified, 0) + share * len(self.candidates)
        return max(drawing, elapsed * waiting / self.verified)
