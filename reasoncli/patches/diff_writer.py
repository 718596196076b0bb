"""Diffs as git writes them, from the bytes of both sides.

The text is always valid UTF-8: a file that isn't text in UTF-8 is written in git's binary form, so that a diff can
be stored, shown and applied without loss. Write it with `newline=""`: it may hold carriage returns of its own.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from reasoncli.patches.myers import matching_blocks
from reasoncli.patches.paths import quote

_CONTEXT = 3
# What is left to difflib: its time grows with the product of the lengths, and with the pairs of equal lines times the
# number of blocks, which is cubic in tables.
_LARGEST_PRODUCT = 2_000_000
_MOST_PAIRS = 30_000
_MOST_EDITS = 256  # of what is more than that
_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
_NOTHING = "0" * 40

Opcode = tuple[str, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Side:
    """A file before or after: its bytes and git's mode; `None` for a file that isn't there."""

    content: bytes
    mode: str


def write_diff(path: str, old: Side | None, new: Side | None) -> tuple[str, int]:
    """One file's diff, and the number of lines added plus removed."""
    if old is None and new is None:
        return "", 0
    header = [f"diff --git {quote('a/' + path)} {quote('b/' + path)}"]
    if old is None and new is not None:
        header.append(f"new file mode {new.mode}")
    elif new is None and old is not None:
        header.append(f"deleted file mode {old.mode}")
    elif old is not None and new is not None and old.mode != new.mode:
        header += [f"old mode {old.mode}", f"new mode {new.mode}"]
    before = _LINE.findall(old.content if old else b"")
    after = _LINE.findall(new.content if new else b"")
    opcodes = compare(before, after)
    size = sum((i2 - i1) + (j2 - j1) for tag, i1, i2, j1, j2 in opcodes if tag != "equal")
    if before != after or old is None or new is None:
        same_mode = f" {new.mode}" if old and new and old.mode == new.mode else ""
        header.append(f"index {_blob(old)}..{_blob(new)}{same_mode}")
    text = "\n".join(header) + "\n"
    if before == after:
        return text, 0
    if not (_is_text(old) and _is_text(new)):
        return text + _binary(old, new), size
    text += f"--- {_label('a/', path, old)}\n+++ {_label('b/', path, new)}\n"
    return text + "".join(_hunks(before, after, opcodes)), size


def compare(before: Sequence[bytes], after: Sequence[bytes]) -> list[Opcode]:
    """Edit script in the form of `difflib`; equal parts and changes alternate."""
    shorter = min(len(before), len(after))
    head = next((at for at, (old, new) in enumerate(zip(before, after, strict=False)) if old != new), shorter)
    ends = zip(reversed(before), reversed(after), strict=False)
    tail = next((at for at, (old, new) in enumerate(ends) if old != new), shorter)
    tail = min(tail, shorter - head)
    end, new_end = len(before) - tail, len(after) - tail
    opcodes: list[Opcode] = [("equal", 0, head, 0, head)] if head else []
    opcodes += _opcodes(before, after, (head, end), (head, new_end))
    if tail:
        opcodes.append(("equal", end, len(before), new_end, len(after)))
    return _joined(opcodes)


def _pieces(
    before: Sequence[bytes], after: Sequence[bytes], old: tuple[int, int], new: tuple[int, int]
) -> Iterator[tuple[int, int, int, int]]:
    """What lies between lines that both sides have exactly once (the anchors of patience diff, Bram Cohen), and
    these lines.
    """
    i, j = old[0], new[0]
    for at, opposite in _anchors(before, after, old, new):
        yield i, at, j, opposite
        yield at, at + 1, opposite, opposite + 1
        i, j = at + 1, opposite + 1
    yield i, old[1], j, new[1]


def _anchors(
    before: Sequence[bytes], after: Sequence[bytes], old: tuple[int, int], new: tuple[int, int]
) -> list[tuple[int, int]]:
    """Pairs of indices of lines unique on both sides, the longest chain of them that ascends on both."""
    counts, new_counts = Counter(before[slice(*old)]), Counter(after[slice(*new)])
    places = {after[j]: j for j in range(*new) if new_counts[after[j]] == 1}
    pairs = [(i, places[before[i]]) for i in range(*old) if counts[before[i]] == 1 and before[i] in places]
    tops: list[int] = []  # for each length the smallest end of an ascending chain
    ends: list[int] = []
    previous: list[int] = []
    for index, (_, j) in enumerate(pairs):
        length = bisect_left(tops, j)
        previous.append(ends[length - 1] if length else -1)
        tops[length : length + 1] = [j]
        ends[length : length + 1] = [index]
    chain: list[tuple[int, int]] = []
    index = ends[-1] if ends else -1
    while index >= 0:
        chain.append(pairs[index])
        index = previous[index]
    return chain[::-1]


