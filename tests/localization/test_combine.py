from __future__ import annotations

import random
import time
from collections.abc import Collection

from reasoncli.domain import Evidence, Issue, Outcome, Suspect, TestReport, TestResult
from reasoncli.localization.combine import rank

CORE = """\
import os

LIMIT = 10


def chunk(items, size):
    found = []
    for start in range(0, len(items), size):
        found.append(items[start:start + size - 1])
    return found


def flatten(items):
    return [inner for item in items
            for inner in item]
"""


class Files:
    def __init__(self, files: dict[str, str | bytes]) -> None:
        self._files = files

    def read(self, path: str) -> bytes | None:
        content = self._files.get(path)
        return content.encode() if isinstance(content, str) else content

    def paths(self) -> Collection[str]:
        return self._files.keys()


def is_test(path: str) -> bool:
    return path.startswith("tests/")


TREE = Files({"core.py": CORE, "tests/test_core.py": "def test_chunk():\n    assert chunk([1], 1) == [[1]]\n"})
REPORT = TestReport(
    results={
        "tests/test_core.py::test_chunk": TestResult(
            "tests/test_core.py::test_chunk",
            Outcome.FAILED,
            message="AssertionError: [] != [1]",
            frames=(("tests/test_core.py", 2, "test_chunk"),),
        ),
        "tests/test_core.py::test_empty": TestResult("tests/test_core.py::test_empty", Outcome.PASSED),
    },
    evidence=Evidence.STRUCTURED,
    exit_code=1,
    duration=0.1,
    coverage={
        "tests/test_core.py::test_chunk": {
            "core.py": frozenset({7, 8, 9, 10}),
            "tests/test_core.py": frozenset({2}),
        },
        "tests/test_core.py::test_empty": {"core.py": frozenset({7, 8, 10})},
        "<import>": {"core.py": frozenset({1, 3, 6, 13})},
    },
)
TARGETS = ["tests/test_core.py::test_chunk"]
ISSUE = Issue("`chunk` drops the last item of every chunk", "chunk drops", "text")


def lines(suspects: list[Suspect]) -> list[tuple[str, int]]:
    return [(suspect.path, suspect.line) for suspect in suspects if suspect.line is not None]


def functions(suspects: list[Suspect]) -> list[str]:
    return [suspect.function for suspect in suspects if suspect.line is None]


def test_the_faulty_line_and_function_come_first() -> None:
    found = rank(TREE, ISSUE, is_test=is_test, report=REPORT, targets=TARGETS)
    assert lines(found)[0] == ("core.py", 9)
    assert functions(found)[0] == "chunk"
    best = found[0]
    assert (best.function, best.start, best.end) == ("chunk", 6, 10)
    assert 0 < best.score <= 1
    assert {clue.kind for clue in best.clues} == {"spectrum", "lexical"}
    assert "1 failing and 0 passing" in best.clues[0].detail
    assert [suspect.score for suspect in found] == sorted((suspect.score for suspect in found), reverse=True)


def test_lines_that_are_seldom_the_fault_come_last() -> None:
    found = rank(TREE, ISSUE, is_test=is_test, report=REPORT, targets=TARGETS)
    assert set(lines(found)) == {("core.py", line) for line in (1, 3, 6, 7, 8, 9, 10, 13)}
    assert {line for _, line in lines(found)[-3:]} == {1, 6, 13}


def test_no_test_file_is_ever_suspect() -> None:
    for report in (REPORT, None):
        assert all(suspect.path == "core.py" for suspect in rank(TREE, ISSUE, is_test=is_test, report=report))


def test_without_a_failing_test_the_issues_words_decide() -> None:
    found = rank(TREE, ISSUE, is_test=is_test)
    assert functions(found)[0] == "chunk"
    assert lines(found)[0][1] in range(6, 11)
    assert all(clue.kind == "lexical" for suspect in found for clue in suspect.clues)


def test_a_traceback_in_the_issue_decides_over_words() -> None:
    text = 'chunk is broken:\n\nTraceback:\n  File "/x/core.py", line 14, in flatten\n    return\nTypeError: x\n'
    found = rank(TREE, Issue(text, "", ""), is_test=is_test)
    assert lines(found) == [("core.py", 14)]
    assert functions(found)[0] == "flatten"


def test_an_exception_in_the_code_marks_its_line() -> None:
    crashed = TestResult("t", Outcome.ERROR, message="KeyError", frames=(("core.py", 8, "chunk"),))
    report = TestReport({"t": crashed}, Evidence.STRUCTURED, 1, 0.1)
    found = rank(TREE, Issue("it crashes", "", ""), is_test=is_test, report=report, targets=["t"])
    assert lines(found)[0] == ("core.py", 8)
    assert found[0].clues[0].kind == "traceback"


