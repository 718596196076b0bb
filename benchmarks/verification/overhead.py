"""What a candidate costs beside its tests, taken apart. One worker, so that nothing waits for another."""

from __future__ import annotations

import json
import statistics
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.verification.bench import Bench
from reasoncli.domain import Loaded
from reasoncli.sandbox.interface import Sandbox, SandboxProvider
from reasoncli.verification.pool import SandboxPool
from reasoncli.verification.records import read_records
from tests.sandbox.forwarding import ForwardingProvider, ForwardingSandbox

PARTS = {
    "judging": "the driver's own: policy, request, report, verdict",
    "round trip": "driver to resident and back",
    "writing": "the candidate's files",
    "compiling": "under the sandbox's Python, in a child",
    "start": "folders, settings, fork",
    "pytest": "collection, imports and reports in the child",
    "tests": "the tests themselves",
    "ending": "processes, output and report of the run",
    "restoring": "tree, processes and temporary places",
}
THEIRS = ("pytest", "tests")


@dataclass
class Costs:
    """Seconds of one candidate by part."""

    parts: dict[str, float] = field(default_factory=lambda: dict.fromkeys(PARTS, 0.0))
    lanes: set[str] = field(default_factory=set)

    @property
    def ours(self) -> float:
        """Everything but the child's own pytest and the tests."""
        return sum(seconds for part, seconds in self.parts.items() if part not in THEIRS)


class Timed(ForwardingSandbox):
    """A sandbox that notes what it spends."""

    def __init__(self, inner: Sandbox, costs: Callable[[], Costs]) -> None:
        super().__init__(inner)
        self._costs = costs

    def ask(self, spec: bytes, warm: Loaded | None, timeout: float) -> bytes:
        """See `Sandbox`."""
        began = time.perf_counter()
        answer = super().ask(spec, warm, timeout)
        whole = time.perf_counter() - began
        said = json.loads(answer)
        spent: Mapping[str, float] = said["spent"]
        start = spent.get("start", 0.0)  # nothing starts where a file doesn't compile
        child = said["duration"] - start
        tests = sum(result.duration for result in read_records(said["records"]).results.values())
        costs = self._costs()
        costs.lanes.add(said["lane"])
        for part, seconds in (
            ("round trip", whole - spent["whole"]),
            ("writing", spent["writing"]),
            ("compiling", spent["compiling"]),
            ("start", start),
            ("pytest", child - tests),
            ("tests", tests),
            ("ending", spent["whole"] - spent["writing"] - spent["compiling"] - said["duration"]),
        ):
            costs.parts[part] += seconds
        return answer

    def restore(self) -> None:
        """See `Sandbox`."""
        began = time.perf_counter()
        super().restore()
        self._costs().parts["restoring"] += time.perf_counter() - began


class TimedProvider(ForwardingProvider):
    """Opens sandboxes that note what they spend."""

    def __init__(self, inner: SandboxProvider, costs: Callable[[], Costs]) -> None:
        super().__init__(inner)
        self._costs = costs

    def open(self) -> Sandbox:
        """See `SandboxProvider`."""
        return Timed(self.inner.open(), self._costs)


def measure(bench: Bench) -> list[Costs]:
    """Screen every candidate, one after another, in a sandbox that is warm by then."""
    noted = [Costs()]
    provider = TimedProvider(bench.provider, lambda: noted[-1])
    verifier = bench.verifier(SandboxPool(provider, bench.events.append), provider)
    try:
        verifier.prepare(1)
        verifier.warming.wait()
        if verifier.warming.refused:
            raise SystemExit(f"the warm lane is closed: {verifier.warming.refused}")
        costs = []
        for patch in bench.candidates:
            noted.append(Costs())
            began = time.perf_counter()
            verifier.screen(patch, threading.Event())
            whole = time.perf_counter() - began
            noted[-1].parts["judging"] = whole - sum(noted[-1].parts.values())
            costs.append(noted[-1])
    finally:
        verifier.close()
    return [each for each in costs if each.lanes == {"warm"}]


def table(costs: Sequence[Costs]) -> str:
    """Milliseconds by part: mean, median and the ninth tenth."""
    lines = [f"{'milliseconds a candidate':<28}{'mean':>8}{'median':>8}{'90 %':>8}"]
    for part, what in PARTS.items():
        lines.append(_row(part, [each.parts[part] for each in costs]) + f"   {what}")
    lines.append(_row("ours", [each.ours for each in costs]) + "   all but pytest and the tests")
    lines.append(_row("whole", [sum(each.parts.values()) for each in costs]))
    return "\n".join(lines)


def _row(name: str, seconds: Sequence[float]) -> str:
    tenth = statistics.quantiles(seconds, n=10)[-1]
    figures = (statistics.mean(seconds), statistics.median(seconds), tenth)
    return f"{name:<28}" + "".join(f"{1000 * figure:>8.1f}" for figure in figures)
