from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from reasoncli.domain import Baseline, Patch, Task, Verdict, VerdictKind
from reasoncli.errors import Interrupted, SandboxUnavailable
from reasoncli.events import Event, SandboxReplaced
from reasoncli.sandbox.config import DockerConfig, LocalConfig
from reasoncli.sandbox.interface import SandboxProvider
from reasoncli.sandbox.local_sandbox import local_provider
from reasoncli.verification.baseline import BaselineOptions, measure_baseline
from reasoncli.verification.verifier import Verifier
from tests import lean
from tests.verification.projects import (
    CORE,
    TARGET,
    Breaking,
    core_patch,
    file_patch,
    snapshot_of,
    task_of,
    unittest_project,
)

ADD, MULTIPLY = "return a - b", "return a * b"


@dataclass
class Bench:
    task: Task
    provider: SandboxProvider
    baseline: Baseline

    def verifier(self, provider: SandboxProvider | None = None, events: list[Event] | None = None) -> Verifier:
        heard = events if events is not None else []
        return Verifier(provider or self.provider, self.task, self.baseline, heard.append)

    def screen(self, patch: Patch) -> Verdict:
        verifier = self.verifier()
        try:
            return verifier.screen(patch, threading.Event())
        finally:
            verifier.close()


@pytest.fixture(scope="module", params=["local", pytest.param("docker", marks=pytest.mark.docker)])
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, base_image: str) -> Iterator[Bench]:
    task = task_of(unittest_project(tmp_path_factory.mktemp("project")))
    provider: SandboxProvider
    if request.param == "docker":
        from reasoncli.sandbox.docker_provider import docker_provider

        state = tmp_path_factory.mktemp("state")
        provider = docker_provider(task.snapshot, DockerConfig(image=base_image, state_dir=state), "verification")
    else:
        provider = local_provider(task.snapshot, LocalConfig(lean.interpreter()))
    baseline = measure_baseline(provider, task, lambda event: None, BaselineOptions(test_timeout=20, parallel=False))
    yield Bench(task, provider, baseline)
    provider.close()


@pytest.mark.parametrize(
    ("patch", "kind", "reason"),
    [
        (core_patch(ADD, "return a + b"), VerdictKind.FIXES, "the target passes"),
        (core_patch(ADD, "return a - b - 0"), VerdictKind.NO_EFFECT, "still red"),
        (core_patch(ADD, "return {(1, 2): 3}.get((a, b), 7)"), VerdictKind.REGRESSES, "test_add_zero"),
        (core_patch(ADD, "return (a"), VerdictKind.BROKEN, "does not compile"),
        (core_patch(ADD, "import os; os._exit(0)"), VerdictKind.BROKEN, "ended early with exit status 0"),
        (core_patch("def multiply", "def times"), VerdictKind.BROKEN, "can't be collected"),
        (file_patch("tests/test_core.py", ""), VerdictKind.FORBIDDEN, "tests"),
        (file_patch("requirements.txt", "x"), VerdictKind.NEEDS_REBUILD, "requirements.txt"),
    ],
)
def test_screening(bench: Bench, patch: Patch, kind: VerdictKind, reason: str) -> None:
    verdict = bench.screen(patch)
    assert verdict.kind is kind, verdict
    assert reason in verdict.reason
    assert not verdict.clean


