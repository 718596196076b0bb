"""Rules for choosing beside each other, on pools of real systems' patches.

    python -m benchmarks.selection collect --pools DIR --mirrors DIR --image IMAGE --facts DIR [--only ID ...]
    python -m benchmarks.selection table --facts DIR

`collect` runs the parts of `select` over all candidates of each pool and keeps what it found as a file in the folder of
facts; pools that have one are left out. `table` draws parts of the pools many times and prints what each rule makes of
them. MIRRORS holds bare clones as `owner+name/repo`; the image has Python and what the tests need.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console

from benchmarks.selection.facts import Pool, collect, instances
from benchmarks.selection.table import show


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    collecting = commands.add_parser("collect")
    collecting.add_argument("--pools", type=Path, required=True)
    collecting.add_argument("--mirrors", type=Path, required=True)
    collecting.add_argument("--image", required=True)
    collecting.add_argument("--only", nargs="*", default=None)
    tabling = commands.add_parser("table")
    tabling.add_argument("--draws", type=int, default=200)
    for each in (collecting, tabling):
        each.add_argument("--facts", type=Path, required=True)
    arguments = parser.parse_args()
    if arguments.command == "table":
        pools = [Pool.read(path) for path in sorted(arguments.facts.glob("*.json"))]
        if not pools:
            parser.error(f"there are no facts in {arguments.facts}: `collect` makes them")
        show(pools, (5, 10, 20, None), arguments.draws, Console(width=max(Console().width, 100 + 7 * len(pools))))
        return
    arguments.facts.mkdir(parents=True, exist_ok=True)
    for instance in instances(arguments.pools):
        name = instance["instance_id"]
        path = arguments.facts / f"{name}.json"
        if path.exists() or (arguments.only is not None and name not in arguments.only):
            continue
        rows = (arguments.pools / "candidates" / f"{name}.jsonl").read_text().splitlines()
        try:
            pool = collect(instance, [json.loads(row) for row in rows], arguments.mirrors, arguments.image)
        except Exception as error:  # noqa: BLE001 - the other pools go on
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            continue
        pool.write(path)


if __name__ == "__main__":
    main()
