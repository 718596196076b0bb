"""Each family of changes by examples."""

from __future__ import annotations

import textwrap

import pytest

from reasoncli.edits import enumerate_edits
from tests.edits.functions import printed

FUNCTION = """
def f(self, items, n=0, key=None):
    total = 0
    for i in range(n):
        if items[i] is not None and n > 2:
            total += self.weight(items[i], key)
        else:
            continue
    self.seen = sorted(items)
    self.name.strip()
    return total
"""

ONE_LINE = [
    # identifiers
    ("return total", "return items", "change-name"),
    ("return total", "return self.total", "name-to-attribute"),
    ("return total", "return None", "name-to-literal"),
    ("self.seen = sorted(items)", "self.name = sorted(items)", "change-attribute"),
    ("self.seen = sorted(items)", "seen = sorted(items)", "attribute-to-name"),
    ("self.name.strip()", "self.name.lstrip()", "change-method"),
    ("self.name.strip()", "self.seen.strip()", "change-attribute"),
    ("self.seen = sorted(items)", "self.seen = range(items)", "change-function"),
    ("self.seen = sorted(items)", "self.seen = list(items)", "change-function"),
    ("total = 0", "key = 0", "change-target"),
    # literals
    ("total = 0", "total = 1", "change-number"),
    ("total = 0", "total = -1", "change-number"),
    ("total = 0", "total = 2", "change-number"),
    ("total = 0", "total = None", "literal-to-none"),
    ("total = 0", "total = n", "literal-to-name"),
    # conditions
    ("if items[i] is not None and n > 2:", "if items[i] is not None or n > 2:", "change-boolean-operator"),
    ("if items[i] is not None and n > 2:", "if items[i] is not None:", "drop-clause"),
    ("if items[i] is not None and n > 2:", "if items[i] is not None and n >= 2:", "change-comparison"),
    ("if items[i] is not None and n > 2:", "if items[i] is None and n > 2:", "change-comparison"),
    ("if items[i] is not None and n > 2:", "if items[i] is not None and (not n > 2):", "add-not"),
    ("if items[i] is not None and n > 2:", "if not (items[i] is not None and n > 2):", "add-not"),
    ("if items[i] is not None and n > 2:", "if key and items[i] is not None and (n > 2):", "add-clause"),
    ("if items[i] is not None and n > 2:", "if items[i] is not None and n > 2 or key:", "add-clause"),
    ("if items[i] is not None and n > 2:", "if items[i] and n > 2:", "comparison-to-truth"),
    # arithmetic and indexes
    ("for i in range(n):", "for i in range(n + 1):", "off-by-one"),
    ("for i in range(n):", "for i in range(n - 1):", "off-by-one"),
    ("total += self.weight(items[i], key)", "total += self.weight(items[i + 1], key)", "off-by-one"),
    ("total += self.weight(items[i], key)", "total += self.weight(items, key)", "drop-index"),
    ("total += self.weight(items[i], key)", "total += self.weight(items[:i], key)", "index-to-slice"),
    ("total += self.weight(items[i], key)", "total += self.weight(items[-i], key)", "add-minus"),
    ("total += self.weight(items[i], key)", "total += self.weight(items.get(i), key)", "index-to-get"),
    ("total += self.weight(items[i], key)", "total -= self.weight(items[i], key)", "change-augmented"),
    ("total += self.weight(items[i], key)", "total = self.weight(items[i], key)", "augmented-to-assign"),
    # calls
    ("total += self.weight(items[i], key)", "total += self.weight(key, items[i])", "swap-arguments"),
    ("total += self.weight(items[i], key)", "total += self.weight(items[i])", "drop-argument"),
    ("total += self.weight(items[i], key)", "total += self.weight(items[i], key, n)", "add-argument"),
    ("total += self.weight(items[i], key)", "total += self.weight(items[i], key, key=key)", "add-keyword"),
    ("total += self.weight(items[i], key)", "total += self.weight(items[i], key=key)", "argument-to-keyword"),
    ("total += self.weight(items[i], key)", "total += self.weight(items[i], *key)", "change-star"),
    ("self.seen = sorted(items)", "self.seen = items", "unwrap-call"),
    ("self.seen = sorted(items)", "self.seen = list(sorted(items))", "wrap-call"),
    ("self.seen = sorted(items)", "self.seen = sorted(items, reverse=True)", "add-keyword"),
    ("self.seen = sorted(items)", "self.seen = sorted(items) or []", "add-fallback"),
    ("self.name.strip()", "self.name.strip", "drop-call"),
    # statements
    ("return total", "yield total", "return-to-yield"),
    ("return total", "return", "drop-return-value"),
    ("return total", "total", "return-to-call"),
    ("return total", "return True", "name-to-literal"),
    ("self.name.strip()", "return self.name.strip()", "add-return"),
    ("self.name.strip()", "self.name = self.name.strip()", "add-assignment"),
    ("continue", "break", "change-exit"),
    ("continue", "pass", "change-exit"),
    ("else:", "elif key:", "else-to-elif"),
    ("for i in range(n):", "for _, i in enumerate(range(n)):", "enumerate-loop"),
    ("def f(self, items, n=0, key=None):", "def f(self, items, n=1, key=None):", "change-number"),
    ("def f(self, items, n=0, key=None):", "def f(self, items=None, n=0, key=None):", "add-default"),
    ("def f(self, items, n=0, key=None):", "def f(self, items, n=0, key=None, **kwargs):", "add-rest"),
    ("def f(self, items, n=0, key=None):", "def f(self, items, n=0):", "drop-parameter"),
]


