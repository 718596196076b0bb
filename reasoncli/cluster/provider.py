"""Sandboxes on the nodes of a cluster, as a `SandboxProvider`: to whoever works in one, it is a sandbox like any other.

What travels: the snapshot and how sandboxes are made, once to each node; of a candidate its changed files, what is to
be run and what came of it. Everything that decides stays here. A node that is lost is a sandbox that broke: the pool
does its work again, in one that is opened elsewhere.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from reasoncli.cluster.cluster import CONTROL, Cluster, Member
from reasoncli.cluster.node import Answer, NotPrepared, Opened, Prepared
from reasoncli.cluster.parcel import pack
from reasoncli.domain import FileChange, Loaded, Snapshot
from reasoncli.errors import MachineLost, SandboxFailure, SandboxUnavailable
from reasoncli.sandbox.config import DockerConfig, LocalConfig
from reasoncli.sandbox.interface import Command, CommandResult, Sandbox

_HEAR = 0.25  # seconds between two looks at what a command has said


def cluster_provider(
    cluster: Cluster,
    snapshot: Snapshot,
    config: DockerConfig | LocalConfig,
    run: str,
    progress: Callable[[str], None],
) -> ClusterProvider:
    """Get sandboxes ready on all nodes.

    Raises:
        SandboxUnavailable: no node can have any, or what `--dockerfile` names can't be read.
    """
    dockerfile = None
    if isinstance(config, DockerConfig):
        dockerfile = _read(config.dockerfile)
        config = replace(config, environment={}, state_dir=Path())  # each node has its own
    parcel = cluster.put(pack(snapshot, dockerfile))
    prepared: dict[str, Prepared] = {}
    problem: SandboxUnavailable | None = None
    calls = [(member, cluster.begin(member, "prepare", run, parcel, config)) for member in cluster.everyone()]
    for member, call in calls:
        try:
            answer: Answer = cluster.end(member, call)
        except MachineLost as lost:
            problem = problem or SandboxUnavailable(str(lost))
            continue
        if isinstance(answer.error, SandboxUnavailable):
            progress(f"node {member.name}: {answer.error}")
            problem = answer.error
        else:
            prepared[member.id] = answer.value
            progress(f"node {member.name}: {answer.value.description}")
    if not prepared:
        raise problem or SandboxUnavailable("no node of the Ray cluster can be reached")
    return ClusterProvider(cluster, run, parcel, config, prepared)


class ClusterProvider:
    """See `SandboxProvider`."""

    def __init__(
        self,
        cluster: Cluster,
        run: str,
        parcel: Any,
        config: DockerConfig | LocalConfig,
        prepared: dict[str, Prepared],
    ) -> None:
        self.cluster = cluster
        self._run = run
        self._parcel = parcel
        self._config = config
        first = next(iter(prepared.values()))
        self.description = f"{first.description}, on {len(prepared)} nodes of a Ray cluster"
        self.isolated = first.isolated
        identities = {each.identity for each in prepared.values()}
        self.identity = None if None in identities else " ".join(sorted(map(str, identities)))
        self._seats: dict[str, _Seat] = {}
        self._lock = threading.Lock()
        self._keys = itertools.count(1)
        self._warm: tuple[Loaded, int, Any] | None = None
        self._closed = False

    @property
    def cpu_seconds(self) -> float:
        """See `SandboxProvider`: what the nodes' containers counted, as far as it has travelled with an answer."""
        with self._lock:
            return sum(seat.cpu_seconds for seat in self._seats.values())

    def open(self) -> Sandbox:
        """See `SandboxProvider`. On the node that has most room; a node that can't is not asked for a while."""
        problem = SandboxUnavailable("the provider is closed")
        for _ in range(self.cluster.size + 1):
            if self._closed:
                break
            with self.cluster.room() as member:
                try:
                    answer: Answer = self.cluster.call(member, "open", self._run)
                    if isinstance(answer.error, NotPrepared):
                        answer = self.cluster.call(member, "prepare", self._run, self._parcel, self._config)
                        if answer.error is None:
                            answer = self.cluster.call(member, "open", self._run)
                except MachineLost as lost:
                    problem = SandboxUnavailable(str(lost))
                    continue
            if isinstance(answer.error, SandboxUnavailable):
                self.cluster.leave(member)
                problem = answer.error
                continue
            with self._lock:
                seat = self._seats.setdefault(member.id, _Seat(member))
            seat.resident = answer.resident
            return ClusterSandbox(self, seat, answer.value)
        raise problem

    def close(self) -> None:
        """See `SandboxProvider`."""
        if not self._closed:
            self._closed = True
            self.cluster.release(self._run)

    def warm(self, load: Loaded) -> tuple[int, Any]:
        """What stands for it: a key, and where the value is to be had. It is the same for every candidate."""
        with self._lock:
            if self._warm is None or self._warm[0] is not load:
                self._warm = load, next(self._keys), self.cluster.put(load)
            return self._warm[1:]


