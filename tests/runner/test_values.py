"""Values as structure: the same for equal ones, and without running anything that a class defines."""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import importlib.util
import json
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from reasoncli.resources import sandboxes_dir

_FILE = sandboxes_dir() / "runner" / "hooks" / "reasoncli_values.py"
_spec = importlib.util.spec_from_file_location("reasoncli_values", _FILE)
assert _spec is not None
assert _spec.loader is not None
values: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(values)


def never(*arguments: object) -> NoReturn:
    raise SystemError("code of a value ran")


class Hostile:
    def __init__(self) -> None:
        object.__setattr__(self, "state", 1)

    __repr__ = __str__ = __eq__ = __hash__ = __iter__ = __len__ = __bool__ = __getattribute__ = never  # type: ignore[assignment]
    __getattr__ = __reduce_ex__ = __dir__ = __format__ = __contains__ = __getitem__ = never  # type: ignore[assignment]
    __class__ = property(never)  # type: ignore[assignment]


class HostileMeta(type):
    __getattribute__ = __repr__ = __eq__ = __hash__ = __instancecheck__ = never  # type: ignore[assignment]


class OfMeta(metaclass=HostileMeta):
    pass


class List(list[object]):
    __iter__ = __len__ = __getitem__ = never  # type: ignore[assignment]


class Dict(dict[object, object]):
    items = keys = __iter__ = __getitem__ = never  # type: ignore[assignment]


class Text(str):
    __slots__ = ()
    __str__ = __repr__ = __len__ = __hash__ = never  # type: ignore[assignment]


class Number(int):
    __int__ = __index__ = __repr__ = __add__ = never  # type: ignore[assignment]


class Failure(Exception):
    @property
    def args(self) -> tuple[object, ...]:  # type: ignore[override]
        never()


class Slots:
    __slots__ = ("first", "second")

    def __init__(self) -> None:
        self.first = 1


class Colour(enum.Enum):
    RED = 1


Pair = collections.namedtuple("Pair", "a b")
HERE = __name__


CASES: list[tuple[Callable[[], object], object]] = [
    (lambda: Hostile(), ["object", f"{HERE}.Hostile", ["state", 1]]),
    (lambda: OfMeta(), ["object", f"{HERE}.OfMeta"]),
    (lambda: List([1, "a"]), ["object", f"{HERE}.List", ["list", 1, "a"]]),
    (lambda: Dict(a=1), ["object", f"{HERE}.Dict", ["dict", ["a", 1]]]),
    (lambda: Text("x"), ["object", f"{HERE}.Text", ["value", "x"]]),
    (lambda: Number(3), ["object", f"{HERE}.Number", ["value", 3]]),
    (lambda: Failure("a", 2), ["raised", f"{HERE}.Failure", "a", 2]),
    (lambda: Slots(), ["object", f"{HERE}.Slots", ["first", 1]]),
    (lambda: Pair(1, 2), ["object", f"{HERE}.Pair", ["tuple", 1, 2]]),
    (lambda: {"b": 1, "a": {2, 1}}, ["dict", ["a", ["set", 1, 2]], ["b", 1]]),
    (lambda: 0.1 + 0.2, ["float", "0.3"]),
    (lambda: float("nan"), ["float", "nan"]),
    (lambda: b"ab", ["bytes", 2, values.structure(b"ab")[2]]),
    (lambda: datetime.date(2020, 1, 2), ["own", "datetime.date", "datetime.date(2020, 1, 2)"]),
    (lambda: decimal.Decimal("1.0"), ["own", "decimal.Decimal", "Decimal('1.0')"]),
    (lambda: len, ["name", "builtins.len"]),
    (lambda: Slots, ["name", f"{HERE}.Slots"]),
    (lambda: sys, ["name", "sys"]),
    (lambda: (number for number in ()), ["lazy", "builtins.generator"]),
    (lambda: collections.deque([1]), ["object", "collections.deque", ["list", 1]]),
    (lambda: True, True),
]


def test_structures() -> None:
    for make, structure in CASES:  # no parameters, as pytest itself would look at the values
        found = values.structure(make())
        assert found == structure
        json.dumps(found)


def test_an_enum_is_known_by_its_value() -> None:
    assert ["_value_", 1] in values.structure(Colour.RED)


def test_a_value_that_holds_itself_and_one_that_stands_twice() -> None:
    loop: list[object] = [1]
    loop.append(loop)
    assert values.structure(loop) == ["list", 1, ["around", 0]]
    shared = [1]
    assert values.structure([shared, shared]) == values.structure([[1], [1]])


def test_limits() -> None:
    deep: list[object] = []
    for _ in range(100):
        deep = [deep]
    for large in (deep, list(range(10**5)), [[1]] * 10**5, {n: n for n in range(10**5)}, "x" * 10**7, 10**10**4):
        assert len(json.dumps(values.structure(large))) < 20_000
    assert values.structure("x" * 1000) != values.structure("x" * 999 + "y")
    assert values.structure(10**100) != values.structure(10**100 + 1)
