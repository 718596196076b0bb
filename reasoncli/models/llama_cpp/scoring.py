"""Log-probabilities of given texts, all read in a few batches over a shared prefix.

Texts that begin alike share their tokens too: a batch is a tree, whose inner tokens belong to the
sequences of all texts that run through them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from reasoncli.errors import ModelError
from reasoncli.models.llama_cpp.decoder import Decoder, Feed
from reasoncli.models.llama_cpp.drawing import log_probabilities
from reasoncli.models.llama_cpp.prefixes import Node, Prefixes, living_child, path


def score(decoder: Decoder, prefixes: Prefixes, prompt: Sequence[int], texts: Sequence[Sequence[int]]) -> list[float]:
    """Log-probability of each token sequence after the prompt.

    Args:
        decoder: reads the texts.
        prefixes: of the same decoder.
        prompt: at least one token.
        texts: each at least one token; the last of each is only scored, never read.

    Raises:
        ModelError: prompt and text don't fit the cache.
    """
    anchor = read(decoder, prefixes, prompt[:-1])
    try:
        totals = [0.0] * len(texts)
        for wave in _waves(decoder, prefixes, prompt[-1], texts):
            _score_wave(decoder, prefixes, anchor, [(index, (prompt[-1], *texts[index])) for index in wave], totals)
        return totals
    finally:
        prefixes.retain(anchor)


def read(decoder: Decoder, prefixes: Prefixes, tokens: Sequence[int]) -> int:
    """A sequence that holds the tokens."""
    node = prefixes.root
    for token in tokens:
        node = living_child(node, token) or Node(node, token)
    return _held(decoder, prefixes, node)


def read_to(decoder: Decoder, prefixes: Prefixes, node: Node) -> None:
    """See to it that what leads to a node is read, in as many batches as it takes; kept as long as there is room."""
    prefixes.retain(_held(decoder, prefixes, node))


def _held(decoder: Decoder, prefixes: Prefixes, node: Node) -> int:
    base = prefixes.nearest(node)
    sequence = prefixes.open(base)
    nodes = path(node, base)
    for at in range(0, len(nodes), decoder.batch):
        part = nodes[at : at + decoder.batch]
        feed = Feed()
        for each in part:
            feed.add(each.token, each.depth - 1, (sequence,), False)
        decode(decoder, prefixes, feed)
        prefixes.advance(sequence, part)
    return sequence


def _waves(decoder: Decoder, prefixes: Prefixes, last: int, texts: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Indices of texts that are read together, similar ones side by side."""
    order = sorted(range(len(texts)), key=lambda index: tuple(texts[index]))
    wave: list[int] = []
    tokens = 0
    for index in order:
        size = len(texts[index])
        while prefixes.free_cells < size + 1 and prefixes.forget():
            pass
        full = len(wave) >= prefixes.free_sequences or tokens + size > min(prefixes.free_cells, decoder.cells)
        if wave and full:
            yield wave
            wave, tokens = [], 0
        wave.append(index)
        tokens += size
    if wave:
        yield wave


def _score_wave(
    decoder: Decoder,
    prefixes: Prefixes,
    anchor: int,
    paths: Sequence[tuple[int, tuple[int, ...]]],
    totals: list[float],
) -> None:
    base = prefixes.tip(anchor)
    opened = [prefixes.open(base) for _ in paths]
    try:
        # a prefix of tokens -> texts through it; recurrent states can't be shared within a batch
        owners: dict[tuple[int, ...], list[int]] = {}
        for slot, (_, tokens) in enumerate(paths):
            for end in range(1, len(tokens)):
                key = tokens[:end] if not decoder.whole else (-slot - 1, *tokens[:end])
                owners.setdefault(key, []).append(slot)
        steps = sorted(owners.items(), key=lambda item: len(item[0]))
        for at in range(0, len(steps), decoder.outputs):
            part = steps[at : at + decoder.outputs]
            feed = Feed()
            rows, slots, nexts = [], [], []
            for row, (key, slots_here) in enumerate(part):
                tokens = key if not decoder.whole else key[1:]
                feed.add(tokens[-1], base.depth + len(tokens) - 1, tuple(opened[slot] for slot in slots_here), True)
                for slot in slots_here:
                    rows.append(row)
                    slots.append(slot)
                    nexts.append(paths[slot][1][len(tokens)])
            logits = decode(decoder, prefixes, feed)
            values = log_probabilities(logits, np.array(rows, dtype=np.intp), np.array(nexts, dtype=np.intp))
            for slot, value in zip(slots, values.tolist(), strict=True):
                totals[paths[slot][0]] += value
    finally:
        for sequence in opened:
            prefixes.close(sequence)


def decode(decoder: Decoder, prefixes: Prefixes, feed: Feed) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """The logits of a feed, for which retained sequences make room.

    Raises:
        ModelError: there is no room.
    """
    while (logits := decoder.decode(feed)) is None:
        if not prefixes.forget():
            raise ModelError(
                f"prompt and texts don't fit a cache of {decoder.cells} tokens", hint="Ask for a larger context."
            )
    return logits
