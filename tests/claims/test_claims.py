"""What an issue's examples prove, once it is known what they give."""

from __future__ import annotations

import pytest

from reasoncli.claims.claims import Claim, Said, Shown, Step, fates, matches, proven, read_steps
from reasoncli.domain import ClaimFate

WRONG, RIGHT = False, True


def claims(text: str, *base: Shown | None) -> list[tuple[str, str, bool]]:
    steps = read_steps(text)
    return [(steps[each.step].source, each.said, each.wanted) for each in proven(text, steps, base)]


def test_what_the_prose_says_of_a_call() -> None:
    text = "`total([50], 10)` gives 110, I expected 90."
    assert read_steps(text) == (Step("total([50], 10)", (Said("110", WRONG), Said("90", RIGHT))),)
    assert claims(text, Shown("110.0")) == [("total([50], 10)", "110", False), ("total([50], 10)", "90", True)]
    assert claims(text, Shown("7")) == [("total([50], 10)", "90", True)]


@pytest.mark.parametrize(
    ("prose", "said"),
    [
        ("`f(1)` returns `None` instead of `'a b'`.", [("None", WRONG), ("'a b'", RIGHT)]),
        ("`f(1)` incorrectly returns 3; it should be 4", [("3", WRONG), ("4", RIGHT)]),
        ("`f(1)` raises ValueError.", [("ValueError", WRONG)]),
        ('`f("x")` evaluates to "y", not "z"', [('"y"', WRONG), ('"z"', RIGHT)]),
        ("`name` gives 3", None),
        ("`f(` gives 3", None),
    ],
)
def test_ways_to_say_it(prose: str, said: list[tuple[str, bool]] | None) -> None:
    steps = read_steps(prose)
    assert [[(each.text, each.right) for each in step.said] for step in steps] == ([] if said is None else [said])


def test_two_outputs_of_one_statement_are_what_is_and_what_should_be() -> None:
    text = 'Now\n\n>>> slug("_a_")\n_a_\n\nAfter it is corrected\n\n>>> slug("_a_")\na\n'
    (step,) = read_steps(text)
    assert [said.text for said in step.said] == ["_a_", "a"]
    assert claims(text, Shown("'_a_'", "_a_")) == [('slug("_a_")', "_a_", False), ('slug("_a_")', "a", True)]


def test_what_is_expected_may_be_said_after_the_example() -> None:
    text = ">>> f(1)\n2\n\nI expected `3`, the best."
    assert read_steps(text) == (Step("f(1)", (Said("2"), Said("3", RIGHT))),)
    assert claims(text, Shown("2")) == [("f(1)", "2", False), ("f(1)", "3", True)]
    apart = ">>> f(1)\n2\n\n`g()` returns `3` instead of `4`."
    assert read_steps(apart) == (Step("f(1)", (Said("2"),)), Step("g()", (Said("3", WRONG), Said("4", RIGHT))))
    assert read_steps(">>> f(1)\n2\n\nI expected the best.") == (Step("f(1)", (Said("2"),)),)


def test_a_traceback_counts_where_the_base_raises_the_same() -> None:
    text = '```python\nx = m(1)\nx.go()\n```\nTraceback (most recent call last):\n  File "a", line 1\nTypeError: no\n'
    assert claims(text, Shown(""), Shown("", raised=("TypeError", "no"))) == [("x.go()", claims_text(text), False)]
    assert claims(text, Shown(""), Shown("", raised=("TypeError", "something else"))) == []
    assert claims(text, Shown("", raised=("ImportError", "m")), None) == []


def claims_text(text: str) -> str:
    return text[text.index("Traceback") :].strip()


def test_an_exception_that_the_prose_names() -> None:
    text = "Calling it raises a `KeyError`:\n```\nf({})\n```"
    assert claims(text, Shown("", raised=("KeyError", "'a'"))) == [("f({})", "KeyError", False)]
    assert claims(text, Shown("", raised=("OSError", "x"))) == []


def test_a_snippet_that_is_not_whole_proves_nothing() -> None:
    text = "With a NameError in mind:\n```\nf(undefined)\n```"
    assert claims(text, Shown("", raised=("NameError", "name 'undefined' is not defined"))) == []


def test_an_example_that_ends_otherwise_than_the_text_tells_wants_nothing() -> None:
    text = ">>> find([hall], 8).name\n'Hall'\n\nI expected `'Studio'`."
    assert claims(text, Shown("", raised=("NameError", "name 'hall' is not defined"))) == []
    assert claims(text, Shown("'Hall'", "Hall"))[1:] == [("find([hall], 8).name", "'Studio'", True)]


def test_what_is_as_shown_and_called_right_or_not_called_anything_is_no_complaint() -> None:
    text = ">>> setup()\n'ok'\n>>> f(1)\nTraceback (most recent call last):\nValueError\n"
    assert [each[0] for each in claims(text, Shown("'ok'", "ok"), Shown("", raised=("ValueError", "")))] == ["f(1)"]
    expected = "Expected:\n```\nf(1)\n```\nExpected output:\n```\n3\n```"
    assert claims(expected, Shown("3")) == []


def test_the_last_output_is_the_complaint_where_nothing_else_is() -> None:
    text = ">>> f(1)\n2\n>>> f(2)\n5\n\nThat makes no sense."
    assert claims(text, Shown("2"), Shown("5")) == [("f(2)", "5", False)]


