from __future__ import annotations

import pytest

from reasoncli.domain import Completion, Form, InfillContent, Patch, Prompt, Region, Rejection
from reasoncli.patches.completions import parse
from reasoncli.patches.infill import without_overlap
from reasoncli.patches.policy import Policy
from reasoncli.patches.tree import MemoryTree

SOURCE = b"def f(items):\n    total = 0\n    for item in items:\n        total -= item\n    return total\n"


def fill(text: str, start: int = 4, end: int = 4, source: bytes = SOURCE, finish: str = "stop") -> Patch | Rejection:
    prompt = Prompt("p", Form.INFILL, InfillContent("", "", "m.py"), Region("m.py", start, end))
    return parse(Completion("p", text, 1, (), 1, finish), prompt, MemoryTree({"m.py": source}), Policy())


FIXED = SOURCE.replace(b"-=", b"+=")


@pytest.mark.parametrize(
    "text",
    [
        "        total += item\n",
        "        total += item",
        "        total += item\n    return total\n",
        "        total += item\n\n    return total",
        "        total += item\n    return total\n\n\ndef g():\n    pass\n",
        "```python\n        total += item\n```",
        "        total += item\r\n",
    ],
)
def test_the_hole_is_filled_once(text: str) -> None:
    result = fill(text)
    assert isinstance(result, Patch), result
    assert result.changes[0].content == FIXED


def test_crlf_stays() -> None:
    source = SOURCE.replace(b"\n", b"\r\n")
    result = fill("        total += item\n        print(total)\n", source=source)
    assert isinstance(result, Patch)
    assert result.changes[0].content == source.replace(b"-= item", b"+= item\r\n        print(total)")


def test_a_body() -> None:
    result = fill("    return sum(items)\n", 2, 5)
    assert isinstance(result, Patch)
    assert result.changes[0].content == b"def f(items):\n    return sum(items)\n"


def test_a_short_closing_line_is_taken_off_only_if_it_must_be() -> None:
    source = b"x = [\n    1,\n]\ny = 2\n"
    result = fill("    3,\n]\n", 2, 2, source)
    assert isinstance(result, Patch)
    assert result.changes[0].content == b"x = [\n    3,\n]\ny = 2\n"


def test_same_cut_off_and_out_of_range() -> None:
    for result, kind in (
        (fill("        total -= item\n"), "no-change"),
        (fill("        total += it", finish="length"), "unparsable"),
        (fill("x", 9, 12), "unappliable"),
        (fill("        total +=\n"), "syntax"),
    ):
        assert isinstance(result, Rejection)
        assert result.kind == kind


def test_overlap() -> None:
    assert without_overlap(["a = 1", "return total_of_all"], ["return total_of_all", "b"]) == ["a = 1"]
    lines = ["return total_of_all", "a = 1"]
    assert without_overlap(lines, ["return total_of_all", "b = 2"]) is lines
    assert without_overlap(["x"], []) == ["x"]
