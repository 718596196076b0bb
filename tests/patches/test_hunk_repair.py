"""Several lines replaced by others: what stays keeps the author's form, and the print is what the model meant."""

from __future__ import annotations

import ast
import random
import re
from pathlib import Path

import pytest

import reasoncli
from reasoncli import python_source
from reasoncli.domain import Completion, Form, Patch, Prompt, Region, Rejection, RepairContent
from reasoncli.edits import enumerate_edits
from reasoncli.patches.completions import parse
from reasoncli.patches.policy import Policy
from reasoncli.patches.tree import MemoryTree

SOURCE = """\
class Shelf:
    def find(self, books, title):
        # the first that fits
        for book in books:  # in order
            if book.title==title:

                # found
                return (book.place,
                        book.row)
            else:  # go on
                self.missed  +=  1
        try:
            return self.other.find(title)
        finally:  # always
            self.close()
"""


def repair(asked: str, region: tuple[int, int], answer: str, source: str = SOURCE) -> Patch | Rejection:
    functions = [python_source.unit_lines(node, source) for _, node in python_source.definitions(ast.parse(source))]
    texts = [line.strip() for line in asked.split("\n")]
    function = next((lines for lines in functions if holds([line.text for line in lines], texts)), [])
    shown = "\n".join(line.printed for line in function)
    prompt = Prompt("p", Form.LINE_REPAIR, RepairContent(shown, asked), Region("m.py", *region))
    tree = MemoryTree({"m.py": source.encode("utf-8", "surrogatepass")})
    return parse(Completion("p", answer, 1, (), 1, "stop"), prompt, tree, Policy())


def holds(lines: list[str], some: list[str]) -> bool:
    return any(lines[at : at + len(some)] == some for at in range(len(lines)))


def content(result: Patch | Rejection) -> str:
    assert isinstance(result, Patch), result
    data = result.changes[0].content
    assert data is not None
    return data.decode()


def test_two_lines_become_one_and_the_rest_stays() -> None:
    asked = "if book.title == title:\n            return (book.place, book.row)"
    result = repair(asked, (5, 9), " if book.title.lower() == title:\n            return (book.place, book.row)")
    assert content(result) == SOURCE.replace("book.title==title", "book.title.lower() ==title")


def test_what_is_inserted_before_a_line_leaves_it_as_it_is() -> None:
    answer = " self.missed += 1\n            self.log(book)"
    result = repair("self.missed += 1", (11, 11), answer)
    expected = SOURCE.replace("  +=  1\n", "  +=  1\n                self.log(book)\n")
    assert content(result) == expected


def test_a_deleted_statement_is_gone_with_its_comment() -> None:
    asked = "return (book.place, book.row)\n        else:\n            self.missed += 1"
    result = repair(asked, (8, 11), " return (book.place, book.row)")
    assert content(result) == SOURCE.replace("            else:  # go on\n                self.missed  +=  1\n", "")


def test_a_block_is_not_left_empty() -> None:
    result = repair("self.missed += 1", (11, 11), "")
    assert content(result) == SOURCE.replace("self.missed  +=  1", "pass")


def test_a_statement_that_has_its_line_for_itself_is_deleted() -> None:
    source = "def f(a):\n    a = 1  # one\n    # two\n    return a\n"
    assert content(repair("a = 1", (2, 2), "", source)) == "def f(a):\n    # two\n    return a\n"


def test_one_that_shares_its_line_leaves_pass() -> None:
    source = "def f(a):\n    a = 1; b = 2\n    return a\n"
    assert content(repair("a = 1", (2, 2), "", source)) == "def f(a):\n    pass; b = 2\n    return a\n"


def test_a_block_is_unwrapped() -> None:
    source = "def f(a):\n\tif a:\n\t\t# why\n\t\treturn [a,\n\t\t\t1]\n\treturn 2\n"
    answer = " return [a, 1]"
    result = content(repair("if a:\n        return [a, 1]", (2, 5), answer, source))
    assert ast.unparse(ast.parse(result)) == "def f(a):\n    return [a, 1]\n    return 2"


def test_strings_of_several_lines_are_not_moved() -> None:
    source = 'def f(a):\n    if a:\n        b = """x\n  y"""\n        c = 1\n    return b\n'
    result = content(repair("if a:\n        b = 'x\\n  y'\n        c = 1", (2, 5), " b = 'x\\n  y'\n    c = 2", source))
    assert ast.unparse(ast.parse(result)) == "def f(a):\n    b = 'x\\n  y'\n    c = 2\n    return b"


@pytest.mark.parametrize(
    ("source", "asked", "region"),
    [
        ("def f(a):\n    if a: return 1\n    return 2\n", "if a:\n        return 1", (2, 2)),
        ("def f(a):\n    x = 1; y = 2\n    return 2\n", "y = 2\n    return 2", (2, 3)),
        ("def f(a):\n    x = 1\n    y = 2; z = 3\n", "x = 1\n    y = 2", (2, 3)),
        (
            "def f(a):\n    if a:\n        return 1\n    else:\n        if a > 2:\n            return 2\n",
            "return 1\n    elif a > 2:",
            (3, 5),
        ),
    ],
)
def test_what_shares_a_line_is_left_alone(source: str, asked: str, region: tuple[int, int]) -> None:
    result = repair(asked, region, " a()\n    b()\n    c()", source)
    assert isinstance(result, Rejection)
    assert result.kind == "unappliable"


