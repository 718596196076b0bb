"""What a round of watching found, written down and read again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reasoncli.verification.watched_text import dumped, loaded
from reasoncli.verification.watching import Watched
from tests.verification.test_watching import asked, run


def seen() -> Watched:
    base, one = run(x=1, y=["list", None, ["float", "0.5"]], tried={"a": 1}), run(x=1, y=2, z=3, tried={"a": 4})
    made, tried = frozenset({asked("x"), asked("y")}), frozenset({asked("a")._replace(tried=True)})
    return Watched(base, {"one": one, "same": base}, made, tried, 9, 4, lasting=True)


def test_it_is_the_same_after_that() -> None:
    again = loaded(dumped(seen()))
    assert again is not None
    assert (again.base.calls, again.calls, again.tried) == (seen().base.calls, seen().calls, seen().tried)
    assert {key: each.calls for key, each in again.runs.items()} == {k: each.calls for k, each in seen().runs.items()}
    assert (again.seen, again.tests, again.lasting) == (9, 4, True)
    assert again.fingerprint("one") == seen().fingerprint("one") != again.fingerprint("same") == ""
    assert again.differences("one", "same") == seen().differences("one", "same")
    assert loaded(dumped(again)) == again


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "null", '{"values": {}, "asked": [["t"]]}', dumped(seen()).replace('"calls":[', '"calls":[99,')],
)
def test_another_text_is_none_of_it(text: str) -> None:
    assert loaded(text) is None


def test_nothing_was_seen() -> None:
    nothing = replace(Watched(), lasting=True)
    assert loaded(dumped(nothing)) == nothing