def test_a_hanging_candidate_times_out(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reasoncli.verification.timing._TEST_LEAST", 1.0)
    verdict = bench.screen(core_patch(ADD, "while True: pass"))
    assert verdict.kind is VerdictKind.TIMEOUT
    assert verdict.targets_failed == (TARGET,)


def test_one_candidate_leaves_nothing_for_the_next(bench: Bench) -> None:
    verifier = bench.verifier()
    cancel = threading.Event()
    new = Patch(
        (*core_patch(ADD, "return a - b").changes, *file_patch("pkg/extra.py", "x = 1\n").changes), "", "e", "v", 1
    )
    kinds = [
        verifier.screen(patch, cancel).kind
        for patch in (
            core_patch(ADD, "return a + b"),
            core_patch(MULTIPLY, "return a + b"),
            core_patch(ADD, "open('left', 'w').write('x')\n    return a + b"),
            new,
            core_patch(ADD, "import os\n    if os.path.exists('left'): return a + b"),
            core_patch(ADD, "from pkg.extra import x\n    return a + b"),
        )
    ]
    verifier.close()
    none = VerdictKind.NO_EFFECT
    assert kinds == [VerdictKind.FIXES, none, VerdictKind.FIXES, none, none, none]


def test_confirmation_runs_everything_in_a_fresh_sandbox(bench: Bench) -> None:
    verifier = bench.verifier()
    verdict = verifier.confirm(core_patch(ADD, "return a + b"), threading.Event())
    assert verdict.kind is VerdictKind.FIXES
    assert verdict.clean
    assert verdict.guards_run == verdict.guards_total == 3
    assert verdict.targets_passed == (TARGET,)
    broken = verifier.confirm(core_patch(MULTIPLY, "return a + b"), threading.Event())
    assert broken.kind is VerdictKind.REGRESSES
    assert broken.clean
    verifier.close()


def test_several_threads(bench: Bench) -> None:
    verifier = bench.verifier()
    patches = [core_patch(ADD, f"return a + b + {number}") for number in (0, 1, 0, 2)]
    with ThreadPoolExecutor(2) as threads:
        kinds = list(threads.map(lambda patch: verifier.screen(patch, threading.Event()).kind, patches))
    verifier.close()
    good, none = VerdictKind.FIXES, VerdictKind.NO_EFFECT
    assert kinds == [good, none, good, none]


def test_a_cancelled_candidate_gets_no_verdict(bench: Bench) -> None:
    cancel = threading.Event()
    cancel.set()
    verifier = bench.verifier()
    with pytest.raises(Interrupted):
        verifier.screen(core_patch(ADD, "return a + b"), cancel)
    verifier.close()


def test_a_candidate_that_kills_the_runner_is_tried_twice_and_broken(bench: Bench) -> None:
    kill = "import os\n    os.kill(-1, 9)\n    return a + b"
    if not bench.provider.isolated:
        pytest.skip("would reach the runners of other tests on this machine")
    counting = Breaking(bench.provider, breaks=lambda number: False)
    verifier = bench.verifier(counting)
    verdict = verifier.screen(core_patch(ADD, kill), threading.Event())
    assert verdict.kind is VerdictKind.BROKEN
    assert counting.opened == 2
    assert verifier.screen(core_patch(ADD, "return a + b"), threading.Event()).kind is VerdictKind.FIXES
    verifier.close()


def test_a_sandbox_that_breaks_says_nothing_about_the_candidate(bench: Bench) -> None:
    events: list[Event] = []
    breaking = Breaking(bench.provider, breaks=lambda number: number in (0, 1))
    verifier = bench.verifier(breaking, events)
    assert verifier.screen(core_patch(ADD, "return a + b"), threading.Event()).kind is VerdictKind.FIXES
    assert events == [SandboxReplaced("sandbox 0 broke"), SandboxReplaced("sandbox 1 broke")]
    verifier.close()
    assert sorted(breaking.closed) == [0, 1, 2]
    hopeless = bench.verifier(Breaking(bench.provider, breaks=lambda number: True))
    with pytest.raises(SandboxUnavailable):
        hopeless.screen(core_patch(ADD, "return a + b"), threading.Event())
    hopeless.close()


def test_a_sandbox_that_does_not_open_is_opened_again(bench: Bench) -> None:
    events: list[Event] = []
    verifier = bench.verifier(Breaking(bench.provider, breaks=lambda number: False, refused=2), events)
    assert verifier.screen(core_patch(ADD, "return a + b"), threading.Event()).kind is VerdictKind.FIXES
    assert events == [SandboxReplaced("killed while it opened")] * 2
    verifier.close()
    hopeless = bench.verifier(Breaking(bench.provider, breaks=lambda number: False, refused=100))
    with pytest.raises(SandboxUnavailable, match="killed while it opened"):
        hopeless.screen(core_patch(ADD, "return a + b"), threading.Event())
    hopeless.close()


def test_without_targets_nothing_more_than_no_effect_is_claimed(bench: Bench) -> None:
    from dataclasses import replace

    unverified = replace(bench.baseline, targets=())
    verifier = Verifier(bench.provider, bench.task, unverified, lambda event: None)
    assert verifier.screen(core_patch(ADD, "return a + b"), threading.Event()).kind is VerdictKind.NO_EFFECT
    assert verifier.screen(core_patch(MULTIPLY, "return 0"), threading.Event()).kind is VerdictKind.REGRESSES
    verifier.close()


def test_what_the_test_command_runs_is_not_the_patch_s_to_change(tmp_path: Path) -> None:
    task = task_of(unittest_project(tmp_path, **{"ci/check.sh": "python -m unittest\n"}), command="sh ci/check.sh")
    provider = local_provider(task.snapshot, LocalConfig(lean.interpreter()))
    baseline = measure_baseline(provider, task, lambda event: None, BaselineOptions(parallel=False))
    verifier = Verifier(provider, task, baseline, lambda event: None)
    assert verifier.screen(core_patch(ADD, "return a + b"), threading.Event()).kind is VerdictKind.FIXES
    verdict = verifier.screen(file_patch("ci/check.sh", "exit 0\n"), threading.Event())
    assert (verdict.kind, verdict.reason) == (VerdictKind.FORBIDDEN, "ci/check.sh: it is protected by 'ci/check.sh'")
    verifier.close()
    provider.close()


def test_the_snapshot_is_untouched(bench: Bench) -> None:
    assert (Path(bench.task.snapshot.root) / "pkg/core.py").read_text() == CORE


ORDERED = """
import pathlib
import tempfile
import unittest

from pkg.core import add, multiply

COUNTER = pathlib.Path({counter!r})
STATE = []


class A(unittest.TestCase):
    def test_1_skipped_but_prepares(self):
        STATE.append(1)
        self.skipTest("only prepares")

    test_5_prepares_too = test_1_skipped_but_prepares

    def test_2_needs_another(self):
        multiply(1, 1)
        self.assertTrue(STATE)

    def test_3_add(self):
        self.assertEqual(add(1, 2), 3)

    def test_4_fails_now_and_then(self):
        count = int(COUNTER.read_text()) if COUNTER.exists() else 0
        COUNTER.write_text(str(count + 1))
        self.assertNotEqual(count, 2)
"""


def test_guards_that_depend_on_others_or_flake_once_do_not_reject(tmp_path: Path) -> None:
    text = ORDERED.format(counter=str(tmp_path / "counter"))
    task = task_of(unittest_project(tmp_path / "project", **{"tests/test_core.py": text}))
    provider = local_provider(task.snapshot, LocalConfig(lean.interpreter()))
    baseline = measure_baseline(provider, task, lambda event: None, BaselineOptions(parallel=False))
    case = "tests.test_core.A."
    assert set(baseline.guards) == {case + "test_2_needs_another", case + "test_4_fails_now_and_then"}
    verifier = Verifier(provider, task, baseline, lambda event: None)
    verdict = verifier.confirm(core_patch(ADD, "return a + b"), threading.Event())
    assert verdict.kind is VerdictKind.FIXES, verdict
    assert "unsteady" in verdict.reason
    assert verdict.guards_run == 0
    verifier.close()
    provider.close()


LEANING = """
import pkg.core

STATE = []


def test_add():
    assert pkg.core.add(1, 2) == 3


def test_first():
    STATE.append(1)


def test_second():
    assert STATE and pkg.core.multiply(2, 3) == 6
"""


def test_what_a_part_of_the_suite_excuses_counts_in_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alone `test_second` fails at the base as well; among all guards only a patch can break it."""
    monkeypatch.setattr("reasoncli.verification.guards._CHEAP", 0.0)
    files = {"pkg/__init__.py": "", "pkg/core.py": CORE, "tests/test_core.py": LEANING}
    task = task_of(snapshot_of(tmp_path / "project", files), command="python -m pytest -q")
    provider = local_provider(task.snapshot, LocalConfig(lean.interpreter()))
    measured = measure_baseline(provider, task, lambda event: None, BaselineOptions(parallel=False))
    guards = ("tests/test_core.py::test_first", "tests/test_core.py::test_second")
    baseline = replace(measured, guards=guards, order_dependent=(), flaky=(), ordered=False)  # no order has shown it
    verifier = Verifier(provider, task, baseline, lambda event: None)
    harmless = core_patch(ADD, "return a + b", (MULTIPLY, "return b * a"))
    harmful = core_patch(ADD, "return a + b", (MULTIPLY, "return a * a"))
    assert verifier.screen(harmless, threading.Event()).kind is VerdictKind.FIXES
    assert verifier.confirm(harmful, threading.Event()).kind is VerdictKind.REGRESSES
    assert verifier.confirm(harmless, threading.Event()).kind is VerdictKind.FIXES
    verifier.close()
    provider.close()


def test_confirmations_at_the_same_time_keep_apart(bench: Bench) -> None:
    """They share what cancels them."""
    verifier, cancel = bench.verifier(), threading.Event()
    patches = [core_patch(ADD, "return a + b"), core_patch(ADD, "return b + a")]
    try:
        with ThreadPoolExecutor(2) as threads:
            verdicts = list(threads.map(lambda patch: verifier.confirm(patch, cancel), patches * 2))
    finally:
        verifier.close()
    assert [verdict.kind for verdict in verdicts] == [VerdictKind.FIXES] * 4


def test_what_breaks_only_among_other_tests_is_no_flake(tmp_path: Path) -> None:
    """Alone, each guard passes whenever it is run again."""
    task = task_of(unittest_project(tmp_path / "project"))
    provider = local_provider(task.snapshot, LocalConfig(lean.interpreter()))
    baseline = measure_baseline(provider, task, lambda event: None, BaselineOptions(parallel=False))
    verifier = Verifier(provider, task, baseline, lambda event: None)
    remembers = "KEPT.append(a * b)\n    return KEPT[0]\n\n\nKEPT = []"
    verdict = verifier.confirm(core_patch(ADD, "return a + b", (MULTIPLY, remembers)), threading.Event())
    verifier.close()
    provider.close()
    assert verdict.kind is VerdictKind.REGRESSES, verdict
    assert len(verdict.guards_broken) == 1
    assert verdict.excused == ()


def test_what_the_test_command_is_made_of_is_protected(bench: Bench) -> None:
    """Known before a patch is made of a completion, so that the rest of the completion is tried without it."""
    task = replace(bench.task, tests=replace(bench.task.tests, command="make test"))
    verifier = Verifier(bench.provider, task, bench.baseline, lambda event: None)
    assert verifier.policy.forbids("Makefile")
    assert not verifier.policy.forbids("pkg/core.py")
    verifier.close()
