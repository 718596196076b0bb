"""Examples in the order and form in which the network takes them."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.examples import Example
from training.shards import read_shard

_GROUP = 4  # shards that are shuffled together
_STEP = 32  # lengths are rounded up to a multiple of this
_OTHER = 99  # the segment of padding, which nothing reads
_FLUENCY = 0.25  # share of the functions' own tokens that are learned to be written
_FLUENCY_WEIGHT = 0.4  # of such a token, beside an answer's


@dataclass(frozen=True, slots=True)
class Batch:
    """Examples of about one length.

    Attributes:
        ids, positions: (batch, length).
        mask: (batch, 1, length, length), to be added to attention scores: a question reads its function and itself.
        selected: flat places whose next token is learned; targets, weights: of each.
        answers: of each, whether it belongs to an answer.
        tokens: that are no padding.
    """

    ids: Tensor
    positions: Tensor
    mask: Tensor
    selected: Tensor
    targets: Tensor
    weights: Tensor
    answers: Tensor
    tokens: int

    def to(self, device: torch.device) -> Batch:
        """The same on a device."""
        moved = {name: getattr(self, name) for name in self.__slots__}
        return Batch(
            **{n: value if n == "tokens" else value.to(device, non_blocking=True) for n, value in moved.items()}
        )


def next_group(shards: Sequence[Path], done: Container[str], seed: int) -> list[Path]:
    """The next shards of an epoch, to be mixed with each other; empty once it is over.

    Args:
        shards: all; more may be there than at the last call.
        done: names of those that this epoch has seen.
        seed: gives the epoch its order.
    """
    left = [path for path in shards if path.name not in done]
    left.sort(key=lambda path: hashlib.sha256(f"{seed} {path.name}".encode()).digest())
    return left[:_GROUP]


def batched(group: Sequence[Path], size: int, seed: int) -> list[list[Example]]:
    """The examples of some shards in batches of about `size` padded tokens, in an order that the seed gives."""
    rng = random.Random(f"{seed} {group[0].name}")
    examples = [example for path in group for example in read_shard(path)]
    rng.shuffle(examples)
    examples.sort(key=lambda example: -_padded(example))
    batches, start = [], 0
    while start < len(examples):
        count = max(1, size // _padded(examples[start]))
        batches.append(examples[start : start + count])
        start += count
    rng.shuffle(batches)
    return batches


def collate(examples: Sequence[Example], rng: np.random.Generator) -> Batch:
    """Examples as one batch; `rng` chooses which of the functions' own tokens are learned."""
    length = max(map(_padded, examples))
    shape = (len(examples), length)
    ids, positions = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    segments = np.full(shape, _OTHER, np.int16)
    places, weights, answers = [], [], []
    for row, example in enumerate(examples):
        n = len(example.code)
        ids[row, :n], positions[row, :n], segments[row, :n] = example.code, np.arange(n), 0
        fluent = np.nonzero(example.fluent[1:] & (rng.random(n - 1) < _FLUENCY))[0]
        places.append(row * length + fluent)
        weights.append(np.full(len(fluent), _FLUENCY_WEIGHT, np.float32))
        answers.append(np.zeros(len(fluent), np.bool_))
        at = n
        for number, (asked, answer) in enumerate(example.questions, 1):
            a, m = len(asked), len(asked) + len(answer)
            ids[row, at : at + a], ids[row, at + a : at + m] = asked, answer
            positions[row, at : at + m] = n + np.arange(m)
            segments[row, at : at + m] = number
            places.append(row * length + np.arange(at + a - 1, at + m - 1))
            weights.append(np.ones(len(answer), np.float32))
            answers.append(np.ones(len(answer), np.bool_))
            at += m
    selected = np.concatenate(places)
    part = torch.from_numpy(segments)
    readable = ((part[:, None, :] == 0) | (part[:, None, :] == part[:, :, None])).tril()
    mask = torch.zeros(readable.shape, dtype=torch.bfloat16).masked_fill_(~readable, -1e4)[:, None]
    return Batch(
        ids=torch.from_numpy(ids),
        positions=torch.from_numpy(positions),
        mask=mask,
        selected=torch.from_numpy(selected),
        targets=torch.from_numpy(ids.reshape(-1)[selected + 1]),
        weights=torch.from_numpy(np.concatenate(weights)),
        answers=torch.from_numpy(np.concatenate(answers)),
        tokens=int((segments != _OTHER).sum()),
    )


def _padded(example: Example) -> int:
    return -(-len(example) // _STEP) * _STEP
