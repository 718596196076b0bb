"""What watched functions do, recorded while real tests run; and values as structure, without code of their own."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from reasoncli.domain import Evidence
from reasoncli.verification import wire
from reasoncli.verification.behaviour import Behaviour, differing, fingerprint, steady, words
from reasoncli.verification.canaries import Canaries
from reasoncli.verification.session import Run, interpret
from tests.runner.support import answer_of, write_tree

MODULE = '''
    """Shapes."""
    from __future__ import annotations

    import functools


    def area(width, height=1, *more, unit="m", **named):
        """Of a rectangle."""
        if width < 0:
            raise ValueError(f"negative: {width}")
        return _product(width, height)


    def _product(one, other):
        return one * other


    def rows(count):
        for number in range(count):
            yield [number] * count
        return count


    async def later(value):
        return value + 1


    def remember(value, seen=[]):
        seen.append(value)


    class Shape:
        def __init__(self, side):
            self.side = side

        @property
        def size(self):
            return area(self.side, self.side)

        @functools.lru_cache
        def __hash__(self):
            return 1

        def grow(self):
            self.side += 1

        @staticmethod
        def unit():
            return Shape(1)

        def __repr__(self):
            raise SystemError("nobody may ask")

        def __eq__(self, other):
            raise SystemError("nobody may compare")


    def untouched():
        return 3
'''
SUITE = """
    import asyncio
    import unittest

    import shapes


    class TestShapes(unittest.TestCase):
        def test_area(self):
            assert shapes.area(2, 3) == 6
            assert shapes.area(2, 3) == 6
            with self.assertRaises(ValueError):
                shapes.area(-1)

        def test_rows(self):
            assert list(shapes.rows(2)) == [[0, 0], [1, 1]]

        def test_shape(self):
            shape = shapes.Shape.unit()
            shape.grow()
            assert shape.size == 4

        def test_rest(self):
            assert asyncio.run(shapes.later(1)) == 2
            shapes.remember({"a": (1, 2.5)})
            assert shapes.untouched() == 3
