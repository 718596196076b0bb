"""A sandbox: an isolated place with a copy of the repository at a fixed path.

Every sandbox passes the conformance suite in tests/contract/test_sandboxes.py. A provider prepares
once (image, snapshot) and opens many; a sandbox is used by one thread at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from reasoncli.domain import FileChange, Loaded


@dataclass(frozen=True, slots=True)
class Limits:
    """What one sandbox may use. Memory and disk in bytes, cpus in cores."""

    memory: int = 2 << 30
    disk: int = 1 << 30
    cpus: float = 1.0
    pids: int = 256
    output: int = 1 << 20


@dataclass(frozen=True, slots=True)
class Command:
    """A program to run inside.

    Attributes:
        argv: program and arguments, no shell in between.
        stdin: bytes it reads.
        env: added to the sandbox's own environment.
        timeout: wall-clock seconds, after which every process of the command is dead.
        cwd: relative to the repository's root.
        on_stderr: gets stderr as it comes, in pieces of any size, uncapped. Must return quickly and not raise.
    """

    argv: tuple[str, ...]
    stdin: bytes = b""
    env: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 60.0
    cwd: str = "."
    on_stderr: Callable[[bytes], None] | None = None


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What came of it.

    Attributes:
        exit_code: `None` when it was killed by the limit.
        stdout, stderr: each capped at `Limits.output`: the first and the last half are kept, and
            `truncated` is set.
        oom: the memory limit killed something.
    """

    exit_code: int | None
    stdout: bytes
    stderr: bytes
    duration: float
    timed_out: bool = False
    truncated: bool = False
    oom: bool = False


class Sandbox(Protocol):
    """One open sandbox."""

    @property
    def root(self) -> str:
        """Absolute path of the repository inside."""
        ...

    @property
    def runner(self) -> str:
        """Absolute path, inside, of the in-sandbox runner's folder (read-only to what is tested)."""
        ...

    @property
    def python(self) -> str | None:
        """The interpreter for the runner and the project's tests, or `None` where the image has none."""
        ...

    def run(self, command: Command) -> CommandResult:
        """Run a command to its end; afterwards none of its processes is alive.

        Raises:
            SandboxFailure: the sandbox itself broke; it is unusable from now on.
        """
        ...

    @property
    def resident(self) -> bool:
        """Whether a resident runner can be had here, for `ask`."""
        ...

    def ask(self, spec: bytes, warm: Loaded | None, timeout: float) -> bytes:
        """Have the resident runner run tests: no start of an interpreter, no entry into the container.

        Args:
            spec: what the runner reads from stdin otherwise (sandboxes/runner/run.py).
            warm: what to load before the tests, in the warm lane; `None` for the cold one.
            timeout: seconds for everything.

        Returns:
            The result as JSON.

        Raises:
            RunnerLost: it gave no answer. The sandbox is unusable from now on.
            SandboxFailure: the sandbox broke; it is unusable, too.
        """
        ...

    def write(self, changes: Sequence[FileChange]) -> None:
        """Put files into the repository's copy, creating folders; `content=None` deletes.

        They are there when the next command runs; `restore` takes them back.

        Raises:
            ValueError: a path is absolute, has `..` or empty parts, or leads through a symbolic link.
            SandboxFailure: as above.
        """
        ...

    def restore(self) -> None:
        """Bring tree, processes and temporary places back to how they were on opening.

        Raises:
            SandboxFailure: something remains that can't be undone; take another sandbox.
        """
        ...

    def close(self) -> None:
        """End it and leave nothing behind. Idempotent, never raises."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class SandboxProvider(Protocol):
    """Opens sandboxes of one kind over one snapshot."""

    @property
    def description(self) -> str:
        """For people and the manifest: kind, image, digest."""
        ...

    @property
    def identity(self) -> str | None:
        """What two providers share whose sandboxes are the same but for the repository in them.

        The image's digest, or the interpreter with all that is installed for it; `None` where that can't be told, and
        nothing that was seen in one may then be believed of another.
        """
        ...

    @property
    def isolated(self) -> bool:
        """Whether what runs inside is kept from the host (Docker) or not (local)."""
        ...

    @property
    def cpu_seconds(self) -> float:
        """Processor time that its sandboxes took so far, as of their last use, and that no process of ours is charged
        with: 0 where they are children of this one.
        """
        ...

    def open(self) -> Sandbox:
        """Open one.

        Raises:
            SandboxUnavailable: the engine is gone or the image is missing.
        """
        ...

    def close(self) -> None:
        """End every sandbox it opened. Idempotent, never raises."""
        ...
