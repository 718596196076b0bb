"""Which functions are watched, and what is made of what they did."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from reasoncli.domain import FileChange, Patch
from reasoncli.verification.behaviour import Asked, Behaviour, Recording, digest, words
from reasoncli.verification.nearness import Mentions
from reasoncli.verification.watching import Watched, changed_functions, seeds

BASE = '''\
"""A module."""
import os

LIMIT = 3


def f(a):
    """Doc."""
    def inner():
        return a
    return inner()


class C(Base):
    size = 1

    @property
    def p(self):
        return 1

    @p.setter
    def p(self, value):
        pass

    class D:
        def m(self):
            return 2
'''


def changed(*afters: str) -> Mapping[str, tuple[str, ...]]:
    patches = [Patch((FileChange("m.py", after.encode()),), "", str(n), str(n), 1) for n, after in enumerate(afters)]
    return changed_functions(patches, {"m.py": BASE.encode()}.get)


@pytest.mark.parametrize(
    ("old", "new", "functions"),
    [
        ("return inner()", "return a", ("f",)),
        ("        return a\n", "        return a + 1\n", ("f",)),
        ("return 2", "return 3", ("C.D.m",)),
        ("pass", "return", ("C.p",)),
        ("import os", "import os, re", ()),
        ("LIMIT = 3", "LIMIT = 4", ("C.D.m", "C.p", "f")),
        ("size = 1", "size = 2", ("C.D.m", "C.p", "f")),
        ("C(Base)", "C(Other)", ("C.D.m", "C.p", "f")),
        ("def f(a):", "def helper():\n    pass\n\n\ndef f(a):", ()),
        ("def f(a):", "def g(a):", ("f",)),
        ("    return inner()", "    return (", ("C.D.m", "C.p", "f")),
        ("# nothing", "", ()),
    ],
)
def test_the_functions_that_a_patch_changes(old: str, new: str, functions: tuple[str, ...]) -> None:
    found = changed(BASE.replace(old, new))
    assert found == ({"m.py": functions} if functions else {})


def test_those_of_all_patches_and_nothing_of_new_or_other_files() -> None:
    one, two = BASE.replace("return inner()", "return 1"), BASE.replace("return 2", "return 3")
    assert changed(one, two) == {"m.py": ("C.D.m", "f")}
    other = Patch((FileChange("new.py", b"x"), FileChange("README.md", b"y"), FileChange("m.py", None)), "", "", "", 1)
    assert changed_functions([other], {"m.py": BASE.encode(), "README.md": b""}.get) == {"m.py": ("C.D.m", "C.p", "f")}


def run(tried: Mapping[str, object] | None = None, **outcomes: object) -> Behaviour:
    """A run with a call of f for each name, which returns a value."""
    recording = Recording()
    recording.start("t")
    for number, (name, value) in enumerate([*outcomes.items(), *(tried or {}).items()]):
        recording.value(1, f"a{number}", ["list", name])
        recording.value(1, f"o{number}", ["returns", value])
        recording.call(1, "m.py:f", f"a{number}", f"o{number}", None, tried=name in (tried or {}))
    return recording.behaviour()


def asked(name: str) -> Asked:
    return Asked("t", "m.py:f", digest(["list", name]))


def test_fingerprints_are_of_what_counts() -> None:
    base, one, two = run(x=1, y=2, z=3), run(x=1, y=5, z=9), run(x=1, y=5, z=10)
    watched = Watched(base, {"one": one, "two": two}, frozenset({asked("x"), asked("y")}))
    assert watched.fingerprint("one") == watched.fingerprint("two") != ""
    assert watched.fingerprint("nobody") == ""
    assert Watched(base, {"same": base}, watched.calls).fingerprint("same") == "", "what it changes was not seen"
    assert (watched.changed("one"), watched.changed("nobody")) == (1, 0)
    assert watched.differences("one", "two") == []
    both = Watched(base, {"one": one, "two": two}, frozenset({asked("x"), asked("z")}))
    (difference,) = both.differences("one", "two")
    assert (difference.test, difference.call) == ("t", "f('z')")
    assert (difference.one, difference.other) == ("returns 9", "returns 10")


def test_what_was_tried_is_shown_after_what_tests_do_and_makes_no_fingerprint() -> None:
    base, one, two = run(y=2, tried={"a": 1}), run(y=3, tried={"a": 1}), run(y=4, tried={"a": 2})
    made, tried = frozenset({asked("y")}), frozenset({asked("a")._replace(tried=True)})
    watched = Watched(base, {"one": one, "two": two, "three": run(y=3, tried={"a": 5})}, made, tried)
    assert watched.fingerprint("one") == watched.fingerprint("three") != watched.fingerprint("two")
    assert [(each.call, each.test) for each in watched.differences("one", "two")] == [("f('y')", "t"), ("f('a')", "")]
    assert [each.call for each in watched.differences("one", "three")] == ["f('a')"]


def test_what_was_tried_counts_where_the_tests_own_calls_show_no_change() -> None:
    base, one, two = run(y=2, tried={"a": 1}), run(y=2, tried={"a": 3}), run(y=2, tried={"a": 4})
    made, tried = frozenset({asked("y")}), frozenset({asked("a")._replace(tried=True)})
    watched = Watched(base, {"base": base, "one": one, "two": two, "as one": one}, made, tried)
    assert watched.fingerprint("one") == watched.fingerprint("as one") != watched.fingerprint("two") != ""
    assert watched.fingerprint("base") == ""


def test_calls_near_to_the_issue_are_shown_first() -> None:
    base, one, two = run(a=1, bbb=1, tried={"c": 1}), run(a=2, bbb=2, tried={"c": 2}), run(a=3, bbb=3, tried={"c": 3})
    made, tried = frozenset(each for each in base.calls if not each.tried), frozenset({asked("c")._replace(tried=True)})

    def shown(issue: str) -> list[str]:
        watched = Watched(base, {"one": one, "two": two}, made, tried, mentions=Mentions.of(issue))
        return [each.call for each in watched.differences("one", "two")]

    assert shown("") == ["f('a')", "f('bbb')", "f('c')"]
    assert shown("It is wrong for 'bbb'.") == ["f('bbb')", "f('a')", "f('c')"]
    assert shown("f('c') is wrong, and so is 'bbb'") == ["f('c')", "f('bbb')", "f('a')"]


def test_seeds_are_what_the_issue_shows_and_patches_bring_in() -> None:
    issue = "slug(\"__a b__\") gives `__a-b__`, not 'a-b'; it can't be 12 or 1.5. " + " ".join(
        map(str, range(900, 990))
    )
    after = b"LIMIT = 3\n\n\ndef f(a):\n    return a.strip('-_')[:77]\n"
    patch = Patch(
        (FileChange("m.py", after), FileChange("new.py", None), FileChange("README.md", b"'x'")), "", "", "", 1
    )
    found = seeds(issue, [patch], {"m.py": b"LIMIT = 3\nOTHER = 'a-b'\n"}.get)
    assert found[:4] == ("__a b__", "__a-b__", "a-b", 12)
    assert {"-_", 77} <= set(found)
    assert 3 not in found
    assert len(found) <= 24


def test_a_call_that_does_not_happen_is_a_difference() -> None:
    base, less = run(x=1, y=2), run(x=1)
    watched = Watched(base, {"base": base, "less": less}, frozenset(base.calls))
    (difference,) = watched.differences("base", "less")
    assert difference.other == "is not called so"


def test_words_are_what_a_person_would_write() -> None:
    data = ["list", ["tuple", 1], ["dict", ["a", None]], ["set"], ["float", "0.1"], ["text", "ab", 300, "0f"]]
    assert words(data) == "[(1,), {'a': None}, set(), 0.1, 'ab'…]"
    assert words(["raised", "m.Bad", "no"]) == "Bad('no')"
    assert words(["object", "m.C", ["size", 1], ["list", 2]]) == "<C size=1 list=2>"
    assert len(words(["list", *range(1000)])) == 120


@pytest.mark.parametrize("data", [["float"], ["text"], ["object"], ["raised"], ["list", ["name"]]])
def test_what_makes_no_sense_has_words_all_the_same(data: object) -> None:
    assert words(data) == "<unreadable>"


def test_words_of_what_is_nested_without_end_have_an_end() -> None:
    data: list[object] = ["list"]
    for _ in range(5000):
        data = ["list", data]
    assert words(data) == "[" * 20 + "…" + "]" * 20