@pytest.mark.parametrize(("line", "changed", "operator"), ONE_LINE)
def test_a_line_is_changed(line: str, changed: str, operator: str) -> None:
    lines = printed(FUNCTION)
    index = next(index for index, text in enumerate(lines) if text.strip() == line)
    margin = lines[index][: -len(line)]
    found = {
        edit.replacement[0]: edit.operator
        for edit in enumerate_edits(lines)
        if (edit.start, edit.end, len(edit.replacement)) == (index, index + 1, 1)
    }
    assert found.get(margin + changed) == operator


BODIES = [
    ("return a + b * 2", "return (a + b) * 2", "regroup-operands"),
    ("return (a + b) * 2", "return a + b * 2", "regroup-operands"),
    ("return a - b", "return b - a", "swap-operands"),
    ("return a - b", "return a + b", "change-operator"),
    ("return a ** -b", "return a ** b", "drop-minus"),
    ("return (a, b)", "return (b, a)", "swap-elements"),
    ("return (a, b)", "return [a, b]", "change-display"),
    ("return [a]", "return a", "unwrap-display"),
    ("return a[1:b]", "return a[1:]", "drop-bound"),
    ("return a[1:]", "return a[1]", "slice-to-index"),
    ("return a[b:]", "return a[b + 1:]", "off-by-one"),
    ("return a[0, b]", "return a[b, 0]", "swap-elements"),
    ("return a.get(b)", "return a[b]", "get-to-index"),
    ("return a.get(b)", "return a.get(b, None)", "add-argument"),
    ("return isinstance(a, str)", "return isinstance(a, (str, bytes))", "change-types"),
    ("return a if b else None", "return None if b else a", "swap-branches"),
    ("return a if b else None", "return a", "drop-conditional"),
    ("return a if not b else None", "return a if b else None", "drop-not"),
    ("return True", "return False", "flip-boolean"),
    ("return 'text'", "return b'text'", "change-string-kind"),
    ("return 'text'", "return ''", "change-string"),
    ("return f'{a}: {b}'", "return f'{b}: {b}'", "change-name-in-format"),
    ("return '%s' % a", "return '%s' % (a,)", "wrap-format"),
    ("return [x for x in a if x]", "return (x for x in a if x)", "change-comprehension"),
    ("return sum((x for x in a))", "return sum([x for x in a])", "change-comprehension"),
    ("return not a", "return a", "drop-not"),
    ("return a == b != 0", "return a == b", "drop-comparison"),
    ("yield a", "yield from a", "change-yield"),
    ("yield from a", "yield a", "change-yield"),
    ("raise ValueError(a)", "raise TypeError(a)", "change-function"),
    ("raise ValueError(a)", "return ValueError(a)", "raise-to-return"),
    ("raise ValueError(a)", "raise ValueError(a) from None", "raise-from"),
    ("a = a + b", "a += b", "assign-to-augmented"),
    ("a.append(b)", "a.extend(b)", "change-method"),
    ("a = b", "a += b", "assign-to-augmented"),
    ("a = b.copy()", "a = b", "drop-method-call"),
    ("a = b()", "a = b", "drop-call"),
    ("a = b", "a = b()", "add-call"),
    ("a = b", "a = b[0]", "add-index"),
    ("a = b", "a = max(b, 0)", "add-limit"),
    ("a = b", "a = [b]", "wrap-display"),
    ("while a < b:\n    a += 1", "while a <= b:", "change-comparison"),
    ("while a < b:\n    a += 1", "while True:", "constant-test"),
    ("while a < b:\n    a += 1", "if a < b:", "while-to-if"),
    ("if a:\n    b = 1", "if a is not None:", "truth-to-check"),
    ("if a == 'x':\n    b = 'y'", "if a in ('x', 'y'):", "equal-to-within"),
    ("if a:\n    return 1\nif b:\n    return 2", "elif b:", "if-to-elif"),
    ("if a:\n    return 1\nelif b:\n    return 2", "else:", "elif-to-else"),
    ("if a:\n    return 1\nelif b:\n    return 2", "if b:", "elif-to-if"),
    ("try:\n    a()\nexcept KeyError:\n    pass", "except (KeyError, ValueError):", "widen-except"),
    ("try:\n    a()\nexcept (KeyError, OSError):\n    pass", "except OSError:", "unwrap-display"),
    ("for k, v in a.items():\n    b[k] = v", "for k in a:", "items-loop"),
    ("del a[b]", "a.pop(b, None)", "delete-to-pop"),
]


