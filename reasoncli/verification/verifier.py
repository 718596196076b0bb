"""Judges candidates: screened in long-lived sandboxes by stages, confirmed in a fresh one by the whole suite."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from reasoncli.domain import Baseline, Patch, Task, Verdict, VerdictKind
from reasoncli.errors import Interrupted
from reasoncli.events import Event
from reasoncli.patches.policy import Policy
from reasoncli.patches.tree import SnapshotTree
from reasoncli.sandbox.interface import Sandbox, SandboxProvider
from reasoncli.verification.guards import GuardIndex
from reasoncli.verification.judgement import Judged, judge_run
from reasoncli.verification.judges import judging_files
from reasoncli.verification.outcomes import passes
from reasoncli.verification.pool import SandboxPool
from reasoncli.verification.rebuild import needs_rebuild
from reasoncli.verification.selectors import selectable
from reasoncli.verification.session import MARGIN, Run, RunOptions, run_tests
from reasoncli.verification.suspicion import Suspicion
from reasoncli.verification.timing import Timing
from reasoncli.verification.warming import Warming

_FEW = 8  # broken guards that are worth running again before they count
_REPEATS = 2
_CHEAP = 1.0  # seconds of targets at the base; below it, how many of them pass is worth knowing
ENOUGH = 10
"""Broken guards at which a screening stops: a patch with more of them stands last in any case."""
_NEARLY_DONE = 2.0  # seconds


@dataclass(frozen=True, slots=True)
class VerifierOptions:
    """How candidates are judged.

    Attributes:
        policy: what a patch may touch; checked here as well as where patches are made, whoever made them.
        compiles: whether the image holds compiled parts of the project, so that changing their sources needs a rebuild.
        margin: seconds beyond a run's limit after which a runner that has not answered is lost.
    """

    policy: Policy = field(default_factory=Policy)
    compiles: bool = True
    margin: float = MARGIN


@dataclass(frozen=True, slots=True, eq=False)
class _Work:
    """A call of the verifier: what gives it up, and where it works since when."""

    cancel: threading.Event
    sandbox: Sandbox
    since: float


class Verifier:
    """Turns patches into verdicts. `screen` and `confirm` may be called from several threads at once.

    Stages of a screening: nothing forbidden and nothing that needs a rebuild; every changed Python file compiles
    under the sandbox's interpreter; the targets; then, if any target passed (or there are none), the guards that
    the base's coverage says the patch can reach. Flaky tests, tests that the environment fails and failures
    unrelated to the issue are not run, so they can neither select nor reject.
    """

    def __init__(
        self,
        provider: SandboxProvider,
        task: Task,
        baseline: Baseline,
        emit: Callable[[Event], None],
        options: VerifierOptions | None = None,
        pool: SandboxPool | None = None,
    ) -> None:
        self._task = task
        self._tree = SnapshotTree.of(task.snapshot)
        self._baseline = baseline
        self._options = options or VerifierOptions()
        policy = self._options.policy
        self._policy = replace(policy, protected=(*policy.protected, *judging_files(task.tests.command)))
        self._pool = pool or SandboxPool(provider, emit)
        self._lock = threading.Lock()
        self._at_work: list[_Work] = []
        self._index = GuardIndex(baseline, self._tree.read)
        self._breaks: Counter[str] = Counter()
        self._dependent: dict[tuple[str, bool], bool] = {}  # guard, in a whole run or a part -> fails at the base, too
        self._timing = Timing(baseline, task.tests.timeout)
        self._targets = tuple(target.id for target in baseline.targets)
        self._suspicion = Suspicion(self._tree.read, baseline.second.results, self._targets)
        self._guards_total = max(baseline.passing, len(baseline.guards)) + baseline.left_out
        whole = (*self._targets, *baseline.guards)
        self._selects = selectable(task.tests, whole, baseline.second, baseline.ordered)
        self._warming = Warming(self._pool, task.tests, baseline, self._timing)

    def prepare(self, workers: int) -> None:
        """Open as many sandboxes as candidates will be judged at once, and try the warm lane. Returns at once."""
        self._warming.start(workers)

    @property
    def policy(self) -> Policy:
        """What a patch may touch: as the options say, and nothing that the test command is made of."""
        return self._policy

    @property
    def warming(self) -> Warming:
        """What is known of the warm lane."""
        return self._warming

    def screen(self, patch: Patch, cancel: threading.Event) -> Verdict:
        """Judge quickly, in a sandbox that other candidates were judged in before.

        Raises:
            Interrupted: `cancel` was set.
            SandboxUnavailable: sandboxes kept breaking; nothing is said about the patch.
        """
        return self._refusal(patch) or self._suspected(patch, self._certain(patch, cancel, self._screen_in))

    def confirm(self, patch: Patch, cancel: threading.Event) -> Verdict:
        """Judge by every target and every guard, in a sandbox that nothing ran in before; the verdict is `clean`.

        Raises:
            Interrupted: `cancel` was set.
            SandboxUnavailable: sandboxes kept breaking; nothing is said about the patch.
        """
        refusal = self._refusal(patch)
        verdict = refusal or self._suspected(patch, self._certain(patch, cancel, self._confirm_in, fresh=True))
        return replace(verdict, clean=True)

    def interrupt(self, cancel: threading.Event | None = None) -> None:
        """End the runs under way; calls whose `cancel` is set raise `Interrupted` instead of waiting for them.

        With `cancel`, only the one that was called with it, and only if it has run for a while: what is nearly done
        stops before its next stage by itself, and a new sandbox has its price.
        """
        if cancel is None:
            self._warming.close()
            self._pool.interrupt()
            return
        with self._lock:
            given_up = [work for work in self._at_work if work.cancel is cancel]
        for work in given_up:
            if time.monotonic() - work.since > _NEARLY_DONE:
                work.sandbox.close()

    def close(self) -> None:
        """End the sandboxes. Idempotent."""
        self.interrupt()
        self._warming.wait()
        self._pool.close()

    def _refusal(self, patch: Patch) -> Verdict | None:
        rejection = self._policy.check(patch.changes, self._tree)
        if rejection is not None:
            return Verdict(VerdictKind.FORBIDDEN, reason=rejection.reason)
        reason = needs_rebuild(patch, self._tree.read, compiles=self._options.compiles)
        return None if reason is None else Verdict(VerdictKind.NEEDS_REBUILD, reason=reason)

    def _suspected(self, patch: Patch, verdict: Verdict) -> Verdict:
        """With what is suspicious, where that can matter: a patch that no target passes with is never chosen."""
        if self._targets and not verdict.targets_passed:
            return verdict
        return replace(verdict, suspicions=self._suspicion.of(patch))

    def _certain(
        self,
        patch: Patch,
        cancel: threading.Event,
        judge: Callable[[Sandbox, Patch, threading.Event, bool], tuple[Verdict, bool]],
        *,
        fresh: bool = False,
    ) -> Verdict:
        """The verdict; where the runner itself was killed, the one of a second try in a sandbox of its own.

        Only the first try of a screening uses the resident runner: what kills that is judged without it.
        """

        def job(sandbox: Sandbox, resident: bool) -> tuple[Verdict, bool]:
            work = _Work(cancel, sandbox, time.monotonic())
            with self._lock:
                self._at_work.append(work)
            try:
                return judge(sandbox, patch, cancel, resident)
            finally:
                with self._lock:
                    self._at_work.remove(work)

        verdict, answered = self._pool.work(partial(job, resident=not fresh), fresh=fresh, stopped=cancel.is_set)
        if not answered:
            verdict, _ = self._pool.work(partial(job, resident=False), fresh=True, stopped=cancel.is_set)
        return verdict

    def _screen_in(
        self, sandbox: Sandbox, patch: Patch, cancel: threading.Event, resident: bool
    ) -> tuple[Verdict, bool]:
        if not self._selects:
            judged, answered = self._whole_in(sandbox, patch, cancel, resident)
            return judged.conclude(self._baseline), answered
        sandbox.write(patch.changes)
        judged = Judged(guards_total=self._guards_total)
        if self._targets:
            stop_after = 0 if self._timing.seconds(self._targets) <= _CHEAP else 1
            run = self._run(sandbox, patch, self._targets, cancel, resident, stop_after)
            judged = judge_run(judged, run, self._baseline, targets=self._targets, stop_after=stop_after)
            if judged.verdict is not None or not judged.targets_passed:
                return judged.conclude(self._baseline), run.answered
        touched = self._index.touched(patch)
        judged = replace(judged, chosen=touched.why)
        if not touched.guards:
            return judged.conclude(self._baseline), True
        guards = self._telling_first(touched.guards)
        run = self._run(sandbox, patch, guards, cancel, resident, ENOUGH)
        if run.stopped:
            judged = replace(judged, chosen="that many are broken")
        judged = judge_run(judged, run, self._baseline, guards=guards, stop_after=ENOUGH)
        judged = self._without_dependent(judged, sandbox, guards, cancel, resident, whole=False)
        with self._lock:
            self._breaks.update(judged.guards_broken)
        return judged.conclude(self._baseline), run.answered

    def _telling_first(self, guards: Sequence[str]) -> Sequence[str]:
        """Guards that candidates have broken before, then the quick ones."""
        with self._lock:
            breaks = dict(self._breaks)
        return sorted(guards, key=lambda test: (-breaks.get(test, 0), self._timing.seconds((test,))))

    def _confirm_in(
        self, sandbox: Sandbox, patch: Patch, cancel: threading.Event, resident: bool
    ) -> tuple[Verdict, bool]:
        judged, answered = self._whole_in(sandbox, patch, cancel, resident)
        whole = (*self._targets, *self._baseline.guards)
        judged = self._without_unsteady(judged, sandbox, patch, whole, cancel, resident)
        judged = self._without_dependent(judged, sandbox, whole, cancel, resident, whole=True)
        return judged.conclude(self._baseline), answered

    def _whole_in(self, sandbox: Sandbox, patch: Patch, cancel: threading.Event, resident: bool) -> tuple[Judged, bool]:
        """One run of every target and every guard, and whether the runner lived to answer."""
        sandbox.write(patch.changes)
        guards = self._baseline.guards
        run = self._run(sandbox, patch, (*self._targets, *guards), cancel, resident)
        judged = Judged(guards_total=self._guards_total)
        return judge_run(judged, run, self._baseline, targets=self._targets, guards=guards), run.answered

    def _without_unsteady(
        self,
        judged: Judged,
        sandbox: Sandbox,
        patch: Patch,
        selection: Sequence[str],
        cancel: threading.Event,
        resident: bool,
    ) -> Judged:
        """Excuse broken guards, if they are few, that pass whenever all is run again: flaky, unseen by the base.

        The same tests are run again, not those guards alone: a patch may break them by what an earlier test leaves.
        """
        broken = judged.guards_broken
        if judged.verdict is not None or len(broken) > _FEW:
            return judged
        for _ in range(_REPEATS):
            if not broken:
                break
            sandbox.restore()  # what the first run left could make them pass
            sandbox.write(patch.changes)
            again = self._run(sandbox, patch, selection, cancel, resident).report
            if not again.complete or (self._baseline.second.canaries and not again.canaries):
                return judged
            broken = tuple(guard for guard in broken if passes(again.results.get(guard)))
        return judged.excusing(broken)

    def _without_dependent(
        self,
        judged: Judged,
        sandbox: Sandbox,
        selection: Sequence[str],
        cancel: threading.Event,
        resident: bool,
        *,
        whole: bool,
    ) -> Judged:
        """Excuse broken guards that fail without the patch as well when only this selection runs.

        They depend on tests that are left out. Each guard is looked at once for the parts that screenings run, and
        once for the whole; what was found holds for all candidates, and a part's finding excuses nothing in a whole.
        """
        if judged.verdict is not None or not judged.guards_broken:
            return judged
        with self._lock:
            known = all((guard, whole) in self._dependent for guard in judged.guards_broken)
        if not known:
            sandbox.restore()
            base = self._run(sandbox, None, selection, cancel, resident).report
            if not base.complete:  # says nothing of the tests that it did not come to
                return judged
            with self._lock:
                for guard in {*selection} & {*self._baseline.guards}:
                    self._dependent.setdefault((guard, whole), not passes(base.results.get(guard)))
        with self._lock:
            return judged.excusing(guard for guard in judged.guards_broken if self._dependent[guard, whole])

    def _run(
        self,
        sandbox: Sandbox,
        patch: Patch | None,
        tests: Sequence[str],
        cancel: threading.Event,
        resident: bool,
        stop_after: int = 0,
    ) -> Run:
        if cancel.is_set():
            raise Interrupted("the candidate is no longer needed")
        timeout, test_timeout = self._timing.limits(tests)
        whole = self._task.tests.selected or None if self._baseline.ordered else None
        return run_tests(
            sandbox,
            self._task.tests,
            tests if self._selects else whole,
            RunOptions(
                timeout=timeout if self._selects else self._timing.whole,
                test_timeout=test_timeout,
                stop_after=stop_after,
                listed=stop_after > 0 and self._selects,
                compile=[] if patch is None else _python_files(patch),
                evidence=self._baseline.second.evidence,
                resident=resident,
                warm=self._warming.load if resident else None,
                whole=self._timing.whole,
                margin=self._options.margin,
            ),
        )


def _python_files(patch: Patch) -> list[str]:
    return [change.path for change in patch.changes if change.content is not None and change.path.endswith(".py")]
