"""One node's share of the work: the sandboxes of all runs that are open there. Lives in an actor on that node."""

from __future__ import annotations

import itertools
import os
import platform
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from reasoncli import __version__
from reasoncli.cluster.parcel import Parcel, unpack
from reasoncli.domain import FileChange, Loaded
from reasoncli.errors import MachineLost, ReasoncliError, RunnerLost, SandboxFailure, SandboxUnavailable
from reasoncli.locks import FileLock
from reasoncli.machine import free_memory
from reasoncli.sandbox import folders
from reasoncli.sandbox.config import DockerConfig, LocalConfig
from reasoncli.sandbox.interface import Command, Sandbox, SandboxProvider
from reasoncli.sandbox.locks import TRIES, folder_lock_path


@dataclass(frozen=True, slots=True)
class Introduction:
    """Who a node is.

    Attributes:
        host: its machine's name.
        reasoncli, python: versions that run there.
        slots: how many sandboxes may work there at once.
    """

    host: str
    reasoncli: str
    python: str
    slots: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a node's provider says of itself; see `SandboxProvider`."""

    description: str
    identity: str | None
    isolated: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """A sandbox that was opened; see `Sandbox`."""

    number: int
    root: str
    runner: str
    python: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes of a call: a value, or what was raised, as Ray would wrap an exception into one of its own.

    Attributes:
        resident: whether sandboxes of the run offer a resident runner there, as far as that is known by now.
        cpu_seconds: that the run's sandboxes there took so far; see `SandboxProvider`.
    """

    value: Any = None
    error: Exception | None = None
    resident: bool = False
    cpu_seconds: float = 0.0


class NotPrepared(Exception):
    """The node does not know the run: it has just come, or its process was started anew."""


@dataclass(slots=True, eq=False)
class _Run:
    """A run's provider, and what its sandboxes share."""

    provider: SandboxProvider
    scratch: Path
    warm: dict[int, Loaded] = field(default_factory=dict)
    numbers: set[int] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class _Open:
    """A sandbox, and what its command has written to stderr and nobody has fetched."""

    run: str
    sandbox: Sandbox
    heard: bytearray = field(default_factory=bytearray)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def hear(self, piece: bytes) -> None:
        with self.lock:
            self.heard += piece

    def fetch(self) -> bytes:
        with self.lock:
            piece = bytes(self.heard)
            self.heard.clear()
        return piece


