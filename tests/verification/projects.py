"""Small projects for the verifier's tests, and providers that misbehave on order."""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from reasoncli.domain import FileChange, Issue, Loaded, Patch, Snapshot, Task, TestPlan
from reasoncli.errors import SandboxFailure, SandboxUnavailable
from reasoncli.sandbox.interface import Command, CommandResult, Sandbox, SandboxProvider

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
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    hashes = {name: hashlib.sha256((root / name).read_bytes()).hexdigest() for name in sorted(files)}
    return Snapshot(root, root, "0" * 40, "tree", False, hashes)


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


@dataclass
class Breaking:
    """A provider whose sandboxes break in `run` while `breaks` says so for their number; `refused` say no first."""

    inner: SandboxProvider
    breaks: Callable[[int], bool]
    opened: int = 0
    refused: int = 0
    isolated: bool = False
    description: str = "breaking"
    identity: str | None = None
    closed: list[int] = field(default_factory=list)

    def open(self) -> Sandbox:
        if self.refused:
            self.refused -= 1
            raise SandboxUnavailable("killed while it opened")
        self.opened += 1
        return BreakingSandbox(self.inner.open(), self.opened - 1, self)

    def close(self) -> None:
        self.inner.close()


class BreakingSandbox:
    def __init__(self, inner: Sandbox, number: int, provider: Breaking) -> None:
        self._inner, self._number, self._provider = inner, number, provider

    @property
    def root(self) -> str:
        return self._inner.root

    @property
    def runner(self) -> str:
        return self._inner.runner

    @property
    def python(self) -> str | None:
        return self._inner.python

    @property
    def resident(self) -> bool:
        return self._inner.resident

    def ask(self, spec: bytes, warm: Loaded | None, timeout: float) -> bytes:
        if self._provider.breaks(self._number):
            raise SandboxFailure(f"sandbox {self._number} broke")
        return self._inner.ask(spec, warm, timeout)

    def run(self, command: Command) -> CommandResult:
        if self._provider.breaks(self._number):
            raise SandboxFailure(f"sandbox {self._number} broke")
        return self._inner.run(command)

    def write(self, changes: Sequence[FileChange]) -> None:
        self._inner.write(changes)

    def restore(self) -> None:
        self._inner.restore()

    def close(self) -> None:
        self._provider.closed.append(self._number)
        self._inner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
