"""What holds for every edit of every function."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given, settings

from reasoncli import python_source
from reasoncli.edits import Edit, Scope, enumerate_edits, minimal
from reasoncli.edits.enumeration import MOST_OF_A_LINE
from tests.edits.functions import FUNCTIONS, of_library, printed


def reprinted(text: str) -> str:
    module = python_source.parse(text)
    assert module is not None, text
    lines = python_source.unit_lines(module.body[0], text)  # type: ignore[arg-type]
    return "\n".join(line.printed for line in lines)


def hold(lines: list[str], step: int) -> None:
    edits = list(enumerate_edits(lines))
    results = ["\n".join(edit.apply(lines)) for edit in edits]
    assert len(set(results)) == len(results)
    assert "\n".join(lines) not in results
    assert edits == list(enumerate_edits(lines))
    for edit, result in itertools.islice(zip(edits, results, strict=True), None, None, step):
        assert python_source.parse(result) is not None, edit
        assert edit == minimal(lines, edit.start, edit.end, edit.replacement, edit.operator)
        back = edit.inverse(lines, "back")
        assert back.apply(edit.apply(lines)) == lines


@settings(max_examples=30, deadline=None)
@given(FUNCTIONS)
def test_results_parse_and_differ(lines: list[str]) -> None:
    hold(lines, 7)


@pytest.mark.parametrize("part", range(4))
def test_results_parse_and_differ_for_the_library(part: int) -> None:
    for lines in of_library()[part::90]:
        hold(lines, 5)


def test_results_are_printed_as_the_tool_prints() -> None:
    seen = strange = 0
    for lines in of_library()[::20]:
        for edit in itertools.islice(enumerate_edits(lines), 0, None, 11):
            result = "\n".join(edit.apply(lines))
            seen += 1
            strange += reprinted(result) != result
    assert seen > 3_000
    assert strange < seen / 1000  # a few deletions leave an `if` alone in an `else`


def test_what_is_not_one_function_has_no_edits() -> None:
    assert list(enumerate_edits([])) == []
    assert list(enumerate_edits(["x = 1"])) == []
    assert list(enumerate_edits(["def f(:", "    pass"])) == []
    assert list(enumerate_edits(["def f():", "    pass", "x = 1"])) == []


def test_lines_can_be_chosen() -> None:
    lines = printed("""
        def f(a, b):
            if a:
                b += 1
            return a + b
    """)
    every = list(enumerate_edits(lines))
    last = list(enumerate_edits(lines, at={3}))
    assert last
    assert {edit for edit in every if (edit.start, edit.end) == (3, 4)} == {
        edit for edit in last if (edit.start, edit.end) == (3, 4)
    }
    assert not [edit for edit in last if edit.start < 3]


def test_edits_come_lazily_and_fast() -> None:
    lines = max(of_library(), key=len)
    start = time.process_time()
    first = next(enumerate_edits(lines))
    assert first.start == 0
    early = time.process_time() - start
    count = sum(1 for _ in enumerate_edits(lines))
    whole = time.process_time() - start - early
    assert count > 5000
    assert early < whole
    assert whole / count < 100e-6  # 4 us on an idle machine


def test_text_beyond_ascii_keeps_its_place() -> None:
    lines = printed("""
        def f(größe, n):
            return 'ä' + größe.ö + 'ß' * n
    """)
    replaced = {edit.replacement for edit in enumerate_edits(lines, at={1})}
    assert ("    return 'ä' + größe.ö + 'ß' * größe",) in replaced
    assert ("    return 'ä' + größe.ö + 'ß'",) in replaced


def test_a_line_with_a_line_break_inside_is_one_line() -> None:
    lines = ["def f(a, b):", "    x = f'''{a}\n  {b}'''", "    return (x, b)"]
    edits = list(enumerate_edits(lines))
    assert Edit(2, 3, ("    return (b, x)",), "swap-elements") in edits
    assert Edit(1, 2, ("    x = f'''{b}\n  {b}'''",), "change-name-in-format") in edits


def test_the_scope_offers_what_the_function_does_not_name() -> None:
    source = """
class A:
    def __init__(self):
        self.size = 0
        self.reset()

    def reset(self, hard=False): ...

    def f(self, a):
        self.start()
        return helper(a)

def helper(a, deep=True): ...
LIMIT = 3
"""
    module = python_source.parse(source)
    assert module is not None
    found = dict(python_source.definitions(module))["A.f"]
    scope = Scope.around(module, found)
    assert scope.names == ("A", "helper", "LIMIT")
    assert scope.attributes == ("size",)
    lines = [line.printed for line in python_source.unit_lines(found, source)]
    replaced = {edit.replacement for edit in enumerate_edits(lines, scope)}
    assert ("    self.reset()",) in replaced
    assert ("    return helper(LIMIT)",) in replaced
    assert ("    return helper(self.size)",) in replaced
    assert ("    return helper(a, deep=True)",) in replaced
    assert not {("    self.reset()",), ("    return helper(LIMIT)",)} & {
        edit.replacement for edit in enumerate_edits(lines)
    }


@pytest.mark.parametrize(
    ("lines", "edit", "expected"),
    [
        ("abc", (0, 3, "axc"), (1, 2, "x")),
        ("abc", (0, 3, "abc"), None),
        ("abbc", (1, 2, ""), (2, 3, "")),
        ("abc", (1, 1, "b"), (2, 2, "b")),
        ("abab", (0, 2, ""), (2, 4, "")),
        ("abc", (1, 1, "xb"), (1, 1, "xb")),
        ("axbc", (1, 1, "xa"), (2, 2, "ax")),
        ("abc", (0, 2, "ba"), (0, 2, "ba")),
    ],
)
def test_equal_results_are_equal_edits(
    lines: str, edit: tuple[int, int, str], expected: tuple[int, int, str] | None
) -> None:
    start, end, new = edit
    found = minimal(list(lines), start, end, list(new), "x")
    assert (found and (found.start, found.end, "".join(found.replacement))) == expected
    if found:
        assert found.apply(list(lines)) == [*lines[:start], *new, *lines[end:]]


def test_a_table_of_data_does_not_take_the_machines_memory() -> None:
    names = [f"name_{number}" for number in range(1_500)]
    lines = [f"def table({', '.join(names)}):", f"    rows = [{', '.join(names)}]", "    return rows[0]"]
    edits = list(enumerate_edits(lines))
    assert {edit.start for edit in edits if edit.end == edit.start + 1} >= {2}, "the other lines are changed as ever"
    assert ("delete-statement", 1) in {(edit.operator, edit.start) for edit in edits}
    assert sum(len(line) for edit in edits for line in edit.replacement) < 50_000_000


def test_headers_of_decorated_functions_inside_are_changed_below_their_decorators() -> None:
    lines = ["def outer(f):", "    @wraps(f)", "    def inner(x, y=None):", "        return f(x)", "    return inner"]
    edits = list(enumerate_edits(lines))
    assert all(python_source.parse("\n".join(edit.apply(lines))) for edit in edits)
    headers = {edit.replacement for edit in edits if (edit.start, edit.end) == (2, 3)}
    assert ("    def inner(x, y):",) in headers


def test_a_line_of_many_places_has_bounded_changes() -> None:
    names = [f"n{number}" for number in range(150)]
    lines = [f"def table({', '.join(names)}):", f"    return [{', '.join(names)}]"]
    edits = list(enumerate_edits(lines, at={1}))
    assert MOST_OF_A_LINE <= len(edits) < 2 * MOST_OF_A_LINE
