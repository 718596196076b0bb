"""The local sandbox: a copy of the tree, run as the user. It protects from mistakes, not from malice.

What it does: a private copy, a scrubbed environment, limits on each process's memory and files, capped output, and an
end that takes every process with it. What it does not: the network, the user's files and the user's other processes
are within reach of what runs inside.
"""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from reasoncli.domain import FileChange, Loaded, Snapshot
from reasoncli.errors import SandboxFailure, SandboxUnavailable
from reasoncli.locks import FileLock
from reasoncli.resources import sandboxes_dir
from reasoncli.sandbox import folders, keeper, launcher
from reasoncli.sandbox.capture import Capped
from reasoncli.sandbox.config import LocalConfig
from reasoncli.sandbox.interface import Command, CommandResult, Sandbox
from reasoncli.sandbox.locks import TRIES, folder_lock_path
from reasoncli.sandbox.node_modules import linked_packages
from reasoncli.sandbox.recipe import read_recipe
from reasoncli.sandbox.talk import Talk
from reasoncli.sandbox.tree import Tree, from_snapshot, merge

MARK = "REASONCLI_MARK"
WARNING = (
    "The local sandbox does not isolate: what runs inside can use the network, read and change your files, and reach "
    "your other processes. It is for code that you would run yourself."
)
_GRACE = 15.0
_DISTRIBUTIONS = "reasoncli_distributions.py"


def local_provider(
    snapshot: Snapshot,
    config: LocalConfig,
    progress: Callable[[str], None] = lambda line: None,
) -> LocalProvider:
    """Get ready to open local sandboxes. `progress` is told, at once, what they do not protect from.

    Raises:
        SandboxUnavailable: the interpreter isn't there, or no folder can be made.
    """
    progress(WARNING)
    return LocalProvider(snapshot, config)


