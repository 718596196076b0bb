"""Guards sampled for time: what is always taken, what may be left out, and that the draw can be repeated."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoncli.domain import Outcome, TestResult
from reasoncli.events import Event
from reasoncli.sandbox.config import LocalConfig
from reasoncli.sandbox.local_sandbox import local_provider
from reasoncli.verification.baseline import BaselineOptions, measure, sort_baseline
from reasoncli.verification.pool import SandboxPool
from reasoncli.verification.sampling import sample_tests
from tests import lean
from tests.verification.projects import TARGET, task_of, unittest_project


def results(files: int, tests: int) -> list[TestResult]:
    """Test n of a file takes n milliseconds."""
    return [
        TestResult(f"tests/test_{file}.py::test_{n}", Outcome.PASSED, n / 1000)
        for file in range(files)
        for n in range(tests)
    ]


suites = st.lists(st.tuples(st.sampled_from("abcde"), st.floats(0, 3, allow_nan=False)), max_size=60).map(
    lambda drawn: [TestResult(f"{f}.py::test_{n}", Outcome.PASSED, d) for n, (f, d) in enumerate(drawn)]
)


@given(suites, st.floats(0.1, 50), st.integers(0, 5), st.data())
def test_a_sample_is_within_the_time_and_keeps_what_is_near(
    passing: list[TestResult], seconds: float, seed: int, data: st.DataObject
) -> None:
    ids = [result.id for result in passing]
    near = set(data.draw(st.lists(st.sampled_from(ids), max_size=4))) if ids else set()
    taken = sample_tests(passing, near, seconds, seed)
    assert near <= {result.id for result in taken}
    assert [result.id for result in taken] == [test for test in ids if test in {each.id for each in taken}]
    cost = sum(max(result.duration, 1e-4) for result in taken if result.id not in near)
    spent_on_near = sum(max(result.duration, 1e-4) for result in passing if result.id in near)
    assert cost <= max(0.0, seconds - spent_on_near) + 1e-6
    left_out = [result for result in passing if result not in taken]
    room = seconds - spent_on_near - cost
    assert all(result.duration > room - 1e-6 for result in left_out), "nothing that fits is left out"
    assert sample_tests(passing, near, seconds, seed) == taken


def test_every_file_has_its_turn_and_slow_tests_are_drawn_as_well() -> None:
    passing = results(files=20, tests=50)
    taken = sample_tests(passing, (), 5.0, seed=3)
    files = {result.id.partition("::")[0] for result in taken}
    assert len(files) == 20
    assert len(taken) < len(passing) / 3
    slow = [result for result in taken if result.duration > 0.025]
    assert 0.25 < len(slow) / len(taken) < 0.75
    assert {result.id for result in sample_tests(passing, (), 5.0, seed=4)} != {result.id for result in taken}


def test_enough_time_leaves_nothing_out() -> None:
    passing = results(files=3, tests=10)
    assert sample_tests(passing, (), 1000.0, seed=0) == tuple(passing)


@pytest.mark.parametrize("near", [True, False])
def test_the_baseline_says_what_it_is_a_sample_of(tmp_path: Path, near: bool) -> None:
    text = "test_multiply_one passes, but it does not work on Mondays" if near else UNRELATED
    task = task_of(unittest_project(tmp_path), text, targets=(TARGET,))
    provider = local_provider(task.snapshot, LocalConfig(lean.interpreter()))
    try:
        pool = SandboxPool(provider, lambda event: None)
        measured = measure(pool, task, lambda event: None, BaselineOptions(timeout=60, parallel=False))
    finally:
        provider.close()
    options = BaselineOptions(guards_seconds=1e-9)
    baseline = sort_baseline(task, measured, lambda event: None, options)
    assert [target.id for target in baseline.targets] == [TARGET], "targets are never left out"
    assert baseline.passing == 3
    assert baseline.guards == (("tests.test_core.Multiplying.test_multiply_one",) if near else ())
    assert len(sort_baseline(task, measured, lambda event: None, BaselineOptions()).guards) == 3
    warned: list[Event] = []
    whole = sort_baseline(task, replace(measured, ordered=True), warned.append, options)
    assert len(whole.guards) == 3, "a suite that only runs as a whole is no shorter for a sample"
    assert any("--guards-time saves nothing" in str(event) for event in warned)


UNRELATED = "It does not work on Mondays"