def _opcodes(
    before: Sequence[bytes], after: Sequence[bytes], old: tuple[int, int], new: tuple[int, int], *, piece: bool = False
) -> list[Opcode]:
    """The script of a part: by `difflib`; where that could take long, the shortest one if it is short; else piece by
    piece; and a piece for which that doesn't help is replaced whole.
    """
    (i1, i2), (j1, j2) = old, new
    if i1 == i2 and j1 == j2:
        return []
    left, right = before[i1:i2], after[j1:j2]
    if not _is_much(left, right):
        matcher = SequenceMatcher(None, left, right, autojunk=False)
        return [(tag, a + i1, b + i1, c + j1, d + j1) for tag, a, b, c, d in matcher.get_opcodes()]
    blocks = matching_blocks(left, right, _MOST_EDITS)
    if blocks is None and not piece:
        pieces = _pieces(before, after, old, new)
        return [found for a, b, c, d in pieces for found in _opcodes(before, after, (a, b), (c, d), piece=True)]
    opcodes: list[Opcode] = []
    i, j = i1, j1
    for a, b, size in [*(blocks or ()), (len(left), len(right), 0)]:
        opcodes.append(("replace", i, a + i1, j, b + j1))
        i, j = a + i1 + size, b + j1 + size
        opcodes.append(("equal", a + i1, i, b + j1, j))
    return [opcode for opcode in opcodes if opcode[1] < opcode[2] or opcode[3] < opcode[4]]


def _is_much(before: Sequence[bytes], after: Sequence[bytes]) -> bool:
    if len(before) * len(after) > _LARGEST_PRODUCT:
        return True
    counts, new_counts = Counter(before), Counter(after)
    return sum(count * new_counts[line] for line, count in counts.items()) > _MOST_PAIRS


def _joined(opcodes: Sequence[Opcode]) -> list[Opcode]:
    """Neighbours of one kind made one: equal parts, and changes."""
    joined: list[Opcode] = []
    for tag, i1, i2, j1, j2 in opcodes:
        if joined and (joined[-1][0] == "equal") == (tag == "equal"):
            _, start, _, new_start, _ = joined.pop()
            joined.append(("equal" if tag == "equal" else "replace", start, i2, new_start, j2))
        else:
            joined.append((tag, i1, i2, j1, j2))
    return joined


def _hunks(before: Sequence[bytes], after: Sequence[bytes], opcodes: Sequence[Opcode]) -> Iterator[str]:
    for group in _groups(opcodes):
        first, last = group[0], group[-1]
        yield f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@\n"
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from _signed(" ", before[i1:i2])
            else:
                yield from _signed("-", before[i1:i2])
                yield from _signed("+", after[j1:j2])


def _groups(opcodes: Sequence[Opcode]) -> Iterator[list[Opcode]]:
    group: list[Opcode] = []
    for index, (tag, i1, i2, j1, j2) in enumerate(opcodes):
        if tag != "equal":
            group.append((tag, i1, i2, j1, j2))
            continue
        lead = 0 if index == 0 else min(_CONTEXT, i2 - i1)
        trail = 0 if index == len(opcodes) - 1 else min(_CONTEXT, i2 - i1)
        if group and trail and i2 - i1 <= 2 * _CONTEXT:
            group.append((tag, i1, i2, j1, j2))
            continue
        if group:
            group.append((tag, i1, i1 + lead, j1, j1 + lead))
            yield group
        group = [(tag, i2 - trail, i2, j2 - trail, j2)] if trail else []
    if group:
        yield group


def _range(start: int, stop: int) -> str:
    length = stop - start
    return f"{start + 1 if length else start}" + ("" if length == 1 else f",{length}")


def _signed(sign: str, lines: Sequence[bytes]) -> Iterator[str]:
    for line in lines:
        text = sign + line.decode("utf-8")
        yield text if text.endswith("\n") else text + "\n\\ No newline at end of file\n"


def _label(prefix: str, path: str, side: Side | None) -> str:
    if side is None:
        return "/dev/null"
    label = quote(prefix + path)
    return label + "\t" if " " in label and not label.startswith('"') else label


def _is_text(side: Side | None) -> bool:
    if side is None:
        return True
    try:
        side.content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\0" not in side.content


def _blob(side: Side | None) -> str:
    if side is None:
        return _NOTHING
    return hashlib.sha1(b"blob %d\0" % len(side.content) + side.content, usedforsecurity=False).hexdigest()


def _binary(old: Side | None, new: Side | None) -> str:
    return "GIT binary patch\n" + _literal(new) + _literal(old)


def _literal(side: Side | None) -> str:
    content = side.content if side else b""
    packed = zlib.compress(content)
    lines = [f"literal {len(content)}"]
    for at in range(0, len(packed), 52):
        piece = packed[at : at + 52]
        length = chr(ord("A") + len(piece) - 1) if len(piece) <= 26 else chr(ord("a") + len(piece) - 27)
        lines.append(length + base64.b85encode(piece, pad=True).decode("ascii"))
    return "\n".join(lines) + "\n\n"
