from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoncli.domain import Patch, Rejection
from reasoncli.patches.blocks import parse_blocks
from reasoncli.patches.completions import from_diff
from reasoncli.patches.locate import locate, occurrences, unnumbered
from reasoncli.patches.outcome import Rejected
from reasoncli.patches.policy import Policy
from reasoncli.patches.search_replace import apply_blocks
from reasoncli.patches.tree import MemoryTree


@given(st.text(alphabet="ab", max_size=30), st.text(alphabet="ab", min_size=1, max_size=5))
def test_occurrences_are_all_and_only_those(text: str, part: str) -> None:
    expected = [at for at in range(len(text)) if text.startswith(part, at)]
    assert occurrences(text, part) == expected
    assert occurrences(text, part, most=2) == expected[:2]


def test_stricter_ways_come_first() -> None:
    lines = ["    x = 1", "x = 1", "x = 1  "]
    place = locate(lines, ["x = 1"])
    assert place is not None
    assert place.start == 1
    assert locate(lines, ["    x = 1"]) is not None
    with pytest.raises(Rejected) as refused:
        locate(lines, ["  x = 1"])
    assert refused.value.rejection.kind == "ambiguous"


def test_a_shift_must_be_uniform() -> None:
    lines = ["    if a:", "        b", "    c"]
    assert locate(lines, ["if a:", "    b", "c"]) is not None
    assert locate(lines, ["if a:", "  b", "c"]) is None
    assert locate(lines, ["if a:", "b", "c"]) is None


def test_nothing_is_found_by_blank_lines() -> None:
    assert locate(["", "a", ""], ["", ""]) is None


def test_new_lines_are_shifted_along() -> None:
    place = locate(["        if a:", "            b"], ["  if a:", "      b"])
    assert place is not None
    assert place.rewrite("      c") == "            c"
    assert place.rewrite("  else:") == "        else:"
    assert place.rewrite("else:") == "      else:"
    assert place.rewrite("   ") == ""


def test_numbers_must_count_up() -> None:
    assert unnumbered(["7: a", "8:  b", "", "10: c"]) == (["a", " b", "", "c"], 7)
    assert unnumbered(["7: a", "9: b"]) is None
    assert unnumbered(["1: a", "b"]) is None
    assert unnumbered(["", ""]) is None
    assert unnumbered(["  3\tx", "  4\ty"]) == (["x", "y"], 3)


def hostile_block(search: list[str], replace: list[str], file: bytes) -> None:
    text = "\n".join(["m.py", "<<<<<<< SEARCH", *search, "=======", *replace, ">>>>>>> REPLACE"])
    try:
        apply_blocks(parse_blocks(text), MemoryTree({"m.py": file}), ("m.py",), lambda path: None)
    except Rejected:
        return


@pytest.mark.parametrize(
    ("search", "replace", "file"),
    [
        (["x"] * 20_000, ["y"] * 20_000, b"x\n" * 40_000),
        (["x"] * 20_000 + ["z"], ["y"], b"x\n" * 40_000),
        (["  x"] * 5_000 + ["z"], ["y"], b"x\n" * 100_000 + b"z\n"),
        (["="] * 2 + ["======="] * 3_000, ["y"], b"x\n" * 1_000),
        (["a", "b"] * 10_000, ["b", "a"] * 10_000, b"a\nb\n" * 10_000),
        ([f"{n}: x" for n in range(20_000)], ["y"], b"x\n" * 40_000),
    ],
)
def test_no_quadratic_blow_up(search: list[str], replace: list[str], file: bytes) -> None:
    start = time.process_time()
    hostile_block(search, replace, file)
    assert time.process_time() - start < 20  # seconds; quadratic work would take minutes


@pytest.mark.parametrize(
    "line",
    [
        "<<<<<<< SEARCH" + " " * 200_000 + "x y",
        "```" + "a " * 100_000 + "\t" * 100_000 + "x",
        "# ... " + " " * 300_000 + "x",
        "# " + "... " * 100_000 + "x",
        "--- a" + " " * 300_000 + "1",
        "diff --git " + "a " * 200_000,
        "`" * 300_000,
        " " * 300_000 + "=======x",
    ],
)
def test_no_regular_expression_blows_up(line: str) -> None:
    start = time.process_time()
    hostile_block(["a", line], ["b", line], b"a\nb\n")
    hostile_block([line], [line, line], b"a\nb\n")
    from_diff(f"{line}\n+++ b/x\n@@ -1 +1 @@\n-a\n+{line}\n", MemoryTree({"x": b"a\n"}), Policy())
    assert time.process_time() - start < 20


def test_a_diff_of_many_hunks_and_files() -> None:
    file = b"".join(b"line %d\n" % n for n in range(20_000))
    hunks = "".join(f"@@ -{n},1 +{n},1 @@\n-line {n - 1}\n+LINE {n - 1}\n" for n in range(1, 20_000, 20))
    patch = from_diff("--- a/m.txt\n+++ b/m.txt\n" + hunks, MemoryTree({"m.txt": file}), Policy())
    assert isinstance(patch, Patch)
    assert patch.size == 2_000
    many = "".join(f"--- /dev/null\n+++ b/f{n}.py\n@@ -0,0 +1 @@\n+x\n" for n in range(5_000))
    refused = from_diff(many, MemoryTree({}), Policy())
    assert isinstance(refused, Rejection)
    assert refused.kind == "forbidden"


@given(st.text(alphabet="<>=- SEARCHREPLACE`\n+@#ab./", max_size=200))
def test_no_text_breaks_the_readers(text: str) -> None:
    tree = MemoryTree({"a.py": b"a\nb\n"})
    with contextlib.suppress(Rejected):
        apply_blocks(parse_blocks(text), tree, ("a.py",), lambda path: None)
    assert isinstance(from_diff("--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n" + text, tree, Policy()), Patch | Rejection)