def test_a_condition_takes_over_what_it_decides_on() -> None:
    source = "def f(a):\n    x = 1\n    if a:\n        raise ValueError\n    return x\n"
    outcomes = {"bad": Outcome.FAILED, **{f"good{number}": Outcome.PASSED for number in range(8)}}
    report = TestReport(
        {name: TestResult(name, outcome) for name, outcome in outcomes.items()},
        Evidence.STRUCTURED,
        1,
        0.1,
        coverage={
            "bad": {"m.py": frozenset({2, 3, 4})},
            **{f"good{number}": {"m.py": frozenset({2, 3, 5})} for number in range(8)},
        },
    )
    found = rank(Files({"m.py": source}), Issue("it fails", "", ""), is_test=is_test, report=report, targets=["bad"])
    assert lines(found) == [("m.py", 3), ("m.py", 4), ("m.py", 2)]  # the raise itself does what it should
    assert "decides on line 4" in next(suspect for suspect in found if suspect.line == 3).clues[0].detail


def test_every_line_of_a_long_statement_is_suspect() -> None:
    report = TestReport(
        {"t": TestResult("t", Outcome.FAILED)},
        Evidence.STRUCTURED,
        1,
        0.1,
        coverage={"t": {"core.py": frozenset({14})}},
    )
    found = rank(TREE, Issue("wrong", "", ""), is_test=is_test, report=report, targets=["t"])
    assert lines(found) == [("core.py", 14), ("core.py", 15)]


def test_other_languages_are_ranked_by_function() -> None:
    tree = Files(
        {"src/parse.go": "func ParseDate() {}\n", "src/http.go": "func Serve() {}\n", "notes.md": "parse date"}
    )
    found = rank(tree, Issue("ParseDate fails", "", ""), is_test=is_test)
    assert [(suspect.path, suspect.function) for suspect in found] == [
        ("src/parse.go", "ParseDate"),
        ("src/parse.go", "<module>"),
    ]


def test_files_that_are_no_text_or_do_not_parse() -> None:
    tree = Files({"a.py": b"\0\1", "b.py": "def chunk(:\n", "c.py": b"def chunk():\n    return '\xff'\n", "d.py": ""})
    found = rank(tree, ISSUE, is_test=is_test)
    assert {suspect.path for suspect in found} == {"b.py", "c.py"}


def test_a_frame_past_the_end_of_a_file_does_no_harm() -> None:
    found = rank(TREE, Issue("see core.py:999", "", ""), is_test=is_test)
    assert all(suspect.line is None or suspect.line <= 15 for suspect in found)


def test_nothing_to_rank() -> None:
    assert rank(Files({}), ISSUE, is_test=is_test) == []
    assert rank(Files({"core.py": CORE}), Issue("zzz", "", ""), is_test=is_test) == []


def test_the_order_does_not_depend_on_the_order_of_anything() -> None:
    found = rank(TREE, ISSUE, is_test=is_test, report=REPORT, targets=TARGETS)
    rnd = random.Random(7)
    for _ in range(5):
        files = {"core.py": CORE, "z.py": "", "tests/test_core.py": ""}
        names = list(files)
        rnd.shuffle(names)
        tests = list(REPORT.coverage)
        rnd.shuffle(tests)
        report = TestReport(
            dict(reversed(REPORT.results.items())),
            Evidence.STRUCTURED,
            1,
            0.1,
            coverage={test: REPORT.coverage[test] for test in tests},
        )
        again = rank(
            Files({name: files[name] for name in names}), ISSUE, is_test=is_test, report=report, targets=TARGETS
        )
        assert lines(again) == lines(found)


def test_limits() -> None:
    found = rank(TREE, ISSUE, is_test=is_test, report=REPORT, targets=TARGETS, lines=2, functions=1)
    assert len(lines(found)) == 2
    assert len(functions(found)) == 1


def test_a_repository_of_3000_files() -> None:
    rnd = random.Random(1)
    names = [f"{a}_{b}" for a in ("read", "write", "parse", "merge", "split") for b in ("date", "node", "path", "user")]
    body = "\n\n".join(
        f"def {rnd.choice(names)}_{i}(value):\n    return {rnd.choice(names)}(value, {i})" for i in range(30)
    )
    files: dict[str, str | bytes] = {f"pkg{n % 50}/mod{n}.py": f"# {n}\n{body}\n" for n in range(3000)}
    files["pkg3/needle.py"] = "def unpack_zebra(value):\n    return value\n"
    started = time.monotonic()
    found = rank(Files(files), Issue("`unpack_zebra` loses a value", "", ""), is_test=is_test)
    assert found[0].path == "pkg3/needle.py"
    assert time.monotonic() - started < 60  # about 3 s; a machine in a bad hour is not a defect
