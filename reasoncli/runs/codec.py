"""Frozen dataclasses to JSON and back, by their type annotations.

One rule a kind of value:

    None, bool, int, str    as they are
    float                   a number; "inf", "-inf", "nan" as strings, for JSON knows none of them
    bytes                   base64
    Path, enum              its text, its value
    tuple                   a list
    frozenset               a sorted list; of integers: a sorted list in which [3, 9] stands for 3 to 9
    Mapping                 an object (keys are text)
    dataclass               an object with a key for each field
    union of dataclasses    the same, with the class's name under "$"

Reading is strict: an unknown key, a missing one without a default, or a value of another kind is a
`CodecError`. So a field can be added with a default without a migration; renaming one needs one.
"""

from __future__ import annotations

import base64
import binascii
import collections.abc
import dataclasses
import math
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
Json = Any


class CodecError(ValueError):
    """Data that doesn't have the shape of its type, or a type that has no rule."""


def encode(kind: type[T], value: T) -> Json:
    """A value of this type as what `json.dumps` takes."""
    return _rule(typing.cast(Any, kind)).encode(value)


def decode(kind: type[T], data: Json) -> T:
    """The value that `encode` made this from.

    Raises:
        CodecError: the data has another shape.
    """
    value: T = _rule(typing.cast(Any, kind)).decode(data)
    return value


@dataclasses.dataclass(frozen=True, slots=True)
class _Rule:
    encode: Callable[[Any], Json]
    decode: Callable[[Json], Any]


def _same(value: Any) -> Any:
    return value


@cache
def _rule(kind: Any) -> _Rule:
    """The rule for a type; made once, since every completion and verdict passes here."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is type(None) or kind in (bool, int, str):
        return _Rule(_same, _expect(kind))
    if kind is float:
        return _Rule(_encode_float, _decode_float)
    if kind is bytes:
        return _Rule(lambda value: base64.b64encode(value).decode(), _decode_bytes)
    if origin in (typing.Union, types.UnionType):
        return _union(arguments)
    if origin is tuple:
        return _tuple(arguments)
    if origin is frozenset:
        return _int_set() if arguments == (int,) else _set(arguments[0])
    if origin is collections.abc.Mapping:
        return _mapping(*arguments)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _Rule(lambda value: value.value, lambda data: _made(kind, data))
    if isinstance(kind, type) and issubclass(kind, Path):
        return _Rule(str, lambda data: Path(_expect(str)(data)))
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return _dataclass(kind)
    raise CodecError(f"no rule for values of type {kind}")


def _expect(kind: type) -> Callable[[Json], Any]:
    def check(data: Json) -> Any:
        if type(data) is not kind:  # exactly: True is no integer here
            raise CodecError(f"{kind.__name__} expected, got {data!r:.80}")
        return data

    return check


def _made(kind: type[Enum], data: Json) -> Enum:
    try:
        return kind(data)
    except ValueError as error:
        raise CodecError(str(error)) from error


def _encode_float(value: float) -> Json:
    return float(value) if math.isfinite(value) else repr(float(value))


def _decode_float(data: Json) -> float:
    if isinstance(data, int | float) and not isinstance(data, bool):
        return float(data)
    if data in ("inf", "-inf", "nan"):
        return float(data)
    raise CodecError(f"a number expected, got {data!r:.80}")


def _decode_bytes(data: Json) -> bytes:
    try:
        return base64.b64decode(_expect(str)(data), validate=True)
    except binascii.Error as error:
        raise CodecError(f"base64 expected: {error}") from error


def _union(arguments: tuple[Any, ...]) -> _Rule:
    members = [argument for argument in arguments if argument is not type(None)]
    optional = len(members) < len(arguments)
    inner = _rule(members[0]) if len(members) == 1 else _tagged(members)
    if not optional:
        return inner
    return _Rule(
        lambda value: None if value is None else inner.encode(value),
        lambda data: None if data is None else inner.decode(data),
    )


def _tagged(members: Iterable[Any]) -> _Rule:
    by_name: dict[str, Any] = {member.__name__: member for member in members}

    def encode_one(value: Any) -> Json:
        name = type(value).__name__
        return {"$": name, **_rule(by_name[name]).encode(value)}

    def decode_one(data: Json) -> Any:
        fields = dict(_expect(dict)(data))
        name = fields.pop("$", None)
        if name not in by_name:
            raise CodecError(f"one of {', '.join(by_name)} expected, got {name!r:.80}")
        return _rule(by_name[name]).decode(fields)

    return _Rule(encode_one, decode_one)


def _tuple(arguments: tuple[Any, ...]) -> _Rule:
    if len(arguments) == 2 and arguments[1] is ...:
        item = _rule(arguments[0])
        return _Rule(
            lambda value: [item.encode(each) for each in value],
            lambda data: tuple(item.decode(each) for each in _expect(list)(data)),
        )
    items = [_rule(argument) for argument in arguments]

    def decode_items(data: Json) -> tuple[Any, ...]:
        if len(_expect(list)(data)) != len(items):
            raise CodecError(f"{len(items)} items expected, got {len(data)}")
        return tuple(item.decode(each) for item, each in zip(items, data, strict=True))

    return _Rule(
        lambda value: [item.encode(each) for item, each in zip(items, value, strict=True)],
        decode_items,
    )


def _set(argument: Any) -> _Rule:
    item = _rule(argument)
    return _Rule(
        lambda value: sorted(item.encode(each) for each in value),
        lambda data: frozenset(item.decode(each) for each in _expect(list)(data)),
    )


def _int_set() -> _Rule:
    """Covered lines come in runs: a third of the size, and quick to write and read."""

    def encode_runs(value: frozenset[int]) -> Json:
        runs: list[list[int]] = []
        for number in sorted(value):
            if runs and number == runs[-1][1] + 1:
                runs[-1][1] = number
            else:
                runs.append([number, number])
        return [run[0] if run[0] == run[1] else run for run in runs]

    def decode_runs(data: Json) -> frozenset[int]:
        numbers: list[int] = []
        for run in _expect(list)(data):
            match run:
                case int():
                    numbers.append(run)
                case [int(first), int(last)]:
                    numbers.extend(range(first, last + 1))
                case _:
                    raise CodecError(f"a number or a pair of them expected, got {run!r:.80}")
        return frozenset(numbers)

    return _Rule(encode_runs, decode_runs)


def _mapping(key: Any, value: Any) -> _Rule:
    if key is not str:
        raise CodecError(f"keys of a mapping must be text, not {key}")
    item = _rule(value)

    def decode_items(data: Json) -> Mapping[str, Any]:
        return types.MappingProxyType({name: item.decode(each) for name, each in _expect(dict)(data).items()})

    return _Rule(lambda mapping: {name: item.encode(each) for name, each in mapping.items()}, decode_items)


def _dataclass(kind: Any) -> _Rule:
    hints = typing.get_type_hints(kind)
    fields = [field for field in dataclasses.fields(kind) if field.init]
    rules = {field.name: _rule(hints[field.name]) for field in fields}
    required = {
        field.name
        for field in fields
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }

    def encode_fields(value: Any) -> Json:
        return {name: rule.encode(getattr(value, name)) for name, rule in rules.items()}

    def decode_fields(data: Json) -> Any:
        names = _expect(dict)(data).keys()
        if unknown := names - rules.keys():
            raise CodecError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
        if missing := required - names:
            raise CodecError(f"{kind.__name__} lacks {', '.join(sorted(missing))}")
        return kind(**{name: rules[name].decode(each) for name, each in data.items()})

    return _Rule(encode_fields, decode_fields)
