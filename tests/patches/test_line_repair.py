from __future__ import annotations

from pathlib import Path

import pytest

from reasoncli import python_source
from reasoncli.domain import Completion, Form, Patch, Prompt, Region, Rejection, RepairContent
from reasoncli.patches.completions import parse
from reasoncli.patches.policy import Policy
from reasoncli.patches.tree import MemoryTree

SOURCE = '''import os


class Shelf:
    def find(self, a, b):
        """Doc."""
        # a comment
        if a<b and (a ==
                    "x"):  # why
            return [a, "q",
                    b]
        elif a: x = 1; y = 2
        else:
            if b:
                y = 3
            text = """one
two"""
        try:
            self.run(a,  # first
                     key = b)
        except (KeyError, ValueError) as error:
            raise
        with open(a) as f, \\
                open(b) as g:
            pass
        for i in range(len(a)-1): print(i)
        return a-b

    @property
    def name(self): return self._name


async def later(x,
                *, y=None) -> int:
    while x > 0:
        x -= 1
    match x:
        case [1, *rest] if rest:
            return 1
        case _:
            return (x
                    + 1)
'''


def repair(
    line: str, region: tuple[int, int], answer: str, source: str | bytes = SOURCE, function: str = ""
) -> Patch | Rejection:
    data = source if isinstance(source, bytes) else source.encode()
    content = RepairContent(function or f"def f():\n    {line}", line)
    prompt = Prompt("p", Form.LINE_REPAIR, content, Region("m.py", *region))
    return parse(Completion("p", answer, 1, (), 1, "stop"), prompt, MemoryTree({"m.py": data}), Policy())


def changed(result: Patch | Rejection) -> list[str]:
    assert isinstance(result, Patch), result
    lines = [line for line in result.diff.split("\n") if not line.startswith(("--- ", "+++ "))]
    return [line for line in lines if line[:1] in ("+", "-")]


@pytest.mark.parametrize(
    ("line", "region", "answer", "expected"),
    [
        (
            "if a < b and a == 'x':",
            (8, 9),
            " if a <= b and a == 'x':",
            ["-        if a<b and (a ==", "+        if a<=b and (a =="],
        ),
        (
            "if a < b and a == 'x':",
            (8, 9),
            "if a < b and a == 'y':",
            ['-                    "x"):  # why', "+                    'y'):  # why"],
        ),
        (
            "return [a, 'q', b]",
            (10, 11),
            "return [a, 'q', b + 1]",
            ["-                    b]", "+                    b + 1]"],
        ),
        (
            "return [a, 'q', b]",
            (10, 11),
            "return [b, 'q', a]",
            [
                '-            return [a, "q",',
                "-                    b]",
                '+            return [b, "q",',
                "+                    a]",
            ],
        ),
        ("elif a:", (12, 12), "elif not a:", ["-        elif a: x = 1; y = 2", "+        elif not a: x = 1; y = 2"]),
        ("x = 1", (12, 12), "x = 2", ["-        elif a: x = 1; y = 2", "+        elif a: x = 2; y = 2"]),
        ("y = 2", (12, 12), "y = a", ["-        elif a: x = 1; y = 2", "+        elif a: x = 1; y = a"]),
        ("elif b:", (14, 14), "elif not b:", None),  # printed as in `else: if`, see the next one
        ("if b:", (14, 14), "if not b:", ["-            if b:", "+            if not b:"]),
        (
            "text = 'one\\ntwo'",
            (16, 17),
            "text = None",
            ['-            text = """one', '-two"""', "+            text = None"],
        ),
        (
            "self.run(a, key=b)",
            (19, 20),
            "self.run(b, key=a)",
            [
                "-            self.run(a,  # first",
                "-                     key = b)",
                "+            self.run(b,  # first",
                "+                     key = a)",
            ],
        ),
        (
            "except (KeyError, ValueError) as error:",
            (21, 21),
            "except KeyError as error:",
            ["-        except (KeyError, ValueError) as error:", "+        except KeyError as error:"],
        ),
        (
            "with open(a) as f, open(b) as g:",
            (23, 24),
            "with open(b) as f, open(b) as g:",
            ["-        with open(a) as f, \\", "+        with open(b) as f, \\"],
        ),
        (
            "for i in range(len(a) - 1):",
            (26, 26),
            "for i in range(len(a)):",
            ["-        for i in range(len(a)-1): print(i)", "+        for i in range(len(a)): print(i)"],
        ),
        ("return a - b", (27, 27), "return a + b", ["-        return a-b", "+        return a+b"]),
        ("return a - b", (27, 27), "", ["-        return a-b"]),
        (
            "def name(self):",
            (30, 30),
            "def name(self, other):",
            ["-    def name(self): return self._name", "+    def name(self, other): return self._name"],
        ),
        ("@property", (29, 29), "@cached_property", ["-    @property", "+    @cached_property"]),
        (
            "async def later(x, *, y=None) -> int:",
            (33, 34),
            "async def later(x, *, y=0) -> int:",
            ["-                *, y=None) -> int:", "+                *, y=0) -> int:"],
        ),
        ("while x > 0:", (35, 35), "while x >= 0:", ["-    while x > 0:", "+    while x >= 0:"]),
        (
            "case [1, *rest] if rest:",
            (38, 38),
            "case [1, *rest]:",
            ["-        case [1, *rest] if rest:", "+        case [1, *rest]:"],
        ),
        ("return x + 1", (41, 42), "return x - 1", ["-                    + 1)", "+                    - 1)"]),
    ],
)
def test_replaced_in_the_form_of_the_file(
    line: str, region: tuple[int, int], answer: str, expected: list[str] | None
) -> None:
    result = repair(line, region, answer)
    if expected is None:
        assert isinstance(result, Rejection)
        return
    assert changed(result) == expected


