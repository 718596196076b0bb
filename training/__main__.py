"""From public code to a GGUF file, in one command.

    python -m training --data DIR --repositories REPOSITORIES --minutes M model.gguf

Runs the steps that README.md names, one after the other, each of which goes on from what the data folder holds. Stopped
at any time, the same command goes on. `--from` and `--to` run a part of it.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

STEPS = ("collect", "mine", "bugs", "synthetic", "execute", "prepare", "train", "decay", "export", "evaluate")


def commands(options: argparse.Namespace) -> Mapping[str, Sequence[str]]:
    """The command of each step, in order."""
    data = ["--data", str(options.data)]
    repositories = ["--repositories", str(options.repositories)] if options.repositories else []
    network = ["--offline"] if options.offline else []
    timed = ["--seed", str(options.seed), "--minutes"]
    return {
        "collect": ["training.collect", *data, *repositories, *network],
        "mine": ["training.mine", *data, *repositories],
        "bugs": ["training.bugs", *data],
        "synthetic": ["training.synthetic", *data],
        "execute": ["training.execute", *data],
        "prepare": ["training.prepare", *data, "--rounds", str(options.rounds)],
        "train": ["training.train", *data, *timed, str(options.minutes)],
        "decay": [
            "training.train",
            *data,
            "--minutes",
            str(options.minutes / 4),
            "--seed",
            str(options.seed),
            "--decay",
        ],
        "export": ["training.export", *data, str(options.out)],
        "evaluate": ["benchmarks.repair", *data, "--weights", "embedded", "--weights", str(options.out)],
    }


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--repositories", type=Path, help="folder of bare clones, owner+name/repo")
    parser.add_argument("--offline", action="store_true", help="collect from what is on this machine alone")
    parser.add_argument("--rounds", type=int, default=1, help="of bugs over all functions")
    parser.add_argument(
        "--minutes", type=float, default=240.0, help="of training; a quarter more while its rate goes down"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--from", dest="first", choices=STEPS, default=STEPS[0])
    parser.add_argument("--to", dest="last", choices=STEPS, default=STEPS[-1])
    parser.add_argument("out", type=Path, metavar="GGUF")
    options = parser.parse_args()
    wanted = STEPS[STEPS.index(options.first) : STEPS.index(options.last) + 1]
    every = commands(options)
    for number, step in enumerate(wanted, 1):
        print(f"[{number}/{len(wanted)}] python -m {shlex.join(every[step])}", flush=True)
        started = time.monotonic()
        status = subprocess.run([sys.executable, "-m", *every[step]], check=False).returncode
        if status:
            raise SystemExit(f"{step} ended with status {status}; the same command goes on from here: --from {step}")
        print(f"[{number}/{len(wanted)}] {step}: {(time.monotonic() - started) / 60:.1f} minutes", flush=True)


if __name__ == "__main__":
    main()
