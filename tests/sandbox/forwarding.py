"""A sandbox and a provider that do what others do: what is to be counted, timed or broken is changed in a subclass."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from reasoncli.domain import FileChange, Loaded
from reasoncli.sandbox.interface import Command, CommandResult, Sandbox, SandboxProvider


class ForwardingSandbox:
    """See `Sandbox`."""

    def __init__(self, inner: Sandbox) -> None:
        self.inner = inner

    @property
    def root(self) -> str:
        return self.inner.root

    @property
    def runner(self) -> str:
        return self.inner.runner

    @property
    def python(self) -> str | None:
        return self.inner.python

    @property
    def resident(self) -> bool:
        return self.inner.resident

    def run(self, command: Command) -> CommandResult:
        return self.inner.run(command)

    def ask(self, spec: bytes, warm: Loaded | None, timeout: float) -> bytes:
        return self.inner.ask(spec, warm, timeout)

    def write(self, changes: Sequence[FileChange]) -> None:
        self.inner.write(changes)

    def restore(self) -> None:
        self.inner.restore()

    def close(self) -> None:
        self.inner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class ForwardingProvider:
    """See `SandboxProvider`."""

    def __init__(self, inner: SandboxProvider) -> None:
        self.inner = inner

    @property
    def description(self) -> str:
        return self.inner.description

    @property
    def isolated(self) -> bool:
        return self.inner.isolated

    @property
    def identity(self) -> str | None:
        return self.inner.identity

    @property
    def cpu_seconds(self) -> float:
        return self.inner.cpu_seconds

    def open(self) -> Sandbox:
        return self.inner.open()

    def close(self) -> None:
        self.inner.close()
