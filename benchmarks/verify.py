"""The verifier's figures, side by side in one run.

    python -m benchmarks.verify speed [--only small heavy slow]   candidates per second, against fresh containers
    python -m benchmarks.verify overhead                          what a candidate costs beside its tests
    python -m benchmarks.verify agreement                         screening against clean verdicts, on real projects
    python -m benchmarks.verify soak --minutes 30                 judging on while containers and runners are killed

Candidates are mutants of the faulty file, chosen by a seed, and the right fix. Needs a Docker engine.
"""

from __future__ import annotations

import argparse
import secrets
import tempfile
from pathlib import Path

from benchmarks.verification import agreement, comparing, overhead, projects, soak, speed
from benchmarks.verification.bench import opened
from reasoncli.settings.loading import load_settings, worker_count

_GOALS = {"small": 6, "heavy": 10, "slow": 30}
_OVERHEAD = 30
_REAL = ("inflect", "voluptuous", "cachetools")


def run_speed(options: argparse.Namespace, folder: Path) -> None:
    """Print a table for each project."""
    for name in options.only or _GOALS:
        planted = getattr(projects, name)(folder)
        plain = options.plain or (3 if name == "slow" else 40)
        with opened(planted, number=options.candidates, seed=options.seed, run=options.run) as bench:
            ways, remarks = speed.measure(
                bench, workers=options.workers, plain=plain, parallel=plain + plain % options.workers, seed=options.seed
            )
        print(f"\n{planted.name} ({planted.shape}), {len(bench.candidates)} candidates")
        print(speed.table(ways))
        print("\n".join(remarks))
        print(f"goal: {_GOALS[name]} times the rate of fresh containers", flush=True)


def run_overhead(options: argparse.Namespace, folder: Path) -> None:
    """Print what a candidate costs, part by part."""
    for name in options.only or ("small", "heavy"):
        planted = getattr(projects, name)(folder)
        with opened(planted, number=options.candidates, seed=options.seed, run=options.run) as bench:
            costs = overhead.measure(bench)
        print(f"\n{planted.name} ({planted.shape}), {len(costs)} candidates in the warm lane, one worker")
        print(overhead.table(costs))
        print(f"goal: ours under {_OVERHEAD} ms", flush=True)


def run_agreement(options: argparse.Namespace, folder: Path) -> None:
    """Print how far screening and clean verdicts agree on real projects."""
    number = -(-options.candidates // len(options.only))
    measured = []
    head = (
        f"{'':<16}{'candidates':>11}{'same':>6}{'stage':>7}{'other':>7}{'agree':>9}{'tests run':>11}{'all tests':>11}"
    )
    for name in options.only:
        planted = projects.released(name, options.folder or folder)
        with opened(planted, number=number, seed=options.seed, run=options.run) as bench:
            found = agreement.measure(bench, options.workers)
        measured.append(found)
        print(f"{name} ({planted.shape}): warm lane {'closed, ' + found.warm if found.warm else 'open'}")
        print("\n".join(comparing.told(found.pairs)), flush=True)
    print(head)
    for name, found in zip(options.only, measured, strict=True):
        print(agreement.row(name, [found]))
    print(agreement.row("all", measured))
    print("goal: 100 %, every disagreement explained")


def run_soak(options: argparse.Namespace, folder: Path) -> None:
    """Print what went wrong while things were killed, and what was left."""
    planted = projects.small(folder)
    own = folder / "tmp"  # so that nobody else's folders are taken for ours
    own.mkdir()
    tempfile.tempdir = str(own)
    with opened(planted, number=options.candidates, seed=options.seed, run=options.run) as bench:
        tally = soak.measure(
            bench,
            run=options.run,
            workers=options.workers,
            minutes=options.minutes,
            every=options.every,
            seed=options.seed,
        )
    tempfile.tempdir = None
    print(soak.table(tally, options.minutes))


def main() -> None:
    """Measure what is asked for."""
    description, _, rest = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        description=description, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--seed", type=int, default=0)
    common.add_argument("--workers", type=int, default=worker_count(load_settings()))

    one = commands.add_parser("speed", parents=[common])
    one.add_argument("--only", nargs="+", choices=sorted(_GOALS))
    one.add_argument("--candidates", type=int, default=120)
    one.add_argument("--plain", type=int, help="how many of them are judged the plain way (default: 40, 3 where slow)")
    one.set_defaults(command=run_speed)

    two = commands.add_parser("overhead", parents=[common])
    two.add_argument("--only", nargs="+", choices=sorted(_GOALS))
    two.add_argument("--candidates", type=int, default=60)
    two.set_defaults(command=run_overhead)

    three = commands.add_parser("agreement", parents=[common])
    three.add_argument("--only", nargs="+", default=_REAL, metavar="NAME", help="projects of benchmarks.real")
    three.add_argument("--candidates", type=int, default=200, help="of all projects together")
    three.add_argument("--folder", type=Path, help="where benchmarks.real has prepared them")
    three.set_defaults(command=run_agreement)

    five = commands.add_parser("soak", parents=[common])
    five.add_argument("--minutes", type=float, default=30.0)
    five.add_argument("--every", type=float, default=20.0, help="seconds between kills")
    five.add_argument("--candidates", type=int, default=40)
    five.set_defaults(command=run_soak)

    options = parser.parse_args()
    options.run = f"benchmark-{secrets.token_hex(4)}"
    with tempfile.TemporaryDirectory(prefix="reasoncli-verify-") as folder:
        options.command(options, Path(folder))


if __name__ == "__main__":
    main()