"""
WATCHED = {
    "shapes.py": [
        *("area", "_product", "rows", "later", "remember"),
        *("Shape.size", "Shape.grow", "Shape.unit", "Shape.__hash__"),
    ]
}


def watch(root: Path, command: str, watched: dict[str, list[str]] = WATCHED) -> Run:
    request = replace(
        wire.Request(command=command, tests=None, timeout=60.0), watched=watched, canaries=Canaries.drawn()
    )
    answer = answer_of(sys.executable, root, request)
    assert answer is not None
    run = interpret(answer, root=str(root), canaries=request.canaries, watched=bool(watched))
    assert run.report.complete, run.problem
    return run


def told(behaviour: Behaviour, *, tried: bool = False) -> dict[str, list[str]]:
    """Calls by the name of their test, in words."""
    found: dict[str, list[str]] = {}
    for asked, came in behaviour.calls.items():
        if asked.tried is not tried:
            continue
        test = asked.test.replace("::", ".").rsplit(".", 1)[-1]
        for outcome, after in came:
            changed = "" if after == asked.arguments else f" leaves {words(behaviour.values[after])}"
            kind, *value = behaviour.values[outcome]  # type: ignore[misc]
            call = f"{asked.function}{words(behaviour.values[asked.arguments])}"
            found.setdefault(test, []).append(f"{call} {kind} {' '.join(map(words, value))}{changed}")
    return found


@pytest.mark.parametrize("command", ["python -m pytest -q -p no:cacheprovider", "python -m unittest"])
def test_calls_are_recorded_with_what_comes_of_them(tmp_path: Path, command: str) -> None:
    write_tree(tmp_path, shapes=MODULE, test_shapes=SUITE)
    run = watch(tmp_path, command)
    assert {result.outcome.value for result in run.report.results.values()} == {"passed"}
    assert told(run.behaviour) == {
        "test_area": [
            "shapes.py:area[2, 3, (), 'm', {}] returns 6",
            "shapes.py:area[2, 3, (), 'm', {}] returns 6",
            "shapes.py:area[-1, 1, (), 'm', {}] raises [] ValueError('negative: -1')",
        ],
        "test_rows": ["shapes.py:rows[2] yields [[0, 0], [1, 1]] 2"],
        "test_shape": [
            "shapes.py:Shape.unit[] returns <Shape side=1>",
            "shapes.py:Shape.grow[<Shape side=1>] returns None leaves [<Shape side=2>]",
            "shapes.py:Shape.size[<Shape side=2>] returns 4",
        ],
        "test_rest": [
            "shapes.py:later[1] returns 2",
            "shapes.py:remember[{'a': (1, 2.5)}, []] returns None leaves [{'a': (1, 2.5)}, [{'a': (1, 2.5)}]]",
        ],
    }


def test_two_runs_agree_and_a_change_shows(tmp_path: Path) -> None:
    write_tree(tmp_path, shapes=MODULE, test_shapes=SUITE)
    command = "python -m pytest -q -p no:cacheprovider"
    one, two = (watch(tmp_path, command).behaviour for _ in range(2))
    calls = steady(one, two)
    assert calls == frozenset(one.calls)
    assert fingerprint(one, calls) == fingerprint(two, calls)
    changed = MODULE.replace('ValueError(f"negative', 'ValueError(f"below nothing')
    write_tree(tmp_path, shapes=changed)
    three = watch(tmp_path, command).behaviour
    assert fingerprint(three, calls) != fingerprint(one, calls)
    (asked,) = [each for each in differing(one, three, calls) if not each.tried]
    assert words(one.values[asked.arguments]) == "[-1, 1, (), 'm', {}]"


def test_nothing_is_recorded_that_nobody_asked_for(tmp_path: Path) -> None:
    write_tree(tmp_path, shapes=MODULE, test_shapes=SUITE)
    assert watch(tmp_path, "python -m unittest", {}).behaviour == Behaviour()
    assert watch(tmp_path, "python -m unittest", {"nowhere.py": ["f"], "shapes.py": ["nothing"]}).behaviour.calls == {}


def test_functions_stay_what_they_are(tmp_path: Path) -> None:
    suite = """
        import inspect

        import shapes


        def test_it():
            assert str(inspect.signature(shapes.area)) == "(width, height=1, *more, unit='m', **named)"
            assert shapes.area.__doc__ == "Of a rectangle."
            assert shapes.area.__module__ == "shapes"
            assert inspect.isgeneratorfunction(shapes.rows)
            assert inspect.iscoroutinefunction(shapes.later)
            assert "def area" in inspect.getsource(shapes.area)
            try:
                shapes.area(-1)
            except ValueError as error:
                line = error.__traceback__.tb_next.tb_lineno
                assert "raise ValueError" in inspect.getsource(shapes).splitlines()[line - 1]
    """
    write_tree(tmp_path, shapes=MODULE, test_functions=suite)
    run = watch(tmp_path, "python -m pytest -q -p no:cacheprovider")
    assert [(each.outcome.value, each.message) for each in run.report.results.values()] == [("passed", "")]


def test_what_somebody_speaks_of_is_tried_first(tmp_path: Path) -> None:
    suite = "import m\n\ndef test_join(): assert m.join('ab', ['x', 'y'], 3) == 'abxy3'\n"
    write_tree(tmp_path, m="def join(a, b, n):\n    return a + ''.join(b) + str(n)\n", test_m=suite)
    request = replace(
        wire.Request(command="python -m pytest -q -p no:cacheprovider", tests=None, timeout=60.0),
        watched={"m.py": ["join"]},
        seeds=("-_", "long text", 7),
    )
    answer = answer_of(sys.executable, tmp_path, request)
    assert answer is not None
    calls = told(interpret(answer, root=str(tmp_path), watched=True).behaviour, tried=True)["test_join"]
    assert [each.removeprefix("m.py:join") for each in calls[:6]] == [
        "['-_', ['x', 'y'], 3] returns '-_xy3'",
        "['ab', ['-_', 'y'], 3] returns 'ab-_y3'",
        "['ab', ['x', 'y'], 7] returns 'abxy7'",
        "['long text', ['x', 'y'], 3] returns 'long textxy3'",
        "['ab', ['long text', 'y'], 3] returns 'ablong texty3'",
        "['ab-_', ['x', 'y'], 3] returns 'ab-_xy3'",
    ]


PROGRAM = """
import subprocess
import sys

import counts

for number in (1, 1, 2):
    assert counts.double(number) == 2 * number
    print("check.py[3]")
    print(f"test_{number} ok", flush=True)
if len(sys.argv) == 1:
    subprocess.run([sys.executable, __file__, "inner"], check=True)
"""


def test_where_the_hooks_see_no_tests_different_calls_are_recorded_as_of_none(tmp_path: Path) -> None:
    write_tree(tmp_path, counts=COUNTS, check=PROGRAM)
    request = replace(
        wire.Request(command="python check.py", tests=None, timeout=60.0),
        watched={"counts.py": ["double"]},
        unhooked=True,
    )
    answer = answer_of(sys.executable, tmp_path, request)
    assert answer is not None
    run = interpret(answer, root=str(tmp_path), watched=True)
    assert run.report.evidence is Evidence.LINES
    assert run.report.results["check.py::test_1"].outcome.ok
    assert told(run.behaviour) == {"": ["counts.py:double[1] returns 2", "counts.py:double[2] returns 4"]}
    assert len(told(run.behaviour, tried=True)[""]) >= 4


COUNTS = """
    import os

    made = []


    def double(number):
        made.append(number)
        return number * 2


    def spin(number):
        while number > 3:
            pass
        return number


    def leave(number):
        if number != 1:
            os._exit(0)
        return number


    def write(name, text):
        with open(name, "w") as file:
            file.write(text)


    def each(numbers):
        yield from numbers


    class Holder:
        def __init__(self, value):
            self.value = value

        def add(self, more):
            self.value += more
            return self.value
