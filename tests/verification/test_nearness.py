"""Which recorded calls are near to what the issue speaks of."""

from __future__ import annotations

import pytest

from reasoncli.verification.nearness import SHOWN, Mentions

ISSUE = """\
`slug('A  B')` gives "a--b". The same for total([4, 6], discount=50):

    >>> Shape(2.5).scaled({'by': (7, None)}, *more)
    >>> join("x)", "y(")
    >>> run()
    >>> spread(3, 4)

With unclosed(1, it is worse; happened since 3.14. I tried `width` as well.
"""


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("m.py:slug", ["A  B"]),
        ("m.py:slug", ["A  B", "-", None]),
        ("m.py:total", [["list", 4, 6], 50]),
        ("m.py:total", [["list", 4, 6], "EUR", 50]),
        ("m.py:total", [["list", 4, 6], ["dict", ["discount", 50]]]),
        ("m.py:Shop.total", [["object", "m.Shop"], ["list", 4, 6], 50]),
        ("m.py:Shape.__init__", [["object", "m.Shape"], ["float", "2.5"]]),
        ("m.py:join", ["x)", "y("]),
        ("m.py:run", []),
        ("m.py:spread", [["tuple", 3, 4]]),
    ],
)
def test_a_call_that_the_issue_shows(function: str, arguments: list[object]) -> None:
    assert Mentions.of(ISSUE).nearness(function, ["list", *arguments]) == SHOWN


@pytest.mark.parametrize(
    ("function", "arguments", "near"),
    [
        ("m.py:slug", ["A B"], 1),
        ("m.py:slug", [["list", "A  B"]], 2),
        ("m.py:Shop.slug", ["A  B"], 3),
        ("m.py:plain", ["A  B"], 1),
        ("m.py:plain", [["text", "A  B", 300, "0f"]], 1),
        ("m.py:plain", [["dict", ["k", ["tuple", ["float", "3.14"]]]]], 1),
        ("m.py:plain", [["object", "m.C", ["side", 50]]], 1),
        ("m.py:total", [["list", 4, 6], 51], 2),
        ("m.py:total", [["list", 4, 9], 50], 2),
        ("m.py:total", [True], 1),
        ("m.py:spread", [3, True], 2),
        ("m.py:run", [1], 1),
        ("m.py:scaled", [["dict", ["by", ["tuple", 7, None]]], ["tuple"]], 2),
        ("m.py:scaled", [8], 1),
        ("m.py:plain", ["B", "", "no", 1, 0, None, True, ["float", "nan"]], 0),
        ("m.py:unclosed", [1], 1),
        ("m.py:plain", ["y("], 1),
        ("m.py:plain", ["it"], 0),
    ],
)
def test_others_by_their_name_and_values(function: str, arguments: list[object], near: int) -> None:
    assert Mentions.of(ISSUE).nearness(function, ["list", *arguments]) == near


@pytest.mark.parametrize("arguments", [None, 3, [], ["list", []], ["list", ["dict", 3, []]], ["list", ["raised", 1]]])
def test_what_makes_no_sense_is_near_to_nothing(arguments: object) -> None:
    assert Mentions.of(ISSUE).nearness("f", arguments) == 0
    assert Mentions().nearness("f", arguments) == 0


def test_a_text_without_end_is_read_to_the_end() -> None:
    assert Mentions.of("f(" * 50_000 + "'").nearness("m.py:f", ["list", 1]) == 1
