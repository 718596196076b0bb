"""What `--engine ray` costs a candidate beside the engine of threads: the same candidates, judged by both in turns.

    python -m benchmarks.engine [--candidates 60] [--rounds 3] [--address HOST:PORT]

One worker each, Docker sandboxes, screenings in the warm lane; both engines judge each candidate right after each
other, so that what else the machine does falls on both. Needs the extra `ray`. Without an address Ray finds
a cluster or begins one of one node.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks.verification import projects
from benchmarks.verification.bench import Bench, opened
from reasoncli.cluster.cluster import found
from reasoncli.domain import Patch, Verdict
from reasoncli.settings.loading import load_settings
from reasoncli.verification.pool import SandboxPool
from reasoncli.verification.verifier import Verifier
from reasoncli.workflow import preparation

_RUN = "benchmark-engine"
Times = dict[str, list[float]]


def measure(bench: Bench, verifiers: dict[str, Verifier], rounds: int) -> tuple[Times, int]:
    """Milliseconds of each judgement by engine, in one order for all, and how many verdicts were not the same."""
    times: Times = {name: [] for name in verifiers}
    differing = 0
    for verifier in verifiers.values():
        verifier.prepare(1)
        for patch in bench.candidates[:3]:  # the warm lane is tried on the first ones
            verifier.screen(patch, threading.Event())
    for turn in range(rounds):
        for index, patch in enumerate(bench.candidates):
            verdicts = set()
            names = list(verifiers)
            for name in names if (turn + index) % 2 else reversed(names):
                milliseconds, verdict = _judged(verifiers[name], patch)
                times[name].append(milliseconds)
                verdicts.add((verdict.kind, verdict.targets_passed, verdict.guards_broken))
            differing += len(verdicts) > 1
        print(f"\rround {turn + 1} of {rounds}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return times, differing


def _judged(verifier: Verifier, patch: Patch) -> tuple[float, Verdict]:
    started = time.perf_counter()
    verdict = verifier.screen(patch, threading.Event())
    return (time.perf_counter() - started) * 1000, verdict


def table(times: Times) -> str:
    """Median, lower quartile and mean by engine, and what the second costs more than the first, pair by pair."""
    rows = [f"{'engine':<10}{'median ms':>11}{'25 %':>9}{'mean':>9}"]
    for name, values in times.items():
        low = statistics.quantiles(values, n=4)[0]
        rows.append(f"{name:<10}{statistics.median(values):>11.1f}{low:>9.1f}{statistics.fmean(values):>9.1f}")
    first, second = times.values()
    pairs = [b - a for a, b in zip(first, second, strict=True)]
    low, middle, high = statistics.quantiles(pairs, n=4)
    rows.append(f"overhead of a candidate: {middle:.1f} ms (quartiles {low:.1f} to {high:.1f}, {len(pairs)} pairs)")
    return "\n".join(rows)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--address", help="of a cluster that is up")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        planted = projects.small(Path(folder))
        settings = load_settings(repository=planted.repository, environ=os.environ)
        bench = stack.enter_context(opened(planted, number=options.candidates, seed=0, run=_RUN))
        cluster = found(options.address, settings.sandbox.memory, 1, print)
        stack.callback(cluster.close)
        remote = preparation.open_provider(bench.task.snapshot, settings, f"{_RUN}-ray", print, cluster)
        stack.callback(remote.close)
        pool = SandboxPool(remote, bench.events.append)
        stack.callback(pool.close)
        verifiers = {"threads": bench.verifier(bench.pool), "ray": bench.verifier(pool, remote)}
        times, differing = measure(bench, verifiers, options.rounds)
        print(f"{planted.name}, {len(bench.candidates)} candidates, {options.rounds} rounds, one worker each")
        print(table(times))
        print(f"verdicts that were not the same: {differing}")


if __name__ == "__main__":
    main()
