"""Whether candidates may be screened in the warm lane: the base runs there first, and must do what it did before."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress

from reasoncli.domain import Baseline, Evidence, Loaded, Outcome, TestPlan, TestResult
from reasoncli.errors import Interrupted, SandboxFailure, SandboxUnavailable
from reasoncli.sandbox.interface import Sandbox
from reasoncli.verification.outcomes import same
from reasoncli.verification.pool import SandboxPool
from reasoncli.verification.session import Run, RunOptions, run_tests
from reasoncli.verification.timing import Timing

_BUDGET = 1.0  # seconds of tests that the proof may take
WARM = "warm"


class Warming:
    """Opens sandboxes ahead of the first candidate, and finds out whether their warm lane can be trusted.

    In the warm lane a run is a fork of a process that has loaded what the base's run had loaded in the end. Targets
    and quick guards of the base run there in each sandbox that is opened ahead, after a restore, as a candidate's do:
    what a library made at its import is gone by then. One that comes out otherwise than in a process of its own
    closes the lane for good.
    """

    def __init__(self, pool: SandboxPool, plan: TestPlan, baseline: Baseline, timing: Timing) -> None:
        self._pool = pool
        self._plan = plan
        self._baseline = baseline
        self._timing = timing
        self._lock = threading.Lock()
        self._proven = False
        self._refused = ""
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, sandboxes: int) -> None:
        """Begin, in threads of its own: so many sandboxes to screen in, and one for the first confirmation."""
        for work in (*[self._screening] * sandboxes, self._reserving):
            thread = threading.Thread(target=work, name="warming", daemon=True)
            self._threads.append(thread)
            thread.start()

    @property
    def load(self) -> Loaded | None:
        """What the warm lane loads; `None` while it isn't proven, or once it is refused."""
        with self._lock:
            return self._baseline.second.loaded if self._proven and not self._refused else None

    @property
    def refused(self) -> str:
        """Why the warm lane is closed, or an empty string."""
        with self._lock:
            return self._refused

    def wait(self) -> None:
        """Until the proof has been given or has failed."""
        for thread in self._threads:
            thread.join()

    def close(self) -> None:
        """End what is under way. The pool's runs have to be interrupted after this has been called."""
        self._stop.set()

    def _screening(self) -> None:
        try:
            self._pool.work(self._prove, stopped=self._stop.is_set)
        except (Interrupted, SandboxUnavailable) as failure:  # the first candidate will meet it, too, and say so
            self._refuse(str(failure))

    def _reserving(self) -> None:
        with suppress(SandboxUnavailable):  # whoever needs one opens it then
            self._pool.reserve()

    def _prove(self, sandbox: Sandbox) -> None:
        loaded = self._baseline.second.loaded
        if not sandbox.resident:
            return self._refuse("the sandbox has no resident runner")
        if self._baseline.second.evidence is not Evidence.STRUCTURED or not loaded.modules:
            return self._refuse("the tests are not pytest's")
        tests = self._tests()
        for part in (tests[:1], tests):
            if part is tests:
                sandbox.restore()
            warm = self._run(sandbox, part, loaded)
            if not warm.answered:
                raise SandboxFailure(warm.problem)  # says nothing about the lane: another sandbox will
            if warm.lane != WARM:
                return self._refuse(warm.lane or warm.problem)
        if self._baseline.second.canaries and not warm.report.canaries:
            return self._refuse("the warm run's report can't be trusted")
        odd = [test for test in tests if not _agree(test, warm, self._baseline.second.results)]
        if odd:
            sandbox.restore()
            cold = self._run(sandbox, tests, None)  # they may depend on tests that are left out here
            odd = [test for test in odd if not _agree(test, warm, cold.report.results)]
        if odd or not warm.report.complete:
            return self._refuse(f"{odd[0]} does not do what it does in a process of its own" if odd else warm.problem)
        with self._lock:
            self._proven = True
        return None

    def _refuse(self, reason: str) -> None:
        with self._lock:
            self._refused = self._refused or reason

    def _tests(self) -> Sequence[str]:
        results = self._baseline.second.results
        wanted = [target.id for target in self._baseline.targets]
        wanted += sorted(self._baseline.guards, key=lambda test: results[test].duration if test in results else 0.0)
        chosen, left = [], _BUDGET
        for test in wanted:
            result = results.get(test)
            if result is None or result.outcome is Outcome.TIMEOUT or result.duration > left:
                continue
            left -= result.duration
            chosen.append(test)
        return chosen

    def _run(self, sandbox: Sandbox, tests: Sequence[str], warm: Loaded | None) -> Run:
        timeout, test_timeout = self._timing.limits(tests)
        return run_tests(sandbox, self._plan, tests, RunOptions(timeout=timeout, test_timeout=test_timeout, warm=warm))


def _agree(test: str, run: Run, results: Mapping[str, TestResult]) -> bool:
    return same(run.report.results.get(test), results.get(test))