@pytest.mark.parametrize(("body", "changed", "operator"), BODIES)
def test_a_form_is_changed(body: str, changed: str, operator: str) -> None:
    lines = printed("def f(a, b):\n" + textwrap.indent(body, "    "))
    found = {
        edit.replacement[0].strip(): edit.operator
        for edit in enumerate_edits(lines)
        if edit.end == edit.start + len(edit.replacement) == edit.start + 1
    }
    assert found.get(changed) == operator


BLOCKS = [
    ("a = 1\nreturn a", "return a", "delete-statement"),
    ("if not a:\n    return None\nreturn b", "return b", "delete-guard"),
    ("if a:\n    b = 1\nreturn b", "b = 1\nreturn b", "unwrap-block"),
    ("b = 1\nreturn b", "if a:\n    b = 1\nreturn b", None),
    ("return b", "if b is None:\n    return None\nreturn b", "insert-guard"),
    ("return b", "if not b:\n    b = []\nreturn b", "insert-default"),
    ("return b()", "if b:\n    return b()", "wrap-in-if"),
    ("return b()", "try:\n    return b()\nexcept KeyError:\n    return None", "wrap-in-try"),
    ("a = 1\nb = 2\nreturn a", "b = 2\na = 1\nreturn a", "move-statement"),
    ("for x in a:\n    b += x\n    return b", "for x in a:\n    b += x\nreturn b", "dedent-statement"),
    ("for x in a:\n    b += x\nreturn b", "for x in a:\n    b += x\n    return b", "indent-statement"),
    ("if a:\n    return 1\nelse:\n    return 2", "if a:\n    return 1\nreturn 2", "unwrap-else"),
    ("if a:\n    return 1\nelse:\n    return 2", "if a:\n    return 1", "delete-branch"),
    ("if a:\n    return 1\nelif b:\n    return 2\nreturn 3", "if a:\n    return 1\nreturn 3", "delete-branch"),
    ("if a:\n    b = 1\nb = 2\nreturn b", "if a:\n    b = 1\nelse:\n    b = 2\nreturn b", "wrap-in-else"),
    ("try:\n    a()\nexcept KeyError:\n    pass", "a()", "unwrap-try"),
    ("while a:\n    a.pop()", "while a:\n    a.pop()\n    break", "insert-exit"),
    ("while a:\n    b += 1\n    a = b", "while a:\n    a = b", "delete-statement"),
    ("b = a.x\na.x = 1\nreturn b", "b = a.x\na.x = 1\nb = a.x\nreturn b", "insert-seen"),
    ("for x in a:\n    b.append(x)", "for x in a:\n    pass", "delete-to-pass"),
    ("del a[b]", "if b in a:\n    del a[b]", "wrap-in-if"),
    ("a[b] = 1", "if b not in a:\n    return None\na[b] = 1", "insert-guard"),
    ("return a.x.y", "if a.x is None:\n    return None\nreturn a.x.y", "insert-guard"),
    ("if a:\n    b = 1\nreturn b", "if a:\n    b = 1\nelse:\n    b = None\nreturn b", "insert-else"),
    ("x = next(a)", "try:\n    x = next(a)\nexcept StopIteration:\n    x = None", "wrap-in-try"),
]


@pytest.mark.parametrize(("body", "changed", "operator"), BLOCKS)
def test_a_block_is_changed(body: str, changed: str, operator: str | None) -> None:
    lines = printed("def f(a, b):\n" + textwrap.indent(body, "    "))
    wanted = ["def f(a, b):", *textwrap.indent(changed, "    ").split("\n")]
    found = [edit.operator for edit in enumerate_edits(lines) if edit.apply(lines) == wanted]
    assert found == ([operator] if operator else [])


def test_a_default_that_calls_share_is_made_anew() -> None:
    lines = printed("def f(a, b: list=[]):\n    return b + [a]")
    found = {edit.replacement for edit in enumerate_edits(lines) if edit.operator == "default-made-anew"}
    assert found == {
        ("def f(a, b: list=None):", "    if b is None:", "        b = []"),
        ("def f(a, b: list=None):", "    b = b or []"),
    }


def test_a_name_is_changed_in_every_place() -> None:
    lines = printed("def f(a, b, c):\n    return a.x + c(a)")
    found = {edit.replacement: edit.operator for edit in enumerate_edits(lines)}
    assert found["    return b.x + c(b)",] == "change-name-everywhere"
    assert found["    return b.x + c(a)",] == "change-name"
