"""What the baseline of a large suite costs: 10,000 small tests in 200 files, against bare pytest.

    python -m benchmarks.baseline [--sandbox local] [--tests 10000] [--files 200] [--profile]

One process, one after the other: the project's own command in the sandbox without anything of ours; our two runs (one
with coverage, one in another order), alone and together; then what our own code does with the reports, each step timed:
reading, sorting, localization, the run store, the memory that later runs read, and a second run that finds everything
there.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from reasoncli.domain import Baseline, Issue, Snapshot, Task, TestPlan
from reasoncli.events import Emitter
from reasoncli.localization.combine import rank
from reasoncli.patches.policy import is_test_file
from reasoncli.patches.tree import SnapshotTree
from reasoncli.runs.memory import FOLDER, Memory
from reasoncli.runs.store import Store
from reasoncli.sandbox.config import LocalConfig
from reasoncli.sandbox.interface import Command, SandboxProvider
from reasoncli.verification import session, wire
from reasoncli.verification.baseline import BaselineOptions, Measurement, measure, sort_baseline
from reasoncli.verification.pool import SandboxPool
from reasoncli.workflow.remembering import Measured

T = TypeVar("T")

GOAL = 2.0  # times the bare run that both of ours together, with all that follows, may take
_COMMAND = "python -m pytest -q"
_MODULE = """\
class Ledger:
    def __init__(self, start):
        self.total = start
        self.entries = []

    def book(self, amount, note=""):
        if not amount:
            raise ValueError("nothing to book")
        self.entries.append((amount, note))
        self.total += amount
        return self.total

    def balance(self):
        total = 0
        for amount, _ in self.entries:
            total += amount
        return total


def spread(total, parts):
    share, rest = divmod(total, parts)
    return [share + (1 if number < rest else 0) for number in range(parts)]


def describe(number):
    if number < 0:
        return "below"
    if number == 0:
        return "nothing"
    return "above"
"""
_TEST = """\
def test_{kind}_{number}():
    {body}


"""
_BODIES = {
    "book": "ledger = Ledger({number})\n    ledger.book(3, 'three')\n    assert ledger.balance() == 3",
    "spread": "assert sum(spread({number}, 7)) == {number}",
    "describe": "assert describe({number} - 20) in ('below', 'nothing', 'above')",
}
_BUG = ("share + (1 if number < rest else 0)", "share + (1 if number <= rest else 0)")
ISSUE = "spread() gives away more than there is\n\n`spread(5, 7)` sums to more than 5.\n"


def make_project(root: Path, tests: int, files: int) -> Snapshot:
    """Write the project: as many modules as there are test files, one of them with a bug that some tests see."""
    content = {"ledgers/__init__.py": "", "conftest.py": "", "tests/__init__.py": ""}
    for file in range(files):
        module = _MODULE.replace(*_BUG) if file == 7 else _MODULE
        content[f"ledgers/ledger_{file}.py"] = module
        parts = [f"from ledgers.ledger_{file} import Ledger, describe, spread\n\n\n"]
        for number in range(tests // files):
            kind = list(_BODIES)[number % len(_BODIES)]
            body = _BODIES[kind].replace("{number}", str(number))
            parts.append(_TEST.format(kind=kind, number=number, body=body))
        content[f"tests/test_ledger_{file}.py"] = "".join(parts)
    for path, text in content.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    hashes = {path: sha256(text.encode()).hexdigest() for path, text in sorted(content.items())}
    return Snapshot(root, root, "0" * 40, sha256(repr(hashes).encode()).hexdigest(), False, hashes)


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Wall-clock seconds of some work, and its value."""
    started = time.perf_counter()
    value = work()
    return time.perf_counter() - started, value


class Clock:
    """Adds up the time in functions that are called on the way."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def on(self, module: Any, name: str) -> Iterator[None]:
        """Time every call of a module's function."""
        original = getattr(module, name)

        def wrapped(*arguments: Any, **keywords: Any) -> Any:
            seconds, value = timed(lambda: original(*arguments, **keywords))
            self.seconds += seconds
            return value

        setattr(module, name, wrapped)
        try:
            yield
        finally:
            setattr(module, name, original)


def provider_of(kind: str, snapshot: Snapshot, folder: Path) -> SandboxProvider:
    """Sandboxes over the project; Docker's build an image with pytest in it."""
    if kind == "local":
        from reasoncli.sandbox.local_sandbox import local_provider

        return local_provider(snapshot, LocalConfig())
    from reasoncli.sandbox.docker_provider import docker_provider
    from reasoncli.settings.loading import load_settings
    from reasoncli.workflow.preparation import docker_config

    config = docker_config(load_settings({"state_dir": str(folder / "state"), "build_network": "host"}))
    return docker_provider(snapshot, config, "benchmark")


def bare(provider: SandboxProvider) -> float:
    """Seconds of the project's own command, without anything of ours but the sandbox."""
    with provider.open() as sandbox:
        python = sandbox.python or "python"
        command = Command((python, "-m", "pytest", "-q", "-p", "no:cacheprovider"), timeout=3600.0)
        seconds, done = timed(lambda: sandbox.run(command))
        if done.exit_code != 1:
            raise SystemExit(f"the bare run ended with {done.exit_code}: {done.stdout[-500:]!r}")
    return seconds


