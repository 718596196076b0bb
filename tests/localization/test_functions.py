from __future__ import annotations

import pytest

from reasoncli.localization.functions import MODULE, outline

SOURCE = '''\
"""Module text."""
import os
X = [
    1,
]


@decorator(
    argument,
)
def outer(a):
    """Says."""
    def inner(b):
        return b

    if (a and
            X):
        return inner(a)
    return None


class C:
    y = 1

    @property
    def m(self):
        try:
            return self.y
        except KeyError:
            raise

    class D:
        async def n(self): return 1
'''


def test_names_and_extents() -> None:
    found = [(function.name, function.start, function.end, function.kind) for function in outline(SOURCE).functions]
    assert found == [
        (MODULE, 1, 33, "module"),
        ("outer", 8, 19, "function"),
        ("outer.<locals>.inner", 13, 14, "function"),
        ("C", 22, 33, "class"),
        ("C.m", 25, 30, "function"),
        ("C.D", 32, 33, "class"),
        ("C.D.n", 33, 33, "function"),
    ]


@pytest.mark.parametrize(
    ("line", "name"),
    [(2, MODULE), (8, "outer"), (14, "outer.<locals>.inner"), (17, "outer"), (23, "C"), (30, "C.m"), (33, "C.D.n")],
)
def test_the_innermost_function_of_a_line(line: int, name: str) -> None:
    assert outline(SOURCE).function_at(line).name == name


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (1, (1, 1, "docstring")),
        (2, (2, 2, "import")),
        (4, (3, 5, "assign")),
        (6, None),
        (9, (8, 11, "functiondef")),
        (12, (12, 12, "docstring")),
        (17, (16, 17, "if")),
        (18, (18, 18, "return")),
        (28, (28, 28, "return")),
        (30, (30, 30, "raise")),
    ],
)
def test_the_statement_of_a_line(line: int, found: tuple[int, int, str] | None) -> None:
    statement = outline(SOURCE).statement_at(line)
    assert (statement and (statement.start, statement.end, statement.kind)) == found


@pytest.mark.parametrize(
    ("line", "guard"), [(2, None), (14, None), (17, None), (18, 16), (19, None), (28, 27), (30, 27)]
)
def test_what_decides_whether_a_statement_runs(line: int, guard: int | None) -> None:
    statement = outline(SOURCE).statement_at(line)
    assert statement is not None
    assert statement.guard == guard


@pytest.mark.parametrize("source", ["def f(:\n  x\n", "\0", "(" * 500 + ")" * 500, "print 'old python'\n"])
def test_what_does_not_parse_is_one_module(source: str) -> None:
    parsed = outline(source)
    assert [function.name for function in parsed.functions] == [MODULE]
    assert parsed.function_at(1).name == MODULE
    assert parsed.statement_at(1) is None


def test_lines_count_as_the_parser_counts_them() -> None:
    parsed = outline("a = 1\r\nb = '\x0c\x0b\u2028'\r\ndef f():\r\n    pass\r\n")
    assert parsed.functions[0].end == 4
    assert parsed.function_at(4).name == "f"


def test_warnings_of_the_parser_are_not_ours() -> None:
    assert outline('x = "\\d" is 1\n').statements  # a SyntaxWarning would be an error here
