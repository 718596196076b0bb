"""Which tests of a model's are kept, and what they say of patches: in real sandboxes, by pytest and by unittest."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from reasoncli.domain import (
    Baseline,
    Candidate,
    Evidence,
    FileChange,
    Outcome,
    Patch,
    Reproduction,
    Suspect,
    Target,
    Task,
    TestReport,
    TestResult,
    Verdict,
    VerdictKind,
)
from reasoncli.events import Emitter, Event, StageFinished, Warned
from reasoncli.models.recorded import RecordedSampler, Recording
from reasoncli.reproduction.reading import Written
from reasoncli.runs.journal import RunJournal
from reasoncli.runs.store import Store
from reasoncli.sandbox.config import LocalConfig
from reasoncli.sandbox.local_sandbox import local_provider
from reasoncli.settings.loading import load_settings
from reasoncli.verification.baseline import BaselineOptions, measure_baseline
from reasoncli.verification.pool import SandboxPool
from reasoncli.verification.session import Run
from reasoncli.voting.ballot import decide
from reasoncli.workflow.confirming import Confirming
from reasoncli.workflow.consulting import Consultant
from reasoncli.workflow.reproducing import Reproducing, outcome_of
from tests import lean
from tests.runs.samples import ISSUE
from tests.search.scripted import INFO, ScriptedVerifier
from tests.verification.projects import CORE, UNITTESTS, snapshot_of, task_of
from tests.workflow.test_consulting import There

PYTESTS = """
from pkg.core import add, multiply

def test_zero():
    assert add(1, 0) == 1

def test_multiply():
    assert multiply(2, 3) == 6
