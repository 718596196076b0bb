"""Progress without a terminal: one line an event, on stderr."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.text import Text

from reasoncli.events import (
    BaselineReady,
    CandidateJudged,
    Event,
    RunStarted,
    SamplesDrawn,
    SandboxReplaced,
    StageFinished,
    StageProgress,
    StageStarted,
    SuspectsRanked,
    Warned,
)
from reasoncli.reports.console import safe
from reasoncli.reports.pieces import baseline_words, suspect_words
from reasoncli.reports.state import RunView
from reasoncli.reports.words import count, duration, number

_EVERY = 10.0  # seconds between two lines about sampling


class LineDisplay:
    """Listens to events and prints a line for each that matters. Use it as a context manager."""

    def __init__(self, console: Console, *, quiet: bool = False, verbose: bool = False) -> None:
        self.view = RunView()
        self._console = console
        self._quiet = quiet
        self._verbose = verbose
        self._spoke = self.view.clock()

    def __call__(self, event: Event) -> None:
        """Take an event in, and say what there is to say."""
        self.view.observe(event)
        if isinstance(event, Warned):
            hint = f" ({event.hint})" if event.hint else ""
            self._print(safe(f"warning: {event.message}{hint}", "warn"))
        elif not self._quiet:
            text = self._line(event)
            if text is not None:
                self._print(safe(text))

    def paused(self) -> AbstractContextManager[None]:
        """Nothing is drawn in place that could be in the way."""
        return nullcontext()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def _print(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)

    def _line(self, event: Event) -> str | None:
        match event:
            case RunStarted(run, repository, issue, model, sandbox, samples, resumed):
                verb = "resumes" if resumed else "starts"
                return f"run {run} {verb}: {issue} ({repository}; {model}; {sandbox}; {count(samples, 'proposal')})"
            case StageStarted(stage, detail) if self._verbose:
                return f"{stage}: begins" + (f", {detail}" if detail else "")
            case StageFinished(stage, seconds, detail):
                return f"{stage}: {duration(seconds)}" + (f", {detail}" if detail else "")
            case BaselineReady(baseline):
                return f"baseline: {baseline_words(baseline)}"
            case SuspectsRanked(suspects) if suspects:
                return "suspects: " + ", ".join(suspect_words(each) for each in suspects[:3])
            case CandidateJudged(index, verdict, _) if self._verbose or verdict.clean:
                how = "confirmed" if verdict.clean else "judged"
                reason = f" ({verdict.reason})" if verdict.reason else ""
                return f"candidate {index}: {how}, {verdict.kind.value}{reason}"
            case SandboxReplaced(reason) if self._verbose:
                return f"a sandbox was replaced: {reason}"
            case SamplesDrawn() | CandidateJudged():
                return self._totals()
            case StageProgress("baseline", done, total, detail):
                return self._progress(done, total, detail)
            case _:
                return None

    def _due(self) -> bool:
        """Whether a line about something that goes on was long enough ago; if so, the next one is counted from now."""
        now = self.view.clock()
        if now - self._spoke < _EVERY:
            return False
        self._spoke = now
        return True

    def _progress(self, done: int, total: int | None, detail: str) -> str | None:
        """A line about the tests of the base, now and then."""
        if not total or not self._due():
            return None
        left = self.view.seconds_left()
        ending = "" if left is None else f", about {duration(left)} left"
        return f"baseline: {number(done)}/{number(total)} ({detail}){ending}"

    def _totals(self) -> str | None:
        """A line about the search, now and then."""
        view = self.view
        if not self._due():
            return None
        kind = "proposals" if view.ranked else "samples"
        text = f"search: {number(view.proposals)}/{number(view.budget)} {kind}, {view.distinct} distinct"
        text += f", {view.verified} verified"
        if view.groups and view.groups[0].judged:
            leader = view.groups[0]
            text += f"; leader {count(leader.votes, 'vote')}, {leader.standing.tier.name.lower()}"
        return text
