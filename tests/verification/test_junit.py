"""JUnit XML as the test programs of several languages write it, and as nobody should."""

from __future__ import annotations

import pytest

from reasoncli.domain import Outcome
from reasoncli.verification.junit import parse_junit

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

NODE = """<testsuites>
	<testcase name="adds" time="0.0018" classname="test" failure="-1 !== 3">
		<failure type="testCodeFailure" message="-1 !== 3">
Error [ERR_TEST_FAILURE]: -1 !== 3
  cause: AssertionError [ERR_ASSERTION]: -1 !== 3
      at TestContext.&lt;anonymous> (/repo/test/sum.test.js:4:27)
		</failure>
	</testcase>
	<testsuite name="times" time="0.0013" tests="2" failures="1" skipped="1" hostname="vm">
		<testcase name="works" time="0.0001" classname="test"/>
		<testsuite name="of nothing" tests="2" failures="0" skipped="2" hostname="vm">
			<testcase name="works" time="0.0003" classname="test"/>
			<testcase name="later" classname="test"><skipped type="todo" message="true"/></testcase>
		</testsuite>
	</testsuite>
	<testcase name="/repo/test/broken.test.js" time="0.06" classname="test" failure="test failed">
		<failure type="testCodeFailure" message="test failed">[Error: test failed]</failure>
	</testcase>
	<!-- tests 5 -->
</testsuites>"""

JEST = """<testsuites name="jest tests" tests="2" failures="1" errors="0" time="0.9">
  <testsuite name="sum" errors="0" failures="1" skipped="0" timestamp="2024-01-01T00:00:00" time="0.5" tests="2">
    <testcase classname="sum adds" name="sum adds" time="0.002"/>
    <testcase classname="sum subtracts" name="sum subtracts" time="0.001">
      <failure>Error: expect(received).toBe(expected)
    at Object.toBe (/repo/src/sum.test.js:7:20)</failure>
    </testcase>
  </testsuite>
</testsuites>"""

MOCHA = """<testsuites name="Mocha Tests" time="0.005" tests="2" failures="1">
  <testsuite name="Root Suite" timestamp="2024-01-01T00:00:00" tests="0" time="0" failures="0"/>
  <testsuite name="sum" tests="2" file="/repo/test/sum.js" time="0.005" failures="1">
    <testcase name="sum adds" time="0.001" classname="adds"/>
    <testcase name="sum subtracts" time="0.001" classname="subtracts">
      <failure message="1 == 2" type="AssertionError"><![CDATA[AssertionError: 1 == 2
    at Context.<anonymous> (test/sum.js:9:12)]]></failure>
    </testcase>
  </testsuite>
</testsuites>"""

VITEST = """<testsuites name="vitest tests" tests="1" failures="0" errors="0" time="0.3">
  <testsuite name="src/sum.test.ts" timestamp="2024-01-01T00:00:00" hostname="vm" tests="1" failures="0" time="0.002">
    <testcase classname="src/sum.test.ts" name="sum &gt; adds" time="0.001"></testcase>
  </testsuite>
</testsuites>"""

GOTESTSUM = """<testsuites tests="3" failures="1" errors="0" time="0.4">
	<testsuite tests="3" failures="1" time="0.01" name="example.com/m/sum" timestamp="2024-01-01T00:00:00Z">
		<properties><property name="go.version" value="go1.22"></property></properties>
		<testcase classname="example.com/m/sum" name="TestAdd" time="0.000000"></testcase>
		<testcase classname="example.com/m/sum" name="TestAdd/of_zero" time="0.000000"></testcase>
		<testcase classname="example.com/m/sum" name="TestSub" time="0.000000">
			<failure message="Failed" type="">    sum_test.go:11: got 3&#xA;--- FAIL: TestSub (0.00s)&#xA;</failure>
		</testcase>
	</testsuite>
	<testsuite tests="0" failures="1" time="0" name="example.com/m/bad">
		<testcase classname="" name="TestMain" time="0.000000">
			<failure message="Failed" type="">FAIL example.com/m/bad [build failed]</failure>
		</testcase>
	</testsuite>
</testsuites>"""

