"""The canonical form: what it merges, what it must keep apart, and by chance: equal forms behave alike."""

from __future__ import annotations

import random
import re
import types
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoncli.patches.canonical import canonical


def equal(left: str, right: str) -> bool:
    a, b = canonical(left.encode()), canonical(right.encode())
    assert a is not None
    assert b is not None
    return a == b


SAME = [
    ("x = 1\n", "x=1  # one\n"),
    ("x = (1 +\n     2)\n", "x = 1 + 2\n"),
    ("s = 'a'\n", 's = "a"\n'),
    ("s = u'a'\n", "s = 'a'\n"),
    ("x = 0x10\n", "x = 16\n"),
    ("if a:\n    pass\nelif b:\n    f()\n", "if a:\n    pass\nelse:\n    if b:\n        f()\n"),
    ("def f(a):\n    x = a\n    return x\n", "def f(a):\n    value = a\n    return value\n"),
    ("def f(a):\n    '''Doc.'''\n    return a\n", "def f(a):\n    return a\n"),
    ("def f(a):\n    '''Doc.'''\n", "def f(a):\n    pass\n"),
    ("'''Module.'''\nx = 1\n", "x = 1\n"),
    ("class A:\n    '''Doc.'''\n    x = 1\n", "class A:\n    x = 1\n"),
    ("class E(ValueError):\n    '''Doc.'''\n", "class E(ValueError):\n    pass\n"),
    ("def f(a):\n    return [x for x in a]\n", "def f(a):\n    return [y for y in a]\n"),
    ("def f(a):\n    for i in a:\n        print(i)\n", "def f(a):\n    for item in a:\n        print(item)\n"),
    (
        "def f(a):\n    try:\n        a()\n    except ValueError as e:\n        return e\n",
        "def f(a):\n    try:\n        a()\n    except ValueError as error:\n        return error\n",
    ),
    (
        "def f(a):\n    match a:\n        case [x, *r]:\n            return x, r\n",
        "def f(a):\n    match a:\n        case [h, *t]:\n            return h, t\n",
    ),
    ("def f(a):\n    with a as x:\n        return x\n", "def f(a):\n    with a as y:\n        return y\n"),
    ("def f(a):\n    if (n := a):\n        return n\n", "def f(a):\n    if (m := a):\n        return m\n"),
    ("async def f(a):\n    x = await a\n    return x\n", "async def f(a):\n    y = await a\n    return y\n"),
    (
        "class A:\n    def f(self):\n        x = 1\n        return x\n",
        "class A:\n    def f(self):\n        y = 1\n        return y\n",
    ),
]

