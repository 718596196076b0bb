"""A project made ready to judge candidates: image, baseline, and the candidates themselves."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from benchmarks.verification.mutants import candidates
from benchmarks.verification.projects import Planted
from reasoncli.domain import Baseline, Patch, Task, Verdict
from reasoncli.errors import Interrupted
from reasoncli.events import Event
from reasoncli.patches.policy import Policy
from reasoncli.patches.tree import SnapshotTree
from reasoncli.repository import open_repository
from reasoncli.sandbox.interface import Sandbox, SandboxProvider
from reasoncli.settings.loading import load_settings
from reasoncli.verification.baseline import BaselineOptions, measure, sort_baseline
from reasoncli.verification.detect import plan_tests
from reasoncli.verification.judgement import Judged, judge_run
from reasoncli.verification.pool import SandboxPool
from reasoncli.verification.session import RunOptions, run_tests
from reasoncli.verification.timing import Timing
from reasoncli.verification.verifier import Verifier, VerifierOptions
from reasoncli.workflow import preparation

T = TypeVar("T")


class FreshPool(SandboxPool):
    """A new sandbox for each job, thrown away after it."""

    def __init__(self, provider: SandboxProvider, emit: Callable[[Event], None]) -> None:
        super().__init__(provider, emit)
        self._opener = provider

    def work(
        self, job: Callable[[Sandbox], T], *, fresh: bool = False, stopped: Callable[[], bool] = lambda: False
    ) -> T:
        """Do a job in a new sandbox."""
        if stopped():
            raise Interrupted("the tests are no longer needed")
        with self._opener.open() as sandbox:
            return job(sandbox)


@dataclass(frozen=True, slots=True)
class Bench:
    """What judging needs.

    Attributes:
        pool: the baseline was measured in its sandboxes, as in a fix.
        candidates: the right fix first.
        seconds: that the tests took at the base, without coverage.
    """

    task: Task
    provider: SandboxProvider
    baseline: Baseline
    pool: SandboxPool
    candidates: tuple[Patch, ...]
    events: list[Event] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """How long the whole suite took at the base."""
        return self.baseline.second.duration

    def verifier(self, pool: SandboxPool, provider: SandboxProvider | None = None) -> Verifier:
        """A verifier with a pool of its own."""
        options = VerifierOptions(Policy(), compiles=False)
        return Verifier(provider or self.provider, self.task, self.baseline, self.events.append, options, pool)

    def plain(self, patch: Patch, cancel: threading.Event) -> Verdict:
        """See `plain`."""
        return plain(self.provider, self.task, self.baseline, patch)


def plain(provider: SandboxProvider, task: Task, baseline: Baseline, patch: Patch) -> Verdict:
    """The plain way: a fresh container, the whole suite once, what it says is the verdict."""
    guards = baseline.guards
    targets = tuple(target.id for target in baseline.targets)
    timeout, test_timeout = Timing(baseline, task.tests.timeout).limits((*targets, *guards))
    options = RunOptions(timeout=timeout, test_timeout=test_timeout, resident=False)
    with provider.open() as sandbox:
        sandbox.write(patch.changes)
        run = run_tests(sandbox, task.tests, (*targets, *guards), options)
    judgement = judge_run(Judged(guards_total=len(guards)), run, baseline, targets=targets, guards=guards)
    return judgement.conclude(baseline)


@contextmanager
def opened(planted: Planted, *, number: int, seed: int, run: str) -> Iterator[Bench]:
    """Build the image, measure the base and make the candidates.

    Args:
        planted: the project.
        number: of candidates.
        seed: of their choice.
        run: labels the containers.
    """
    settings = load_settings(repository=planted.repository, environ=os.environ)
    events: list[Event] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="reasoncli-bench-"))) / "tree"
        snapshot = open_repository(planted.repository).snapshot(folder)
        task = Task(snapshot, planted.issue, plan_tests(snapshot, command=settings.tests.test_command))
        provider = preparation.open_provider(snapshot, settings, run, lambda line: None)
        stack.callback(provider.close)
        pool = SandboxPool(provider, events.append)
        stack.callback(pool.close)
        print(f"{planted.name}: measuring the base", file=sys.stderr)
        options = BaselineOptions()
        baseline = sort_baseline(task, measure(pool, task, events.append, options), events.append, options)
        tree = SnapshotTree.of(snapshot)
        base = tree.read(planted.file) or b""
        if base.count(planted.buggy.encode()) != 1:
            raise SystemExit(f"{planted.name}: {planted.file} does not hold the fault once")
        fixed = base.replace(planted.buggy.encode(), planted.fixed.encode())
        chosen = candidates(planted.file, base, fixed, tree, number=number, seed=seed, functions=planted.functions)
        yield Bench(task, provider, baseline, pool, tuple(chosen), events)


def judged(
    judge: Callable[[Patch, threading.Event], Verdict], patches: Sequence[Patch], workers: int, what: str
) -> tuple[float, list[Verdict]]:
    """Wall-clock seconds, and the verdicts in order. Says on stderr how far it is."""
    started = time.perf_counter()
    with ThreadPoolExecutor(workers) as threads:
        verdicts = []
        for verdict in threads.map(lambda patch: judge(patch, threading.Event()), patches):
            verdicts.append(verdict)
            print(f"\r{what}: {len(verdicts)} of {len(patches)} ", end="", file=sys.stderr, flush=True)
    seconds = time.perf_counter() - started
    print(f"in {seconds:.1f} s", file=sys.stderr)
    return seconds, verdicts
