"""Selectors, requested targets, links to the issue, environmental failures, guards, rebuilds."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from reasoncli.domain import (
    Baseline,
    Evidence,
    FileChange,
    Issue,
    Outcome,
    Patch,
    TestPlan,
    TestReport,
    TestResult,
)
from reasoncli.errors import UsageError
from reasoncli.verification.environmental import environmental_reason
from reasoncli.verification.guards import GuardIndex, changed_functions
from reasoncli.verification.linking import link_targets
from reasoncli.verification.outcomes import ancestors
from reasoncli.verification.rebuild import builds_sources, needs_rebuild
from reasoncli.verification.requested import requested_targets
from reasoncli.verification.selectors import fill, narrows

SOURCE = b"""import os

LIMIT = 3


def parse(text):
    if not text:
        return []
    return text.split(",")


class Reader:
    size = 1

    def read(self):
        return self.size
"""


def report(results: list[TestResult], coverage: Mapping[str, Mapping[str, set[int]]] | None = None) -> TestReport:
    frozen = {
        test: {path: frozenset(lines) for path, lines in files.items()} for test, files in (coverage or {}).items()
    }
    return TestReport({each.id: each for each in results}, Evidence.STRUCTURED, 1, 1.0, coverage=frozen)


def failing(test: str, message: str = "AssertionError", frames: tuple[tuple[str, int, str], ...] = ()) -> TestResult:
    return TestResult(test, Outcome.FAILED, 0.01, message, "", frames)


def issue(text: str) -> Issue:
    return Issue(text, text.partition("\n")[0], "test")


def patch(path: str, content: bytes | None) -> Patch:
    return Patch((FileChange(path, content),), "", "e", "v", 1)


# ---------------------------------------------------------------- selectors


def test_selectors() -> None:
    structured, weak = Evidence.STRUCTURED, Evidence.LINES
    ids = ["tests/a.py::test_x[a b]"]
    assert fill(TestPlan("pytest {tests} -q"), ids, structured) == "pytest  -q", "the plugin selects"
    assert fill(TestPlan("pytest {tests}"), ids, weak) == "pytest 'tests/a.py::test_x[a b]'"
    assert fill(TestPlan("bin/test {tests}"), ids, weak) == "bin/test tests/a.py"
    assert (
        fill(TestPlan("run {tests}"), ["a.b.C.test_x", "a.b.C.test_y"], structured) == "run a.b.C.test_x a.b.C.test_y"
    )
    assert fill(TestPlan("run {tests}"), None, structured) == "run "
    assert fill(TestPlan("make test"), ids, structured) == "make test"


def test_long_lists_of_selectors_become_coarser_until_they_fit() -> None:
    methods = [f"pkg.tests.Case.test_{number}" for number in range(3000)]
    assert fill(TestPlan("run {tests}"), methods, Evidence.STRUCTURED) == "run pkg.tests.Case"
    classes = [f"pkg.tests.Case{number}.test" for number in range(3000)]
    assert fill(TestPlan("run {tests}"), classes, Evidence.STRUCTURED) == "run pkg.tests"
    modules = [f"pkg.tests_{number}.Case.test" for number in range(9000)]
    assert fill(TestPlan("run {tests}"), modules, Evidence.STRUCTURED) == "run "


def test_ancestors() -> None:
    assert list(ancestors("a/b.py::C::test_d[x::y]")) == ["a/b.py::C::test_d", "a/b.py::C", "a/b.py"]
    assert list(ancestors("m.C.test_d")) == ["m.C", "m"]
    assert list(ancestors("a/b.py")) == []


# ---------------------------------------------------------------- requested targets


RESULTS = {
    each.id: each
    for each in (
        failing("tests/a.py::test_x[1]"),
        failing("tests/a.py::test_x[2]"),
        TestResult("tests/a.py::test_x[3]", Outcome.PASSED),
        TestResult("tests/a.py::test_good", Outcome.PASSED),
        failing("tests/a.py::test_flaky"),
        TestResult("tests/a.py::test_skipped", Outcome.SKIPPED),
    )
}


def requested(*names: str) -> list[str]:
    guards = ["tests/a.py::test_good", "tests/a.py::test_x[3]"]
    return [
        target.id
        for target in requested_targets(
            names, RESULTS, guards, {"tests/a.py::test_flaky": "passed in 1 of 2 runs"}, ["tests/a.py::test_flaky"]
        )
    ]


@pytest.mark.parametrize("name", ["tests/a.py::test_x", "test_x", "a.py::test_x"])
def test_a_parametrized_target_means_its_failing_cases(name: str) -> None:
    assert requested(name) == ["tests/a.py::test_x[1]", "tests/a.py::test_x[2]"]


def test_a_target_by_its_id() -> None:
    assert requested("tests/a.py::test_x[2]") == ["tests/a.py::test_x[2]"]


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("tests/a.py::test_goood", "no test at the base", "tests/a.py::test_good"),
        ("tests/a.py::test_good", "passes at the base", "must fail"),
        ("tests/a.py::test_skipped", "is skipped at the base", "must fail"),
        ("tests/a.py::test_flaky", "is unsteady at the base: passed in 1 of 2 runs", "another"),
    ],
)
def test_a_target_that_can_not_judge_is_refused(name: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        requested(name)
    assert hint in caught.value.hint


# ---------------------------------------------------------------- linking


COVERAGE: dict[str, dict[str, set[int]]] = {
    "tests/test_core.py::test_one": {"core.py": {7, 8}},
    **{f"tests/test_core.py::test_other_{number}": {"core.py": {16}} for number in range(20)},
}


def linked(text: str, *results: TestResult) -> dict[str, str]:
    found = link_targets(results, report(list(results), COVERAGE), issue(text), {"core.py": SOURCE}.get)
    return {target.id: target.why for target in found}


NOISE = failing("tests/test_other.py::test_weather", "AssertionError: assert 'rain' == 'sun'")


@pytest.mark.parametrize(
    ("text", "test", "why"),
    [
        ("test_one is red", failing("tests/test_core.py::test_one"), "names test_one"),
        ("see tests/test_core.py", failing("tests/test_core.py::test_one"), "names test_core.py"),
        (
            "I get `AttributeError: 'NoneType' object has no attribute 'foo'`",
            failing("t.py::test_q", "AttributeError: 'NoneType' object has no attribute 'foo'"),
            "fails as the issue says",
        ),
        (
            "please add a function to_csv",
            failing("t.py", "ImportError: cannot import name 'to_csv' from 'core'"),
            "to_csv",
        ),
        (
            "normalize_path() drops the last part",
            failing("t.py::test_q", "AssertionError", (("t.py", 3, "test_q"), ("src/paths.py", 9, "normalize_path"))),
            "traceback goes through normalize_path",
        ),
        ("`parse` returns a list with one empty string", failing("tests/test_core.py::test_one"), "runs parse"),
        ("splitting an empty header is wrong", failing("t.py::test_splitting_empty_header"), "share"),
    ],
)
def test_links(text: str, test: TestResult, why: str) -> None:
    found = linked(text, test, NOISE)
    assert list(found) == [test.id], "and the other failure is left alone"
    assert why in found[test.id]


def test_a_test_that_fails_at_the_same_place_comes_along() -> None:
    place = (("src/paths.py", 9, "normalize_path"),)
    named = failing("t.py::test_named_here", frames=place)
    sibling = failing("t.py::test_q", frames=place)
    assert set(linked("test_named_here fails", named, sibling, NOISE)) == {named.id, sibling.id}


def test_without_a_link_a_few_failures_are_taken_and_many_are_not() -> None:
    assert linked("nothing in common", NOISE) == {NOISE.id: "nothing but this fails at the base"}
    many = [failing(f"t.py::test_{number}") for number in range(30)]
    assert linked("nothing in common", *many) == {}
    assert len(linked("Please fix the broken tests.", *many)) == 30


# ---------------------------------------------------------------- the environment's failures


@pytest.mark.parametrize(
    ("message", "text", "expected"),
    [
        ("ModuleNotFoundError: No module named 'yaml'", "", "yaml is not installed"),
        ("ModuleNotFoundError: No module named 'yaml.loader'", "support for yaml files", None),
        ("ModuleNotFoundError: No module named 'ours.new'", "", None),
        ("ImportError: cannot import name 'x' from 'ours'", "", None),
        ("gaierror: [Errno -2] Name or service not known", "", "needs the network"),
        ("ConnectionRefusedError: [Errno 111] Connection refused", "", "service"),
        ("OSError: [Errno 30] Read-only file system: '/x'", "", "may not write"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'git'", "", "program"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'data.txt'", "", None),
        ("AssertionError: assert 'Connection refused' == 'ok'", "", None),
        ("PermissionError: [Errno 13] Permission denied", "PermissionError when the file is locked", None),
    ],
)
def test_environmental(message: str, text: str, expected: str | None) -> None:
    reason = environmental_reason(failing("t", message), {"ours"}.__contains__, text)
    assert (reason is None) if expected is None else (reason is not None and expected in reason)


# ---------------------------------------------------------------- guards


def baseline(durations: float) -> Baseline:
    coverage = {
        "reads": {"core.py": {16}},
        "parses": {"core.py": {7, 9}},
        "<import>": {"core.py": {1, 3, 6, 12, 13, 15}},
    }
    results = [TestResult(test, Outcome.PASSED, durations) for test in ("reads", "parses", "unknown")]
    first = report(results, coverage)
    return Baseline(first, first, (), ("reads", "parses", "unknown"), (), {}, ())


def reached(after: bytes, path: str = "core.py", durations: float = 10.0) -> set[str]:
    files = {"core.py": SOURCE, "early.py": b"x", "a.txt": b"x"}
    return set(GuardIndex(baseline(durations), files.get).touched(patch(path, after)).guards)


ALL = {"reads", "parses", "unknown"}


def test_guards_that_run_the_changed_function() -> None:
    assert reached(SOURCE.replace(b"return []", b"return None")) == {"parses", "unknown"}
    assert reached(SOURCE.replace(b"self.size", b"2")) == {"reads", "unknown"}
    inserted = SOURCE.replace(b"    if not text:", b"    text = text.strip()\n    if not text:")
    assert reached(inserted) == {"parses", "unknown"}, "a line added at the top of a function is inside it"


def test_all_guards_where_coverage_can_not_tell() -> None:
    assert reached(SOURCE.replace(b"LIMIT = 3", b"LIMIT = 4")) == ALL, "module level"
    assert reached(SOURCE.replace(b"size = 1", b"size = 2")) == ALL, "class level"
    assert reached(SOURCE.replace(b"import os", b"import os\nimport re")) == ALL, "a new import"
    assert reached(SOURCE.replace(b"def parse(text)", b"def parse(text='')")) == ALL, "a default"
    assert reached(SOURCE + b"\n\nparse = str\n") == ALL, "behind the last function"
    assert reached(SOURCE.replace(b"import os\n", b"import os\n\n\nLATE = 1\n\n")) == ALL, "between blank lines"
    assert reached(SOURCE + b"\n    def late(self):\n        return 1\n") == ALL, "a method more"
    assert reached(b"y", path="a.txt") == ALL, "no Python"
    assert reached(b"y", path="new.py") == ALL, "a new file"
    assert reached(b"y", path="early.py") == ALL, "imported where the tracer did not see it"
    assert reached(SOURCE.replace(b"return []", b"return None"), durations=0.01) == ALL, "quick anyway"


def test_changed_functions() -> None:
    assert changed_functions(SOURCE, SOURCE) == frozenset()
    assert changed_functions(SOURCE, SOURCE.replace(b"return []", b"return None")) == {7, 8, 9}
    assert changed_functions(b"def (", b"x") is None


def test_a_line_outside_of_functions_stands_for_its_statement() -> None:
    source = b"""WORDS = [
    "one",
    "two",
]


