"""What is kept of verdicts, and for which runs."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from reasoncli.domain import Baseline, Evidence, Patch, Target, TestReport, Verdict, VerdictKind
from reasoncli.errors import Interrupted, SandboxUnavailable
from reasoncli.runs.memory import Memory
from reasoncli.settings.loading import load_settings
from reasoncli.verification.baseline import BaselineOptions
from reasoncli.workflow.remembering import RememberingVerifier, baseline_key
from tests.sandbox.forwarding import ForwardingProvider
from tests.verification.projects import file_patch, task_of, unittest_project

KEY = "ab" * 32
REPORT = TestReport({}, Evidence.STRUCTURED, 1, 0.5)
BASELINE = Baseline(REPORT, REPORT, (Target("t::a", "named"),), ("t::b",), (), {}, (), passing=1)
PATCH = file_patch("pkg/core.py", "x = 1\n")


@dataclass
class Judge:
    """A verifier that gives the verdicts it is told to, and counts."""

    verdict: Verdict | BaseException
    screened: list[Patch] = field(default_factory=list)
    confirmed: list[Patch] = field(default_factory=list)
    interrupted: int = 0

    def screen(self, patch: Patch, cancel: threading.Event) -> Verdict:
        self.screened.append(patch)
        if isinstance(self.verdict, BaseException):
            raise self.verdict
        return self.verdict

    def confirm(self, patch: Patch, cancel: threading.Event) -> Verdict:
        self.confirmed.append(patch)
        assert isinstance(self.verdict, Verdict)
        return replace(self.verdict, clean=True)

    def interrupt(self, cancel: threading.Event | None = None) -> None:
        self.interrupted += 1


@dataclass
class Bench:
    folder: Path

    def verifier(
        self, verdict: Verdict | BaseException, key: str | None = KEY, baseline: Baseline = BASELINE, **flags: object
    ) -> tuple[Judge, RememberingVerifier]:
        judge = Judge(verdict)
        task = task_of(unittest_project(self.folder / "project"))
        settings = load_settings(flags)
        return judge, RememberingVerifier(judge, Memory(self.folder), key, task, baseline, settings)

    def screenings(self, verdict: Verdict | BaseException, **more: object) -> tuple[int, Verdict]:
        """How many of a new run's screenings reach the tests, and the verdict."""
        judge, verifier = self.verifier(verdict, **more)  # type: ignore[arg-type]
        found = verifier.screen(PATCH, threading.Event())
        return len(judge.screened), found


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


FIXES = Verdict(
    VerdictKind.FIXES, ("t::a",), guards_run=1, guards_total=1, duration=3.0, reason="all", output="x" * 9000
)


@pytest.mark.parametrize("kind", [VerdictKind.FIXES, VerdictKind.PARTIAL, VerdictKind.NO_EFFECT, VerdictKind.REGRESSES])
def test_a_verdict_over_whole_reports_is_reused(bench: Bench, kind: VerdictKind) -> None:
    verdict = replace(FIXES, kind=kind)
    assert bench.screenings(verdict) == (1, verdict)
    again, known = bench.screenings(verdict)
    assert again == 0
    assert known.reused
    assert known.duration == 0.0, "it took no time"
    assert replace(known, reused=False, duration=3.0, output=verdict.output) == verdict
    assert len(known.output) < 3000


@pytest.mark.parametrize(
    "verdict",
    [
        replace(FIXES, kind=VerdictKind.TIMEOUT),
        replace(FIXES, kind=VerdictKind.BROKEN),
        replace(FIXES, kind=VerdictKind.FORBIDDEN),
        replace(FIXES, kind=VerdictKind.NEEDS_REBUILD),
        replace(FIXES, kind=VerdictKind.REGRESSES, overran=1),
    ],
)
def test_what_may_have_been_the_days_doing_is_judged_again(bench: Bench, verdict: Verdict) -> None:
    assert bench.screenings(verdict)[0] == 1
    assert bench.screenings(verdict)[0] == 1


