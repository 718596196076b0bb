"""Baselines measured for real, in local sandboxes."""

from __future__ import annotations

from dataclasses import replace

from reasoncli.domain import Baseline, Task
from reasoncli.events import Event
from reasoncli.sandbox.config import LocalConfig
from reasoncli.sandbox.interface import Command, CommandResult, Sandbox, SandboxProvider
from reasoncli.sandbox.local_sandbox import local_provider
from reasoncli.verification.baseline import BaselineOptions, Measurement, measure_baseline, sort_baseline
from tests import lean
from tests.sandbox.forwarding import ForwardingProvider, ForwardingSandbox

OPTIONS = BaselineOptions(timeout=60, test_timeout=20, parallel=True, seed=1)
ALONE = replace(OPTIONS, parallel=False)
"""For tests that count their runs in a file."""


class Counting(ForwardingProvider):
    """A provider that counts the runs of the test command."""

    runs = 0

    def open(self) -> Sandbox:
        return _Counted(self.inner.open(), self)


class _Counted(ForwardingSandbox):
    def __init__(self, inner: Sandbox, counting: Counting) -> None:
        super().__init__(inner)
        self._counting = counting

    def run(self, command: Command) -> CommandResult:
        self._counting.runs += 1
        return super().run(command)


class Measuring:
    """Measures baselines, and closes the providers in the end."""

    def __init__(self) -> None:
        self._providers: list[Counting] = []

    def __call__(self, task: Task, options: BaselineOptions = OPTIONS, events: list[Event] | None = None) -> Baseline:
        self._providers.append(Counting(local_provider(task.snapshot, LocalConfig(lean.interpreter()))))
        return measure_baseline(self.provider, task, (events if events is not None else []).append, options)

    @property
    def provider(self) -> SandboxProvider:
        """The latest."""
        return self._providers[-1]

    @property
    def runs(self) -> int:
        """Of the test command, for the latest baseline and since."""
        return self._providers[-1].runs

    def close(self) -> None:
        for provider in self._providers:
            provider.close()


def sorted_anew(baseline: Baseline, task: Task) -> Baseline:
    """What was measured for one task, sorted for another."""
    measured = Measurement(
        first=baseline.first,
        second=baseline.second,
        flaky=baseline.flaky,
        order_dependent=baseline.order_dependent,
        quarantine=baseline.quarantine,
        ordered=baseline.ordered,
    )
    return sort_baseline(task, measured, lambda event: None, OPTIONS)
