"""The base's suite, run: once with coverage in its own order, once bare in another.

Nothing here asks what the outcomes mean for the issue. Only where there is time for a part of the suite does the issue
say which tests come first (see `base_sample`).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from reasoncli.domain import Evidence, Task, TestReport
from reasoncli.errors import BaselineError
from reasoncli.events import Event, StageProgress, Warned
from reasoncli.sandbox.interface import Sandbox
from reasoncli.verification.base_sample import BaseSample
from reasoncli.verification.outcomes import passes
from reasoncli.verification.pool import SandboxPool
from reasoncli.verification.progress import Counts, Progress
from reasoncli.verification.session import WHOLE_COMMAND, Run, RunOptions, run_tests
from reasoncli.verification.settling import RunSome, Settled, differing_tests, settle

_T = TypeVar("_T")
_RESUMES = 8  # how often a run is taken up again behind a test that killed it
_LOOK = 0.5  # seconds between two looks at how far the runs are
_PILOT = 0.25  # of a limited time: for a run of everything, which may turn out to be short enough
_SHARES = (0.4, 0.6, 0.85)  # of what is left of it: for each run of a sample
_LATE = 1.5  # how much longer than expected such a run may take, so that one wrong guess doesn't take all the time
_SHELL_CANT_RUN = (126, 127)


@dataclass(frozen=True, slots=True)
class BaselineOptions:
    """How the base is measured.

    Attributes:
        timeout: wall-clock seconds for one run of the whole suite.
        test_timeout: seconds for one test, after which it is interrupted and counted as TIMEOUT.
        parallel: run both runs at the same time.
        env: added to the environment of the test command.
        seed: of the second run's order, and of samples.
        seconds: what the run with coverage may take, about; where the suite takes longer, both runs are of a sample.
            `None` for no limit.
        guards_seconds: what the guards of one candidate may take at the base's pace; where all of them take longer,
            a sample is used. `None` for no limit.
    """

    timeout: float = 1800.0
    test_timeout: float = 60.0
    parallel: bool = True
    env: Mapping[str, str] | None = None
    seed: int = 0
    seconds: float | None = None
    guards_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was seen of a suite, whatever the issue is: this is what runs of the same base share.

    Attributes:
        first: with coverage, in the suite's own order; second: bare, in another order (in its own if `ordered`).
        flaky, order_dependent, quarantine, ordered, left_out: see `Baseline`.
    """

    first: TestReport
    second: TestReport
    flaky: tuple[str, ...] = ()
    order_dependent: tuple[str, ...] = ()
    quarantine: Mapping[str, str] = field(default_factory=dict)
    ordered: bool = False
    left_out: int = 0


def measure(pool: SandboxPool, task: Task, emit: Callable[[Event], None], options: BaselineOptions) -> Measurement:
    """Run the suite twice, each time in a fresh sandbox of the pool, and settle what differs (see `settling`).

    Raises:
        BaselineError: the tests can't be run at the base.
        SandboxUnavailable: no sandbox can be opened, or they keep breaking.
    """
    runs = _Runs(pool, task, options, Progress(emit, "baseline"))
    first, second = (
        runs.together((True, None), (False, options.seed)) if options.seconds is None else runs.timed(options.seconds)
    )
    for run in (first, second):
        _usable(run, task.tests.command)
    if task.tests.junit and second.report.evidence in (Evidence.LINES, Evidence.EXIT_CODE):
        emit(Warned(f"the test command wrote no JUnit file at {', '.join(task.tests.junit)}"))
    if not first.report.complete or not second.report.complete:
        problem = first.problem or second.problem
        emit(Warned(f"the base run is not whole: {problem}", hint="tests that did not report are left out"))
        second = _in_common(first, second, runs.some)
    if differing := differing_tests(first, second):
        emit(StageProgress("baseline", 0, None, f"{len(differing)} tests differ between the runs; looking closer"))
        settled = settle(first, second, differing, runs.some, runs.orders)
    else:
        settled = Settled(first.report, second.report)
    return Measurement(
        first=settled.first,
        second=settled.second,
        flaky=settled.flaky,
        order_dependent=settled.order_dependent,
        quarantine=settled.why,
        ordered=settled.ordered,
        left_out=runs.left_out,
    )


