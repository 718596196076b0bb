"""Edits as a model says them."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given, settings

from reasoncli.edits import Answers, enumerate_edits
from reasoncli.edits.answers import above, anchored, answer, by_place
from tests.edits.functions import FUNCTIONS, of_library, printed

LINES = ("def f(x):", "    if x:", "        x += 1", "    return x")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((2, 3, ("        x -= 1",)), (2, 3, ("        x -= 1",))),
        ((2, 3, ()), (2, 3, ())),
        ((3, 3, ("    x = 2",)), (2, 3, ("        x += 1", "    x = 2"))),
        ((2, 3, ("    x += 1",)), (1, 3, ("    if x:", "    x += 1"))),
        ((0, 1, ("async def f(x):",)), (0, 1, ("async def f(x):",))),
    ],
)
def test_a_change_begins_in_the_column_that_is_asked_about(
    change: tuple[int, int, tuple[str, ...]], said: tuple[int, int, tuple[str, ...]]
) -> None:
    assert anchored(LINES, *change) == said


def test_the_first_line_of_an_answer_has_no_indentation() -> None:
    assert answer(LINES[1:3]) == " if x:\n        x += 1"
    assert answer(()) == ""


@pytest.mark.parametrize(("start", "end", "count"), [(0, 1, 0), (1, 2, 1), (2, 3, 2), (1, 3, 1), (5, 6, 2)], ids=str)
def test_as_many_lines_above_as_tell_places_apart(start: int, end: int, count: int) -> None:
    lines = ("def f():", "    a()", "    a()", "    b()", "    a()", "    a()", "    b()")
    assert above(lines, start, end) == count


def same(lines: list[str]) -> None:
    """Each place's answers alone are those that the edits of the whole function have for it."""
    whole = by_place(enumerate_edits(lines), lines)
    some = Answers(lines)
    for place in {*whole, *((line, line + 1) for line in range(len(lines)))}:
        assert some.to(place) == tuple(whole.get(place, ())), place


@settings(max_examples=60, deadline=None)
@given(FUNCTIONS)
def test_answers_to_one_question_are_those_among_all_edits(lines: list[str]) -> None:
    same(lines)


@pytest.mark.parametrize("part", range(3))
def test_answers_to_one_question_are_those_among_all_edits_of_the_library(part: int) -> None:
    for lines in of_library()[part::70]:
        same(lines)


@pytest.mark.parametrize(
    "block",
    [
        ["a()"] * 12,
        ["a()", "b()"] * 9,
        ["if a:", "    return", "if a:", "    return", "if a:", "    return", "a()", "a()"],
        ["for b in a:", *["    a()", "    b()", "    a = b"] * 5],
        ["try:", *["    a()"] * 8, "except OSError:", *["    a()"] * 8, "else:", "    a()", "a()", "a()"],
        ["if a:", *["    a()", "    if a:", "        a()"] * 4, "elif b:", *["    a()"] * 7, "else:", "    a()"],
    ],
)
def test_answers_are_the_same_where_lines_repeat(block: list[str]) -> None:
    same(printed("\n".join(["def f(a, b=[]):", *(f"    {line}" for line in block)])))


def test_what_is_not_one_function_has_no_answers() -> None:
    assert Answers(["x = 1"]).to((0, 1)) == ()


def test_one_question_about_a_large_function_takes_little_memory() -> None:
    steps = "".join(f"    label_{n} = Label(form)\n    label_{n}.move({n}, 10)\n" for n in range(150))
    lines = printed(f"def build(form):\n{steps}    return form\n")
    tracemalloc.start()
    try:
        assert len(Answers(lines).to((100, 101))) > 500
        assert tracemalloc.get_traced_memory()[1] < 15_000_000
    finally:
        tracemalloc.stop()