class LocalProvider:
    """See `SandboxProvider`."""

    isolated = False

    def __init__(self, snapshot: Snapshot, config: LocalConfig) -> None:
        if not os.access(config.python, os.X_OK):
            raise SandboxUnavailable(
                f"There is no interpreter at {config.python}.",
                hint="Activate the project's virtual environment, or name its interpreter.",
            )
        self._config = config
        self._repository = snapshot.repository
        try:
            self._folder = Path(tempfile.mkdtemp(prefix=folders.LOCAL, dir=config.temporary))
            self._lock = FileLock(folder_lock_path(self._folder), tries=TRIES)
        except OSError as error:
            raise SandboxUnavailable(f"No folder can be made in {config.temporary}: {error}") from error
        self._tree = merge(from_snapshot(snapshot), linked_packages(snapshot))
        self._roots = read_recipe(snapshot).roots
        self._open: set[LocalSandbox] = set()
        self._guard = threading.Lock()
        self._closed = False

    @property
    def description(self) -> str:
        """See `SandboxProvider`."""
        return f"local {self._config.python}, not isolated"

    @functools.cached_property
    def identity(self) -> str | None:
        """See `SandboxProvider`."""
        try:
            done = subprocess.run(
                [self._config.python, "-s", str(sandboxes_dir() / "runner" / _DISTRIBUTIONS), str(self._repository)],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                cwd=self._folder,
                env={"PATH": self._config.path, "HOME": str(self._folder), "LANG": "C.UTF-8"},
                timeout=_GRACE,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return f"local {done.stdout.decode('ascii', 'replace')} {self._config.path}"

    @property
    def cpu_seconds(self) -> float:
        """See `SandboxProvider`: what runs here are children of this process, and counted as such when they end."""
        return 0.0

    def open(self) -> Sandbox:
        """See `SandboxProvider`."""
        if self._closed:
            raise SandboxUnavailable("The provider is closed.")
        try:
            sandbox = LocalSandbox(self._folder, self._config, self._tree, self._roots, self._forget)
        except OSError as error:
            raise SandboxUnavailable(f"The tree can't be copied into {self._folder}: {error}") from error
        with self._guard:
            self._open.add(sandbox)
        return sandbox

    def close(self) -> None:
        """See `SandboxProvider`."""
        self._closed = True
        with self._guard:
            remaining = tuple(self._open)
        for sandbox in remaining:
            sandbox.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._lock.release()

    def _forget(self, sandbox: LocalSandbox) -> None:
        with self._guard:
            self._open.discard(sandbox)


class LocalSandbox:
    """See `Sandbox`."""

    def __init__(
        self,
        folder: Path,
        config: LocalConfig,
        tree: Tree,
        roots: Sequence[str],
        on_close: Callable[[LocalSandbox], None],
    ) -> None:
        self._id = secrets.token_hex(8)
        self._config = config
        self._tree = tree
        self._roots = roots
        self._on_close = on_close
        self._base = folder / self._id
        self._root = self._base / "workspace"
        self._broken: str | None = None
        self._closed = False
        self._guard = threading.Lock()
        self._channel: socket.socket | None = None  # of the running command's launcher
        self._resting = threading.Event()
        self._resting.set()
        self._root.mkdir(parents=True)
        for place in self._temporary():
            place.mkdir(keeper.PRIVATE)
        runner = sandboxes_dir() / "runner"
        if runner.is_dir():
            shutil.copytree(runner, self._base / "runner", ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (self._base / "runner").mkdir()
        for path in tree.nodes:
            self._place(path)
        self._manifests = {place: keeper.scan(str(place)) for place in (self._root, self._base / "runner")}

    @property
    def root(self) -> str:
        """See `Sandbox`."""
        return str(self._root)

    @property
    def runner(self) -> str:
        """See `Sandbox`."""
        return str(self._base / "runner")

    @property
    def python(self) -> str | None:
        """See `Sandbox`."""
        return self._config.python

    @property
    def resident(self) -> bool:
        """See `Sandbox`."""
        return False

    def ask(self, spec: bytes, warm: Loaded | None, timeout: float) -> bytes:
        """There is none here."""
        raise SandboxFailure("the local sandbox has no resident runner")

    def run(self, command: Command) -> CommandResult:
        """See `Sandbox`. Closed by another thread, it ends with a `SandboxFailure` soon."""
        self._check()
        cwd = self._root if command.cwd == "." else Path(keeper.inside(self.root, command.cwd))
        with self._guard:
            self._check()
            ours, theirs = socket.socketpair()
            self._channel = ours
            self._resting.clear()
        try:
            return self._launch(command, cwd, ours, theirs)
        finally:
            with self._guard:
                self._channel = None
                self._resting.set()

    def _launch(self, command: Command, cwd: Path, ours: socket.socket, theirs: socket.socket) -> CommandResult:
        started = time.monotonic()
        limits = self._config.limits
        launch = [
            sys.executable,
            "-I",
            "-S",
            launcher.__file__,
            str(theirs.fileno()),
            str(limits.memory),
            str(limits.disk),
        ]
        with ours:
            with theirs:
                process = subprocess.Popen(
                    [*launch, *command.argv],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    cwd=cwd,
                    env={**self._environment(), **command.env},
                    pass_fds=(theirs.fileno(),),
                    start_new_session=True,
                )
            stdout, stderr = Capped(limits.output), Capped(limits.output, listener=command.on_stderr)
            try:
                talk = Talk(process, ours, stdout, stderr)
                ended = talk.pump(command.stdin, started + command.timeout)
                duration = time.monotonic() - started
                if not ended:
                    _hang_up(ours)
                    talk.pump(b"", time.monotonic() + _GRACE)
                if talk.report is None:
                    process.kill()
            finally:
                _hang_up(ours)  # first, as an interrupt may have come: leaving `process` waits for its end
                with process:
                    pass
        if talk.report is None or not talk.report["clean"]:
            self._kill_marked()
            self._broken = "processes of the command survived, or its launcher was killed"
            if ended:
                raise SandboxFailure(self._broken)
        if self._closed:
            raise SandboxFailure("the sandbox was closed")
        return CommandResult(
            exit_code=talk.report["code"] if talk.report is not None and ended else None,
            stdout=stdout.value(),
            stderr=stderr.value(),
            duration=duration,
            timed_out=not ended,
            truncated=stdout.truncated or stderr.truncated,
        )

    def write(self, changes: Sequence[FileChange]) -> None:
        """See `Sandbox`.

        Raises:
            ValueError: a path is absolute, has `..`, or leads through a symbolic link.
            SandboxFailure: the sandbox broke.
        """
        self._check()
        try:
            for change in changes:
                if change.content is None:
                    keeper.remove(keeper.inside(self.root, change.path))
                else:
                    keeper.place(self.root, change.path, "f", self._tree.mode_after(change), change.content)
        except OSError as error:
            raise self._failed(f"a file can't be written: {error}") from error

    def restore(self) -> None:
        """See `Sandbox`."""
        self._check()
        try:
            for place in self._temporary():
                keeper.clear(str(place))
            wrong, _ = keeper.compare(self.root, self._manifests[self._root])
            self._manifests[self._root].update({path: self._place(path) for path in wrong})
            runner = self._base / "runner"
            wrong, removed = keeper.compare(str(runner), self._manifests[runner])
        except OSError as error:
            raise self._failed(f"the tree can't be restored: {error}") from error
        if wrong or removed:
            raise self._failed(f"the runner was tampered with: {(wrong + removed)[:3]}")

    def close(self) -> None:
        """See `Sandbox`."""
        with self._guard:
            first, self._closed = not self._closed, True
            if self._channel is not None:
                _hang_up(self._channel)
        if first:
            self._resting.wait(_GRACE)
            with contextlib.suppress(OSError):
                keeper.remove(str(self._base))
            self._on_close(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ------------------------------------------------------------ inside

    def _check(self) -> None:
        if self._closed:
            raise SandboxFailure("the sandbox is closed")
        if self._broken is not None:
            raise SandboxFailure(self._broken)

    def _failed(self, reason: str) -> SandboxFailure:
        self._broken = reason
        return SandboxFailure(reason)

    def _temporary(self) -> tuple[Path, Path]:
        return self._base / "tmp", self._base / "home"

    def _place(self, path: str) -> keeper.Entry:
        node = self._tree.nodes[path]
        data = b"" if node.kind == "d" else node.read()
        return keeper.place(self.root, path, node.kind, node.mode, data, node.mtime * 10**9)

    def _environment(self) -> Mapping[str, str]:
        temporary, home = self._temporary()
        return {
            "PATH": os.pathsep.join((str(Path(self._config.python).parent), self._config.path)),
            "HOME": str(home),
            "USER": "reasoncli",
            "LOGNAME": "reasoncli",
            "TMPDIR": str(temporary),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": os.pathsep.join(str(self._root / place) for place in self._roots),
            MARK: self._id,
        }

    def _kill_marked(self) -> None:
        """Kill what carries this sandbox's mark in its environment (Linux only; elsewhere nothing more can be done)."""
        mark = f"{MARK}={self._id}".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    os.kill(int(folder.name), signal.SIGKILL)


def _hang_up(channel: socket.socket) -> None:
    """The launcher takes it for the end and kills everything."""
    with contextlib.suppress(OSError):
        channel.shutdown(socket.SHUT_WR)