@dataclass(slots=True)
class _Runs:
    """The runs that a measurement is made of."""

    pool: SandboxPool
    task: Task
    options: BaselineOptions
    progress: Progress
    left_out: int = 0
    _sample: tuple[str, ...] | None = None
    _stop: threading.Event = field(default_factory=threading.Event)

    def together(self, *kinds: tuple[bool, int | None]) -> tuple[Run, ...]:
        """Whole runs, each (with coverage or not, seed of its order); at the same time where that is allowed."""
        return self._watched(
            [partial(self._whole, coverage, shuffle, self.progress.run()) for coverage, shuffle in kinds]
        )

    def _watched(self, jobs: Sequence[Callable[[], _T]]) -> tuple[_T, ...]:
        """What the jobs return, while how far they are is shown."""
        width = len(jobs) if self.options.parallel and (os.cpu_count() or 1) > 1 else 1
        with ThreadPoolExecutor(width, thread_name_prefix="baseline") as threads:
            try:  # from before the first thread: leaving the pool waits for what runs, and an interrupt comes anywhere
                futures = [threads.submit(job) for job in jobs]
                self._watch(futures)
                return tuple(future.result() for future in futures)
            except BaseException:  # an interrupt, or one of them failed: nobody needs the others
                self._stop.set()
                self.pool.interrupt()
                raise

    def timed(self, seconds: float) -> tuple[Run, Run]:
        """Both runs, the first with as many tests as it can run in about so many seconds, the second with the same.

        Raises:
            BaselineError: finding the tests takes longer than that.
        """
        counts = self.progress.run()
        (first,) = self._watched([lambda: self._sampled(seconds, counts)])
        if first is None:
            self.progress.emit(
                Warned("--baseline-time saves nothing: this suite can only be run as a whole", hint="see --tests")
            )
            self.progress = Progress(self.progress.emit, self.progress.stage)
            own, other = self.together((True, None), (False, self.options.seed))
            return own, other
        if self.left_out:
            self._sample = tuple(first.report.results)
            self.progress.emit(
                Warned(
                    f"{self.left_out:,} tests were not run at the base, for want of time; {len(self._sample):,} were",
                    hint="name those that matter by --target or --tests, or raise --baseline-time",
                )
            )
        (second,) = self.together((False, self.options.seed))
        return first, second

    def orders(self) -> tuple[Run, Run]:
        """Two more whole runs, both bare: in the suite's own order, and in the other one."""
        own, other = self.together((False, None), (False, self.options.seed))
        return own, other

    def some(self, tests: Sequence[str], coverage: bool, evidence: Evidence) -> TestReport:
        """These tests alone, in the suite's own order, in a sandbox that is restored afterwards."""
        limits = replace(self._limits(coverage, None), evidence=evidence)
        return self.pool.work(lambda sandbox: run_tests(sandbox, self.task.tests, tests, limits)).report

    def _watch(self, futures: Sequence[Future[_T]]) -> None:
        """Say how far the runs are until one fails or all are over."""
        waiting = set(futures)
        self.progress.show()
        while waiting:
            done, waiting = wait(waiting, timeout=_LOOK)
            for future in done:
                future.result()
            self.progress.show()

    def _sampled(self, seconds: float, counts: Counts) -> Run | None:
        """A run with coverage in a limited time; `None` where only a whole one says anything.

        It begins with everything in the suite's own order. Where that doesn't end within a part of the time, tests are
        drawn, in a few runs, so that each can go by what those before it took.
        """
        whole = self.task.tests.selected or None
        run = self._part(whole, seconds * _PILOT, lambda finished, _: counts(finished, None))
        if run.report.timed_out and _says_nothing(run):
            run = self._part(whole, seconds, lambda finished, _: counts(finished, None))
        if run.report.timed_out and run.report.evidence is not Evidence.STRUCTURED:
            return None
        if run.report.timed_out and not run.collected:
            raise BaselineError(
                f"finding the tests takes longer than {seconds:g} s", hint="raise --baseline-time, or name --tests"
            )
        if run.report.timed_out:
            run = self._drawn(run, seconds, counts)
        counts.ended()
        return run

    def _drawn(self, run: Run, seconds: float, counts: Counts) -> Run:
        """A run that was cut short, with tests drawn from the rest of the suite."""
        sample = BaseSample(self.task, run.collected, self.options.seed)
        sample.postpone(run.cut)
        run = _without_cut(run, run.cut)
        last = run.report
        for share in _SHARES:
            starting = max(0.0, last.duration - sum(result.duration for result in last.results.values()))
            room, known = seconds - run.report.duration - starting, run.report.results
            if room <= 0.0 or not (tests := sample.next(known, room)):
                break
            counts.collected = len(known) + len(tests)
            limit = room
            if counts.collected < len(run.collected) or not any(result.duration for result in known.values()):
                tests, limit = sample.next(known, room * share), room * min(1.0, share * _LATE)
            part = self._part(tests, starting + limit, _counting_from(len(known), counts))
            sample.postpone(part.cut)
            part = _without_cut(part, set(part.cut) - sample.asked)
            if not part.report.results:
                break
            last, run = part.report, _joined(run, part)
        self.left_out = len(set(run.collected) - run.report.results.keys())
        counts.collected = len(run.report.results)
        return replace(run, report=replace(run.report, complete=True, timed_out=False), missing=(), problem="")

    def _part(self, tests: Sequence[str] | None, seconds: float, progress: Callable[[int, int | None], None]) -> Run:
        """A run with coverage in a fresh sandbox that ends after so many seconds, finished or not."""
        limits = replace(self._limits(True, None), timeout=seconds, progress=progress)
        return self.pool.work(
            lambda sandbox: run_tests(sandbox, self.task.tests, tests, limits), fresh=True, stopped=self._stop.is_set
        )

    def _whole(self, coverage: bool, shuffle: int | None, counts: Counts) -> Run:
        run = self.pool.work(
            lambda sandbox: self._whole_in(sandbox, self._limits(coverage, shuffle, counts)),
            fresh=True,
            stopped=self._stop.is_set,
        )
        counts.ended()
        return run

    def _whole_in(self, sandbox: Sandbox, limits: RunOptions) -> Run:
        """One whole run; after a test that took the process with it, the rest is run in a process of its own."""
        tests = self.task.tests
        run = run_tests(sandbox, tests, self._sample or tests.selected or None, limits)
        for _ in range(_RESUMES):
            if run.report.timed_out or not run.missing or not run.answered:
                break
            sandbox.restore()
            rest = run_tests(sandbox, tests, run.missing, limits)
            if not rest.report.results.keys() & set(run.missing):
                break
            run = _joined(run, rest)
        return run

    def _limits(self, coverage: bool, shuffle: int | None, counts: Counts | None = None) -> RunOptions:
        return RunOptions(
            timeout=self.options.timeout,
            test_timeout=self.options.test_timeout,
            coverage=coverage,
            shuffle=shuffle,
            loaded=not coverage,
            env=self.options.env or {},
            progress=counts,
        )