def one_run(provider: SandboxProvider, task: Task, **options: Any) -> tuple[float, float, float]:
    """(seconds of one run of ours as seen from outside, of the command inside, of decoding and reading its report)."""
    clock = Clock()
    with provider.open() as sandbox, clock.on(wire, "decode"), clock.on(session, "read_records"):
        seconds, run = timed(
            lambda: session.run_tests(sandbox, task.tests, None, session.RunOptions(timeout=3600.0, **options))
        )
    return seconds, run.report.duration, clock.seconds


def line(name: str, seconds: float, note: str = "") -> None:
    """Print one row."""
    print(f"{name:<46}{seconds:>9.2f} s   {note}", flush=True)


def store_costs(folder: Path, task: Task, baseline: Baseline, measurement: Measurement) -> float:
    """Print what the run store and the memory take; the seconds that a first run pays."""
    store = Store(folder / "store")
    with store.create(task.issue, folder) as journal:
        writing, _ = timed(lambda: journal.baseline(baseline))
        name = journal.id
    size = sum(path.stat().st_size for path in (folder / "store").rglob("*") if path.is_file())
    line("run store: baseline written", writing, f"{size / 1e6:.2f} MB")
    reading, read = timed(lambda: store.read(name).baseline)
    line("run store: baseline read", reading, "the same" if read == baseline else "NOT the same")
    memory = Memory(folder)
    remembering, _ = timed(lambda: memory.remember(Measured, "00" * 32, Measured(time.time(), measurement)))
    size = sum(path.stat().st_size for path in (folder / FOLDER).rglob("*") if path.is_file())
    line("memory: measurement written", remembering, f"{size / 1e6:.2f} MB")
    return writing + remembering


def runs(provider: SandboxProvider, task: Task) -> tuple[float, float, Measurement]:
    """Print what the runs of the base take: seconds of a bare one and of both of ours together, and what they saw."""
    bare(provider)  # what the first run pays for the machine's caches is nobody's
    plain = bare(provider)
    line("bare pytest", plain)
    for label, more in (("our run with coverage", {"coverage": True}), ("our run, other order", {"shuffle": 1})):
        outside, inside, reading = one_run(provider, task, **more)
        line(label, outside, f"{outside / plain:.2f} times bare; command {inside:.2f} s, reading {reading:.2f} s")
    pool = SandboxPool(provider, Emitter())
    both, measurement = timed(lambda: measure(pool, task, lambda event: None, BaselineOptions(timeout=3600.0)))
    pool.close()
    line("both runs together, read and compared", both, f"{both / plain:.2f} times bare")
    return plain, both, measurement


def after(folder: Path, task: Task, measurement: Measurement, plain: float) -> float:
    """Print what our own code does with the reports; the seconds that a first run pays.

    Args:
        folder: for run store and memory.
        task: what was measured for.
        measurement: of the base.
        plain: seconds of a bare run.
    """
    sorting, baseline = timed(lambda: sort_baseline(task, measurement, lambda event: None, BaselineOptions()))
    line("sorting for an issue", sorting, f"{len(baseline.targets)} targets, {len(baseline.guards)} guards")
    sampled = BaselineOptions(guards_seconds=plain / 20)
    seconds, sample = timed(lambda: sort_baseline(task, measurement, lambda event: None, sampled))
    line("sorting, guards sampled", seconds, f"{len(sample.guards)} of {sample.passing} guards")
    tree, targets = SnapshotTree.of(task.snapshot), [target.id for target in baseline.targets]
    ranking, _ = timed(lambda: rank(tree, task.issue, is_test=is_test_file, report=baseline.first, targets=targets))
    line("localization", ranking)
    storing = store_costs(folder, task, baseline, measurement)
    recalling, known = timed(lambda: Memory(folder).recall(Measured, "00" * 32))
    if known is None or known.what != measurement:
        raise SystemExit("what was remembered is not what was measured")
    line("memory: measurement read", recalling)
    second = recalling + sorting
    line("second run: recalled and sorted", second, f"{second / plain:.2f} times bare")
    return sorting + ranking + storing


def main() -> None:
    """Print the table; exit 1 when the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sandbox", choices=("docker", "local"), default="local")
    parser.add_argument("--tests", type=int, default=10_000)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--profile", action="store_true", help="where our own code spends its time, afterwards")
    options = parser.parse_args()
    profile = cProfile.Profile()
    with tempfile.TemporaryDirectory(prefix="reasoncli-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        snapshot = make_project(folder / "project", options.tests, options.files)
        task = Task(snapshot, Issue(ISSUE, ISSUE.partition("\n")[0], "benchmark"), TestPlan(_COMMAND))
        provider = provider_of(options.sandbox, snapshot, folder)
        stack.callback(provider.close)
        print(f"{options.tests:,} tests in {options.files} files, {options.sandbox} sandbox")
        plain, both, measurement = runs(provider, task)
        profile.enable()
        ours = after(folder, task, measurement, plain)
        profile.disable()
        total = both + ours
        note = f"{total / plain:.2f} times bare (goal: {GOAL:g}); {ours:.2f} s after the tests"
        line("a first run's baseline, all in all", total, note)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        print(f"peak memory of the tool itself {peak / 1e6:.0f} MB")
    if options.profile:
        pstats.Stats(profile).sort_stats("cumulative").print_stats(45)
    sys.exit(total > GOAL * plain)


if __name__ == "__main__":
    main()
