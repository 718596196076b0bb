"""The likeliest of very many given texts, found without reading most of them.

A text is at most as likely as any beginning of it. So beginnings are read best first, in batches, and reading ends when
as many texts as wanted are known that are likelier than every beginning left: the result is that of scoring them all.
Edits of a line differ from it in a few tokens, and most of them begin with a token that the model would never write.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np
from numpy.typing import NDArray

from reasoncli.models.llama_cpp.decoder import Decoder, Feed
from reasoncli.models.llama_cpp.drawing import log_softmax
from reasoncli.models.llama_cpp.prefixes import Node, Prefixes, path
from reasoncli.models.llama_cpp.scoring import decode, read, score

_WIDTH = 48  # beginnings read together: more waste work on those that the best of them would have ruled out


@dataclass(frozen=True, slots=True)
class Question:
    """Texts that could answer one prompt.

    Attributes:
        prompt: tokens, at least one.
        texts: tokens of each, at least one; the last is only scored, never read.
        offset: added to the log-probability of each.
    """

    prompt: Sequence[int]
    texts: Sequence[Sequence[int]]
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class _Branch:
    """What texts of one question have in common so far.

    Attributes:
        question: index of it.
        bound: log-probability of what they have in common, offset included: none of them is likelier.
        node: the last token that they have in common, which is to be read for what follows.
        read: how many of their tokens that is.
        texts: indices of the texts.
    """

    question: int
    bound: float
    node: Node
    read: int
    texts: Sequence[int]


@dataclass(slots=True)
class _Best:
    """The `most` best texts so far."""

    most: int
    heap: list[tuple[float, int, int]] = field(default_factory=list)

    def add(self, value: float, question: int, text: int) -> None:
        """Take a text in, if it is one of the best."""
        entry = (value, -question, -text)  # of equal ones the first stay
        if len(self.heap) < self.most:
            heapq.heappush(self.heap, entry)
        else:
            heapq.heappushpop(self.heap, entry)

    def wants(self, bound: float) -> bool:
        """Whether a text may be among the best that is not likelier than this."""
        return len(self.heap) < self.most or bound > self.heap[0][0]

    def ranked(self) -> list[tuple[int, int, float]]:
        """All of them, best first."""
        return [(-question, -text, value) for value, question, text in sorted(self.heap, reverse=True)]


def rank(
    decoder: Decoder, prefixes: Prefixes, questions: Sequence[Question], most: int
) -> list[tuple[int, int, float]]:
    """(question, text, log-probability and offset) of the likeliest texts of all, best first.

    Args:
        decoder: reads the texts.
        prefixes: of the same decoder.
        questions: whose prompts share what they have in common.
        most: how many texts are wanted.

    Raises:
        ModelError: a prompt and a text don't fit the cache.
    """
    best, order = _Best(most), count()
    if decoder.whole:  # recurrent states can't be shared from the middle of a text
        for number, question in enumerate(questions):
            for text, value in enumerate(score(decoder, prefixes, question.prompt, question.texts)):
                best.add(question.offset + value, number, text)
        return best.ranked()
    waiting: list[tuple[float, int, _Branch]] = []
    for number, question in enumerate(questions):
        if question.texts and most > 0:
            node = Node(_prompt_end(decoder, prefixes, question.prompt), question.prompt[-1])
            whole = _Branch(number, question.offset, node, 0, range(len(question.texts)))
            heapq.heappush(waiting, (-whole.bound, next(order), whole))
    while waiting and best.wants(-waiting[0][0]):
        wave: list[_Branch] = []
        while waiting and len(wave) < min(_WIDTH, decoder.outputs) and best.wants(-waiting[0][0]):
            wave.append(heapq.heappop(waiting)[2])
        while wave:
            part = _fitting(decoder, prefixes, wave)
            for branch, logits in zip(wave, _read_part(decoder, prefixes, wave[:part]), strict=False):
                for each in _parted(branch, questions[branch.question].texts, logits, best):
                    heapq.heappush(waiting, (-each.bound, next(order), each))
            wave = wave[part:]
    return best.ranked()


def _prompt_end(decoder: Decoder, prefixes: Prefixes, prompt: Sequence[int]) -> Node:
    """The last token but one of a prompt, read; it is kept as long as there is room."""
    sequence = read(decoder, prefixes, prompt[:-1])
    node = prefixes.tip(sequence)
    prefixes.retain(sequence)
    return node


def _fitting(decoder: Decoder, prefixes: Prefixes, branches: Sequence[_Branch]) -> int:
    """How many of the branches one batch takes; at least one."""
    tokens = 0
    for number, branch in enumerate(branches):
        tokens += len(path(branch.node, prefixes.nearest(branch.node)))
        if number and (tokens > decoder.batch or number == prefixes.free_sequences):
            return number
    return len(branches)


def _read_part(decoder: Decoder, prefixes: Prefixes, part: Sequence[_Branch]) -> Iterator[NDArray[np.float64]]:
    """What may follow each branch: log-probabilities, shape (vocabulary,)."""
    opened = [prefixes.open(prefixes.nearest(branch.node)) for branch in part]
    paths = [path(branch.node, prefixes.tip(sequence)) for branch, sequence in zip(part, opened, strict=True)]
    readers: dict[Node, list[int]] = {}  # of nodes that no sequence holds yet
    for sequence, nodes in zip(opened, paths, strict=True):
        for node in nodes:
            readers.setdefault(node, []).append(sequence)
    while prefixes.free_cells < len(readers) and prefixes.forget():
        pass
    wanted = {branch.node for branch in part}
    feed = Feed()
    rows: dict[Node, int] = {}
    for node in sorted(readers, key=lambda node: node.depth):
        if node in wanted:
            rows[node] = len(rows)
        feed.add(node.token, node.depth - 1, tuple(readers[node]), node in wanted)
    logits = decode(decoder, prefixes, feed)
    values = log_softmax(logits)
    for sequence, nodes in zip(opened, paths, strict=True):
        prefixes.advance(sequence, nodes)
        prefixes.retain(sequence)
    return (values[rows[branch.node]] for branch in part)


def _parted(
    branch: _Branch, texts: Sequence[Sequence[int]], values: NDArray[np.float64], best: _Best
) -> Iterator[_Branch]:
    """The branches that the texts of one part into. Those that end are put among the best."""
    parts: dict[int, list[int]] = {}
    for text in branch.texts:
        parts.setdefault(texts[text][branch.read], []).append(text)
    for token, members in parts.items():
        bound = branch.bound + float(values[token])
        going_on = []
        for text in members:
            if len(texts[text]) == branch.read + 1:
                best.add(bound, branch.question, text)
            else:
                going_on.append(text)
        if going_on:
            yield _Branch(branch.question, bound, Node(branch.node, token), branch.read + 1, going_on)
