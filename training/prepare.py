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

from training.collect import store
from training.examples import LONGEST, Example, Hint, make_example
from training.hints import Hints, Siblings, context
from training.hunk import Hunk
from training.mix import LOGIC, Weights
from training.planting import plant
from training.shards import SHARD, write_shard
from training.vocabulary import Vocabulary

_TEXTS = 60_000  # functions that the vocabulary is learned from
_FIXES = 2  # how often each real fix stands in a round
_LINES = 8  # more than so many, and a function is always taken; else the fewer the more seldom, as real fixes have it
_RIGHT, _RIGHT_SHORT, _SHORT = 0.2, 0.5, 4  # share of functions that stay right, more of those with few lines
_LOGIC = 0.6
"""Share of the functions with slips of `LOGIC` instead of the mix of real fixes. Half of that mix can't be located by
anybody who sees the function alone (arguments that a changed callee takes, lines put in). A model that learned from it
alone had the wrong line among its first three for 44 % of the bugs of small programs, the first weights for 71 %."""
_BYSTANDERS = 0.3  # of the bugs that a call shows, how many have a right function shown under their check as well
_GIVEN_AWAY = ("TypeError", "NameError", "AttributeError", "UnboundLocalError")
_GIVEN_AWAY_KEPT = 0.5


@dataclass(frozen=True, slots=True)
class Work:
    """One shard to be made: functions to plant bugs in, fixes, and right functions, each with what is told of it.

    Some of the functions stay right: the tool asks about functions without a fault too, and which line is doubted must
    not be the same as which function is.
    """

    path: Path
    seed: str
    functions: tuple[tuple[tuple[str, ...], tuple[Hint, ...], Siblings], ...]
    fixes: tuple[tuple[dict[str, Any], tuple[Hint, ...], Siblings], ...]
    right: tuple[tuple[tuple[str, ...], tuple[Hint, ...], Siblings], ...] = ()


def make_shard(work: Work, tokenizer: Path, weights: Weights) -> int:
    """Write one shard, unless nothing fits; returns how many examples it has."""
    vocabulary, rng = Vocabulary.load(tokenizer), random.Random(work.seed)
    examples: list[Example | None] = []

    def add(lines: Sequence[str], hunks: Sequence[Hunk], told: Sequence[Hint], siblings: Siblings) -> None:
        hints = [*told, *context(siblings, lines, rng)]
        examples.append(make_example(lines, hunks, hints, vocabulary, rng, LONGEST))

    for lines, told, siblings in work.functions:
        right = rng.random() < (_RIGHT_SHORT if len(lines) < _SHORT else _RIGHT)
        mix = LOGIC if rng.random() < _LOGIC else weights
        add(*((lines, []) if right else plant(lines, rng, mix)), told, siblings)
    for fix, told, siblings in work.fixes:
        add(fix["before"], [Hunk(fix["start"], fix["end"], tuple(fix["replacement"]))], told, siblings)
    for lines, told, siblings in work.right:
        add(lines, [], told, siblings)
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
    functions = [each for each in functions if rng.random() < (len(each["lines"]) - 1) / _LINES]
    fixes = list(fixes) * _FIXES
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
            tuple(
                (tuple(each["lines"]), hints.told(each, drawn), hints.siblings(each, each["lines"]))
                for each in functions[number::count]
            ),
            tuple((fix, hints.told(fix, drawn), hints.siblings(fix, fix["before"])) for fix in fixes[number::count]),
        )


def executed(data: Path, hints: Hints, folder: Path) -> Iterator[Work]:
    """Shards of the bugs that a call shows, those that aren't there yet: one of each file of DIR/executed."""
    for part in sorted((data / "executed").glob("*.jsonl.gz")):
        path = folder / f"executed-{part.name.removesuffix('.jsonl.gz')}.npz"
        if not path.exists():
            drawn = random.Random(part.name)
            bugs = [bug for bug in store.read(part) if bug["split"] == "train" and _is_wanted(bug, drawn)]
            if bugs:
                shown = [(bug, hints.told(bug, drawn), hints.siblings(bug, bug["before"])) for bug in bugs]
                yield Work(path, part.name, (), tuple(shown), tuple(_bystanders(shown, hints, drawn)))


def _is_wanted(bug: dict[str, Any], rng: random.Random) -> bool:
    """Leaves out some of those that are too easy or too many: tiny functions, and errors that name the fault."""
    if rng.random() >= (len(bug["before"]) - 1) / _LINES:
        return False
    return not bug["got"].startswith(_GIVEN_AWAY) or rng.random() < _GIVEN_AWAY_KEPT


def _bystanders(
    shown: Sequence[tuple[dict[str, Any], tuple[Hint, ...], Siblings]], hints: Hints, rng: random.Random
) -> Iterator[tuple[tuple[str, ...], tuple[Hint, ...], Siblings]]:
    """Right functions of the same files, under checks that another one fails: the tool shows such ones too."""
    for bug, told, _ in shown:
        others = hints.others(bug) if rng.random() < _BYSTANDERS else []
        if others:
            lines = rng.choice(others)
            yield tuple(lines), told, hints.siblings(bug, lines)


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