NEXTEST = """<testsuites name="nextest-run" tests="3" failures="1" errors="0" uuid="0" time="0.02">
    <testsuite name="sum" tests="3" disabled="0" errors="0" failures="1">
        <testcase name="tests::adds" classname="sum" timestamp="2024-01-01T00:00:00+00:00" time="0.004"/>
        <testcase name="tests::retried" classname="sum" time="0.004">
            <flakyFailure timestamp="2024-01-01T00:00:00+00:00" time="0.01" type="test failure">thread panicked
                <system-out>running 1 test</system-out>
            </flakyFailure>
        </testcase>
        <testcase name="tests::subtracts" classname="sum" time="0.004">
            <failure type="test failure" message="panicked at src/lib.rs:19:5">left: 4, right: 5</failure>
            <rerunFailure time="0.004" type="test failure">again<system-err>noise</system-err></rerunFailure>
            <system-out>test result: FAILED. 0 passed; 1 failed</system-out>
        </testcase>
    </testsuite>
</testsuites>"""

SUREFIRE = """<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="3.0" name="org.example.SumTest"
    time="0.05" tests="4" errors="1" skipped="1" failures="1">
  <properties><property name="java.version" value="17"/></properties>
  <testcase name="adds" classname="org.example.SumTest" time="1,000.5"/>
  <testcase name="subtracts" classname="org.example.SumTest" time="0.002">
    <failure message="expected: &lt;1&gt;" type="org.opentest4j.AssertionFailedError"><![CDATA[
	at org.example.SumTest.subtracts(SumTest.java:14)]]></failure>
    <rerunFailure message="again" type="x"><stackTrace>deep</stackTrace><system-out/></rerunFailure>
  </testcase>
  <testcase name="divides" classname="org.example.SumTest" time="0.001">
    <error message="/ by zero" type="java.lang.ArithmeticException">at Sum.divide(Sum.java:9)</error>
    <system-err>half a page of <![CDATA[<failure/>]]> noise</system-err>
  </testcase>
  <testcase name="someday" classname="org.example.SumTest" time="0"><skipped message="not yet"/></testcase>
</testsuite>"""

PHPUNIT = """<testsuites>
  <testsuite name="/repo/phpunit.xml" tests="2" assertions="2" errors="0" failures="1" skipped="0" time="0.01">
    <testsuite name="unit" tests="2"><testsuite name="SumTest" file="/repo/tests/SumTest.php" tests="2">
      <testcase name="testAdds" file="/repo/tests/SumTest.php" line="9" class="SumTest" classname="SumTest" time="0"/>
      <testcase name="testAdds with data set #0" file="/repo/tests/SumTest.php" class="SumTest" classname="SumTest">
        <failure type="PHPUnit\\Framework\\ExpectationFailedException">SumTest::testAdds
/repo/tests/SumTest.php:12</failure>
      </testcase>
    </testsuite></testsuite>
  </testsuite>
</testsuites>"""

CTEST = """<testsuite name="Linux-c++" tests="3" failures="1" disabled="1" skipped="0" hostname="" time="0">
	<testcase name="adds" classname="adds" time="0.002" status="run"><properties/><system-out>x</system-out></testcase>
	<testcase name="subtracts" classname="subtracts" time="0.002" status="fail"><failure message="Failed"/></testcase>
	<testcase name="later" classname="later" time="0" status="disabled"><skipped message="Disabled"/></testcase>
</testsuite>"""

GTEST = """<testsuites tests="3" failures="1" disabled="1" errors="0" time="0." name="AllTests">
  <testsuite name="Sum" tests="3" failures="1" disabled="1" skipped="0" errors="0" time="0.">
    <testcase name="Adds" file="/repo/sum_test.cc" line="3" status="run" result="completed" classname="Sum" />
    <testcase name="DISABLED_Later" status="notrun" result="suppressed" time="0." classname="Sum" />
    <testcase name="Subtracts" status="run" result="completed" time="0." classname="Sum">
      <failure message="first" type="">sum_test.cc:9 first</failure>
      <failure message="second" type="">sum_test.cc:10 second</failure>
    </testcase>
  </testsuite>
</testsuites>"""

RSPEC = """<testsuite name="rspec" tests="2" skipped="0" failures="1" errors="0" time="0.002">
<properties><property name="seed" value="1"/></properties>
<testcase classname="spec.sum_spec" name="Sum adds" file="./spec/sum_spec.rb" time="0.0004"></testcase>
<testcase classname="spec.sum_spec" name="Sum subtracts" file="./spec/sum_spec.rb" time="0.0011"><failure message="x"
type="RSpec::Expectations::ExpectationNotMetError">expected 1
./spec/sum_spec.rb:12:in `block (2 levels)'</failure></testcase>
</testsuite>"""

BATS = """<testsuites time="0.01">
<testsuite name="sum.bats" tests="2" failures="1" errors="0" skipped="0" time="0.01" hostname="vm">
    <testcase classname="sum.bats" name="adds" time="0.003" />
    <testcase classname="sum.bats" name="subtracts" time="0.004">
        <failure type="failure">(in test file sum.bats, line 8)</failure>
    </testcase>
</testsuite>
</testsuites>"""

