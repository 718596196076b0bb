"""A model of a few tokens whose every conditional probability is known, behind the `Decoder` interface.

It keeps a cache as llama.cpp does (cells shared by sequences, a limit on both), refuses what llama.cpp
would refuse, and computes logits from the cells of a sequence alone: logic that loses or mixes up
cells gets wrong logits, not just a wrong count.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from reasoncli.models.llama_cpp.decoder import Feed


def conditional(path: tuple[int, ...], vocabulary: int, spread: float = 2.0) -> NDArray[np.float32]:
    """Logits after a path, shape (vocabulary,): fixed pseudo-random numbers."""
    digest = blake2b(bytes(path), digest_size=4 * vocabulary).digest()
    return (np.frombuffer(digest, "<u4") / 2**32 * 2 * spread - spread).astype(np.float32)


@dataclass(slots=True, eq=False)
class _Cell:
    token: int
    position: int


@dataclass(slots=True)
class FakeDecoder:
    vocabulary: int = 6
    cells: int = 10_000
    sequences: int = 8
    batch: int = 64
    whole: bool = False
    refuse: set[int] = field(default_factory=set)  # numbers of decode calls that find no slot for several tokens
    spread: float = 2.0
    held: dict[int, list[_Cell]] = field(default_factory=dict)
    decoded: int = 0
    calls: int = 0
    most_sequences: int = 0
    most_cells: int = 0

    @property
    def outputs(self) -> int:
        return min(self.batch, self.sequences)

    def used(self) -> int:
        return len({id(cell) for cells in self.held.values() for cell in cells})

    def decode(self, feed: Feed) -> NDArray[np.float32] | None:
        assert 0 < len(feed) <= self.batch
        assert sum(feed.wants) <= self.outputs
        self.calls += 1
        if (self.calls in self.refuse and len(feed) > 1) or self.used() + len(feed) > self.cells:
            return None
        rows = []
        for token, position, owners, want in zip(feed.tokens, feed.positions, feed.sequences, feed.wants, strict=True):
            assert not (self.whole and len(owners) > 1)
            cell = _Cell(token, position)
            for owner in owners:
                assert 0 <= owner < self.sequences
                cells = self.held.setdefault(owner, [])
                assert position == len(cells), "positions of a sequence are consecutive"
                cells.append(cell)
            if want:
                rows.append(
                    conditional(tuple(each.token for each in self.held[owners[0]]), self.vocabulary, self.spread)
                )
        self.decoded += len(feed)
        self.most_sequences = max(self.most_sequences, sum(map(bool, self.held.values())))
        self.most_cells = max(self.most_cells, self.used())
        return np.stack(rows) if rows else np.empty((0, self.vocabulary), dtype=np.float32)

    def copy(self, source: int, target: int, length: int) -> None:
        assert not self.held.get(target), "a target is empty"
        assert not self.whole or length == len(self.held[source]), "states are copied as they are"
        self.held[target] = self.held[source][:length]
        assert len(self.held[target]) == length

    def cut(self, sequence: int, length: int) -> None:
        assert not self.whole or length == 0, "states can't be cut"
        self.held[sequence] = self.held.get(sequence, [])[:length]

    def clear(self) -> None:
        self.held.clear()


class FakeLexicon:
    """Token 0 ends; the others are the letters a, b, c ..."""

    def piece(self, token: int, *, special: bool) -> bytes:
        return b"" if token == 0 else bytes([ord("a") + token - 1])

    def tokens(self, text: str, *, special: bool) -> list[int]:
        return [ord(letter) - ord("a") + 1 for letter in text if letter.isalpha()]


def exact(prompt: tuple[int, ...], vocabulary: int, max_tokens: int, spread: float = 2.0) -> dict[str, float]:
    """Probability of every text of at most `max_tokens` tokens, by the chain rule."""
    found: dict[str, float] = {}
    for length in range(max_tokens + 1):
        for body in itertools.product(range(1, vocabulary), repeat=length):
            probability = 1.0
            for end in range(length + (length < max_tokens)):
                logits = conditional(prompt + body[:end], vocabulary, spread).astype(np.float64)
                chances = np.exp(logits) / np.exp(logits).sum()
                probability *= chances[body[end] if end < length else 0]
            found["".join(chr(ord("a") + token - 1) for token in body)] = probability
    return found