"""
TRIES = """
    import counts


    def test_double():
        assert counts.double(5) == 10
        assert counts.double(5) == 10
        assert counts.made == [5, 5]


    def test_spin():
        assert counts.spin(3) == 3


    def test_leave():
        assert counts.leave(1) == 1


    def test_write(tmp_path):
        counts.write(str(tmp_path / "a"), "b")
        assert [each.name for each in tmp_path.iterdir() if each.name == "a"] == ["a"]
        assert (tmp_path / "a").read_text() == "b"


    def test_each():
        assert list(counts.each([1])) == [1]


    def test_holder():
        holder = counts.Holder([1])
        assert holder.add([2]) == [1, 2]
        assert holder.value == [1, 2]
"""


def test_other_arguments_are_tried_where_a_call_is_made_and_nothing_comes_of_it(tmp_path: Path) -> None:
    write_tree(tmp_path, counts=COUNTS, test_counts=TRIES)
    watched = {"counts.py": ["double", "spin", "leave", "write", "each", "Holder.add"]}
    run = watch(tmp_path, "python -m pytest -q -p no:cacheprovider", watched)
    assert {name: each.outcome.value for name, each in run.report.results.items() if not each.outcome.ok} == {}
    tried = told(run.behaviour, tried=True)
    assert tried["test_double"] == [
        "counts.py:double[6] returns 12",
        "counts.py:double[4] returns 8",
        "counts.py:double[0] returns 0",
        "counts.py:double[-5] returns -10",
    ]
    assert tried["test_spin"] == [  # with 4 it hangs
        "counts.py:spin[2] returns 2",
        "counts.py:spin[0] returns 0",
        "counts.py:spin[-3] returns -3",
    ]
    assert "test_leave" not in tried
    assert "test_each" not in tried
    assert tried["test_holder"][0] == "counts.py:Holder.add[<Holder value=[1]>, []] returns [1]"


LARGE = """
    class Large:
        def __init__(self, count):
            self.__dict__.update(("name%d" % n, n) for n in range(count))


    def take(value):
        return None


    def fail(count):
        raise ValueError(*range(count))


    def each(value):
        yield value
        yield value
"""
ATTACKS = """
    import resource

    import pytest

    import large

    held = []


    def test_many_attributes():
        value = large.Large(200_000)
        for _ in range(5):
            large.take(value)


    def test_many_arguments():
        for _ in range(5):
            with pytest.raises(ValueError):
                large.fail(200_000)


    def test_long_names():
        kind = type("C" * 5_000_000, (), {"a" * 5_000_000: 1})
        value = kind()
        value.__dict__["b" * 5_000_000] = 1
        for _ in range(5):
            large.take(value)


    VALUES = [[0] * 2_000_000, "x" * 10_000_000, {n: n for n in range(200_000)}, 1 << 100_000_000]


    @pytest.mark.parametrize("value", VALUES, ids=["list", "text", "dict", "int"])
    def test_large_arguments(value):
        for n in range(5):
            large.take([value, n])


    @pytest.mark.parametrize("number", range(100))
    def test_many_that_never_end(number):
        for n in range(40):
            generator = large.each([[m, number, n, "y" * 150] for m in range(100)])
            next(generator)
            held.append(generator)


    @pytest.mark.parametrize("number", range(200))
    def test_many_calls(number):
        for n in range(40):
            large.take(0)


    def test_how_much_it_took():
        with open("peak", "w") as file:
            file.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
"""


def test_recording_takes_bounded_memory_whatever_is_recorded(tmp_path: Path) -> None:
    write_tree(tmp_path, large=LARGE, test_large=ATTACKS)

    def peak(watched: dict[str, list[str]]) -> int:
        """MiB."""
        run = watch(tmp_path, "python -m pytest -q -p no:cacheprovider", watched)
        assert {each.outcome.value for each in run.report.results.values()} == {"passed"}
        assert bool(run.behaviour.calls) == bool(watched)
        return int((tmp_path / "peak").read_text()) >> 10

    assert peak({"large.py": ["take", "fail", "each"]}) < peak({}) + 24
