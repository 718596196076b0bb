"""From functions with faults to what the model is trained on: the prompt's tokens, and questions about it.

The form is called `line-repair-2`:

    <test> a check that fails <got> what it got <context> another function <code> function
        <bug> " " lines that may be wrong <fix> " " what should stand there <eot>

where `<keep>` in place of an answer and its end says that the lines are right. What stands before `<code>` is optional.
The function stands once; every question reads it and nothing of the other questions. Lines that may be wrong are one or
several that follow each other; the first stands without its indentation. Where the same lines stand in the function
more than once, those above are put before them, with `<at>` between, as many as tell the places apart. Nothing between
`<fix>` and `<eot>` deletes the lines. What is inserted, or begins in another column than the lines it replaces, is
asked for together with the line before.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from reasoncli.edits.answers import above, anchored, answer
from training.hunk import Hunk
from training.vocabulary import AT, BUG, CODE, EOT, FIX, KEEP, Vocabulary

_QUESTION = 160  # tokens left for one where a function is shown in part
LONGEST = 640
"""Tokens of a function with any one question, in training."""

_KEEPS = 4  # questions about right lines, for each function
_LONGER = 0.4  # how often one of them is about several lines
_LONGEST_KEEP = 5
_WIDER = 0.25  # how often right lines beside a fault are asked about with it
_WIDEST = 3
_ANSWER = 95  # tokens of an answer: longer ones are never asked for
_UNASKED = frozenset({"else:", "try:", "finally:"})  # lines that the tool has no place of

Kind = TypeVar("Kind", int, tuple[int, int])

Hint = tuple[int, str]
"""What stands before a function: its special token, and the text after it."""


@dataclass(frozen=True, slots=True)
class Example:
    """One function as tokens.

    Attributes:
        code: ids of what all questions read, hints and function.
        fluent: of each id, whether the model may learn to write it: what is wrong it may not.
        questions: (ids from `<bug>` to `<fix>`, ids of the answer) of each.
    """

    code: NDArray[np.uint16]
    fluent: NDArray[np.bool_]
    questions: tuple[tuple[NDArray[np.uint16], NDArray[np.uint16]], ...]

    def __len__(self) -> int:
        return len(self.code) + sum(len(asked) + len(answer) for asked, answer in self.questions)


def make_example(
    lines: Sequence[str],
    hunks: Sequence[Hunk],
    hints: Sequence[Hint],
    vocabulary: Vocabulary,
    rng: random.Random,
    longest: int,
    doubted: Sequence[tuple[int, int]] = (),
    spared: Collection[int] = (),
) -> Example | None:
    """The tokens of a function with faults; `None` where they are more than `longest`.

    Args:
        lines: the function as printed, faults included.
        hunks: its faults, which don't touch each other.
        hints: what stands before it; left out where there is no room.
        vocabulary: of the model.
        rng: chooses the right lines that are asked about.
        longest: tokens of the function and of any one question together; of a longer function a part is shown under
            its first line, as the tool shows it.
        doubted: places of right lines that are asked about before others, as (start, end).
        spared: lines that are not asked about as right ones.
    """
    hunks = [_anchored(lines, hunk) for hunk in hunks]
    if not _fit(lines, vocabulary, longest - _QUESTION):
        part = _part(lines, hunks, vocabulary, longest - _QUESTION, rng)
        cut = _cut(hunks, part) if part is not None else None
        if part is None or cut is None:
            return None
        moved = part.start - 1
        lines, hunks = (lines[0], *lines[part.start : part.stop]), cut
        doubted = [(start - moved, end - moved) for start, end in doubted if part.start <= start < end <= part.stop]
        spared = {max(line - moved, 0) for line in spared if line == 0 or line in part}
    wrong = {index for hunk in hunks for index in range(hunk.start, hunk.end)}
    untold = wrong.union(spared)
    keeps = _drawn([place for place in doubted if wrong.isdisjoint(range(*place))], rng, _KEEPS)
    right = [index for index, line in enumerate(lines) if index not in untold and line.strip() not in _UNASKED]
    keeps += [_lengthened(lines, start, untold, rng) for start in _drawn(right, rng, _KEEPS - len(keeps))]
    hunks = [_widened(lines, hunk, wrong, rng) for hunk in hunks]
    hunks = [hunk for hunk in hunks if sum(map(len, vocabulary.encode([*hunk.replacement]))) <= _ANSWER]
    asked = [(hunk.start, hunk.end) for hunk in hunks] + keeps
    texts = iter(
        vocabulary.encode(
            [
                *_pieces(lines),
                *(answer(lines[start - above(lines, start, end) : start]) for start, end in asked),
                *(answer(lines[start:end]) for start, end in asked),
                *(answer(hunk.replacement) for hunk in hunks),
                *(text for _, text in hints),
            ]
        )
    )  # at once, as every call costs some
    pieces = [next(texts) for _ in lines]
    higher = [next(texts) for _ in asked]
    wanted = [next(texts) for _ in asked]
    answers = [[*next(texts), EOT] for _ in hunks]
    answers += [[KEEP]] * (len(asked) - len(hunks))
    questions = [
        (_ids([BUG, *([*before, AT] if before else []), *text, FIX]), _ids(said))
        for before, text, said in zip(higher, wanted, answers, strict=True)
    ]
    code = [CODE, *(token for piece in pieces for token in piece)]
    fluent = [False, *(index not in wrong for index, piece in enumerate(pieces) for _ in piece)]
    room = longest - len(code) - max((len(q) + len(a) for q, a in questions), default=0)
    if room < 0:
        return None
    for (marker, _), ids in reversed(list(zip(hints, texts, strict=True))):
        if len(ids) < room:
            code = [marker, *ids, *code]
            room -= 1 + len(ids)
    fluent = [False] * (len(code) - len(fluent)) + fluent
    return Example(_ids(code), np.array(fluent), tuple(questions))


def _anchored(lines: Sequence[str], hunk: Hunk) -> Hunk:
    return Hunk(*anchored(lines, hunk.start, hunk.end, hunk.replacement))


def _drawn(among: Sequence[Kind], rng: random.Random, most: int) -> list[Kind]:
    return sorted(rng.sample(among, min(most, len(among))))


def _fit(lines: Sequence[str], vocabulary: Vocabulary, room: int) -> bool:
    if sum(len(line.encode("utf-8", "surrogatepass")) for line in lines) + len(lines) <= room:
        return True  # there are no more tokens than bytes
    return sum(map(len, vocabulary.encode(_pieces(lines)))) <= room


def _cut(hunks: Sequence[Hunk], part: range) -> list[Hunk] | None:
    """The faults within a part, in its places; `None` if it cuts one, whose lines would pass for right."""
    moved = part.start - 1
    cut = [hunk for hunk in hunks if hunk.end <= 1]
    for hunk in hunks:
        if part.start <= hunk.start <= hunk.end <= part.stop:
            cut.append(Hunk(hunk.start - moved, hunk.end - moved, hunk.replacement))
        elif hunk.end > 1 and part.start < hunk.end and hunk.start < part.stop:
            return None
    return cut


def _part(
    lines: Sequence[str], hunks: Sequence[Hunk], vocabulary: Vocabulary, room: int, rng: random.Random
) -> range | None:
    """Lines to show under the first one, the first fault among them if there is any; `None` if they don't fit.

    Args:
        lines: of the function.
        hunks: the faults.
        vocabulary: counts tokens.
        room: tokens for all that is shown.
        rng: where the part begins and ends.
    """
    sizes = [len(ids) for ids in vocabulary.encode(_pieces(lines))]
    room -= sizes[0]
    start = end = rng.randint(1, len(sizes))
    if hunks:
        start, end = max(hunks[0].start, 1), max(hunks[0].end, 1)
    room -= sum(sizes[start:end])
    if room < 0:
        return None
    while True:
        ways = [start - 1] if start > 1 and sizes[start - 1] <= room else []
        ways += [end] if end < len(sizes) and sizes[end] <= room else []
        if not ways:
            return range(start, end)
        line = rng.choice(ways)
        room -= sizes[line]
        start, end = min(start, line), max(end, line + 1)


def _widened(lines: Sequence[str], hunk: Hunk, wrong: set[int], rng: random.Random) -> Hunk:
    """Now and then, with lines below or above, so that the model knows questions that ask for more than is wrong."""
    if rng.random() >= _WIDER:
        return hunk
    start, end, replacement = hunk.start, hunk.end, hunk.replacement
    for _ in range(rng.randint(1, _WIDEST)):
        below = rng.random() < 0.5
        if end - start == _LONGEST_KEEP:
            break
        if below and end < len(lines) and end not in wrong:
            end, replacement = end + 1, (*replacement, lines[end])
        elif not below and start > 1 and start - 1 not in wrong:
            start, replacement = start - 1, (lines[start - 1], *replacement)
    return Hunk(start, end, replacement)


def _lengthened(lines: Sequence[str], start: int, wrong: set[int], rng: random.Random) -> tuple[int, int]:
    """Now and then several right lines instead of one."""
    end = start + 1
    most = start + (rng.randint(2, _LONGEST_KEEP) if rng.random() < _LONGER else 1)
    while end < min(most, len(lines)) and end not in wrong:
        end += 1
    while end > start + 1 and lines[end - 1].strip() in _UNASKED:
        end -= 1
    return start, end


def _pieces(lines: Sequence[str]) -> list[str]:
    """The lines of a text, each with the line end before it: where the text can be cut without changing its tokens."""
    return [line if index == 0 else f"\n{line}" for index, line in enumerate(lines)]


def _ids(tokens: Sequence[int]) -> NDArray[np.uint16]:
    return np.array(tokens, dtype=np.uint16)
