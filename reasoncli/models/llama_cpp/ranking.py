"""Very many given texts in the order of their probability, found without reading most of them.

A text is at most as likely as any beginning of it. So beginnings are read best first, in batches, and a text is told
once it is likelier than every beginning left: the order is that of scoring them all. Edits of a line differ from it in
a few tokens, and most of them begin with a token that the model would never write. The texts of a prompt are asked for
only once the prompt itself, whose bound is its offset, is among the best.
"""

from __future__ import annotations

import heapq
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np
from numpy.typing import NDArray

from reasoncli.models.llama_cpp.decoder import Decoder, Feed
from reasoncli.models.llama_cpp.drawing import log_softmax
from reasoncli.models.llama_cpp.prefixes import Node, Prefixes, living_child, path
from reasoncli.models.llama_cpp.scoring import decode, read_to

_WIDTH = 48  # beginnings read together: more waste work on those that the best of them would have ruled out
_FIRST_WIDTH = 8  # at first, so that the best text is soon known; one more for each text taken
_AHEAD = 8  # tokens read at once of a text that is alone: most differ from their line in what comes first
_PROMPTS = 8  # prompts begun together: each costs the making of all its texts


@dataclass(frozen=True, slots=True)
class Question:
    """Texts that could answer one prompt.

    Attributes:
        prompt: tokens, at least one.
        texts: gives the tokens of each, at least one; the last is only scored, never read. Called at most once.
        offset: added to the log-probability of each.
        banned: tokens that no answer has: probabilities are those given that none of them comes.
    """

    prompt: Sequence[int]
    texts: Callable[[], Sequence[Sequence[int]]]
    offset: float = 0.0
    banned: Sequence[int] = ()


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """A text; the likelier one is the smaller, and of equal ones the first.

    Attributes:
        cost: minus the sum of log-probability and offset.
        question: index of its question.
        text: index of the text.
        logprobs: of each token, banned ones included in what may come.
    """

    cost: float
    question: int
    text: int
    logprobs: tuple[float, ...] = field(compare=False)


@dataclass(frozen=True, slots=True)
class _Branch:
    """What texts of one question have in common so far.

    Attributes:
        question: index of it.
        bound: log-probability of what they have in common, offset included: none of them is likelier.
        node: the last token that they have in common, which is to be read for what follows; `None` before any is read.
        logprobs: of the tokens that they have in common.
        texts: indices of the texts.
    """

    question: int
    bound: float
    node: Node | None
    logprobs: tuple[float, ...] = ()
    texts: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class _Reach:
    """A branch, and the nodes after each of which it is to be known what may follow: its own, and those below it."""

    branch: _Branch
    chain: Sequence[Node]


