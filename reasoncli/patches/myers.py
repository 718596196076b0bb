"""What two sequences have in common, found in a time that grows with their difference (Myers 1986, "An O(ND)
Difference Algorithm and Its Variations", the greedy one).

`difflib` takes cubic time where the same few lines stand again and again, as in tables; this doesn't.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence


def matching_blocks(
    before: Sequence[Hashable], after: Sequence[Hashable], most: int
) -> list[tuple[int, int, int]] | None:
    """Equal stretches of a shortest edit script.

    Args:
        before: one side.
        after: the other one.
        most: items removed plus added, at which the search is given up.

    Returns:
        start in `before`, start in `after` and length of each stretch, ascending; `None` if more than `most` differ.
    """
    furthest = {1: 0}  # by diagonal (index before minus index after) the index before that is reached
    steps: list[dict[int, int]] = []
    for distance in range(min(most, len(before) + len(after)) + 1):
        steps.append(dict(furthest))
        for diagonal in range(-distance, distance + 1, 2):
            i = _entry(furthest, diagonal, distance)
            j = i - diagonal
            while i < len(before) and j < len(after) and before[i] == after[j]:
                i, j = i + 1, j + 1
            furthest[diagonal] = i
            if i >= len(before) and j >= len(after):
                return _walk_back(steps, len(before), len(after))
    return None


def _from_above(furthest: dict[int, int], diagonal: int, distance: int) -> bool:
    """Whether a diagonal is best entered by an item added (rather than by one removed)."""
    if abs(diagonal) == distance:
        return diagonal < 0 or distance == 0
    return furthest[diagonal - 1] < furthest[diagonal + 1]


def _entry(furthest: dict[int, int], diagonal: int, distance: int) -> int:
    above = _from_above(furthest, diagonal, distance)
    return furthest[diagonal + 1] if above else furthest[diagonal - 1] + 1


def _walk_back(steps: list[dict[int, int]], i: int, j: int) -> list[tuple[int, int, int]]:
    blocks: list[tuple[int, int, int]] = []
    for distance in range(len(steps) - 1, -1, -1):
        furthest, diagonal = steps[distance], i - j
        start = _entry(furthest, diagonal, distance)
        if i > start:
            blocks.append((start, start - diagonal, i - start))
        above = _from_above(furthest, diagonal, distance)
        i, j = (start, start - diagonal - 1) if above else (start - 1, start - diagonal)
    return blocks[::-1]
