"""Edits as a model says them."""

from __future__ import annotations

import pytest

from reasoncli.edits.answers import above, anchored, answer

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
