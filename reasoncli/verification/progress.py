"""How far runs of the suite are: counted as the runner tells it, shown as one stage's progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from reasoncli.events import Event, StageProgress


@dataclass(slots=True)
class Counts:
    """One run's progress: written by the thread that reads the runner, read by the one that shows it.

    Attributes:
        finished: tests that reported; collected: tests that are going to, `None` before they are known.
    """

    finished: int = 0
    collected: int | None = None

    def __call__(self, finished: int, collected: int | None) -> None:
        """Take in what the runner says; a run that was taken up again never goes back."""
        if collected is not None:
            self.collected = max(collected, self.collected or 0)
        self.finished = max(self.finished, finished if self.collected is None else min(finished, self.collected))

    def ended(self) -> None:
        """The run is over, whatever the last word about it was."""
        self.finished = self.collected = max(self.finished, self.collected or 0)


@dataclass(slots=True)
class Progress:
    """The runs of one stage together; runs can be added while others go on."""

    emit: Callable[[Event], None]
    stage: str
    _runs: list[Counts] = field(default_factory=list)
    _said: StageProgress | None = None

    def run(self) -> Counts:
        """One more run."""
        self._runs.append(Counts())
        return self._runs[-1]

    def show(self) -> None:
        """Emit how far the runs are together, if that is news. There is no total before all have collected."""
        done = sum(run.finished for run in self._runs)
        known = [run.collected for run in self._runs if run.collected is not None]
        total = sum(known) if known and len(known) == len(self._runs) else None
        each = max(known, default=0)
        detail = f"{each:,} tests, each {_times(len(self._runs))}" if each else ("" if done else "collecting tests")
        event = StageProgress(self.stage, done, total or None, detail)
        if event != self._said:
            self._said = event
            self.emit(event)


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")