DIFFERENT = [
    ("x = 1\n", "y = 1\n"),  # module names are the interface
    ("x = 1\n", "x = True\n"),
    ("x = 1\n", "x = 1.0\n"),
    ("x = 0.0\n", "x = -0.0\n"),
    ("x = 'ab'\n", "x = b'ab'\n"),
    ("x = 'a b'\n", "x = 'ab'\n"),
    ("x = 'a  '\n", "x = 'a'\n"),
    ("def f(a):\n    return a\n", "def f(b):\n    return b\n"),  # keyword arguments
    ("f = lambda a: a\n", "f = lambda b: b\n"),
    ("import a\nimport b\n", "import b\nimport a\n"),  # imports have effects
    ("def f():\n    import os\n    return os\n", "def f():\n    import re\n    return re\n"),
    ("def f(a):\n    x = 1\n    y = 2\n    return x\n", "def f(a):\n    x = 1\n    y = 2\n    return y\n"),
    ("def f(a):\n    x = a\n    return x\n", "def f(a):\n    x = a\n    return X\n"),
    ("def f():\n    global x\n    x = 1\n", "def f():\n    global y\n    y = 1\n"),
    ("def f():\n    x = 1\n    return locals()\n", "def f():\n    y = 1\n    return locals()\n"),
    ("def f():\n    x = 1\n    return eval('x')\n", "def f():\n    y = 1\n    return eval('x')\n"),
    ("def f():\n    x = 1\n    return vars()\n", "def f():\n    y = 1\n    return vars()\n"),
    ("def f():\n    x = 1\n    return dir()\n", "def f():\n    y = 1\n    return dir()\n"),
    (
        "import sys\ndef f():\n    x = 1\n    return sys._getframe().f_locals\n",
        "import sys\ndef f():\n    y = 1\n    return sys._getframe().f_locals\n",
    ),
    ("def f(d):\n    x = 1\n    return d.query('@x')\n", "def f(d):\n    y = 1\n    return d.query('@x')\n"),
    ("def f():\n    x = 1\n    return f'{x=}'\n", "def f():\n    y = 1\n    return f'{y=}'\n"),
    ("def f():\n    '''A.'''\nprint(f.__doc__)\n", "def f():\n    '''B.'''\nprint(f.__doc__)\n"),
    ("def f():\n    '''>>> f()'''\n", "def f():\n    '''>>> f(1)'''\n"),
    (
        "import click\n@click.command()\ndef f():\n    '''A.'''\n",
        "import click\n@click.command()\ndef f():\n    '''B.'''\n",
    ),
    ("@register\ndef f():\n    '''A.'''\n", "@register\ndef f():\n    '''B.'''\n"),
    ("class M(Model):\n    '''A.'''\n", "class M(Model):\n    '''B.'''\n"),
    ("from ply import yacc\ndef p_a(p):\n    'a : B'\n", "from ply import yacc\ndef p_a(p):\n    'a : C'\n"),
    ("def f():\n    'doc'\n    'more'\n", "def f():\n    'doc'\n"),
    ("def f(x):\n    return [x for y in x]\n", "def f(x):\n    return [y for y in x]\n"),
    ("def f(a):\n    return [x for b in a], x\n", "def f(a):\n    return [y for b in a], y\n"),  # globals
    (
        "def f(a):\n    def g():\n        return x\n    x = a\n    return g\n",
        "def f(a):\n    def g():\n        return y\n    x = a\n    return g\n",
    ),
    ("def f(a):\n    x = a\n    return lambda: x\n", "def f(a):\n    x = a\n    return lambda: y\n"),
    ("def f(a):\n    del a\n    return a\n", "def f(a):\n    return a\n"),
    ("assert x, 'a'\n", "assert x, 'b'\n"),
]


@pytest.mark.parametrize(("left", "right"), SAME)
def test_merged(left: str, right: str) -> None:
    assert equal(left, right)


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_kept_apart(left: str, right: str) -> None:
    assert not equal(left, right)


def test_what_cannot_be_parsed_has_no_form() -> None:
    assert canonical(b"def f(:\n") is None
    assert canonical(b"print 'two'\n") is None
    assert canonical(b"x = '\xff'\n") is None
    assert canonical(b"x = " + b"(" * 5000 + b")" * 5000) is None


def test_huge_integers_have_a_form() -> None:
    huge = b"x = 0x" + b"f" * 5000
    assert canonical(huge) == canonical(huge.replace(b" = ", b"=")) != canonical(huge + b"0")
    assert canonical(b"# coding: utf-7\n" + huge) is not None


def test_deep_nesting_is_left_to_the_text() -> None:
    assert canonical(b"x = " + b"+".join([b"1"] * 20000)) is None


def test_encodings_are_decoded_first() -> None:
    latin = "# coding: latin-1\nx = '\xe9'\n".encode("latin-1")
    assert canonical(latin) == canonical("x = '\xe9'\n".encode())


# ---------------------------------------------------------------- by chance

NAMES = ["a", "b", "x", "y", "z", "G", "len"]


