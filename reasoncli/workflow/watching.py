"""What patches do, from memory where an earlier run has watched the same patches on the same base.

What is remembered is what the runs showed, with what differed between the two of the base left out already. It decides
who votes with whom and what is shown; whoever leads then is judged clean in every run (see `remembering.py`).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from reasoncli.domain import Baseline, Patch, Task
from reasoncli.patches.tree import SnapshotTree
from reasoncli.runs.memory import Memory
from reasoncli.verification.nearness import Mentions
from reasoncli.verification.pool import SandboxPool
from reasoncli.verification.watched_text import dumped, loaded
from reasoncli.verification.watching import Watched, plan_watching, run_plan
from reasoncli.workflow.remembering import key_of

_LONGEST = 64 << 20  # characters of what is kept of one round


@dataclass(frozen=True, slots=True)
class Kept:
    """A round as remembered: seconds since the epoch, and what was seen then, as text."""

    at: float
    seen: str


class Watching:
    """Watches patches in a run's sandboxes, unless an earlier run has.

    Attributes:
        reused: when what was told last was seen, in seconds since the epoch; `None` if it was seen now.
    """

    def __init__(
        self, task: Task, baseline: Baseline, pool: SandboxPool, workers: int, memory: Memory, key: str | None
    ) -> None:
        """`key` is the baseline's, and without one nothing is remembered."""
        self._task = task
        self._baseline = baseline
        self._pool = pool
        self._workers = workers
        self._memory = memory
        self._key = key
        self.reused: float | None = None

    def watch(self, patches: Sequence[Patch]) -> Watched:
        """What became of the calls of the functions that any of the patches changes.

        Raises:
            SandboxUnavailable: sandboxes kept breaking.
        """
        self.reused = None
        plan = plan_watching(self._task, self._baseline, SnapshotTree.of(self._task.snapshot).read, patches)
        if plan is None:
            return Watched()
        key = self._key and key_of("watching", self._key, *plan.essence())
        kept = None if key is None else self._memory.recall(Kept, key)
        known = None if kept is None else loaded(kept.seen)
        if kept is not None and known is not None:
            self.reused = kept.at
            return replace(known, mentions=Mentions.of(self._task.issue.text))
        watched = run_plan(self._pool, self._task, plan, self._workers)
        if key is not None and watched.lasting:
            text = dumped(watched)
            if len(text) <= _LONGEST:
                self._memory.remember(Kept, key, Kept(time.time(), text))
        return watched
