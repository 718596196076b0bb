"""Printing one statement a line, against `ast.unparse`, and every printed line against its place in the source."""

from __future__ import annotations

import argparse
import ast
import asyncio.base_events
import dataclasses
import enum
import json.decoder
import typing
from pathlib import Path

import pytest

from reasoncli import python_source
from reasoncli.patches.statement_form import meaning
from reasoncli.python_source import Span, ast_lines, definitions, parse, parse_or_error, unit_lines

MODULES = [argparse, ast, asyncio.base_events, dataclasses, enum, json.decoder, typing]

ODD = '''
class A(B, metaclass=C):
    @deco(
        1)
    @ other
    async def f(self, a, /, b: int = 3, *args, c, **kw) -> {1: 2}:  # colon: here
        """Doc."""
        async for x, in y:
            await x
        else:
            pass
        async with a as (b, c), d: pass
        try: x
        except* (E,) as e: pass
        while x[1:2] : break
        if (lambda: 0)(): pass
        elif x: y; z
        else: w
        with (open(a) as b,  # note: b
              c):
            pass
        match a:
            case {"x": [1, *_], **rest} if rest: pass
            case A(b=1) | None:
                pass
        for \\
            x in \\
            y:
            f"{x:>{w}} {y!r:^10}"
        def g(): return 1
        class E: "doc"; x = 1
        \xe9 = "\xe9\xe9"; z = (\xe9
          + 1)
        global q
        return lambda a: {b: a for b in a if b}
'''


def reference(node: ast.AST) -> str:
    """What `ast.unparse` makes of a definition without docstrings, the blank lines left out."""
    for inner in ast.walk(node):
        if isinstance(inner, python_source.Definition | ast.ClassDef) and python_source.is_docstring(inner.body[0]):
            inner.body = inner.body[1:] or [ast.Pass()]
    return "\n".join(line for line in ast.unparse(node).split("\n") if line)


def sources() -> list[str]:
    return [*(Path(str(module.__file__)).read_text("utf-8") for module in MODULES), ODD]


@pytest.mark.parametrize("source", sources(), ids=[*(m.__name__ for m in MODULES), "odd"])
def test_printed_as_unparse_does(source: str) -> None:
    module, again = parse(source), parse(source)
    assert module is not None
    assert again is not None
    seen = 0
    for (_, node), (_, other) in zip(definitions(module), definitions(again), strict=True):
        printed = "\n".join(line.printed for line in unit_lines(node, source))
        if "\n\n" not in printed:  # a string with a blank line inside
            assert printed == reference(other)
            seen += 1
    assert seen


def cut(source: str, span: Span) -> str:
    lines = [line.encode() for line in ast_lines(source)][span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column]
    lines[0] = lines[0][span.column :]
    return b"".join(lines).decode()


@pytest.mark.parametrize("source", sources(), ids=[*(m.__name__ for m in MODULES), "odd"])
def test_every_line_has_its_place(source: str) -> None:
    module = parse(source)
    assert module is not None
    lines = [line for line in unit_lines(module.body, source) if line.span is not None]
    for line in lines[:: 1 if len(lines) < 300 else 7]:
        assert line.span is not None
        meant = meaning(line.text)
        assert meant is not None, line
        shown = cut(source, line.span)
        assert meant in (meaning(shown), meaning("el" + shown)), (line, shown)


def test_no_noise_from_what_is_parsed(recwarn: pytest.WarningsRecorder) -> None:
    assert parse("x = '\\d'\nassert (1, 2)\n") is not None
    assert parse("def f(:\n") is None
    assert parse_or_error("x = (\n") == "line 1: '(' was never closed"
    assert isinstance(parse_or_error("x = 1\0"), str)
    assert not recwarn.list


def test_integers_beyond_what_python_prints_are_printed() -> None:
    source = f"def f(x):\n    return x == 0x{'f' * 6000}\n"
    module = parse(source.encode())
    assert module is not None
    [(_, function)] = definitions(module)
    assert unit_lines(function, source)[1].text == f"return x == 0x{'f' * 6000}"


def test_what_is_nested_too_deep_has_no_lines() -> None:
    source = "x = " + " + ".join(["a"] * 900) + "\n"
    module = parse(source)
    assert module is not None
    assert unit_lines(module.body, source) == []


def test_lines_are_counted_as_the_parser_does() -> None:
    source = "a = 1\r\nb = '\x0c\u2028'\rc = 3\n\x0cd = 4"
    module = parse(source)
    assert module is not None
    assert [node.lineno for node in module.body] == [1, 2, 3, 4]
    assert ast_lines(source) == ["a = 1\r\n", "b = '\x0c\u2028'\r", "c = 3\n", "\x0cd = 4"]


def test_definitions_are_qualified() -> None:
    nested = "class A:\n    def f(self):\n        def g(): pass\n    class B:\n        def h(self): pass\n"
    module = parse(nested + "if x:\n    def k(): pass\n")
    assert module is not None
    assert [name for name, _ in definitions(module)] == ["A.f", "A.f.g", "A.B.h", "k"]