class Writer:
    """Random small functions over few names, so that shadowing, capture and unbound names are common."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def name(self) -> str:
        return self.random.choice(NAMES)

    def expression(self, depth: int = 2) -> str:
        kind = self.random.randrange(9 if depth else 3)
        inner = depth - 1
        match kind:
            case 0 | 1:
                return self.name()
            case 2:
                return self.random.choice(["0", "1", "2", "[1, 2]", "(a, 1)", "'x'", "len([1])"])
            case 3:
                return f"({self.expression(inner)} + {self.expression(inner)})"
            case 4:
                return f"[{self.expression(inner)} for {self.name()} in {self.expression(inner)}]"
            case 5:
                loops = f"for {self.name()} in [1, 2] for {self.name()} in {self.expression(inner)}"
                return f"[{self.expression(inner)} {loops}]"
            case 6:
                return f"(lambda {self.name()}=1: {self.expression(inner)})()"
            case 7:
                return f"({self.expression(inner)} if {self.expression(inner)} else {self.expression(inner)})"
            case _:
                return f"({self.name()} := {self.expression(inner)})"

    def statements(self, depth: int, margin: str) -> list[str]:
        lines: list[str] = []
        for _ in range(self.random.randrange(1, 4)):
            kind = self.random.randrange(12 if depth else 3)
            match kind:
                case 0 | 1 | 2:
                    lines.append(f"{margin}{self.name()} = {self.expression()}")
                case 3:
                    lines += [f"{margin}for {self.name()} in [1, 2]:", *self.statements(depth - 1, margin + "    ")]
                case 4:
                    lines += [f"{margin}if {self.expression()}:", *self.statements(depth - 1, margin + "    ")]
                case 5:
                    lines += [f"{margin}try:", *self.statements(depth - 1, margin + "    ")]
                    lines += [
                        f"{margin}except Exception as {self.name()}:",
                        *self.statements(depth - 1, margin + "    "),
                    ]
                case 6:
                    lines += [
                        f"{margin}def {self.name()}({self.name()}=1):",
                        *self.statements(depth - 1, margin + "    "),
                    ]
                    lines += [f"{margin}    return {self.expression()}"]
                case 7:
                    lines.append(f"{margin}del {self.name()}")
                case 8:
                    lines += [
                        f"{margin}match {self.expression()}:",
                        f"{margin}    case [{self.name()}, *_]:",
                        f"{margin}        pass",
                    ]
                case 9:
                    lines += [f"{margin}class {self.name()}:", f"{margin}    {self.name()} = {self.expression()}"]
                case 10:
                    lines.append(f"{margin}return {self.expression()}")
                case _:
                    lines.append(f"{margin}{self.name()} += {self.expression()}")
        return lines

    def function(self) -> str:
        declared = self.random.choice(["", "", "", "    global G\n", "    global x\n"])
        body = "\n".join(self.statements(2, "    "))
        return f"def f(a, b=2):\n{declared}{body}\n    return {self.expression()}\n"

    def mutated(self, source: str) -> str:
        names = list(re.finditer(r"\b[abxyzG]\b", source))
        for _ in range(self.random.randrange(1, 3)):
            old = self.random.choice(names)[0]
            new = self.random.choice("xyzwv")
            if self.random.random() < 0.7:  # everywhere: often the same program
                new = self.random.choice("wvuz")
                source = re.sub(rf"\b{old}\b", new, source)
            else:
                places = [match.start() for match in re.finditer(rf"\b{old}\b", source)]
                if places:
                    at = self.random.choice(places)
                    source = source[:at] + new + source[at + 1 :]
        return source


def behaviour(source: str) -> list[Any]:
    seen: list[Any] = []
    calls: list[tuple[Any, ...]] = [(1,), ([1, 2], 3), ("s", "t"), ((), [])]
    for arguments in calls:
        space: dict[str, Any] = {"G": 5, "x": 7, "__name__": "m"}
        code = compile(source, "m", "exec")
        exec(code, space)
        try:
            value = space["f"](*arguments)
        except Exception as error:  # noqa: BLE001  whatever a random program raises is its behaviour
            value = type(error).__name__
        left = {name: shown(value) for name, value in sorted(space.items()) if name not in {"__builtins__", "f"}}
        seen.append((shown(value), left))
    return seen


def shown(value: object) -> str:
    if isinstance(value, types.FunctionType | type):
        return "callable"
    if isinstance(value, Exception):
        return type(value).__name__
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(shown, value)) + "]"
    return repr(value) if isinstance(value, int | str | None | dict) else type(value).__name__


@settings(max_examples=400, deadline=None)
@given(st.integers(0, 2**32))
def test_equal_forms_behave_alike(seed: int) -> None:
    writer = Writer(seed)
    left = writer.function()
    right = writer.mutated(left)
    try:
        compile(left, "m", "exec")
        compile(right, "m", "exec")
    except SyntaxError:
        return
    if canonical(left.encode()) == canonical(right.encode()):
        assert behaviour(left) == behaviour(right), f"{left}\n---\n{right}"


def test_chance_meets_both_kinds() -> None:
    """The property above is not vacuous: among mutants there are merged and separate ones, and separate behaviours."""
    merged = separate = 0
    for seed in range(400):
        writer = Writer(seed)
        left = writer.function()
        right = writer.mutated(left)
        form = canonical(left.encode())
        if left == right or form is None or canonical(right.encode()) is None:
            continue
        merged += form == canonical(right.encode())
        separate += form != canonical(right.encode())
    assert merged > 5
    assert separate > 50
