"""Small projects for the verifier's tests, and providers that misbehave on order."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

from reasoncli.domain import FileChange, Issue, Loaded, Patch, Snapshot, Task, TestPlan
from reasoncli.errors import SandboxFailure, SandboxUnavailable
from reasoncli.sandbox.interface import Command, CommandResult, Sandbox, SandboxProvider
from tests.sandbox.forwarding import ForwardingProvider, ForwardingSandbox
from tests.sandbox.snapshots import make_snapshot

CORE = """
def add(a, b):
    return a - b


def multiply(a, b):
    return a * b
"""
UNITTESTS = """
import os
import unittest

from pkg.core import add, multiply


class Adding(unittest.TestCase):
    def test_add(self):
        self.assertEqual(add(1, 2), 3)

    def test_add_zero(self):
        self.assertEqual(add(1, 0), 1)


class Multiplying(unittest.TestCase):
    def test_multiply(self):
        self.assertEqual(multiply(2, 3), 6)

    def test_multiply_one(self):
        self.assertEqual(multiply(2, 1), 2)
"""
TARGET = "tests.test_core.Adding.test_add"


def snapshot_of(root: Path, files: dict[str, str]) -> Snapshot:
    return make_snapshot(root, {name: textwrap.dedent(text) for name, text in files.items()})


def unittest_project(root: Path, **more: str) -> Snapshot:
    files = {"pkg/__init__.py": "", "pkg/core.py": CORE, "tests/__init__.py": "", "tests/test_core.py": UNITTESTS}
    return snapshot_of(root, {**files, **more})


def task_of(
    snapshot: Snapshot, text: str = "add() subtracts", command: str = "python -m unittest", **plan: object
) -> Task:
    return Task(snapshot, Issue(text, text, "test"), TestPlan(command, **plan))  # type: ignore[arg-type]


def core_patch(old: str, new: str, *more: tuple[str, str]) -> Patch:
    text = CORE
    for before, after in ((old, new), *more):
        assert before in text
        text = text.replace(before, after)
    return Patch((FileChange("pkg/core.py", text.encode()),), "", text, text, 1)


def file_patch(path: str, text: str | None) -> Patch:
    return Patch((FileChange(path, None if text is None else text.encode()),), "", path, path, 1)


class Breaking(ForwardingProvider):
    """A provider whose sandboxes break in `run` while `breaks` says so for their number; `refused` say no first."""

    def __init__(self, inner: SandboxProvider, breaks: Callable[[int], bool], refused: int = 0) -> None:
        super().__init__(inner)
        self.breaks = breaks
        self.refused = refused
        self.opened = 0
        self.closed: list[int] = []

    def open(self) -> Sandbox:
        if self.refused:
            self.refused -= 1
            raise SandboxUnavailable("killed while it opened")
        self.opened += 1
        return _BreakingSandbox(self.inner.open(), self.opened - 1, self)


class _BreakingSandbox(ForwardingSandbox):
    def __init__(self, inner: Sandbox, number: int, provider: Breaking) -> None:
        super().__init__(inner)
        self._number, self._provider = number, provider

    def ask(self, spec: bytes, warm: Loaded | None, timeout: float) -> bytes:
        if self._provider.breaks(self._number):
            raise SandboxFailure(f"sandbox {self._number} broke")
        return super().ask(spec, warm, timeout)

    def run(self, command: Command) -> CommandResult:
        if self._provider.breaks(self._number):
            raise SandboxFailure(f"sandbox {self._number} broke")
        return super().run(command)

    def close(self) -> None:
        self._provider.closed.append(self._number)
        super().close()
