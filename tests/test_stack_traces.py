"""Stack traces as several languages print them."""

from __future__ import annotations

import pytest

from reasoncli.stack_traces import Files, located, traces

NODE = """AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:

-1 !== 3

    at add (/repo/src/sum.js:3:9)
    at Object.total [as sum] (/repo/src/index.js:12:5)
    at async file:///repo/src/cli.mjs:7:3
    at TestContext.<anonymous> (/repo/test/sum.test.js:4:27)
    at Test.runInAsyncScope (node:async_hooks:206:9)
    at Module._compile (/repo/node_modules/chai/index.js:1:2)
"""
TAPE = """    operator: equal
    at: Test.<anonymous> (/repo/test/sum.js:9:5)
    stack: |-
      Error: should be strictly equal
          at add (/repo/src/sum.js:3:9)
"""
JAVA = """org.opentest4j.AssertionFailedError: expected: <1> but was: <2>
	at org.junit.jupiter.api.AssertionUtils.fail(AssertionUtils.java:55)
	at app//org.example.Sum.add(Sum.java:14)
	at org.example.SumTest.adds(SumTest.java:9)
"""
RUST = """thread 'tests::adds' panicked at src/lib.rs:19:5:
assertion `left == right` failed
   2: sum::add
             at ./src/add.rs:7:9
"""
GO = """--- FAIL: TestAdd (0.00s)
panic: runtime error: index out of range

goroutine 6 [running]:
example.com/m/sum.Add(...)
	/repo/sum/sum.go:8 +0x1d
example.com/m/sum.TestAdd(0x0)
	/repo/sum/sum_test.go:11 +0x2b
"""
RUBY = """expected: 3
./lib/sum.rb:4:in `add'
./spec/sum_spec.rb:12:in `block (2 levels) in <top (required)>'
"""
PHP = "Exception: x\n#0 /repo/src/Sum.php(14): Sum->add()\n#1 /repo/tests/SumTest.php(9): x()\n"
DOTNET = (
    "   at Example.Sum.Add(Int32 a) in /repo/src/Sum.cs:line 14\n   at Example.SumTest.Adds() in /w/SumTest.cs:line 9\n"
)
PYTHON = 'Traceback:\n  File "/repo/test/x.py", line 1, in test_x\n    f()\n  File "/repo/src/y.py", line 2, in f\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            NODE,
            [
                ("test/sum.test.js", 4, "TestContext.<anonymous>"),
                ("src/cli.mjs", 7, ""),
                ("src/index.js", 12, "Object.total [as sum]"),
                ("src/sum.js", 3, "add"),
            ],
        ),
        (TAPE, [("src/sum.js", 3, "add"), ("test/sum.js", 9, "Test.<anonymous>")]),
        (JAVA, [("SumTest.java", 9, "org.example.SumTest.adds"), ("a/Sum.java", 14, "org.example.Sum.add")]),
        (RUST, [("src/add.rs", 7, ""), ("src/lib.rs", 19, "")]),
        (GO, [("sum/sum_test.go", 11, ""), ("sum/sum.go", 8, "")]),
        (RUBY, [("spec/sum_spec.rb", 12, "block (2 levels) in <top (required)>"), ("lib/sum.rb", 4, "add")]),
        (PHP, [("tests/SumTest.php", 9, "x"), ("src/Sum.php", 14, "Sum->add")]),
        (DOTNET, [("SumTest.cs", 9, "Example.SumTest.Adds"), ("src/Sum.cs", 14, "Example.Sum.Add")]),
        (PYTHON, [("test/x.py", 1, "test_x"), ("src/y.py", 2, "f")]),
        ("nothing at all: 12:30, http://host:80/", []),
    ],
    ids=["node", "tape", "java", "rust", "go", "ruby", "php", "dotnet", "python", "none"],
)
def test_frames_outermost_first(text: str, expected: list[tuple[str, int, str]]) -> None:
    paths = {path for path, _, _ in expected} | {"lib/index.js", "other.js"}
    assert list(located(text, Files(paths))) == expected


def test_traces_that_stand_apart_are_several() -> None:
    assert [len(trace) for trace in traces(NODE + "\n\n\n\n\nand\n" + JAVA)] == [5, 3]


def test_odd_lines_take_no_time() -> None:
    assert traces("at " + "(" * 100_000) == []
    assert traces("    at " * 140) == []
    assert traces("a@" * 499) == []
