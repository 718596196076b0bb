"""Edit scripts: right whatever the size, and short where little differs."""

from __future__ import annotations

import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from reasoncli.patches.diff_writer import compare
from reasoncli.patches.myers import matching_blocks

ITEMS = st.lists(st.integers(0, 2), max_size=12)


def common(left: list[int], right: list[int]) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(right) + 1)
    for item in left:
        above = row
        row = [0]
        for index, other in enumerate(right):
            row.append(above[index] + 1 if item == other else max(above[index + 1], row[index]))
    return row[-1]


@settings(max_examples=500, deadline=None)
@given(ITEMS, ITEMS)
def test_blocks_are_a_shortest_script(left: list[int], right: list[int]) -> None:
    distance = len(left) + len(right) - 2 * common(left, right)
    blocks = matching_blocks(left, right, distance)
    assert blocks is not None
    i = j = 0
    for a, b, size in blocks:
        assert a >= i
        assert b >= j
        assert size > 0
        assert left[a : a + size] == right[b : b + size]
        i, j = a + size, b + size
    assert sum(size for _, _, size in blocks) == common(left, right)
    assert distance == 0 or matching_blocks(left, right, distance - 1) is None


def edits(before: list[bytes], after: list[bytes]) -> int:
    """Lines removed plus added, of a script that is checked."""
    i = j = count = 0
    tags: list[bool] = []
    for tag, i1, i2, j1, j2 in compare(before, after):
        assert (i1, j1) == (i, j)
        assert (i2, j2) != (i, j)
        if tag == "equal":
            assert before[i1:i2] == after[j1:j2]
        else:
            count += i2 - i1 + j2 - j1
        tags.append(tag == "equal")
        i, j = i2, j2
    assert (i, j) == (len(before), len(after))
    assert all(a != b for a, b in pairwise(tags))
    return count


def test_a_table_with_changes_at_both_ends() -> None:
    table = [b"0,\n"] * 3000
    assert edits(table, [b"1,\n", *table[1:-1], b"2,\n"]) == 4


def test_a_table_that_differs_everywhere() -> None:
    table = [b"    [\n", b"    ],\n"] * 700
    other = [b"x\n", *[b"    [\n", b"    ],\n", b"    ],\n"] * 460, b"y\n"]
    assert 0 < edits(table, other) <= len(table) + len(other)


def test_long_files() -> None:
    chance = random.Random(5)
    lines = [b"%d\n" % chance.randrange(900) for _ in range(4000)]
    for share in (0.001, 0.02, 0.5, 1):
        other = [b"new %d\n" % chance.randrange(50) if chance.random() < share else line for line in lines]
        changed = sum(a != b for a, b in zip(lines, other, strict=True))
        assert edits(lines, other) <= max(2 * changed * 1.2, 1)
    shuffled = list(lines)
    chance.shuffle(shuffled)
    edits(lines, shuffled)
