"""From functions and fixes to shards of examples.

    python -m training.prepare --data DIR [--rounds N] [--vocabulary SIZE]

Learns DIR/tokenizer.json unless it is there, and writes DIR/shards/*.npz, of split `train` alone: the bugs that a call
shows (DIR/executed), and rounds over all functions with new bugs in each, and the real fixes among them. What is there
already is not made again.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rich.progress import track

from training.bugs import Weights
from training.collect import store
from training.examples import LONGEST, Example, Hint, make_example
from training.hints import Hints
from training.hunk import Hunk
from training.planting import plant
from training.shards import SHARD, write_shard
from training.vocabulary import Vocabulary

_TEXTS = 60_000  # functions that the vocabulary is learned from
_FIXES = 2  # how often each real fix stands in a round


@dataclass(frozen=True, slots=True)
class Work:
    """One shard to be made: functions to plant bugs in, and fixes of bugs, each with what is told of it."""

    path: Path
    seed: str
    functions: tuple[tuple[tuple[str, ...], tuple[Hint, ...]], ...]
    fixes: tuple[tuple[dict[str, Any], tuple[Hint, ...]], ...]


def make_shard(work: Work, tokenizer: Path, weights: Weights) -> int:
    """Write one shard, unless nothing fits; returns how many examples it has."""
    vocabulary, rng = Vocabulary.load(tokenizer), random.Random(work.seed)
    examples: list[Example | None] = []
    for lines, hints in work.functions:
        broken, hunks = plant(lines, rng, weights)
        examples.append(make_example(broken, hunks, hints, vocabulary, rng, LONGEST))
    for fix, hints in work.fixes:
        hunk = Hunk(fix["start"], fix["end"], tuple(fix["replacement"]))
        examples.append(make_example(fix["before"], [hunk], hints, vocabulary, rng, LONGEST))
    fitting = [example for example in examples if example is not None]
    rng.shuffle(fitting)
    if fitting:
        write_shard(work.path, fitting)
    return len(fitting)


def shares(
    functions: Sequence[dict[str, Any]], fixes: Sequence[dict[str, Any]], hints: Hints, folder: Path, round_: int
) -> Iterator[Work]:
    """The shards of one round that aren't there yet."""
    rng = random.Random(round_)
    functions, fixes = list(functions), list(fixes) * _FIXES
    rng.shuffle(functions)
    rng.shuffle(fixes)
    count = max(1, -(-len(functions) // SHARD))
    for number in range(count):
        path, seed = folder / f"round-{round_:03}-{number:04}.npz", f"{round_}-{number}"
        if path.exists():
            continue
        drawn = random.Random(seed)
        yield Work(
            path,
            seed,
            tuple((tuple(each["lines"]), hints.of(each, each["lines"], drawn)) for each in functions[number::count]),
            tuple((fix, hints.of(fix, fix["before"], drawn)) for fix in fixes[number::count]),
        )


def executed(data: Path, hints: Hints, folder: Path) -> Iterator[Work]:
    """Shards of the bugs that a call shows, those that aren't there yet: one of each file of DIR/executed."""
    for part in sorted((data / "executed").glob("*.jsonl.gz")):
        path = folder / f"executed-{part.name.removesuffix('.jsonl.gz')}.npz"
        if not path.exists():
            drawn = random.Random(part.name)
            bugs = [bug for bug in store.read(part) if bug["split"] == "train"]
            if bugs:
                yield Work(path, part.name, (), tuple((bug, hints.of(bug, bug["before"], drawn)) for bug in bugs))


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--vocabulary", type=int, default=8192)
    arguments = parser.parse_args()
    data: Path = arguments.data
    functions = [record for record in store.read(data / "functions.jsonl.gz") if record["split"] == "train"]
    fixes = [record for record in store.read(data / "fixes.jsonl.gz") if record["split"] == "train"]
    print(f"{len(functions):,} functions and {len(fixes):,} fixes to train on")
    tokenizer = data / "tokenizer.json"
    if not tokenizer.exists():
        some = random.Random(0).sample(functions, min(_TEXTS, len(functions)))
        Vocabulary.learn(("\n".join(each["lines"]) for each in some), arguments.vocabulary).save(tokenizer)
    hints, weights = Hints(functions), Weights.read(data / "weights.json")
    shards = data / "shards"
    shards.mkdir(exist_ok=True)
    for kind, works in (
        ("bugs that a call shows", executed(data, hints, shards)),
        *((f"round {round_}", shares(functions, fixes, hints, shards, round_)) for round_ in range(arguments.rounds)),
    ):
        left = list(works)
        with multiprocessing.Pool(len(os.sched_getaffinity(0))) as pool:
            made = pool.imap_unordered(partial(make_shard, tokenizer=tokenizer, weights=weights), left)
            total = sum(track(made, kind, total=len(left)))
        print(f"{kind}: {total:,} examples in {len(left)} new shards")


if __name__ == "__main__":
    main()