class Node:
    """Keeps sandboxes for whoever asks; methods may be called from several threads at once.

    Its end is theirs: a container ends when nobody holds its other end, and what else is left is removed at the next
    start on the same machine.
    """

    def __init__(self, cpus: float, memory: int, least: int) -> None:
        """For `cpus` cores, with `memory` bytes for each sandbox, but for `least` sandboxes in any case."""
        folders.reap_folders()
        self._slots = max(1, least, min(int(cpus), free_memory() // memory))
        self._places = threading.BoundedSemaphore(self._slots)  # a time limit must mean the same wherever tests run
        self._scratch = Path(tempfile.mkdtemp(prefix=folders.NODE))
        self._lock = FileLock(folder_lock_path(self._scratch), tries=TRIES)
        self._guard = threading.Lock()
        self._preparing = threading.Lock()
        self._numbers = itertools.count(1)
        self._runs: dict[str, _Run] = {}
        self._open: dict[int, _Open] = {}

    def introduce(self) -> Introduction:
        """Who this is."""
        return Introduction(socket.gethostname(), __version__, platform.python_version(), self._slots)

    def load(self) -> int:
        """How many sandboxes are open."""
        return len(self._open)

    def prepare(self, run: str, parcel: Parcel, config: DockerConfig | LocalConfig) -> Answer:
        """Get sandboxes of a run ready: its image is built here, or found. Once for each run."""
        with self._preparing:
            if run not in self._runs:
                try:
                    self._runs[run] = self._prepared(run, parcel, config)
                except (ReasoncliError, OSError) as error:
                    unusable = SandboxUnavailable(str(error), hint=getattr(error, "hint", ""))
                    return Answer(error=unusable)
        provider = self._runs[run].provider
        return Answer(Prepared(provider.description, provider.identity, provider.isolated))

    def open(self, run: str) -> Answer:
        """Open a sandbox."""
        known = self._runs.get(run)
        if known is None:
            return Answer(error=NotPrepared(run))
        try:
            sandbox = known.provider.open()
        except SandboxUnavailable as error:
            return Answer(error=error)
        number = next(self._numbers)
        with self._guard:
            self._open[number] = _Open(run, sandbox)
            known.numbers.add(number)
        return Answer(Opened(number, sandbox.root, sandbox.runner, sandbox.python), resident=sandbox.resident)

    def run(self, number: int, command: Command, listened: bool) -> Answer:
        """See `Sandbox.run`; with `listened`, `heard` gives what comes on stderr."""

        def work(open_: _Open) -> object:
            with self._places:
                return open_.sandbox.run(replace(command, on_stderr=open_.hear if listened else None))

        return self._do(number, work)

    def heard(self, number: int) -> bytes:
        """What has come on stderr since the last call."""
        open_ = self._open.get(number)
        return b"" if open_ is None else open_.fetch()

    def ask(self, number: int, spec: bytes, key: int | None, warm: Loaded | None, timeout: float) -> Answer:
        """See `Sandbox.ask`. What to load is sent once for each sandbox, and named by its key from then on."""

        def work(open_: _Open) -> object:
            kept = self._runs[open_.run].warm
            load = None if key is None else kept[key] if warm is None else kept.setdefault(key, warm)
            with self._places:
                return open_.sandbox.ask(spec, load, timeout)

        return self._do(number, work)

    def write(self, number: int, changes: tuple[FileChange, ...]) -> Answer:
        """See `Sandbox.write`."""
        return self._do(number, lambda open_: open_.sandbox.write(changes))

    def restore(self, number: int) -> Answer:
        """See `Sandbox.restore`."""
        return self._do(number, lambda open_: open_.sandbox.restore())

    def close(self, number: int) -> None:
        """See `Sandbox.close`."""
        with self._guard:
            open_ = self._open.pop(number, None)
            if open_ is not None and (run := self._runs.get(open_.run)) is not None:
                run.numbers.discard(number)
        if open_ is not None:
            open_.sandbox.close()

    def release(self, run: str) -> None:
        """Close all that a run has here."""
        with self._guard:
            known = self._runs.pop(run, None)
            for number in known.numbers if known else ():
                self._open.pop(number, None)
        if known is not None:
            known.provider.close()
            shutil.rmtree(known.scratch, ignore_errors=True)

    def end(self) -> None:
        """Close everything."""
        for run in tuple(self._runs):
            self.release(run)
        self._lock.release()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _prepared(self, run: str, parcel: Parcel, config: DockerConfig | LocalConfig) -> _Run:
        scratch = Path(tempfile.mkdtemp(dir=self._scratch))
        try:
            snapshot = unpack(parcel, Path(scratch, "tree"))
            provider: SandboxProvider
            if isinstance(config, LocalConfig):
                from reasoncli.sandbox.local_sandbox import local_provider

                provider = local_provider(snapshot, replace(config, temporary=Path(tempfile.gettempdir())))
            else:
                from reasoncli.sandbox.docker_provider import docker_provider

                here = replace(config, environment=dict(os.environ), state_dir=self._scratch)
                if parcel.dockerfile is not None:
                    here = replace(here, dockerfile=Path(scratch, "Dockerfile"))
                    Path(scratch, "Dockerfile").write_bytes(parcel.dockerfile)
                provider = docker_provider(snapshot, here, run)
        except BaseException:
            shutil.rmtree(scratch, ignore_errors=True)
            raise
        return _Run(provider, scratch)

    def _do(self, number: int, work: Callable[[_Open], object]) -> Answer:
        open_ = self._open.get(number)
        if open_ is None:
            return Answer(error=MachineLost("the node's process was started anew, without its sandboxes"))
        try:
            value, error = work(open_), None
        except (SandboxFailure, RunnerLost, ValueError, ReasoncliError) as raised:
            value, error = None, raised
        run = self._runs.get(open_.run)
        return Answer(value, error, open_.sandbox.resident, 0.0 if run is None else run.provider.cpu_seconds)
