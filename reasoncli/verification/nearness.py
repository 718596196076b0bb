"""How near a recorded call is to what the issue speaks of: a person is asked about that first.

It orders what is shown and asked, and decides nothing.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_CALL = re.compile(r"(?<!\w)([A-Za-z_]\w*)\(")
_WORD = re.compile(r"[A-Za-z_]\w*")
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?!\w|\.\d)")
_LONGEST = 400  # characters of a call
_MOST = 200  # calls
_TEXT = 100_000  # characters of the issue
_SHORT = 2  # characters that stand in any text, unless in quotes
_COMMON = frozenset(("-1", "0", "1", "2"))  # numbers that stand in any text
_CONSTRUCTORS = frozenset(("__init__", "__new__"))

SHOWN: Final = 3
"""The issue shows the call itself."""


class _Unknown:
    """An argument that is no literal: equal to nothing."""


@dataclass(frozen=True, slots=True)
class Mentions:
    """What an issue's text speaks of.

    Attributes:
        text: the issue's.
        calls: that stand in it: name, positional arguments, named arguments; those as structures.
        names: all its words.
        numbers: as they are written there.
    """

    text: str = ""
    calls: tuple[tuple[str, tuple[object, ...], tuple[object, ...]], ...] = ()
    names: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()

    @classmethod
    def of(cls, text: str) -> Mentions:
        """Read them out of a text."""
        text = text[:_TEXT]
        calls = []
        for match in _CALL.finditer(text):
            call = _parsed(text, match.start(), match.end() - 1)
            if call is not None:
                named = tuple(_structure(each.value) for each in call.keywords)
                calls.append((match[1], tuple(map(_structure, call.args)), named))
                if len(calls) == _MOST:
                    break
        numbers = frozenset(match[0] for match in _NUMBER.finditer(text)) - _COMMON
        return cls(text, tuple(calls), frozenset(_WORD.findall(text)), numbers)

    def nearness(self, function: str, arguments: object) -> int:
        """`SHOWN`, or how many of two stand in the issue: the function's name, and any telling value of its arguments.

        Args:
            function: `path:qualified name`.
            arguments: a structure (sandboxes/runner/hooks/reasoncli_values.py): a list of all of them, `self` included.
        """
        scope, _, name = function.rpartition(":")[2].rpartition(".")
        name = scope.rpartition(".")[2] if name in _CONSTRUCTORS else name
        given = arguments[1:] if isinstance(arguments, list) else []
        receiver = bool(scope)
        for called, positional, named in self.calls:
            if called == name and (
                _same(given, positional, named) or (receiver and _same(given[1:], positional, named))
            ):
                return SHOWN
        return (name in self.names) + any(self._stands(each) for each in _values(given))

    def _stands(self, value: object) -> bool:
        """Whether a value is one that the text shows; what stands everywhere tells nothing."""
        if isinstance(value, str):
            quoted = any(f"{sign}{value}{sign}" in self.text for sign in "'\"`")
            return bool(value.strip()) and (quoted or (len(value) > _SHORT and value in self.text))
        return str(value) in self.numbers


def _parsed(text: str, start: int, opening: int) -> ast.Call | None:
    """The call that begins there, to the bracket that closes it, if it is Python."""
    depth, quote, at = 0, "", opening
    for at in range(opening, min(len(text), start + _LONGEST)):
        sign = text[at]
        if quote:
            quote = "" if sign == quote and text[at - 1] != "\\" else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
            if not depth:
                break
    try:
        node = ast.parse(text[start : at + 1], mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return node if isinstance(node, ast.Call) else None


def _structure(node: ast.expr) -> object:
    """A literal as the hooks would have recorded its value."""
    try:
        return _of(ast.literal_eval(node))
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return _Unknown()


def _of(value: object) -> object:
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return ["float", f"{value:.12g}"]
        case list() | tuple():
            return [type(value).__name__, *map(_of, value)]
        case set():
            return ["set", *sorted(map(_of, value), key=json.dumps)]
        case dict():
            return ["dict", *sorted(([_of(key), _of(each)] for key, each in value.items()), key=json.dumps)]
        case _:
            return _Unknown()


def _same(given: list[object], positional: tuple[object, ...], named: tuple[object, ...]) -> bool:
    """Whether a call was made with these arguments, those that are not given being the function's own defaults.

    Names of parameters are not recorded: a named argument may be any of those that follow, or stand among `**named`.
    """
    count = len(positional)
    if not positional and not named:
        return not given
    if not _equal(given[:count], list(positional)):
        folded = given[0] if given else None  # `*arguments`
        if named or not isinstance(folded, list) or not _equal(folded, ["tuple", *positional]):
            return False
    rest = list(given[count:])
    for each in given[count:]:
        if isinstance(each, list) and each[:1] == ["dict"]:
            rest += [pair[1] for pair in each[1:] if isinstance(pair, list) and len(pair) == 2]
    return all(any(_equal(value, each) for each in rest) for value in named)


def _equal(one: object, other: object) -> bool:
    """Of structures, where `True` is not 1."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return type(one) is type(other) and one == other


def _values(structures: list[object]) -> Iterator[object]:
    """Texts and numbers in structures, those at the top first."""
    todo = list(structures)
    for each in todo:
        if isinstance(each, bool):
            continue
        if isinstance(each, int | str):
            yield each
        elif isinstance(each, list) and each:
            kind, *rest = each
            if kind == "float":
                yield from (float(text) for text in rest[:1] if isinstance(text, str) and _NUMBER.fullmatch(text))
            elif kind == "text":
                yield from rest[:1]
            elif kind in ("list", "tuple", "set"):
                todo += rest
            elif kind == "dict":
                todo += [part for pair in rest if isinstance(pair, list) for part in pair]
            elif kind in ("object", "raised"):
                todo += [part for pair in rest[1:] for part in (pair[1:] if isinstance(pair, list) else [pair])]
