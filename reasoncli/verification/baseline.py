"""The base commit, measured: the whole suite twice, what is flaky, what is the environment's, what is the target."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from reasoncli.domain import Baseline, Evidence, Task, TestReport
from reasoncli.errors import BaselineError
from reasoncli.events import Event, StageProgress, Warned
from reasoncli.patches.tree import SnapshotTree
from reasoncli.sandbox.interface import Sandbox, SandboxProvider
from reasoncli.verification.environmental import environmental_reason
from reasoncli.verification.frames import with_frames
from reasoncli.verification.linking import link_targets
from reasoncli.verification.outcomes import passes, same
from reasoncli.verification.pool import SandboxPool
from reasoncli.verification.requested import requested_targets
from reasoncli.verification.session import WHOLE_COMMAND, Run, RunOptions, run_tests

_RESUMES = 8  # how often a run is taken up again behind a test that killed it
_REPEATS = 3  # how often a test that differs between the runs is run again to tell the tracer's doing from flakiness
_SHELL_CANT_RUN = (126, 127)


@dataclass(frozen=True, slots=True)
class BaselineOptions:
    """How the base is measured.

    Attributes:
        timeout: wall-clock seconds for one run of the whole suite.
        test_timeout: seconds for one test, after which it is interrupted and counted as TIMEOUT.
        parallel: run both runs at the same time.
        env: added to the environment of the test command.
    """

    timeout: float = 1800.0
    test_timeout: float = 60.0
    parallel: bool = True
    env: Mapping[str, str] | None = None


def measure_baseline(
    provider: SandboxProvider,
    task: Task,
    emit: Callable[[Event], None],
    options: BaselineOptions | None = None,
) -> Baseline:
    """Run the suite twice, each time in a sandbox of its own, and sort its tests.

    The first run records coverage, the second runs bare. A test is flaky when the two disagree and repetition
    without the tracer doesn't settle it. Failures of the environment are told apart with their reason. Targets are
    the user's, or the failures that link to the issue (see `linking`).

    Args:
        provider: opens sandboxes over the task's snapshot.
        task: the repository, the issue and the test plan.
        emit: gets progress (stage `baseline`) and warnings.
        options: limits.

    Raises:
        BaselineError: the tests can't be run at the base, or nothing in them says anything about the code.
        UsageError: a target that the user named doesn't exist, or doesn't fail.
        SandboxUnavailable: no sandbox can be opened, or they keep breaking.
    """
    options = options or BaselineOptions()
    pool = SandboxPool(provider, emit)
    stop = threading.Event()
    try:
        first, second = _both_runs(pool, task, emit, options, stop)
        for run in (first, second):
            _usable(run, task.tests.command)
        if not first.report.complete or not second.report.complete:
            problem = first.problem or second.problem
            emit(Warned(f"the base run is not whole: {problem}", hint="tests that did not report are left out"))
        first, flaky = _settle(pool, task, first, second, options)
    finally:
        pool.close()
    if task.tests.junit and second.report.evidence in (Evidence.LINES, Evidence.EXIT_CODE):
        emit(Warned(f"the test command wrote no JUnit file at {', '.join(task.tests.junit)}"))
    return _sort(task, with_frames(first.report, task.snapshot.files), second.report, flaky, emit)


def _both_runs(
    pool: SandboxPool, task: Task, emit: Callable[[Event], None], options: BaselineOptions, stop: threading.Event
) -> tuple[Run, Run]:
    emit(StageProgress("baseline", 0, 2, "running the suite"))

    def whole(coverage: bool) -> Run:
        return pool.work(lambda sandbox: _whole(sandbox, task, coverage, options), fresh=True, stopped=stop.is_set)

    if options.parallel and (os.cpu_count() or 1) > 1:
        with ThreadPoolExecutor(2, thread_name_prefix="baseline") as threads:
            try:  # from before the first thread: leaving the pool waits for what runs, and an interrupt comes anywhere
                futures = [threads.submit(whole, coverage) for coverage in (True, False)]
                first, second = (future.result() for future in futures)
            except BaseException:  # an interrupt, or one of the two failed: nobody needs the other
                stop.set()
                pool.interrupt()
                raise
    else:
        first = whole(True)
        emit(StageProgress("baseline", 1, 2, f"{len(first.report.results)} tests, {first.report.duration:.1f} s"))
        second = whole(False)
    emit(StageProgress("baseline", 2, 2, f"{len(second.report.results)} tests, {second.report.duration:.1f} s"))
    return first, second


def _whole(sandbox: Sandbox, task: Task, coverage: bool, options: BaselineOptions) -> Run:
    """One whole run; after a test that took the process with it, the rest is run in a process of its own."""
    limits = RunOptions(
        timeout=options.timeout,
        test_timeout=options.test_timeout,
        coverage=coverage,
        env=options.env or {},
    )
    run = run_tests(sandbox, task.tests, task.tests.selected or None, limits)
    for _ in range(_RESUMES):
        if run.report.timed_out or not run.missing or not run.answered:
            break
        sandbox.restore()
        rest = run_tests(sandbox, task.tests, run.missing, limits)
        if not rest.report.results.keys() & set(run.missing):
            break
        run = _joined(run, rest)
    return run


def _joined(run: Run, rest: Run) -> Run:
    results = {**run.report.results, **{test: rest.report.results[test] for test in rest.report.results}}
    missing = tuple(test for test in run.missing if test not in results)
    coverage = dict(run.report.coverage)
    for test, lines in rest.report.coverage.items():
        known = coverage.get(test, {})
        coverage[test] = {
            path: lines.get(path, frozenset()) | known.get(path, frozenset()) for path in {*lines, *known}
        }
    report = replace(
        run.report,
        results=results,
        coverage=coverage,
        duration=run.report.duration + rest.report.duration,
        exit_code=rest.report.exit_code,
        timed_out=rest.report.timed_out,
        complete=not missing and not rest.report.timed_out,
        output=rest.report.output,
    )
    return replace(run, report=report, missing=missing, problem="" if report.complete else rest.problem or run.problem)


def _usable(run: Run, command: str) -> None:
    report = run.report
    tail = "\n".join(report.output.strip().splitlines()[-15:])
    if report.evidence is Evidence.EXIT_CODE:
        whole = report.results.get(WHOLE_COMMAND)
        if whole is None or report.exit_code in _SHELL_CANT_RUN or "No module named pytest" in report.output:
            raise BaselineError(
                f"the test command can't be run at the base commit: {run.problem or (whole and whole.message)}\n{tail}",
                hint=f"the command was `{command}`; name another with --test-command, or an image that has its tools",
            )
        if report.exit_code == 0 and not passes(whole):
            raise BaselineError(
                f"whether tests run at the base commit can't be told: {whole.message}\n{tail}",
                hint="let the command write JUnit XML (to {junit}, or say where: --junit), or name what a passing run "
                "prints by --pass-marker",
            )
        return
    if not report.results:
        raise BaselineError(
            f"no test ran at the base commit: {run.problem or 'none was collected'}\n{tail}",
            hint=f"the command was `{command}`; name another with --test-command, or an image that has what it needs",
        )


def _settle(
    pool: SandboxPool, task: Task, first: Run, second: Run, options: BaselineOptions
) -> tuple[Run, tuple[str, ...]]:
    """Run tests that differ again, without coverage: those that now agree with the second run differ by the tracer."""
    one, two = first.report.results, second.report.results
    differing = tuple(test for test in dict.fromkeys((*one, *two)) if not same(one.get(test), two.get(test)))
    if not differing or not (first.report.complete and second.report.complete):
        return first, differing
    limits = RunOptions(
        timeout=options.timeout,
        test_timeout=options.test_timeout,
        evidence=second.report.evidence,
        env=options.env or {},
    )
    steady = set(differing)
    for _ in range(_REPEATS):
        again = pool.work(lambda sandbox: run_tests(sandbox, task.tests, differing, limits)).report.results
        steady = {test for test in steady if same(again.get(test), two.get(test))}
    results = {**one, **{test: two[test] for test in steady if test in two}}
    coverage = {test: lines for test, lines in first.report.coverage.items() if test not in steady}
    report = replace(first.report, results=results, coverage=coverage)
    return replace(first, report=report), tuple(test for test in differing if test not in steady)


def _sort(
    task: Task, first: TestReport, second: TestReport, flaky: Sequence[str], emit: Callable[[Event], None]
) -> Baseline:
    unsteady = set(flaky)
    steady = [result for test, result in second.results.items() if test not in unsteady]
    failing = [first.results.get(result.id, result) for result in steady if not result.outcome.ok]
    modules = _modules(task)
    environmental = {
        result.id: reason
        for result in failing
        if (reason := environmental_reason(result, modules.__contains__, task.issue.text)) is not None
    }
    guards = tuple(result.id for result in steady if passes(result) and passes(first.results.get(result.id)))
    if environmental and len(environmental) == len(failing) and not guards:
        test, reason = next(iter(environmental.items()))
        raise BaselineError(
            f"every test that runs at the base commit fails for want of something: {test}: {reason}",
            hint="give an image that has it (--image, --dockerfile)",
        )
    candidates = [result for result in failing if result.id not in environmental]
    if task.tests.targets:
        targets = requested_targets(task.tests.targets, first.results, set(guards), unsteady)
        for target in targets:
            if target.id in environmental:
                emit(Warned(f"{target.id} fails at the base because {environmental.pop(target.id)}"))
    else:
        targets = link_targets(candidates, first, task.issue, SnapshotTree.of(task.snapshot).read)
    wanted = {target.id for target in targets}
    return Baseline(
        first=first,
        second=second,
        targets=targets,
        guards=guards,
        flaky=tuple(flaky),
        environmental=environmental,
        unrelated=tuple(result.id for result in candidates if result.id not in wanted),
    )


def _modules(task: Task) -> frozenset[str]:
    """Every name under which something of the repository might be imported."""
    names: set[str] = set()
    for path in task.snapshot.files:
        *folders, file = path.split("/")
        names.update(folders)
        names.add(file.partition(".")[0])
    return frozenset(names)