def test_an_if_can_become_an_elif() -> None:
    source = "def f(a, b):\n    if a:\n        return 1\n    if b:\n        return 2\n"
    assert changed(repair("if b:", (4, 4), "elif b:", source)) == ["-    if b:", "+    elif b:"]


def test_an_else_with_only_an_if_is_printed_as_elif() -> None:
    source = "def f(a, b):\n    if a:\n        return 1\n    else:\n        if b:\n            return 2\n"
    assert changed(repair("elif b:", (5, 5), "elif not b:", source)) == ["-        if b:", "+        if not b:"]


@pytest.mark.parametrize("answer", ["return a - b", " return a - b ", "return a-b", "return (a - b)"])
def test_the_same_is_no_change(answer: str) -> None:
    result = repair("return a - b", (27, 27), answer)
    assert isinstance(result, Rejection)
    assert result.kind == "no-change"


def test_several_lines_stand_as_in_the_print() -> None:
    function = "def f(a):\n    if a:\n        return 1\n    return 2"
    source = "class A:\n\tdef f(self, a):\n\t\tif a:\n\t\t\treturn 1\n\t\treturn 2\n"
    result = repair("return 1", (4, 4), " a = -a\n        return a\n    print(a)", source, function)
    assert isinstance(result, Patch)
    assert (
        result.changes[0].content
        == b"class A:\n\tdef f(self, a):\n\t\tif a:\n\t\t\ta = -a\n\t\t\treturn a\n\t\tprint(a)\n\t\treturn 2\n"
    )


def test_a_new_condition_around_nothing_else() -> None:
    function = "def f(a):\n    return a[0]"
    result = repair(
        "return a[0]", (2, 2), "if not a:\n        return None\n    return a[0]", "def f(a):\n  return a[0]\n", function
    )
    assert isinstance(result, Patch)
    assert result.changes[0].content == b"def f(a):\n  if not a:\n    return None\n  return a[0]\n"


def test_several_lines_do_not_share_a_line() -> None:
    result = repair("x = 1", (12, 12), "x = 1\n    z = 2")
    assert isinstance(result, Rejection)
    assert result.kind == "unappliable"


@pytest.mark.parametrize(("answer", "kind"), [("return a -", "syntax"), ("if a:", "syntax"), ("else:", "syntax")])
def test_nonsense_is_no_syntax(answer: str, kind: str) -> None:
    result = repair("return a - b", (27, 27), answer)
    assert isinstance(result, Rejection)
    assert result.kind == kind


@pytest.mark.parametrize("value", ["0x" + "f" * 6000, "+".join(["a"] * 1500)])
def test_values_made_to_break_a_printer_are_values(value: str) -> None:
    assert changed(repair("return a - b", (27, 27), f"return {value}"))[1] == f"+        return {value}"


def test_a_line_that_is_not_there() -> None:
    for line, region in (("return z", (27, 27)), ("return a - b", (26, 26)), ("else:", (13, 13))):
        result = repair(line, region, "return 1")
        assert isinstance(result, Rejection)
        assert result.kind == "unappliable"


def test_every_other_byte_stays() -> None:
    source = "\ufeff# -*- coding: utf-8 -*-\r\ndef f(a):\r\n    x = '\u00e9'   \r\n    return a,x  # \u00e9\r\n\r\n\r\n"
    result = repair("return (a, x)", (4, 4), "return (x, a)", source.encode())
    assert isinstance(result, Patch)
    content = result.changes[0].content
    assert content is not None
    assert content.replace(b"(x, a)", b"x,a") == source.replace("a,x  #", "x,a  #").encode()


def test_latin_source() -> None:
    source = "# coding: latin-1\ndef f(a):\n    '\xe9'; return a + '\xe9'  # \xe9\n".encode("latin-1")
    result = repair("return a + '\xe9'", (3, 3), "return '\xe9' + a", source)
    assert isinstance(result, Patch)
    assert result.changes[0].content == source.replace(b"a + '\xe9'", b"'\xe9' + a")


def test_cut_off_answers_are_none() -> None:
    prompt = Prompt("p", Form.LINE_REPAIR, RepairContent("", "return a - b"), Region("m.py", 27, 27))
    result = parse(
        Completion("p", "return a", 1, (), 1, "length"), prompt, MemoryTree({"m.py": SOURCE.encode()}), Policy()
    )
    assert isinstance(result, Rejection)
    assert result.kind == "unparsable"


def test_every_printed_line_of_real_code_finds_its_way_back() -> None:
    """Every third line of a source of this project, replaced by `pass` or another header, changes just its span."""
    source = Path(python_source.__file__).read_text(encoding="utf-8")
    tree = python_source.parse(source)
    assert tree is not None
    lines = source.splitlines()
    for printed in python_source.unit_lines(tree.body, source)[::3]:
        span = printed.span
        if span is None:
            continue
        result = repair(printed.text, (span.line, span.end_line), "raise SystemExit", source)
        if printed.text.endswith(":") or printed.text.startswith("@"):
            continue
        assert isinstance(result, Patch), (printed, result)
        content = result.changes[0].content
        assert content is not None
        after = content.decode().splitlines()
        assert after[: span.line - 1] == lines[: span.line - 1]
        rest = len(lines) - span.end_line
        assert after[len(after) - rest :] == lines[len(lines) - rest :]