@dataclass(slots=True, eq=False)
class _Seat:
    """What the sandboxes of one run on one node share."""

    member: Member
    resident: bool = False
    cpu_seconds: float = 0.0


class ClusterSandbox:
    """See `Sandbox`."""

    def __init__(self, provider: ClusterProvider, seat: _Seat, opened: Opened) -> None:
        self._provider = provider
        self._cluster = provider.cluster
        self._seat = seat
        self._opened = opened
        self._keys: set[int] = set()  # of what it was told to load
        self._closed = False

    @property
    def root(self) -> str:
        """See `Sandbox`."""
        return self._opened.root

    @property
    def runner(self) -> str:
        """See `Sandbox`."""
        return self._opened.runner

    @property
    def python(self) -> str | None:
        """See `Sandbox`."""
        return self._opened.python

    @property
    def node(self) -> str:
        """The node that it is on."""
        return self._seat.member.id

    def run(self, command: Command) -> CommandResult:
        """See `Sandbox`."""
        listener = command.on_stderr
        plain = replace(command, on_stderr=None)
        if listener is None:
            result: CommandResult = self._do("run", plain, False)
            return result
        call = self._begin("run", plain, True)
        over = False
        while not over:
            over = self._cluster.ready(call, _HEAR)
            listener(self._cluster.call(self._seat.member, "heard", self._opened.number, group=CONTROL))
        answer: CommandResult = self._end(call)
        return answer

    @property
    def resident(self) -> bool:
        """See `Sandbox`."""
        return self._seat.resident

    def ask(self, spec: bytes, warm: Loaded | None, timeout: float) -> bytes:
        """See `Sandbox`."""
        if warm is None:
            answer: bytes = self._do("ask", spec, None, None, timeout)
            return answer
        key, value = self._provider.warm(warm)
        answer = self._do("ask", spec, key, None if key in self._keys else value, timeout)
        self._keys.add(key)
        return answer

    def write(self, changes: Sequence[FileChange]) -> None:
        """See `Sandbox`."""
        if changes:
            self._do("write", tuple(changes))

    def restore(self) -> None:
        """See `Sandbox`."""
        self._do("restore")

    def close(self) -> None:
        """See `Sandbox`. Nobody waits for it: a node that can't hear it any more has nothing to close."""
        if not self._closed:
            self._closed = True
            self._cluster.begin(self._seat.member, "close", self._opened.number, group=CONTROL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _begin(self, method: str, *args: object) -> Any:
        if self._closed:
            raise SandboxFailure("the sandbox is closed")
        return self._cluster.begin(self._seat.member, method, self._opened.number, *args)

    def _end(self, call: Any) -> Any:
        answer: Answer = self._cluster.end(self._seat.member, call)
        self._seat.resident = answer.resident
        self._seat.cpu_seconds = max(self._seat.cpu_seconds, answer.cpu_seconds)
        if isinstance(answer.error, MachineLost) and self._closed:
            raise SandboxFailure("the sandbox is closed")
        if answer.error is not None:
            raise answer.error
        return answer.value

    def _do(self, method: str, *args: object) -> Any:
        return self._end(self._begin(method, *args))


def _read(dockerfile: Path | None) -> bytes | None:
    if dockerfile is None:
        return None
    try:
        return dockerfile.read_bytes()
    except OSError as error:
        raise SandboxUnavailable(f"The Dockerfile can't be read: {error}") from error