PYTEST = """<testsuites><testsuite name="pytest" errors="0" failures="0" skipped="1" tests="2" time="0.02">
<testcase classname="tests.test_sum.TestSum" name="test_adds[1-2]" time="0.001" />
<testcase classname="tests.test_sum" name="test_later" time="0.0"><skipped type="pytest.xfail" message="no"/></testcase>
</testsuite></testsuites>"""


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            NODE,
            {
                "adds": "failed",
                "times::works": "passed",
                "times::of nothing::works": "passed",
                "times::of nothing::later": "skipped",
                "test/broken.test.js": "failed",
            },
        ),
        (JEST, {"sum adds": "passed", "sum subtracts": "failed"}),
        (MOCHA, {"test/sum.js::sum adds": "passed", "test/sum.js::sum subtracts": "failed"}),
        (VITEST, {"src/sum.test.ts::sum > adds": "passed"}),
        (
            GOTESTSUM,
            {
                "example.com/m/sum::TestAdd": "passed",
                "example.com/m/sum::TestAdd/of_zero": "passed",
                "example.com/m/sum::TestSub": "failed",
                "example.com/m/bad::TestMain": "failed",
            },
        ),
        (NEXTEST, {"sum::tests::adds": "passed", "sum::tests::retried": "passed", "sum::tests::subtracts": "failed"}),
        (
            SUREFIRE,
            {
                "org.example.SumTest::adds": "passed",
                "org.example.SumTest::subtracts": "failed",
                "org.example.SumTest::divides": "error",
                "org.example.SumTest::someday": "skipped",
            },
        ),
        (
            PHPUNIT,
            {
                "tests/SumTest.php::SumTest::testAdds": "passed",
                "tests/SumTest.php::SumTest::testAdds with data set #0": "failed",
            },
        ),
        (CTEST, {"adds": "passed", "subtracts": "failed", "later": "skipped"}),
        (
            GTEST,
            {"sum_test.cc::Sum::Adds": "passed", "Sum::DISABLED_Later": "skipped", "Sum::Subtracts": "failed"},
        ),
        (
            RSPEC,
            {
                "spec/sum_spec.rb::spec.sum_spec::Sum adds": "passed",
                "spec/sum_spec.rb::spec.sum_spec::Sum subtracts": "failed",
            },
        ),
        (BATS, {"sum.bats::adds": "passed", "sum.bats::subtracts": "failed"}),
        (PYTEST, {"tests.test_sum.TestSum::test_adds[1-2]": "passed", "tests.test_sum::test_later": "skipped"}),
    ],
    ids=[
        "node",
        "jest",
        "mocha",
        "vitest",
        "gotestsum",
        "nextest",
        "surefire",
        "phpunit",
        "ctest",
        "gtest",
        "rspec",
        "bats",
        "pytest",
    ],
)
def test_dialects(document: str, expected: dict[str, str]) -> None:
    parsed = parse_junit([(HEAD + document).encode()], "/repo")
    assert parsed.complete
    assert {test: result.outcome.value for test, result in parsed.results.items()} == expected


def test_what_is_told_of_a_failure() -> None:
    results = parse_junit([SUREFIRE.encode()]).results
    failed = results["org.example.SumTest::subtracts"]
    assert failed.message == "org.opentest4j.AssertionFailedError: expected: <1>"
    assert failed.traceback.strip() == "at org.example.SumTest.subtracts(SumTest.java:14)", "not that of the rerun"
    assert results["org.example.SumTest::adds"].duration == 1000.5
    assert parse_junit([GTEST.encode()]).results["Sum::Subtracts"].message == "first"
    assert parse_junit([BATS.encode()]).results["sum.bats::subtracts"].message == "(in test file sum.bats, line 8)"


def test_no_sandbox_s_own_path_is_told() -> None:
    assert (
        "at TestContext.<anonymous> (test/sum.test.js:4:27)"
        in parse_junit([NODE.encode()], "/repo").results["adds"].traceback
    )


def test_a_suite_that_fails_as_a_whole() -> None:
    document = (
        '<testsuites><testsuite name="db"><error message="no connection">at x</error>'
        '<testcase name="reads" classname="db"/></testsuite></testsuites>'
    )
    results = parse_junit([document.encode()]).results
    assert {test: result.outcome for test, result in results.items()} == {
        "db": Outcome.ERROR,
        "db::reads": Outcome.PASSED,
    }
    assert results["db"].message == "no connection"


