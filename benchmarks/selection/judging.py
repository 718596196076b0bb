"""A repository at its base, ready to judge patches: the parts of `select` that come before the search."""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from reasoncli.domain import Baseline, Issue, Patch, Task, Verdict
from reasoncli.events import Emitter, Event
from reasoncli.patches.policy import Policy
from reasoncli.patches.tree import SnapshotTree
from reasoncli.repository import open_repository
from reasoncli.sandbox.interface import SandboxProvider
from reasoncli.settings.loading import load_settings
from reasoncli.verification.baseline import BaselineOptions, measure, sort_baseline
from reasoncli.verification.detect import plan_tests
from reasoncli.verification.judges import judging_files
from reasoncli.verification.pool import SandboxPool
from reasoncli.verification.rebuild import builds_sources
from reasoncli.verification.verifier import Verifier, VerifierOptions
from reasoncli.workflow import preparation
from reasoncli.workflow.claiming import ClaimingVerifier, issued
from reasoncli.workflow.steps import in_vain

_WORKERS = 2


@dataclass(frozen=True, slots=True)
class Base:
    """What is known of the base, and where its tests run."""

    task: Task
    tree: SnapshotTree
    policy: Policy
    provider: SandboxProvider
    pool: SandboxPool
    baseline: Baseline

    def verdicts(self, patches: Iterable[Patch]) -> tuple[Baseline, dict[str, Verdict]]:
        """Screen patches as `select` does; by execution key, with the baseline that they were judged by in the end."""
        issue = issued(self.task, self.pool, Emitter())
        options = VerifierOptions(self.policy, compiles=not builds_sources(self.task.tests.command))
        wanted = {each.execution_key: each for each in patches}

        def judged(baseline: Baseline) -> dict[str, Verdict]:
            judging = Verifier(self.provider, self.task, baseline, quiet, options, self.pool)
            judging.prepare(_WORKERS)
            verifier = ClaimingVerifier(judging, issue, len(baseline.targets))
            with closing(judging), ThreadPoolExecutor(_WORKERS) as workers:
                screened = workers.map(lambda patch: verifier.screen(patch, threading.Event()), wanted.values())
                return dict(zip(wanted, screened, strict=True))

        found = judged(self.baseline)
        if in_vain(self.baseline, found.values()):
            without = replace(self.baseline, targets=())
            return without, judged(without)
        return self.baseline, found


@contextmanager
def opened(
    repository: Path,
    issue: Issue,
    flags: Mapping[str, object],
    scratch: Path,
    targets: Sequence[str] | None = (),
    steady: Collection[str] | None = None,
) -> Iterator[Base]:
    """Measure the base of a work tree.

    Args:
        repository: the work tree.
        issue: what it is measured for.
        flags: settings, by their names.
        scratch: an empty folder.
        targets: tests that must turn green; `None` for all that fail, linked to the issue or not.
        steady: with `targets=None`, the tests that count; the others fail for reasons of their own.
    """
    with ExitStack() as stack:
        settings = load_settings(dict(flags), repository=repository, environ=os.environ)
        snapshot = open_repository(repository).snapshot(scratch / "tree")
        tests = plan_tests(
            snapshot, command=settings.tests.test_command, selected=settings.tests.tests, targets=targets or ()
        )
        task = Task(snapshot, issue, tests)
        name = (issue.source or "base").replace("_", "-")[:40]
        provider = preparation.open_provider(snapshot, settings, name, lambda line: None)
        stack.callback(provider.close)
        pool = SandboxPool(provider, quiet)
        stack.callback(pool.close)
        options = BaselineOptions()
        measured = measure(pool, task, quiet, options)
        if targets is None:
            failing = tuple(
                test
                for test, result in measured.second.results.items()
                if not result.outcome.ok and (steady is None or test in steady)
            )
            task = replace(task, tests=replace(tests, targets=failing))
        baseline = sort_baseline(task, measured, quiet, options)
        policy = preparation.policy(settings)
        policy = replace(policy, protected=(*policy.protected, *judging_files(tests.command)))
        yield Base(task, SnapshotTree.of(snapshot), policy, provider, pool, baseline)


def quiet(event: Event) -> None:
    """Nobody listens."""
