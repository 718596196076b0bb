"""How tests are named to the programs that run them."""

from __future__ import annotations

import pytest

from reasoncli.domain import (
    Evidence,
    TestPlan,
)
from reasoncli.verification.outcomes import ancestors
from reasoncli.verification.selectors import fill, narrows


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
    own = TestPlan("python bin/test {tests}", selected=("pkg/tests",))
    for tests in (own.selected, None):
        assert fill(own, tests, Evidence.STRUCTURED) == "python bin/test pkg/tests"
    assert fill(TestPlan("pytest {tests}", selected=("tests/a.py",)), None, Evidence.STRUCTURED) == "pytest "


def test_lines_of_other_programs_select_by_name_or_not_at_all() -> None:
    assert fill(TestPlan("go test -v {tests}"), ["TestA/b"], Evidence.LINES) == "go test -v -run '^(TestA)$'"
    assert fill(TestPlan("tape {tests}"), ["adds::should be equal #2"], Evidence.LINES) == "tape "
    assert not narrows(TestPlan("make test"), ["a.b.C.test_x"], Evidence.LINES), "the command takes none"
