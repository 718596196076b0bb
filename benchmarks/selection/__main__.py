"""Rules for choosing beside each other, on pools of real systems' patches.

    python -m benchmarks.selection make --pools DIR --mirrors DIR --image IMAGE --each N PROJECT...
    python -m benchmarks.selection mined --pools DIR --mirrors DIR --image IMAGE --fixes FILE --repositories DIR
    python -m benchmarks.selection collect --pools DIR --mirrors DIR --image IMAGE --facts DIR [--only ID ...]
    python -m benchmarks.selection pack --facts DIR
    python -m benchmarks.selection table [--facts DIR|FILE]
    python -m benchmarks.selection stopping [--facts DIR|FILE]
    python -m benchmarks.selection calibrate [--facts DIR|FILE] [--given DIR]

`make` makes pools out of git work trees with tests (see `making.py`), `mined` out of fixes that `training.mine` found
in bare repositories. `collect` runs the parts of `select` over all candidates of each pool and keeps what it found as a
file in the folder of facts; pools that have one are left out. `pack` makes one file of them, beside this one: there lie
the facts of our own pools, which the other commands take.
From facts, `table` draws parts of the pools many times and prints what each rule makes of them, `stopping` what the
rule that ends sampling saves and costs, and `calibrate` whether the stated confidence holds, for pools of our own and
the given ones. MIRRORS holds bare clones as `owner+name/repo`; the image has Python and what the tests need.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from pathlib import Path

from rich.console import Console

from benchmarks.selection import calibration, stopping, table
from benchmarks.selection.facts import Pool, collect, instances, pack, read
from benchmarks.selection.fixes import laid_out, mined
from benchmarks.selection.making import make, make_of_fix
from reasoncli.models.open import open_sampler
from reasoncli.models.resolve import EMBEDDED

OWN = Path(__file__).with_name("own.jsonl.gz")


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for run in (_make, _mined, _collect, _pack, _table, _stopping, _calibrate):
        command = commands.add_parser(run.__name__.strip("_"), help=run.__doc__)
        command.set_defaults(run=run)
        if run in (_make, _mined, _collect):
            command.add_argument("--pools", type=Path, required=True)
            command.add_argument("--mirrors", type=Path, required=True)
            command.add_argument("--image", required=True)
        if run in (_collect, _pack):
            command.add_argument("--facts", type=Path, required=True)
        elif run not in (_make, _mined):
            command.add_argument("--facts", type=Path, default=OWN, help="folder or packed file; without it, our own")
        match run.__name__:
            case "_make":
                command.add_argument("--each", type=int, default=8, help="pools of a project")
                command.add_argument("--seed", type=int, default=0)
                command.add_argument("projects", type=Path, nargs="+", metavar="PROJECT")
            case "_mined":
                command.add_argument("--fixes", type=Path, required=True)
                command.add_argument("--repositories", type=Path, required=True)
                command.add_argument("--wanted", type=int, default=20, help="pools")
                command.add_argument("--seed", type=int, default=0)
                command.add_argument("--only", nargs="*", default=None, metavar="PROJECT")
            case "_collect":
                command.add_argument("--only", nargs="*", default=None)
            case "_calibrate":
                command.add_argument("--given", type=Path, default=None)
        if run in (_table, _stopping, _calibrate):
            command.add_argument("--draws", type=int, default=200 if run is _table else 20)
    arguments = parser.parse_args()
    arguments.run(arguments)


def _collect(arguments: argparse.Namespace) -> None:
    """Find out what can be known of the candidates."""
    arguments.facts.mkdir(parents=True, exist_ok=True)
    for instance in instances(arguments.pools):
        name = instance["instance_id"]
        path = arguments.facts / f"{name}.json"
        if path.exists() or (arguments.only is not None and name not in arguments.only):
            continue
        rows = (arguments.pools / "candidates" / f"{name}.jsonl").read_text().splitlines()
        try:
            pool = collect(instance, [json.loads(row) for row in rows], arguments.mirrors, {"image": arguments.image})
        except Exception as error:  # noqa: BLE001 - the other pools go on
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            continue
        pool.write(path)


def _pack(arguments: argparse.Namespace) -> None:
    """Put a folder of facts into the file of our own pools."""
    pack(_read(arguments.facts), OWN)


def _table(arguments: argparse.Namespace) -> None:
    """Compare rules."""
    pools = _read(arguments.facts)
    table.show(pools, (5, 10, 20, None), arguments.draws, Console(width=max(Console().width, 100 + 7 * len(pools))))


def _stopping(arguments: argparse.Namespace) -> None:
    """Measure what stopping early saves and costs."""
    stopping.show(_read(arguments.facts), arguments.draws, Console())


def _calibrate(arguments: argparse.Namespace) -> None:
    """Fit the confidence, and see whether it holds."""
    given = [] if arguments.given is None else _read(arguments.given)
    calibration.show(_read(arguments.facts), given, arguments.draws, Console())


def _read(facts: Path) -> list[Pool]:
    pools = read(facts) if facts.exists() else []
    if not pools:
        sys.exit(f"there are no facts in {facts}: `collect` makes them")
    return pools


def _make(arguments: argparse.Namespace) -> None:
    """Make pools of each project that has none yet."""
    arguments.pools.mkdir(parents=True, exist_ok=True)
    known = {each["repo"] for each in instances(arguments.pools)}
    sampler = open_sampler(EMBEDDED)
    for project in arguments.projects:
        if project.name in known:
            continue
        try:
            where = {"image": arguments.image}
            make(project, where, sampler, arguments.each, arguments.pools, arguments.mirrors, arguments.seed)
        except Exception as error:  # noqa: BLE001 - the other projects go on
            print(f"{project.name}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)


def _mined(arguments: argparse.Namespace) -> None:
    """Make pools of fixes that projects' histories have."""
    arguments.pools.mkdir(parents=True, exist_ok=True)
    where, places = {"image": arguments.image}, (arguments.pools, arguments.mirrors)
    sampler = open_sampler(EMBEDDED)
    found = 0
    for fix in mined(arguments.fixes, arguments.repositories, random.Random(arguments.seed)):
        if found == arguments.wanted:
            break
        if arguments.only is not None and fix.project not in arguments.only:
            continue
        try:
            with laid_out(fix) as (project, bug, scope):
                found += bool(scope) and make_of_fix(project, bug, scope, where, sampler, *places, arguments.seed)
        except Exception as error:  # noqa: BLE001 - the other fixes go on
            print(f"{fix.project} {fix.function}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