def test_what_is_inserted_at_the_top_stands_below_the_docstring() -> None:
    source = 'def f(\n    a,\n):  # why\n    """Two\n    lines."""\n    # go\n    return a\n'
    result = content(repair("def f(a):", (1, 3), " def f(a, b=1):\n    a += b", source))
    assert result == source.replace("a,\n)", "a, b=1)").replace('s."""\n', 's."""\n    a += b\n')


def test_the_same_lines_are_no_change() -> None:
    asked = "if book.title == title:\n            return (book.place, book.row)"
    result = repair(asked, (5, 9), f" {asked}")
    assert isinstance(result, Rejection)
    assert result.kind == "no-change"


def test_what_is_not_there() -> None:
    result = repair("if a:\n    return 2", (5, 9), "x")
    assert isinstance(result, Rejection)
    assert result.kind == "unappliable"


def test_line_ends_and_encodings_stay() -> None:
    source = SOURCE.replace("\n", "\r\n").replace("found", "gefunden \u00fc")
    asked = "if book.title == title:\n            return (book.place, book.row)"
    result = repair(asked, (5, 9), " if title:\n            return (book.place, book.row)", source)
    assert content(result) == source.replace("book.title==title", "title")


@pytest.mark.parametrize(
    ("module", "step"),
    [("patches/text.py", "\t"), ("voting/clusters.py", " "), ("edits/blocks.py", "    "), ("stack_traces.py", "  ")],
)
def test_edits_of_real_functions_come_out_as_printed(module: str, step: str) -> None:
    source = (Path(reasoncli.__file__).parent / module).read_text("utf-8")
    source = re.sub("^ +", lambda found: found[0].replace("    ", step), source, flags=re.MULTILINE)
    tree = MemoryTree({"m.py": source.encode()})
    rng, seen, several = random.Random(module), 0, 0
    for name, node in python_source.definitions(ast.parse(source)):
        lines = python_source.unit_lines(node, source)[len(node.decorator_list) :]
        printed = [line.printed for line in lines]
        edits = list(enumerate_edits(printed))
        multi = [edit for edit in edits if edit.end - edit.start != 1 or len(edit.replacement) != 1]
        for edit in [*rng.sample(edits, min(8, len(edits))), *rng.sample(multi, min(12, len(multi)))]:
            start, replacement = edit.start, edit.replacement
            if edit.start == edit.end or (replacement and column(replacement[0]) != column(printed[start])):
                start, replacement = edit.start - 1, (printed[edit.start - 1], *edit.replacement)
            first, last = lines[start].span, lines[edit.end - 1].span
            if first is None or last is None or start < 0:
                continue
            asked = "\n".join([printed[start].strip(), *printed[start + 1 : edit.end]])
            answer = "\n".join([f" {replacement[0].strip()}", *replacement[1:]]) if replacement else ""
            region = Region("m.py", first.line, last.end_line)
            prompt = Prompt("p", Form.LINE_REPAIR, RepairContent("\n".join(printed), asked, start), region)
            result = parse(Completion("p", answer, 1, (), 1, "stop"), prompt, tree, Policy())
            assert isinstance(result, Patch), (edit, result)
            assert function_of(content(result), name) == "\n".join(edit.apply(printed)), (edit, result.diff)
            seen += 1
            several += edit.end - start > 1
    assert seen > 50
    assert several > 1


def column(line: str) -> int:
    return len(line) - len(line.lstrip())


def function_of(source: str, name: str) -> str:
    for found, node in python_source.definitions(ast.parse(source)):
        if found == name:
            lines = python_source.unit_lines(node, source)[len(node.decorator_list) :]
            return "\n".join(line.printed for line in lines)
    return ""


TABS = "class Shelf:\n\tdef find(self, title):\n\t\treturn title\n"
UNDER_ELSE = """\
def f(a, b):
  if a:
    x = 1
  else:
    # why
    if b:
      x = 2
  for y in b:
      x = y
  return x
"""


@pytest.mark.parametrize(
    ("source", "asked", "line", "answer", "expected"),
    [
        (
            "def f(a):\n\treturn a\n",
            "def f(a):",
            1,
            "def f(a):\n    if not a:\n        return 0",
            "def f(a):\n\tif not a:\n\t\treturn 0\n\treturn a\n",
        ),
        ("def f(a):\n  return a\n", "def f(a):", 1, "def f(a):\n    a += 1", "def f(a):\n  a += 1\n  return a\n"),
        (
            TABS,
            "return title",
            3,
            "if title:\n        return title\n    return 0",
            TABS.replace("return title", "if title:\n\t\t\treturn title\n\t\treturn 0"),
        ),
        (
            UNDER_ELSE,
            "x = 2",
            7,
            "if a:\n            x = 2",
            UNDER_ELSE.replace("      x = 2", "      if a:\n        x = 2"),
        ),
        (
            UNDER_ELSE,
            "x = 2",
            7,
            "x = 2\n    else:\n        x = 3",
            UNDER_ELSE.replace("x = 2\n", "x = 2\n    else:\n      x = 3\n"),
        ),
        (UNDER_ELSE, "x = 2", 7, "x = 2\n    a = 1", UNDER_ELSE.replace("x = 2\n", "x = 2\n  a = 1\n")),
        (
            UNDER_ELSE,
            "for y in b:",
            8,
            "for y in b:\n        a = 1",
            UNDER_ELSE.replace("y in b:\n", "y in b:\n      a = 1\n"),
        ),
    ],
)
def test_new_lines_stand_as_the_file_has_it_around_them(
    source: str, asked: str, line: int, answer: str, expected: str
) -> None:
    assert content(repair(asked, (line, line), answer, source)) == expected
