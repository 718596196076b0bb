"""Sandboxes that are gone with their machine use up no attempts of a job."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from reasoncli.errors import MachineLost, SandboxFailure, SandboxUnavailable
from reasoncli.events import Event, SandboxReplaced
from reasoncli.verification.pool import SandboxPool


class Sandbox:
    def __init__(self) -> None:
        self.alive = True

    def restore(self) -> None:
        """It is as it was."""

    def close(self) -> None:
        """Nothing to end."""


class Provider:
    def __init__(self) -> None:
        self.opened: list[Sandbox] = []

    def open(self) -> Sandbox:
        self.opened.append(Sandbox())
        return self.opened[-1]


def test_a_job_outlives_a_machine_with_many_idle_sandboxes() -> None:
    provider: Any = Provider()
    events: list[Event] = []
    pool = SandboxPool(provider, events.append)
    together = threading.Barrier(6)
    threads = [threading.Thread(target=pool.work, args=(lambda _: together.wait(20),)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for sandbox in provider.opened:
        sandbox.alive = False

    def job(sandbox: Any) -> str:
        if not sandbox.alive:
            raise MachineLost("the node is gone")
        return "done"

    assert pool.work(job) == "done"
    assert len([event for event in events if isinstance(event, SandboxReplaced)]) == 6
    assert len(provider.opened) == 7


def test_a_job_that_breaks_its_sandboxes_is_given_up() -> None:
    provider: Any = Provider()

    def job(sandbox: Any) -> None:
        raise SandboxFailure("broken")

    with pytest.raises(SandboxUnavailable):
        SandboxPool(provider, lambda event: None).work(job)
    assert len(provider.opened) == 3
