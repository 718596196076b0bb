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

from benchmarks.selection.facts import collect, instances


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    collecting = commands.add_parser("collect")
    collecting.add_argument("--pools", type=Path, required=True)
    collecting.add_argument("--mirrors", type=Path, required=True)
    collecting.add_argument("--image", required=True)
    collecting.add_argument("--only", nargs="*", default=None)
    for each in (collecting,):
        each.add_argument("--facts", type=Path, required=True)
    arguments = parser.parse_args()
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