def _in_common(first: Run, second: Run, some: RunSome) -> Run:
    """The second run about the tests that the first one reported, as far as time allows.

    Cut short in another order, it ran other tests. Those that only the first run came to are run now.
    """
    one, two = first.report.results, second.report.results
    unseen = [test for test in one if test not in two]
    more = some(unseen, False, second.report.evidence).results if unseen and second.report.timed_out else {}
    results = {test: result for test, result in {**two, **more}.items() if test in one}
    return replace(second, report=replace(second.report, results=results))


def _counting_from(seen: int, counts: Counts) -> Callable[[int, int | None], None]:
    return lambda finished, _: counts(seen + finished, None)


def _says_nothing(run: Run) -> bool:
    """Whether a run ended before its tests were found, or before the command had said anything at all."""
    structured = run.report.evidence is Evidence.STRUCTURED
    return not run.collected and (structured or not run.report.output.strip())


def _without_cut(run: Run, cut: Collection[str]) -> Run:
    """Without tests that the run's time limit ended, as it isn't theirs."""
    kept = {test: result for test, result in run.report.results.items() if test not in cut}
    coverage = {test: lines for test, lines in run.report.coverage.items() if test not in cut}
    return replace(run, report=replace(run.report, results=kept, coverage=coverage), missing=(*run.missing, *cut))


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
        canaries=run.report.canaries or rest.report.canaries,
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
