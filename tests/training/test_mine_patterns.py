"""The names of what fixes do."""

from __future__ import annotations

import pytest

from training.mine import patterns


@pytest.mark.parametrize(
    ("removed", "added", "pattern"),
    [
        ("x = a", "x = b", "change identifier used"),
        ("x = a(1)", "x = b(1)", "wrong function name"),
        ("x = s.a(1)", "x = s.b(1)", "wrong function name"),
        ("x = s.a(1)", "x = t.a(1)", "same function change caller"),
        ("x = s.a", "x = s.b", "change attribute used"),
        ("x = f(a)", "x = f(a, b)", "same function more args"),
        ("x = f(a, b)", "x = f(a)", "same function less args"),
        ("x = f(a, b)", "x = f(b, a)", "same function swap args"),
        ("x = f(k=a)", "x = f(j=a)", "change keyword argument used"),
        ("x = 1", "x = 2", "change numeric literal"),
        ("x = True", "x = False", "change boolean literal"),
        ("x = 'a'", "x = 'b'", "change string literal"),
        ("x = 'a'", "x = b'a'", "change constant type"),
        ("if a < b:", "if a <= b:", "change binary operator"),
        ("x = a + b", "x = a - b", "change binary operator"),
        ("if a and b:", "if a or b:", "change binary operator"),
        ("if a:", "if not a:", "change unary operator"),
        ("x = a + f(b)", "x = a + c", "change operand"),
        ("if a:", "if a and b:", "more specific if"),
        ("while a or b:", "while a:", "more specific if"),
        ("if a:", "if a or b:", "less specific if"),
        ("elif a and b:", "elif a:", "less specific if"),
        ("x = a", "x = int(a)", "add function around expression"),
        ("x = a", "x = a.strip()", "add method call"),
        ("x = a", "x = a.b", "add attribute access"),
        ("x = a[0]", "x = a", "remove element access"),
        ("x = a[1:]", "x = a[2:]", "change numeric literal"),
        ("x = a[b]", "x = a[c + 1]", "change index"),
        ("x = n", "x = n + 1", "add operand"),
        ("x = (a, b)", "x = (a, b, c)", "change elements of a collection"),
        ("except A:", "except (A, B):", "change caught exception"),
        ("raise A(x)", "raise B(x)", "change raised exception"),
        ("f(x)", "return f(x)", "missing return"),
        ("def f(a=[]):", "def f(a=None):", "change signature"),
        ("x = f(a)\ny = g(x)", "y = g(x)\nx = f(a)", "move statement"),
        ("", "if x is None:\n    return", "insert None check"),
        ("", "if not isinstance(x, str):\n    raise A", "insert type check"),
        ("f(x)", "if x:\n    f(x)", "insert truth check"),
        ("", "if len(x) < 2:\n    return x", "insert range check"),
        ("", "raise A(x)", "missing raise"),
        ("", "x = 1", "insert statement"),
        ("f(x)", "try:\n    f(x)\nexcept A:\n    pass", "wrap in try"),
        ("f(x)", "", "remove statement"),
        ("raise A", "", "delete raise"),
        ("if a:\n    f(x)", "f(x)", "remove condition"),
        ("else:", "elif a:", "other"),
        ("f(a[0])", "b = a[0]\nf(b)", "insert and change"),
        ("b = a[0]\nf(b)", "f(a[0])", "remove and change"),
        ("f(a)", "if a:\n    g(a)", "insert check and change"),
        ("x = a\ny = 1", "x = b\ny = 2", "change several statements"),
        ("x = a\ny = a", "x = b\ny = b", "change identifier used"),
    ],
)
def test_patterns(removed: str, added: str, pattern: str) -> None:
    assert patterns.classify(removed.splitlines(), added.splitlines()) == pattern
