"""Examples in the form in which the network takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.examples import Example
from training.grouping import padded

_OTHER = 99  # the segment of padding, which nothing reads
_FLUENCY = 0.25  # share of the functions' own tokens that are learned to be written
_FLUENCY_WEIGHT = 0.4  # of such a token, beside an answer's
_FIRST_WEIGHT = 2.0  # of an answer's first token, which says whether lines stay
_SHORT = 16  # tokens of an answer, from which on each weighs less: most of a long one is copied


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


def collate(examples: Sequence[Example], rng: np.random.Generator) -> Batch:
    """Examples as one batch; `rng` chooses which of the functions' own tokens are learned."""
    length = max(map(padded, examples))
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
            weights.append(_answer_weights(len(answer)))
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


def _answer_weights(length: int) -> NDArray[np.float32]:
    weights = np.full(length, min(1.0, (_SHORT / length) ** 0.5), np.float32)
    weights[0] = _FIRST_WEIGHT
    return weights