def test_tests_of_one_name_are_numbered_over_all_documents() -> None:
    one = b'<testsuite name="s"><testcase name="a"/><testcase name="a"><failure/></testcase></testsuite>'
    results = parse_junit([one, b'<testsuite name="s"><testcase name="a"/></testsuite>']).results
    assert [(test, result.outcome.value) for test, result in results.items()] == [
        ("s::a", "passed"),
        ("s::a #2", "failed"),
        ("s::a #3", "passed"),
    ]


def test_several_documents_in_one_file_and_output_between() -> None:
    documents = f"> run tests\n\n{HEAD}{NODE}\nall done\n{HEAD}{BATS}\n{JEST}\nbye\n".encode()
    parsed = parse_junit([documents], "/repo")
    assert parsed.complete
    assert len(parsed.results) == 9


@pytest.mark.parametrize("end", [NODE.index("<testsuite name"), NODE.index("works"), NODE.rindex("</testsuites>")])
def test_a_document_that_breaks_off_keeps_what_was_read(end: int) -> None:
    parsed = parse_junit([(HEAD + NODE[:end]).encode()], "/repo")
    assert not parsed.complete
    assert parsed.results["adds"].outcome is Outcome.FAILED
    behind = parse_junit([(HEAD + NODE[:end] + HEAD + BATS).encode()], "/repo")
    assert not behind.complete
    assert behind.results["sum.bats::adds"].outcome is Outcome.PASSED


def test_nobody_writes_thousands_of_documents_into_one_file() -> None:
    document = b'<testsuite><testcase name="x"/></testsuite>\n'
    assert parse_junit([document * 1000]).complete
    parsed = parse_junit([document * 1001, document])
    assert len(parsed.results) == 1001
    assert not parsed.complete


def test_an_empty_report_is_no_report() -> None:
    for nothing in (b"", b"<html></html>", b"\xff\xfe", f"{HEAD}<testsuites/>".encode()):
        parsed = parse_junit([nothing])
        assert not parsed.complete
        assert not parsed.results


ENTITIES = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c SYSTEM "file:///etc/passwd">]>'
    '<testsuite><testcase name="a"><failure message="&c;">&b;</failure></testcase></testsuite>'
)


@pytest.mark.parametrize("document", [ENTITIES, HEAD + ENTITIES, "<testsuite>" * 5000, ENTITIES + HEAD + BATS])
def test_bombs_are_refused(document: str) -> None:
    parsed = parse_junit([document.encode()])
    assert not parsed.complete
    assert not parsed.results


@pytest.mark.parametrize(
    ("declared", "actual", "name"),
    [
        ("UTF-8", "utf-8", "größer"),
        ("ISO-8859-1", "latin-1", "größer"),
        ("windows-1252", "cp1252", "10 €"),
        ("UTF-16", "utf-16", "größer"),
        ("gbk", "gbk", "测试"),
        ("no-such-encoding", "utf-8", "größer"),
        ("UTF-8", "latin-1", "gr\ufffd\ufffder"),
    ],
)
def test_encodings(declared: str, actual: str, name: str) -> None:
    written = "größer" if "\ufffd" in name else name
    document = (
        f'<?xml version="1.0" encoding="{declared}"?><testsuite name="s"><testcase name="{written}"/></testsuite>'
    )
    parsed = parse_junit([document.encode(actual)])
    assert parsed.complete
    assert list(parsed.results) == [f"s::{name}"]


def test_raw_output_in_a_document_costs_only_itself() -> None:
    noise = "\x1b[31m \x00 &#27; &#xFFFFFFFFFF; &nbsp; a && b"
    document = f'{HEAD}<testsuite name="s"><testcase name="a"><failure message="x &amp; y">{noise}</failure></testcase>'
    parsed = parse_junit([f'{document}<testcase name="b"/></testsuite>'.encode()])
    assert parsed.complete
    assert parsed.results["s::a"].message == "x & y"
    assert "&nbsp; a && b" in parsed.results["s::a"].traceback
    assert parsed.results["s::b"].outcome is Outcome.PASSED


def test_a_huge_document() -> None:
    cases = "".join(f'<testcase name="t{number}" classname="C"/>' for number in range(50_000))
    noise = "<system-out><![CDATA[" + "noise " * 1_000_000 + "]]></system-out>"
    failed = f'<testcase name="f" classname="C"><failure>{"deep " * 1_000_000}</failure></testcase>'
    parsed = parse_junit([f'<testsuite name="s">{cases}{noise}{failed}</testsuite>'.encode()])
    assert parsed.complete
    assert len(parsed.results) == 50_001
    assert len(parsed.results["C::f"].traceback) == 8000