class Ranking:
    """Texts by their probability. Between two calls of `take` the decoder may do other work."""

    def __init__(self, decoder: Decoder, prefixes: Prefixes, questions: Sequence[Question]) -> None:
        """Begin a ranking; nothing is read yet.

        Args:
            decoder: reads the texts.
            prefixes: of the same decoder.
            questions: whose prompts share what they have in common.
        """
        self._decoder = decoder
        self._prefixes = prefixes
        self._questions = questions
        self._texts: dict[int, Sequence[Sequence[int]]] = {}
        self._order = count()
        self._waiting: list[tuple[float, int, _Branch]] = []
        self._ready: list[Found] = []
        self._taken = 0
        self._ahead = min(_AHEAD, decoder.outputs - 1)
        for number, question in enumerate(questions):
            self._wait(_Branch(number, question.offset, None))

    def take(self, most: int, cancel: threading.Event) -> Iterator[Found]:
        """Yield the next likeliest texts, best first; fewer than `most` once there are no more or `cancel` is set.

        Raises:
            ModelError: a prompt and a text don't fit the cache.
        """
        best = [-each.cost for each in heapq.nsmallest(most, self._ready)]  # what this call can count on
        heapq.heapify(best)
        taken = 0
        while taken < most and not cancel.is_set():
            if self._ready and (not self._waiting or self._ready[0].cost <= self._waiting[0][0]):
                self._taken += 1
                taken += 1
                yield heapq.heappop(self._ready)
            elif self._waiting:
                for found in self._step(best, most, cancel):
                    heapq.heappush(self._ready, found)
                    heapq.heappush(best, -found.cost)
                    if len(best) > most:
                        heapq.heappop(best)
            else:
                return

    def _wait(self, branch: _Branch) -> None:
        heapq.heappush(self._waiting, (-branch.bound, next(self._order), branch))

    def _step(self, best: Sequence[float], most: int, cancel: threading.Event) -> list[Found]:
        """Read the best beginnings on; the texts that end."""
        wave: list[_Branch] = []
        begun = 0
        width = min(_FIRST_WIDTH + self._taken, _WIDTH, self._decoder.outputs)
        if self._decoder.whole:  # recurrent states can't be shared
            width = 1
        while self._waiting and len(wave) < width and begun < _PROMPTS and not cancel.is_set():
            bound = -self._waiting[0][0]
            if len(best) >= most and bound <= best[0]:
                break
            branch = heapq.heappop(self._waiting)[2]
            if branch.node is None:
                begun += 1
                opened = self._opened(branch)
                if opened is None:
                    continue
                branch = opened
            wave.append(branch)
        # those of one prompt together: a part that the cache bounds holds more of them
        reaches = [self._reach(branch) for branch in sorted(wave, key=lambda branch: branch.question)]
        ended: list[Found] = []
        while reaches and not cancel.is_set():
            part = reaches[: self._fitting(reaches)]
            for reach, values in zip(part, self._read_part(part), strict=True):
                ended += self._parted(reach.branch, reach.chain[1:], values)
            reaches = reaches[len(part) :]
        for reach in reaches:
            self._wait(reach.branch)
        return ended

    def _reach(self, branch: _Branch) -> _Reach:
        """What is read of a branch: one token, or some more of the text where only one is left."""
        chain = [_node(branch)]
        if len(branch.texts) == 1:
            read = len(branch.logprobs)
            for token in self._texts[branch.question][branch.texts[0]][read:-1][: self._ahead]:
                chain.append(Node(chain[-1], token))
        return _Reach(branch, chain)

    def _opened(self, branch: _Branch) -> _Branch | None:
        """All texts of a question; `None` if it has none."""
        question = self._questions[branch.question]
        texts = self._texts[branch.question] = question.texts()
        if not texts:
            return None
        node = self._prefixes.root
        for token in question.prompt[:-1]:
            node = living_child(node, token) or Node(node, token)
        read_to(self._decoder, self._prefixes, node)
        return _Branch(branch.question, branch.bound, Node(node, question.prompt[-1]), (), range(len(texts)))

    def _fitting(self, reaches: Sequence[_Reach]) -> int:
        """How many of the branches one batch and the cache take; at least one.

        All branches of a part are held at once, from the first token of their prompts on; all else can be forgotten.
        """
        prefixes, tokens, rows = self._prefixes, 0, 0
        held = {prefixes.root}
        for number, reach in enumerate(reaches):
            tip = reach.chain[-1]
            tokens += len(path(tip, prefixes.nearest(tip)))
            rows += len(reach.chain)
            for node in tip.upward():
                if node in held:
                    break
                held.add(node)
            if number == 0 and tokens > self._decoder.batch:
                read_to(self._decoder, prefixes, _node(reach.branch).parent or prefixes.root)
                tokens = len(reach.chain)
            full = tokens > self._decoder.batch or rows > self._decoder.outputs or number == prefixes.free_sequences
            if number and (full or len(held) - 1 > self._decoder.cells):
                return number
        return len(reaches)

    def _read_part(self, part: Sequence[_Reach]) -> Iterator[list[NDArray[np.float64]]]:
        """What may follow each node of the chains: log-probabilities, shape (vocabulary,)."""
        prefixes, batch = self._prefixes, self._decoder.batch
        opened = [prefixes.open(prefixes.nearest(reach.chain[-1])) for reach in part]
        paths = [path(reach.chain[-1], prefixes.tip(sequence)) for reach, sequence in zip(part, opened, strict=True)]
        readers: dict[Node, list[int]] = {}  # of nodes that no sequence holds yet
        for sequence, nodes in zip(opened, paths, strict=True):
            for node in nodes:
                readers.setdefault(node, []).append(sequence)
        while prefixes.free_cells < len(readers) and prefixes.forget():
            pass
        wanted = {node for reach in part for node in reach.chain}
        values: dict[Node, NDArray[np.float64]] = {}
        order = sorted(readers, key=lambda node: node.depth)
        for at in range(0, len(order), batch):  # to open one sequence may have cost what another could go on from
            feed = Feed()
            for node in order[at : at + batch]:
                feed.add(node.token, node.depth - 1, tuple(readers[node]), node in wanted)
            logits = decode(self._decoder, prefixes, feed)
            asked = [node for node in order[at : at + batch] if node in wanted]
            values.update(zip(asked, log_softmax(logits), strict=True))
        for sequence, nodes in zip(opened, paths, strict=True):
            prefixes.advance(sequence, nodes)
            prefixes.retain(sequence)
        return ([values[node] for node in reach.chain] for reach in part)

    def _parted(self, branch: _Branch, below: Sequence[Node], values: Sequence[NDArray[np.float64]]) -> Iterator[Found]:
        """Part the texts of a branch by their next token; those that end are yielded, the others wait.

        Args:
            branch: what was read.
            below: what was read of its one text beyond it.
            values: log-probabilities of what may follow the branch, and each node below.
        """
        question, texts = self._questions[branch.question], self._texts[branch.question]
        read, here = len(branch.logprobs), values[0]
        allowed = branch.bound - math.log(max(1.0 - float(np.exp(here[list(question.banned)]).sum()), 1e-12))
        parts: dict[int, list[int]] = {}
        for text in branch.texts:
            parts.setdefault(texts[text][read], []).append(text)
        for token, members in parts.items():
            value = float(here[token])
            logprobs = (*branch.logprobs, value)
            going_on = []
            for text in members:
                if len(texts[text]) == read + 1:
                    yield Found(-(allowed + value), branch.question, text, logprobs)
                else:
                    going_on.append(text)
            if going_on:
                node = below[0] if below else Node(branch.node, token)
                following = _Branch(branch.question, allowed + value, node, logprobs, going_on)
                if below:
                    yield from self._parted(following, below[1:], values[1:])
                else:
                    self._wait(following)


def _node(branch: _Branch) -> Node:
    assert branch.node is not None  # noqa: S101 - it was opened before it is read
    return branch.node
