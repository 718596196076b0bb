"""What is used again of the base never shows: error and form are those of the whole file, read on its own."""

from __future__ import annotations

import ast
import random
import sysconfig
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reasoncli import python_source
from reasoncli.patches import canonical
from reasoncli.patches.statements import is_silent, normalize, traits

LIBRARY = Path(sysconfig.get_paths()["stdlib"])
FILES = ["bisect.py", "sched.py", "colorsys.py", "contextlib.py", "graphlib.py", "shlex.py", "reprlib.py", "types.py"]

LINES = [
    '"""', "'''", "    x = 1", "x = 1", "y = x", "(", ")", "[", "{", "\\", "x = 1 \\", "# c \\", "else:", "else: pass",
    "elif y: pass", "except E: pass", "finally: pass", "@dec", "@\\", "# coding: latin-1", "# -*- coding: utf-8 -*-",
    "\f", "\fx = 1", 's = "é"', "locals()", "f.__doc__", "    return 1", "        return 2", "class A:",
    "class A: pass", "  ", "", "\t x", "\tx = 1", "if x:", "    if x: pass", "case 1: pass", "match x:", "x = 1; y = 2",
    ";", "x = 1;", "y\rz", "\r", "async def f(): pass", "async", "from __future__ import barry_as_FLUFL",
    "from __future__ import annotations", "1 <> 2", "f'{x", "'a' \\", "    pass", "\ufeff", "\0", '    """doc"""',
    '"""doc"""', "def f(): return 1", "def f():", "    def g(self): return x", "    z = x", "print 'x'",
    "x = 0x" + "f" * 5000, "import inspect", "$", "try:", "with x: pass", "    @property", "    # c", "# c",
    "\xff",
]  # fmt: skip


def whole(source: bytes) -> str | None:
    """The canonical form without a digest, a cache or a cut: the module's dump."""
    module = python_source.parse(source)
    if module is None:
        return None
    nodes = list(ast.walk(module))
    found = traits(nodes)
    if not found.reads_docstrings and module.body and is_silent(module.body[0]):
        del module.body[0]
    try:
        normalize(nodes, found)
        return ast.dump(module)
    except (ValueError, RecursionError):
        return None


def text(lines: Sequence[str]) -> bytes:
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def hold(base: bytes, variants: Sequence[bytes]) -> None:
    """Error, form, and which forms are equal, are those of files read without their base."""
    forms: dict[str, str] = {}
    for variant in [base, *variants]:
        canonical.read.cache_clear()
        found, oracle = canonical.read(variant, base), whole(variant)
        parsed = python_source.parse_or_error(variant)
        assert found.error == (parsed if isinstance(parsed, str) else None), variant
        assert (found.form is None) == (oracle is None), variant
        assert found == canonical.read(variant), variant
        if oracle is not None and found.form is not None:
            assert forms.setdefault(oracle, found.form) == found.form, variant
    assert len(set(forms.values())) == len(forms)


class Editor:
    """Edits by chance, most of them near each other, many of them breaking what is around."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def edited(self, lines: Sequence[str]) -> list[str]:
        result = list(lines)
        at = self.random.randrange(len(result) + 1)
        for _ in range(self.random.choice([1, 1, 1, 2, 3])):
            near = self.random.random() < 0.6
            at = at + self.random.randrange(-6, 7) if near else self.random.randrange(len(result) + 1)
            at = min(len(result), max(0, at))
            self.edit(result, at)
        return result

    def edit(self, lines: list[str], at: int) -> None:
        line = lines[at] if at < len(lines) else ""
        match self.random.randrange(8):
            case 0 | 1:
                lines.insert(at, self.random.choice(LINES))
            case 2:
                del lines[at : at + self.random.choice([1, 1, 2, 5, 30])]
            case 3:
                lines[at : at + 1] = [self.random.choice(LINES)]
            case 4:
                place = self.random.randrange(len(line) + 1)
                character = self.random.choice(["", *"()[]{}'\"\\;:#= \t1a\r"])
                lines[at : at + 1] = [line[:place] + character + line[place + 1 :]]
            case 5:
                lines[at : at + 1] = [self.random.choice(["    ", " ", "\t"]) + line]
            case 6:
                tail = self.random.choice(["\\", ";", " # c", " # c \\", ":", " (", '"""'])
                lines[at : at + 1] = [line.lstrip() if self.random.random() < 0.5 else line + tail]
            case _:
                start, length = self.random.randrange(len(lines) + 1), self.random.choice([1, 2, 8])
                lines[at:at] = lines[start : start + length]