"""
SAID = "add(1, 2) gives -1, not 3, and boom() raises a LookupError"
SUSPECTS = (Suspect("pkg/core.py", 3, "add", 2, 3, 1.0),)
HEAD = "import os\nimport unittest\n\nimport pytest\n\nfrom pkg.core import add\n\n\n"
GOOD = HEAD + "def test_add():\n    assert add(1, 2) == 3\n"
CASE = "import unittest\n\nfrom pkg.core import add\n\n\nclass Adding(unittest.TestCase):\n    def test_add(self):\n"
RIGHT = CORE.replace("a - b", "a + b")
WRONG = CORE.replace("a - b", "abs(a - b)")


@dataclass
class Bench:
    """A project, what reproduces issues in it, and what it says meanwhile."""

    task: Task
    baseline: Baseline
    pool: SandboxPool
    journal: RunJournal
    events: list[Event]

    @property
    def reproducing(self) -> Reproducing:
        settings = load_settings({"reproduction_tests": 8, "workers": 1}, repository=None)
        emit = Emitter((self.events.append, self.journal))
        return Reproducing(self.task, self.baseline, SUSPECTS, self.pool, settings, self.journal, emit)

    def measured(self, source: str, path: str = "tests/test_new.py") -> Reproduction | str:
        return self.reproducing.measured(Written("id", source, 1), path, threading.Event())

    def consultant(self, answers: Mapping[str, float]) -> Consultant:
        sampler = RecordedSampler(INFO, [Recording(text, weight) for text, weight in answers.items()])
        settings = load_settings({"reproduction_tests": 8}, repository=None)
        return Consultant(There(sampler), settings, 5, self.journal, ())

    def tests(self, answers: Mapping[str, float], **more: bool) -> tuple[Reproduction, ...]:
        asked = self.consultant(answers)
        isolated = more.get("isolated", True)
        return self.reproducing.tests(asked, None, self.baseline, isolated=isolated, thorough=False)


def opened(folder: Path, tests: str, command: str) -> Iterator[Bench]:
    files = {"pkg/__init__.py": "", "pkg/core.py": CORE, "tests/__init__.py": "", "tests/test_core.py": tests}
    task = task_of(snapshot_of(folder / "project", files), SAID, command)
    provider = local_provider(task.snapshot, LocalConfig(lean.interpreter()))
    events: list[Event] = []
    try:
        options = BaselineOptions(timeout=60, test_timeout=20, seed=1)
        baseline = measure_baseline(provider, task, events.append, options)
        pool = SandboxPool(provider, events.append)
        with Store(folder / "store").create(ISSUE, folder) as journal:
            yield Bench(task, baseline, pool, journal, events)
        pool.close()
    finally:
        provider.close()


@pytest.fixture(scope="module")
def by_pytest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    yield from opened(tmp_path_factory.mktemp("p"), PYTESTS, "python -m pytest -p no:hypothesispytest {tests}")


@pytest.fixture(scope="module")
def by_unittest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    tests = UNITTESTS.replace("self.assertEqual(add(1, 2), 3)", "pass")
    yield from opened(tmp_path_factory.mktemp("u"), tests, "python -m unittest")


def test_a_test_that_fails_as_the_issue_says_is_kept(by_pytest: Bench) -> None:
    found = by_pytest.measured(GOOD + "\n\ndef test_zero():\n    assert add(1, 0) == 1\n")
    assert isinstance(found, Reproduction)
    assert found.fails == ("tests/test_new.py::test_add",)
    assert found.holds == ("tests/test_new.py::test_zero",)
    assert found.shows.startswith("AssertionError: assert -1 == 3")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("def test_x():\n    assert add(1, 0) == 1", "passes at the base"),
        ("def test_x():\n    assert sub(1, 2) == 3", "a mistake of its own: NameError"),
        ("def test_x():\n    assert add(1) == 3", "raises TypeError"),
        ("def test_x(shop):\n    assert add(1, 2) == 3", "can't be collected or set up"),
        ("from pkg.core import sub\n\ndef test_x():\n    assert sub(1, 2) == 3", "can't be collected"),
        ("def test_x():\n    pytest.skip('not now')", "passes at the base"),
        ("def test_x():\n    os._exit(0)", "doesn't run to its end"),
        ("os._exit(0)\n\ndef test_x():\n    pass", "doesn't run to its end"),
        ("def test_x():\n    raise KeyError(1)", "raises KeyError, of which"),
    ],
)
def test_what_shows_something_else_is_not_kept(by_pytest: Bench, body: str, why: str) -> None:
    found = by_pytest.measured(HEAD + body + "\n")
    assert isinstance(found, str)
    assert why in found


def test_an_exception_that_the_issue_names_shows_it(by_pytest: Bench) -> None:
    assert isinstance(by_pytest.measured(HEAD + "def test_x():\n    raise LookupError(1)\n"), Reproduction)


def test_one_that_comes_out_differently_the_second_time_is_flaky(by_pytest: Bench, tmp_path: Path) -> None:
    mark = str(tmp_path / "mark")
    again = f"if os.path.exists({mark!r}):\n        return"
    body = f"def test_x():\n    {again}\n    open({mark!r}, 'w').close()\n    assert add(1, 2) == 3\n"
    assert by_pytest.measured(HEAD + body) == "flaky"


def test_unittest_takes_a_new_file_as_well(by_unittest: Bench) -> None:
    found = by_unittest.measured(CASE + "        self.assertEqual(add(1, 2), 3)\n")
    assert isinstance(found, Reproduction)
    assert found.fails == ("tests.test_new.Adding.test_add",)
    right, wrong = ((FileChange("pkg/core.py", text.encode()),) for text in (RIGHT, WRONG))
    assert by_unittest.reproducing.outcome(found, right, threading.Event()).passed
    told = by_unittest.reproducing.outcome(found, wrong, threading.Event())
    assert (told.passed, told.now) == (False, "AssertionError: 1 != 3")
    assert isinstance(by_unittest.measured(CASE + "        raise LookupError(1)\n"), Reproduction)
    assert "passes" in str(by_unittest.measured(CASE + "        self.assertEqual(add(1, 0), 1)\n"))
    assert "mistake" in str(by_unittest.measured(CASE + "        self.assertEqual(sub(1, 2), 3)\n"))
    up = (
        CASE.replace("def test_add", "def setUp(self):\n        raise LookupError\n\n    def test_add")
        + "        pass\n"
    )
    assert by_unittest.measured(up) == "can't be set up"


def test_sampled_tests_are_told_apart_counted_and_kept_on_disk(by_pytest: Bench) -> None:
    same = GOOD.replace("test_add", "test_sum")
    passing = HEAD + "def test_x():\n    assert add(1, 0) == 1\n"
    kept = by_pytest.tests({f"```python\n{GOOD}```": 1, f"```\n{same}```": 1, passing: 1, "no": 1})
    (test,) = kept
    assert test.path.startswith("tests/test_reproduction_")
    answers = by_pytest.journal.load().consultations[-1].answers
    assert test.votes == sum(each.count for each in answers if "== 3" in each.text) > 1
    assert by_pytest.journal.load().reproductions == kept
    summary = next(each.detail for each in reversed(by_pytest.events) if isinstance(each, StageFinished))
    assert summary == "8 sampled, 2 distinct, 1 kept (passes at the base: 1)"


def test_nothing_is_asked_where_a_test_of_the_projects_own_fails_or_nothing_was_wanted(by_pytest: Bench) -> None:
    fails = TestResult("tests/test_core.py::test_add", Outcome.FAILED)
    report = TestReport({fails.id: fails}, Evidence.STRUCTURED, 1, 0.1)
    before = by_pytest.journal.load().consultations
    asked, tests = by_pytest.consultant({GOOD: 1}), by_pytest.reproducing.tests
    assert tests(None, None, by_pytest.baseline, isolated=True, thorough=False) == ()
    for certain, thorough, told in ((True, False, 0), (False, True, 0), (False, False, 1)):
        by_pytest.events.clear()
        baseline = Baseline(report, report, (Target(fails.id, "it fails", certain=certain),), (), (), {}, ())
        assert tests(asked, None, baseline, isolated=True, thorough=thorough) == ()
        assert sum(isinstance(each, Warned) for each in by_pytest.events) == told
    assert by_pytest.journal.load().consultations == before


def test_what_can_not_be_done_or_held_in_is_said(by_pytest: Bench) -> None:
    by_pytest.events.clear()
    by_pytest.tests({GOOD: 1}, isolated=False)
    assert any(isinstance(each, Warned) and "run as you" in each.message for each in by_pytest.events)
    report = TestReport({}, Evidence.LINES, 0, 0.1)
    weak = Bench(
        by_pytest.task,
        Baseline(report, report, (), (), (), {}, ()),
        by_pytest.pool,
        by_pytest.journal,
        by_pytest.events,
    )
    by_pytest.events.clear()
    assert weak.tests({GOOD: 1}) == ()
    assert any(isinstance(each, Warned) and "no reproduction tests" in each.message for each in by_pytest.events)


def written(index: int, text: str, votes: float, kind: VerdictKind = VerdictKind.NO_EFFECT, key: str = "") -> Candidate:
    change = FileChange("pkg/core.py", text.encode())
    patch = Patch((change,), text, f"e{index}", key or f"k{index}", 1)
    return Candidate(index, patch, votes, -1.0, ("p",), Verdict(kind))


def test_those_that_could_be_chosen_are_run_and_who_leads_then_is_judged_clean(by_pytest: Bench) -> None:
    (test,) = by_pytest.tests({GOOD: 1})
    candidates = [
        written(0, WRONG, 5),
        written(1, RIGHT, 1, key="right"),
        written(2, RIGHT + "# the same\n", 1, key="right"),
        written(3, RIGHT, 9, VerdictKind.BROKEN),
    ]
    judge = ScriptedVerifier({})
    confirming = Confirming(judge, by_pytest.journal, Emitter(()), 0)
    found = by_pytest.reproducing.judged(candidates, [test], confirming, 0)
    assert [[each.passed for each in one.reproduced] for one in found] == [[False], [True], [True], []]
    assert judge.confirmed == [RIGHT]
    assert decide(found, targets=0, samples=9).chosen == 1


def test_who_falls_when_judged_clean_makes_place_for_those_who_stand_then(by_pytest: Bench) -> None:
    (test,) = by_pytest.tests({GOOD: 1})
    judge = ScriptedVerifier({}, clean={RIGHT: VerdictKind.BROKEN})
    confirming = Confirming(judge, by_pytest.journal, Emitter(()), 0)
    found = by_pytest.reproducing.judged([written(0, WRONG, 5), written(1, RIGHT, 3)], [test], confirming, 0)
    assert judge.confirmed == [RIGHT, WRONG]
    assert decide(found, targets=0, samples=9).chosen == 0


TEST = Reproduction("id", "t.py", "", 3, "", ("t.py::a",), ("t.py::b",))


@pytest.mark.parametrize(
    ("outcomes", "passed"),
    [
        ({"a": Outcome.PASSED, "b": Outcome.PASSED}, True),
        ({"a": Outcome.FAILED, "b": Outcome.PASSED}, False),
        ({"a": Outcome.PASSED, "b": Outcome.FAILED}, False),
        ({"a": Outcome.SKIPPED, "b": Outcome.PASSED}, False),
        ({"a": Outcome.XFAILED, "b": Outcome.PASSED}, False),
        ({"a": Outcome.PASSED}, False),
        ({"b": Outcome.PASSED}, False),
        ({"a": Outcome.PASSED, "b": Outcome.PASSED, "c": Outcome.ERROR}, False),
        ({}, False),
    ],
)
def test_it_passes_only_where_what_failed_passes_and_nothing_else_fails(
    outcomes: Mapping[str, Outcome], passed: bool
) -> None:
    results = {f"t.py::{name}": TestResult(f"t.py::{name}", outcome) for name, outcome in outcomes.items()}
    report = TestReport(results, Evidence.STRUCTURED, 0, 0.1)
    assert outcome_of(TEST, Run(report)).passed is passed
    assert not outcome_of(TEST, Run(report, untrusted="a canary is missing")).passed
    incomplete = TestReport(results, Evidence.STRUCTURED, 0, 0.1, complete=False)
    assert not outcome_of(TEST, Run(incomplete)).passed
