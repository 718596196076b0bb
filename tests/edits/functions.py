"""Functions to try the grammar on: from the standard library, and small ones made at random."""

from __future__ import annotations

import argparse
import ast
import asyncio.base_events
import textwrap
import typing
from functools import cache
from pathlib import Path

from hypothesis import strategies as st

from reasoncli import python_source


def printed(source: str) -> list[str]:
    """The lines of the first function of a text, as the tool prints them."""
    source = textwrap.dedent(source)
    module = python_source.parse(source)
    assert module is not None
    _, definition = next(python_source.definitions(module))
    return [line.printed for line in python_source.unit_lines(definition, source)][len(definition.decorator_list) :]


@cache
def of_library() -> list[list[str]]:
    """Every function of some modules that holds at most 60 lines."""
    functions = []
    for module in (argparse, ast, asyncio.base_events, typing, textwrap):
        source = Path(str(module.__file__)).read_text("utf-8")
        tree = python_source.parse(source)
        assert tree is not None
        for _, definition in python_source.definitions(tree):
            lines = [line.printed for line in python_source.unit_lines(definition, source)]
            lines = lines[len(definition.decorator_list) :]
            if len(lines) <= 60:
                functions.append(lines)
    return functions


def _joined(parts: tuple[str, str, str]) -> str:
    return f"({parts[0]} {parts[1]} {parts[2]})"


def _indented(block: list[str]) -> str:
    return textwrap.indent("\n".join(block), "    ")


_NAMES = st.sampled_from(["a", "b", "items", "self", "n"])
_EXPRESSIONS = st.recursive(
    st.one_of(_NAMES, st.sampled_from(["0", "1", "-2", "2.5", "'text'", "None", "True", "b'x'", "[]", "f'{a} {b!r}'"])),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "**", "%", "//", "|", "<<"]), inner).map(_joined),
        st.tuples(inner, st.sampled_from(["and", "or", "<", "==", "is not", "in", "not in"]), inner).map(_joined),
        inner.map(lambda one: f"(not {one})"),
        inner.map(lambda one: f"(-{one})"),
        inner.map(lambda one: f"({one}).attr"),
        inner.map(lambda one: f"self.call({one}, key={one})"),
        inner.map(lambda one: f"len({one})"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]})[{two[1]}]"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]})[{two[1]}:]"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]}, {two[1]})"),
        st.tuples(inner, inner).map(lambda two: f"{{{two[0]}: {two[1]}}}"),
        st.tuples(inner, inner, inner).map(lambda three: f"({three[0]} if {three[1]} else {three[2]})"),
        st.tuples(inner, inner).map(lambda two: f"[a for a in {two[0]} if {two[1]}]"),
        inner.map(lambda one: f"(lambda b: {one})"),
    ),
    max_leaves=6,
)


_SIMPLE = st.one_of(
    _EXPRESSIONS.map(lambda one: f"a = {one}"),
    _EXPRESSIONS.map(lambda one: f"self.b = {one}"),
    _EXPRESSIONS.map(lambda one: f"n += {one}"),
    _EXPRESSIONS.map(lambda one: f"a, b = {one}"),
    _EXPRESSIONS.map(lambda one: f"return {one}"),
    _EXPRESSIONS.map(lambda one: f"yield {one}"),
    _EXPRESSIONS.map(lambda one: f"items.append({one})"),
    _EXPRESSIONS.map(lambda one: f"raise ValueError({one})"),
    _EXPRESSIONS.map(lambda one: f"assert {one}"),
    st.sampled_from(["del items[0]", "pass", "return", "x: int = 3"]),
)


_BLOCKS = st.recursive(
    st.lists(_SIMPLE, min_size=1, max_size=3),
    lambda inner: st.one_of(
        st.tuples(_EXPRESSIONS, inner, inner).map(lambda p: [f"if {p[0]}:", _indented(p[1]), *p[2]]),
        st.tuples(_EXPRESSIONS, inner, inner).map(lambda p: [f"if {p[0]}:", _indented(p[1]), "else:", _indented(p[2])]),
        st.tuples(_EXPRESSIONS, inner).map(lambda p: [f"for n in {p[0]}:", _indented(p[1]), "    break"]),
        st.tuples(_EXPRESSIONS, inner).map(lambda p: [f"while {p[0]}:", _indented(p[1]), "    continue"]),
        st.tuples(inner, inner).map(
            lambda p: ["try:", _indented(p[0]), "except (KeyError, OSError) as e:", _indented(p[1])]
        ),
        st.tuples(_EXPRESSIONS, inner).map(lambda p: [f"with {p[0]} as b:", _indented(p[1])]),
        inner.map(lambda block: ["def inner(c=1):", _indented(block), "return inner(2)"]),
    ),
    max_leaves=4,
)

FUNCTIONS = _BLOCKS.map(lambda block: printed("def made(self, a, b=None, *items, n=0):\n" + _indented(block)))
"""Functions of many forms, printed."""
