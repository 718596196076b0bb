"""Examples on disk: some thousands in a file of flat arrays."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from training.examples import Example

SHARD = 4000
"""Functions in a file."""

Kind = TypeVar("Kind", bound=np.generic)


def write_shard(path: Path, examples: Sequence[Example]) -> None:
    """Write examples; the file appears whole or not at all."""
    questions = [question for example in examples for question in example.questions]
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez_compressed(
            file,
            code=np.concatenate([example.code for example in examples]),
            fluent=np.packbits(np.concatenate([example.fluent for example in examples])),
            lengths=np.array([len(example.code) for example in examples], dtype=np.int32),
            counts=np.array([len(example.questions) for example in examples], dtype=np.int32),
            asked=np.concatenate([asked for asked, _ in questions]),
            asked_lengths=np.array([len(asked) for asked, _ in questions], dtype=np.int32),
            answers=np.concatenate([answer for _, answer in questions]),
            answer_lengths=np.array([len(answer) for _, answer in questions], dtype=np.int32),
        )
    partial.replace(path)


def read_shard(path: Path) -> list[Example]:
    """The examples of a file, in their order."""
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}
    codes: list[NDArray[np.uint16]] = _split(arrays["code"], arrays["lengths"])
    fluent = np.unpackbits(arrays["fluent"], count=len(arrays["code"])).astype(np.bool_)
    asked: list[NDArray[np.uint16]] = _split(arrays["asked"], arrays["asked_lengths"])
    answers: list[NDArray[np.uint16]] = _split(arrays["answers"], arrays["answer_lengths"])
    questions = iter(zip(asked, answers, strict=True))
    return [
        Example(code, mask, tuple(next(questions) for _ in range(count)))
        for code, mask, count in zip(codes, _split(fluent, arrays["lengths"]), arrays["counts"], strict=True)
    ]


def _split(values: NDArray[Kind], lengths: NDArray[np.int32]) -> list[NDArray[Kind]]:
    return np.split(values, np.cumsum(lengths)[:-1])