@pytest.mark.parametrize("error", [SandboxUnavailable("the engine is gone"), Interrupted("no longer needed")])
def test_failures_and_interruptions_leave_nothing(bench: Bench, error: BaseException) -> None:
    with pytest.raises(type(error)):
        bench.screenings(error)
    assert bench.screenings(FIXES)[0] == 1


def test_the_clean_verdict_is_never_from_memory(bench: Bench) -> None:
    bench.screenings(FIXES)
    for _ in range(2):
        judge, verifier = bench.verifier(FIXES)
        assert verifier.confirm(PATCH, threading.Event()).clean
        assert len(judge.confirmed) == 1
    judge, verifier = bench.verifier(replace(FIXES, kind=VerdictKind.REGRESSES))
    assert verifier.confirm(PATCH, threading.Event()).kind is VerdictKind.REGRESSES, "whatever the screening said"
    verifier.interrupt()
    assert judge.interrupted == 1


def test_other_files_another_base_or_other_rules_are_judged_again(bench: Bench) -> None:
    bench.screenings(FIXES)
    _, verifier = bench.verifier(FIXES)
    assert not verifier.screen(file_patch("pkg/other.py", "x = 1\n"), threading.Event()).reused
    for change in (
        {"key": "cd" * 32},
        {"key": None},
        {"baseline": replace(BASELINE, targets=(Target("t::c", "named"),))},
        {"baseline": replace(BASELINE, guards=("t::b", "t::d"))},
        {"protect": ("pkg/*",)},
    ):
        assert bench.screenings(FIXES, **change)[0] == 1, change
    assert bench.screenings(FIXES, baseline=replace(BASELINE, targets=(Target("t::a", "another reason"),)))[0] == 0


class Identified(ForwardingProvider):
    """A provider of which nothing but its identity is asked."""

    def __init__(self, identity: str | None) -> None:
        super().__init__(None)  # type: ignore[arg-type]
        self._identity = identity

    @property
    def identity(self) -> str | None:
        return self._identity


IMAGE = Identified("docker sha256:1")


def test_a_sandbox_that_can_not_say_what_it_is_made_of_has_no_key(tmp_path: Path) -> None:
    task = task_of(unittest_project(tmp_path))
    assert baseline_key(task, Identified(None), load_settings({}), BaselineOptions()) is None


def test_what_makes_a_run_measure_anew(tmp_path: Path) -> None:
    """Each of these is another key; what only sorts what was measured is not."""
    snapshot = unittest_project(tmp_path)
    task, settings, options = task_of(snapshot), load_settings({}), BaselineOptions()
    key = baseline_key(task, IMAGE, settings, options)
    keys = [
        key,
        baseline_key(task_of(replace(snapshot, tree_hash="another")), IMAGE, settings, options),
        baseline_key(task_of(snapshot, command="python -m unittest -v"), IMAGE, settings, options),
        baseline_key(task_of(snapshot, selected=("tests/test_core.py",)), IMAGE, settings, options),
        baseline_key(task_of(snapshot, junit=("out/*.xml",)), IMAGE, settings, options),
        baseline_key(task_of(snapshot, pass_marker="ok"), IMAGE, settings, options),
        baseline_key(task, Identified("docker sha256:2"), settings, options),
        *(
            baseline_key(task, IMAGE, load_settings({name: limit}), options)
            for name, limit in (("memory", "1g"), ("disk", "2g"), ("cpus", 2), ("pids", 200), ("output", "2m"))
        ),
        *(
            baseline_key(task, IMAGE, settings, other)
            for other in (
                replace(options, timeout=9.0),
                replace(options, test_timeout=9.0),
                replace(options, env={"A": "b"}),
            )
        ),
    ]
    assert None not in keys
    assert len(set(keys)) == len(keys)
    other_issue = task_of(snapshot, "another issue", targets=("test_add",))
    assert key == baseline_key(other_issue, IMAGE, settings, replace(options, seed=9, guards_seconds=3.0))
