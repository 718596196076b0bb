"""Held-out synthetic bugs, for benchmarks/repair.

    python -m training.synthetic --data DIR [--count N]

Writes DIR/synthetic.jsonl.gz in the form of fixes.jsonl.gz: one bug in each of so many functions of the splits `dev`
and `test`. The same functions and bugs come again from the same corpus and weights.
"""

from __future__ import annotations

import argparse
import hashlib
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from reasoncli.edits import Scope
from training.bugs import make_bug
from training.collect import store
from training.mix import Weights

_KEPT = ("source", "licence", "path", "name", "split")


def synthetic(functions: Iterable[dict[str, Any]], weights: Weights, count: int) -> Iterator[dict[str, Any]]:
    """One bug in each of `count` functions; which ones, the hash of their text decides."""
    ordered = sorted(functions, key=lambda each: _hash("\n".join(each["lines"])))
    for function in ordered:
        if count == 0:
            return
        lines = function["lines"]
        bug = make_bug(lines, Scope(), random.Random(_hash("\n".join(lines))), weights)
        if bug is not None:
            count -= 1
            yield {key: function[key] for key in _KEPT} | bug.record()


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--count", type=int, default=2000, help="bugs of each split")
    arguments = parser.parse_args()
    data: Path = arguments.data
    held_out = [each for each in store.read(data / "functions.jsonl.gz") if each["split"] != "train"]
    weights = Weights.read(data / "weights.json")
    made = []
    for split in ("dev", "test"):
        some = list(synthetic((each for each in held_out if each["split"] == split), weights, arguments.count))
        print(f"{split}: {len(some):,} bugs of {len({each['source'] for each in some})} sources")
        made += some
    store.write(data / "synthetic.jsonl.gz", made)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


if __name__ == "__main__":
    main()
