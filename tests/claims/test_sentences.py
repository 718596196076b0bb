"""What prose says of calls, and what it does not say."""

from __future__ import annotations

import pytest

from reasoncli.claims.sentences import calls

WRONG, RIGHT = False, True


def said(paragraph: str) -> list[tuple[str, list[tuple[str, bool | None]]]]:
    return [(source, [(each.text, each.right) for each in found]) for source, found in calls(paragraph)]


@pytest.mark.parametrize(
    "prose",
    [
        "`f(1)` returns `a-b` but should return `a_b`.",
        "`f(1)` returns `a-b`, but it should return `a_b`",
        "`f(1)` returns the string `a-b` when it should be `a_b`.",
        "`f(1)` returned `a-b`, should've been `a_b`",
        "f(1) returns `a-b` instead of `a_b`.",
        "Calling `f(1)` gives me `a-b`. I would have expected `a_b`.",
        "When I call `f(1)`, I get `a-b`. Expected `a_b`.",
        "I get `a-b` from `f(1)`, rather than `a_b`.",
        "`f(1)` currently results in `a-b` and not `a_b`",
        "`f(1)` is `a-b`; the correct result is `a_b`.",
        "`f(1)` -> `a-b` (expected: `a_b`)",
        "The result of `f(1)` is `a-b`. It clearly should be `a_b`.",
    ],
)
def test_what_is_and_what_should_be(prose: str) -> None:
    assert said(prose) == [("f(1)", [("a-b", WRONG), ("a_b", RIGHT)])]


@pytest.mark.parametrize(
    "prose",
    [
        "`f(1)` should return `a_b` but returns `a-b`.",
        "`f(1)` should be `a_b`, but it's `a-b`",
        "`f(1)` is expected to give `a_b`, got `a-b`",
        "Expected `f(1)` to return `a_b`, but got `a-b`.",
        "I'd expect `f(1)` to be `a_b`, but it currently gives `a-b`.",
        "I expected that `f(1)` returns `a_b`. Actual: `a-b`",
        "`f(1)` must return `a_b` instead of `a-b`",
    ],
)
def test_what_should_be_and_what_is(prose: str) -> None:
    assert said(prose) == [("f(1)", [("a_b", RIGHT), ("a-b", WRONG)])]


@pytest.mark.parametrize(
    ("prose", "found"),
    [
        ("`f(1)` gives `3`.", [("f(1)", [("3", WRONG)])]),
        ("`f(1)` should raise `ValueError`.", [("f(1)", [("ValueError", RIGHT)])]),
        ("`f('')` returns an empty list.", [("f('')", [("[]", WRONG)])]),
        ("`f(1)` returns [1, 2], expected [2, 1].", [("f(1)", [("[1, 2]", WRONG), ("[2, 1]", RIGHT)])]),
        (
            "`f(1)` returns `Half(1)` but should return `Half(2)`.",
            [("f(1)", [("Half(1)", WRONG), ("Half(2)", RIGHT)])],
        ),
        ("`f(1)` gives `3` and `f(2)` gives `5`", [("f(1)", [("3", WRONG)]), ("f(2)", [("5", WRONG)])]),
    ],
)
def test_one_thing_is_said(prose: str, found: list[tuple[str, list[tuple[str, bool | None]]]]) -> None:
    assert said(prose) == found


@pytest.mark.parametrize(
    "prose",
    [
        "`f(1)` is wrong, and `f(2)` looks strange.",
        "`f(1)` returns the wrong thing.",
        "`f(1)` doesn't return `3`.",
        "`f(1)` never returns `3`",
        "`f(1)` returns `3`, as expected.",
        "`f(1)` returns `3`, which is correct.",
        "`f(1)` works, but it should be fixed.",
        "`name` should be `3`.",
        "We should get `3` some day.",
        "See `f(1)` for why it should be `3`.",
        "`f(1)` should be documented.",
        "`f(` gives `3`",
    ],
)
def test_nothing_is_said(prose: str) -> None:
    assert said(prose) == []


@pytest.mark.parametrize(
    "prose",
    [
        "`f(1)` gives `3`, and `limit` should be `4`.",
        "`f(1)` gives `3`. The default of the setting should be `4`.",
        "`f(1)` gives `3`; with `g(1)` it should be `4`.",
        "`f(1)` gives `3`. It is bad. g(1) should be `4`.",
    ],
)
def test_what_should_be_of_something_else_is_not_wanted_of_the_call(prose: str) -> None:
    source, found = said(prose)[0]
    assert (source, found) == ("f(1)", [("3", WRONG)])


@pytest.mark.parametrize(
    "prose",
    [
        "While `f(1)` returns `3`, `f(2)` returns `9`.",
        "`f(1)` returns `3`, but `f(2)` returns `9`.",
        "It used to be that `f(1)` returns `3`. Now `f(2)` returns `9`",
    ],
)
def test_an_example_beside_the_complaint_is_no_complaint(prose: str) -> None:
    assert said(prose) == [("f(1)", [("3", None)]), ("f(2)", [("9", WRONG)])]


@pytest.mark.parametrize("text", ["`" * 5000, "f(" * 5000, "`f(1)` gives " + "`" * 5000, "expected " * 5000])
def test_a_text_without_end_is_read_to_the_end(text: str) -> None:
    assert said(text) == []