@register(
    name="x",
)
def f(
    a,
    b=2,
):
    return a


# a remark
"""
    assert changed_functions(source, source.replace(b"two", b"too")) == {1, 2, 3, 4}, (
        "an import executes its first line"
    )
    assert changed_functions(source, source.replace(b'"x"', b'"y"')) == set(range(7, 14))
    assert changed_functions(source, source.replace(b"b=2", b"b=3")) == set(range(7, 14))
    assert changed_functions(source, source.replace(b"return a", b"return 1")) == {14}
    assert changed_functions(source, source.replace(b"a remark", b"the remark")) == {17}


# ---------------------------------------------------------------- rebuilds


PYPROJECT = b'[project]\nname = "x"\ndependencies = ["a"]\n[tool.ruff]\nline-length = 80\n'


@pytest.mark.parametrize(
    ("path", "before", "after", "rebuild"),
    [
        ("core.py", b"x", b"y", False),
        ("fast.pyx", b"x", b"y", True),
        ("src/ext.c", b"x", b"y", True),
        ("requirements.txt", b"x", b"y", True),
        ("requirements/test.txt", b"x", b"y", True),
        ("setup.py", b"x", b"y", True),
        ("pyproject.toml", PYPROJECT, PYPROJECT.replace(b'"a"', b'"b"'), True),
        ("pyproject.toml", PYPROJECT, PYPROJECT.replace(b"80", b"100"), False),
        ("pyproject.toml", PYPROJECT, b"[[", True),
        ("web/package.json", b'{"dependencies": {"a": "1"}}', b'{"dependencies": {"a": "2"}}', True),
        ("package.json", b'{"dependencies": {}, "main": "a.js"}', b'{"dependencies": {}, "main": "b.js"}', False),
        ("package.json", b"{}", b"{", True),
        ("package-lock.json", b"{}", b"[]", True),
        ("go.mod", b"x", b"y", True),
        ("crates/a/Cargo.toml", b"x", b"y", True),
        ("module/pom.xml", b"x", b"y", True),
        ("build.gradle.kts", b"x", b"y", True),
        ("Gemfile.lock", b"x", b"y", True),
        ("src/index.ts", b"x", b"y", False),
        ("setup.cfg", b"[options]\ninstall_requires = a\n", b"[options]\ninstall_requires = b\n", True),
        ("setup.cfg", b"[flake8]\nx = 1\n", b"[flake8]\nx = 2\n", False),
        ("package.json", json.dumps({}).encode(), b"{ }", False),
        ("docs/readme.md", b"x", b"y", False),
    ],
)
def test_needs_rebuild(path: str, before: bytes, after: bytes, rebuild: bool) -> None:
    assert (needs_rebuild(patch(path, after), {path: before}.get, compiles=True) is not None) is rebuild


def test_sources_that_the_tests_compile_themselves_need_no_rebuild() -> None:
    assert needs_rebuild(patch("main.go", b"y"), {"main.go": b"x"}.get, compiles=False) is None
    assert needs_rebuild(patch("go.mod", b"y"), {"go.mod": b"x"}.get, compiles=False) is not None
    builds = ("go test ./...", "gotestsum -- {tests}", "cd x && ./mvnw test", "cmake --build b && ctest", "make check")
    assert all(map(builds_sources, builds))
    others = ("python -m pytest", "node --test", "npm test", "ctest", "python make.py", "pytest tests/go")
    assert not any(map(builds_sources, others))


# ---------------------------------------------------------------- selectors of other programs


@pytest.mark.parametrize(
    ("command", "tests", "expected"),
    [
        ("gotestsum -- {tests} ./...", ["m/sum::TestA/b c", "m/sum::TestB", "m/x::TestB"], "-run '^(TestA|TestB)$'"),
        ("go test -v {tests} | go-junit-report", ["m/sum::helper"], ""),
        ("cargo nextest run {tests}", ["sum::tests::adds", "sum::x::adds"], "-E 'test(/(^|::)(adds)$/)'"),
        ("npx jest {tests}", ["a/b.test.js::sum adds", "c.test.ts::x"], "a/b.test.js c.test.ts"),
        ("npx jest {tests}", ["sum adds (1+1)"], "-t '(sum adds \\(1\\+1\\))$'"),
        ("npx vitest run {tests}", ["src/a.test.ts::sum > adds"], "src/a.test.ts"),
        ("npx vitest run {tests}", ["no file::adds"], ""),
        ("mocha {tests}", ["t.js::adds::sum adds", "t.js::adds::sum adds #2"], "-g '(sum adds)$'"),
        ("node --test {tests}", ["sum::adds", "it's"], """'--test-name-pattern=(^| )(adds|it'"'"'s)$'"""),
        ("node --no-warnings --test {tests}", ["adds"], "'--test-name-pattern=(^| )(adds)$'"),
        ("phpunit {tests}", ["t/A.php::A::testB with data set #0"], "--filter '/::(testB)( |$)/'"),
        ("ctest {tests}", ["a.b", "c"], "-R '^(a\\.b|c)$'"),
        ("rspec {tests}", ["spec/a_spec.rb::spec.a_spec::A adds"], "spec/a_spec.rb"),
        ("bats {tests}", ["a.bats::adds one"], "-f '^(adds one)$'"),
        ("gradle test {tests}", ["org.x.ATest$Inner::adds"], "--tests '*ATest*'"),
        ("./run-them {tests}", ["a::b"], ""),
        ("node run.js {tests}", ["a::b"], ""),
        ("node --test {tests}", [], ""),
    ],
)
def test_junit_ids_become_what_their_program_takes(command: str, tests: list[str], expected: str) -> None:
    plan = TestPlan(command)
    assert fill(plan, tests, Evidence.JUNIT) == command.replace("{tests}", expected)
    assert narrows(plan, tests, Evidence.JUNIT) is bool(expected)


def test_maven_takes_classes() -> None:
    filled = fill(TestPlan("mvn test {tests}"), ["org.x.ATest::adds(int)[1]", "org.x.ATest::b"], Evidence.JUNIT)
    assert filled.startswith("mvn test '-Dtest=ATest*' ")
    assert not narrows(TestPlan("mvn test {tests}"), ["adds"], Evidence.JUNIT), "no class, no selection"


def test_what_the_user_selected_goes_to_other_programs_as_it_is() -> None:
    plan = TestPlan("node --test {tests}", selected=("test/a b.js",))
    for tests in (plan.selected, None):
        assert fill(plan, tests, Evidence.STRUCTURED) == "node --test 'test/a b.js'"
    assert "--test-name-pattern" in fill(plan, ["adds"], Evidence.JUNIT)
    assert fill(TestPlan("pytest {tests}", selected=("tests/a.py",)), None, Evidence.STRUCTURED) == "pytest "


def test_lines_of_other_programs_select_by_name_or_not_at_all() -> None:
    assert fill(TestPlan("go test -v {tests}"), ["TestA/b"], Evidence.LINES) == "go test -v -run '^(TestA)$'"
    assert fill(TestPlan("tape {tests}"), ["adds::should be equal #2"], Evidence.LINES) == "tape "
    assert not narrows(TestPlan("make test"), ["a.b.C.test_x"], Evidence.LINES), "the command takes none"