@pytest.mark.parametrize(
    ("call", "base", "now"),
    [
        ("`short('abcdef', 6)` returns `'abc...'`", Shown("'abc...'", "abc..."), Shown("'abcdef'", "abcdef")),
        ("`print(short('abcdef', 6))` prints `abc...`", Shown("abc...\n"), Shown("abcdef\n")),
    ],
)
def test_dots_that_the_base_gives_are_dots(call: str, base: Shown, now: Shown) -> None:
    steps = read_steps(f"{call}, I expected `'abcdef'`.")
    described, *_ = proven("", steps, [base])
    assert [each.fate for each in fates(steps, [described], [now])] == [ClaimFate.GONE]
    assert [each.fate for each in fates(steps, [described], [base])] == [ClaimFate.REMAINS]


def test_what_is_not_known_at_the_base_proves_nothing() -> None:
    text = ">>> f(1)\n2\n"
    assert claims(text, None) == []
    assert claims(text) == []


def test_fates() -> None:
    steps = (Step("f(1)"), Step("g()"))
    asked = (Claim(0, "2", wanted=False), Claim(0, "3", wanted=True), Claim(1, "KeyError: 'x'", wanted=False))
    fixed = fates(steps, asked, (Shown("3"), Shown("7")))
    assert [each.fate for each in fixed] == [ClaimFate.GONE, ClaimFate.MET, ClaimFate.GONE]
    assert (fixed[0].statement, fixed[0].said, fixed[0].now) == ("f(1)", "2", "3")
    same = fates(steps, asked, (Shown("2"), Shown("", raised=("KeyError", "'x'"))))
    assert [each.fate for each in same] == [ClaimFate.REMAINS, ClaimFate.UNMET, ClaimFate.REMAINS]
    assert [each.fate for each in fates(steps, asked, (None,))] == [ClaimFate.UNKNOWN] * 3


@pytest.mark.parametrize(
    ("said", "shown", "same"),
    [
        ("90", Shown("90.0"), True),
        ("[1,  2]", Shown("[1, 2]"), True),
        ("a\n b", Shown("a b"), True),
        ("text", Shown("'text'", "text"), True),
        ("<m.X object at 0x...>", Shown("<m.X object at 0x7f3>"), True),
        ("...", Shown("anything"), False),
        ("a...", Shown("abc"), True),
        ("'a...'", Shown("'abc'", "abc"), False),
        ("90", Shown("91"), False),
        ("90", Shown("", raised=("ValueError", "90")), False),
        ("ValueError: a", Shown("", raised=("ValueError", "a")), True),
        ("ValueError", Shown("", raised=("ValueError", "a")), True),
        ("ValueError: a", Shown("", raised=("ValueError", "b")), False),
        ("TypeError: a", Shown("", raised=("ValueError", "a")), False),
        ("ValueError: a", Shown("a"), False),
        ("3", Shown("'3'", "3"), True),
        ("a_b", Shown("'a_b'", "a_b"), True),
        ("a_b", Shown("'a-b'", "a-b"), False),
        ("a_b", Shown("<a_b>"), False),
        ("'a_b'", Shown("'a_b'", "a_b"), True),
        ("'a_b'", Shown("\"'a_b'\"", "'a_b'"), False),
        ("'a b'", Shown("'a  b'", "a  b"), False),
        ("3", Shown("'33'", "33"), False),
        ("None", Shown("nothing"), False),
    ],
)
def test_matches(said: str, shown: Shown, same: bool) -> None:
    assert matches(said, shown) is same


def test_texts_that_differ_by_white_space_alone_are_compared_with_it() -> None:
    text = "`slug('a  b')` returns `a  b` but should return `a b`."
    kept, fixed = Shown("'a  b'", "a  b"), Shown("'a b'", "a b")
    assert claims(text, kept) == [("slug('a  b')", "a  b", False), ("slug('a  b')", "a b", True)]
    steps = read_steps(text)
    asked = proven(text, steps, [kept])
    assert [each.fate for each in fates(steps, asked, [fixed])] == [ClaimFate.GONE, ClaimFate.MET]
    assert [each.fate for each in fates(steps, asked, [kept])] == [ClaimFate.REMAINS, ClaimFate.UNMET]


def test_a_value_in_backticks_without_quotes_is_the_text() -> None:
    text = "`slug('A B')` returns `a-b`\nbut should return `a_b`."
    assert claims(text, Shown("'a-b'", "a-b")) == [("slug('A B')", "a-b", False), ("slug('A B')", "a_b", True)]
    assert claims(text, Shown("'a_b'", "a_b")) == [], "the base has it right"
    assert claims("`slug('A B')` returns `a-b`.", Shown("'other'", "other")) == [], "the base does something else"


def test_what_is_expected_may_stand_in_a_line_of_its_own() -> None:
    text = "When I call `f(1)`, I get `3`.\n\nExpected: `4`\n"
    assert claims(text, Shown("3")) == [("f(1)", "3", False), ("f(1)", "4", True)]
    log = "`f(1)` gives `3`, which should not be so. The log:\n\n```\nall 4 done\n```\n"
    assert claims(log, Shown("3")) == [("f(1)", "3", False)], "a log is not what it should give"