def program(lines: Sequence[str]) -> list[str]:
    """As many of the lines as make a program: one is left out if nothing that follows closes what it opens."""
    made: list[str] = []
    pending: list[str] = []
    for line in lines:
        pending.append(line)
        if python_source.parse(text([*made, *pending])) is not None:
            made, pending = [*made, *pending], []
        elif len(pending) == 3:
            pending = []
    return made


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=25), st.integers(0, 2**32), st.sampled_from(["\n", "\r\n"]))
@example(["def f():", "    pass", "", "# c", "x = 1"], 0, "\n")
def test_small_files(chosen: list[str], seed: int, end: str) -> None:
    editor = Editor(seed)
    lines = [*program(chosen), ""]
    base = text(lines).replace(b"\n", end.encode())
    hold(base, [text(editor.edited(lines)).replace(b"\n", end.encode()) for _ in range(6)])


@pytest.mark.parametrize("name", FILES)
def test_the_standard_library(name: str) -> None:
    lines = (LIBRARY / name).read_text("utf-8").split("\n")
    for seed in range(3):
        editor = Editor(seed)
        base = editor.edited(lines) if seed else lines  # bases that are a little odd themselves
        hold(text(base), [text(editor.edited(base)) for _ in range(20)])


BASE = '''import os


def first(a):
    x = a
    return x


class Shelf(Base):
    """Doc."""

    def one(self):
        return 1

    def two(self):
        return 2


@os.decorated
def last(a):
    return a
'''


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return 2", "return 3"),
        ("return x", "return x + 1"),
        ("    return x\n", "    return x\n    return 2\n"),  # behind the last line of a statement
        ("return a\n", "return a\n\n\ndef more():\n    pass\n"),
        ("class Shelf(Base):", "class Shelf(Other):"),
        ("@os.decorated\n", ""),
        ("import os\n", ""),
        ("return 1", "return '''1"),
        ("return 1", "return 1 \\"),
        ("import os\n", "if os:\n    pass\n"),
        ("def first(a):", "else:"),
        ("import os\n", "# coding: latin-1\nimport os\n"),
        ("return 1", "return locals()"),
        ("return 1", "return self.__doc__"),
        ("Base", "object"),
    ],
)
def test_one_change(old: str, new: str) -> None:
    assert BASE.count(old) == 1
    hold(BASE.encode(), [BASE.replace(old, new).encode(), BASE.replace("return 2", "return 4").encode()])


@pytest.mark.parametrize(
    ("base", "variant"),
    [
        ("x = 1 \\\n\ny = 2\n", "x = 1 \\\n+ 1\ny = 2\n"),  # the second line belongs to the first
        ("x = 1; y = 2\nz = 3\n", "x = 5; y = 2\nz = 3\n"),
        ("x = 1\nf()\nf()\ny = 2\n", "x = 1\nf()\ny = 2\n"),  # which one is gone?
        ("x = 1\nf()\ny = 2\n", "x = 1\nf()\nf()\ny = 2\n"),
        ("x = 1\ns = 'é'\n", "# coding: latin-1\nx = 1\ns = 'é'\n"),
        ("# coding: latin-1\nx = 1\ns = 'é'\n", "# coding: latin-1\nx = 2\ns = 'é'\n"),
        ("x = 1\ny = 2\ns = 'é'\nz = 3\n", "x = 1\ny = 2\n# coding: latin-1\ns = 'é'\nz = 3\n"),
        ("x = 1\r\n", "class A: pass\\\r\nx = 1\r\n"),
        ("x = 1\r\ny = 2\r\nz = 3\r\n", "x = 1\r\ny = 2\\\r\nz = 3\r\n"),
        ("x = 1\ny = 2\n", "\ufeffx = 1\ny = 2\n"),
    ],
)
def test_where_files_are_cut(base: str, variant: str) -> None:
    hold(base.encode(), [variant.encode(), variant.replace("é", "Ã©").encode()])
    hold(variant.encode(), [base.encode(), base.replace("1", "7").encode()])


def parsed(monkeypatch: pytest.MonkeyPatch, base: str, variant: str) -> list[int]:
    """Lengths of what is parsed for a second patch of a file."""
    canonical.read(base.encode())
    seen: list[int] = []

    real = ast.parse

    def parse(source: str | bytes) -> ast.Module:
        seen.append(len(source))
        return real(source)

    with monkeypatch.context() as context:
        context.setattr(ast, "parse", parse)
        assert canonical.read(variant.encode(), base.encode()).form is not None
        canonical.read(variant.encode(), base.encode())
    return seen


def test_only_the_changed_statement_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    base = BASE * 50
    shelf, last = BASE[BASE.index("\n\nclass") : BASE.index("\n\n@os")], BASE[BASE.index("\n\n@os") :]
    assert parsed(monkeypatch, base, base.replace("return 2", "return 7", 1)) == [len(shelf)]
    assert parsed(monkeypatch, base, base + "y = 1\n") == [len(last + "y = 1\n")]
    behind = base.replace("return 2\n", "return 2\n        return 3\n", 1)  # no program without what it stands in
    assert parsed(monkeypatch, base, behind)[1:] == [len(shelf + "        return 3\n")]


def test_two_changes_far_apart_are_one_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    base = BASE * 50
    variant = "import re\n" + base + "y = 1\n"
    assert parsed(monkeypatch, base, variant) == [len(variant)]
