"""Which examples come together, and when: shards in groups, examples of about one length in batches."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Container, Sequence
from pathlib import Path

from training.examples import Example
from training.shards import read_shard

_GROUP = 4  # shards that are shuffled together
_STEP = 32  # lengths are rounded up to a multiple of this


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
    examples.sort(key=lambda example: -padded(example))
    batches, start = [], 0
    while start < len(examples):
        count = max(1, size // padded(examples[start]))
        batches.append(examples[start : start + count])
        start += count
    rng.shuffle(batches)
    return batches


def turns(batches: int, done: int, rank: int, world: int) -> range:
    """The numbers of the batches that one process takes, as many as any other: past the last one they begin anew.

    Args:
        batches: of the group.
        done: how many an earlier run took; there may have been more or fewer processes.
        rank: of the process.
        world: processes.
    """
    return range(done - done % world + rank, batches + -batches % world, world)


def padded(example: Example) -> int:
    """Tokens that an example takes in a batch."""
    return -(-len(example) // _STEP) * _STEP
