"""The nodes of a Ray cluster, an actor on each: who is there, who is lost, who has room."""

from __future__ import annotations

import platform
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from reasoncli import __version__
from reasoncli.cluster import connection
from reasoncli.cluster.node import Introduction, Node
from reasoncli.errors import ClusterError, MachineLost, SandboxUnavailable

WORK, CONTROL = "work", "control"
"""Two groups of an actor's threads, so that what ends a run never waits behind runs."""

_CONTROLS = 8
_LOOK = 2.0  # seconds between two looks at who is there
_AWAY = 3.0  # seconds after which a node that failed is tried again
_SOON = 2.0
_START = 120.0  # seconds that a node's process may take to start
_END = 20.0
_PATIENCE = 30.0  # seconds that a cluster without any node that answers is given
_PAUSE = 0.5


@dataclass(frozen=True, slots=True)
class Place:
    """What another process needs to use the same actors: the cluster's address, and what their names begin with."""

    address: str
    session: str


@dataclass(slots=True, eq=False)
class Member:
    """A node that takes part.

    Attributes:
        pending: sandboxes that this process is about to open there.
        away: until when it is left alone.
        lost: whether its loss was told.
    """

    id: str
    name: str
    actor: Any
    slots: int
    pending: int = 0
    away: float = 0.0
    lost: bool = False


class Cluster:
    """Actors on the nodes of a cluster. `found` makes them, `join` uses those of another process."""

    def __init__(self, ray: Any, place: Place, warn: Callable[[str], None], making: tuple[int, int | None] | None):
        """`making` is the memory of a sandbox and the workers asked for, where the actors are ours to make."""
        self.place = place
        self._ray = ray
        self._warn = warn
        self._making = making
        self._guard = threading.Lock()
        self._placing = threading.Lock()
        self._members: dict[str, Member] = {}
        self._refused: set[str] = set()
        self._looked = 0.0
        try:
            self._look()
        except BaseException:
            self.close()
            raise
        asked = None if making is None else making[1]
        self.slots = asked or max(1, sum(member.slots for member in self._members.values()))

    @property
    def size(self) -> int:
        """How many nodes take part."""
        return len(self._members)

    def put(self, value: object) -> Any:
        """Keep a value in Ray's object store, from where it travels to each node once."""
        return self._ray.put(value)

    def everyone(self) -> tuple[Member, ...]:
        """The nodes that can be asked now."""
        now = time.monotonic()
        with self._guard:
            return tuple(member for member in self._members.values() if member.away <= now)

    def begin(self, member: Member, method: str, *args: object, group: str = WORK) -> Any:
        """Begin a call of a node; `end` has its answer."""
        return getattr(member.actor, method).options(concurrency_group=group).remote(*args)

    def end(self, member: Member, reference: Any, timeout: float | None = None) -> Any:
        """What a call returned.

        Raises:
            MachineLost: the node did not live to answer, or not in time.
        """
        errors = self._ray.exceptions
        try:
            return self._ray.get(reference, timeout=timeout)
        except errors.RayTaskError:  # a defect of ours
            raise
        except errors.RayError as error:
            self._gone(member, type(error).__name__)
            raise MachineLost(f"node {member.name} was lost ({type(error).__name__})") from error

    def call(self, member: Member, method: str, *args: object, group: str = WORK, timeout: float | None = None) -> Any:
        """`begin` and `end`."""
        return self.end(member, self.begin(member, method, *args, group=group), timeout)

    def ready(self, reference: Any, timeout: float) -> bool:
        """Whether a call is over, within so many seconds."""
        return bool(self._ray.wait([reference], timeout=timeout)[0])

    @contextmanager
    def room(self) -> Iterator[Member]:
        """The node with fewest sandboxes for its slots, those included that are being opened in such a context.

        Raises:
            SandboxUnavailable: no node can be reached.
        """
        with self._placing:
            until = time.monotonic() + _PATIENCE
            while not (loads := self._asked()) and self._members and time.monotonic() < until:
                time.sleep(_PAUSE)
            if not loads:
                raise SandboxUnavailable(
                    "no node of the Ray cluster can be reached", hint="See `ray status`; what was judged is kept."
                )
            member = min(loads, key=lambda each: (loads[each] + each.pending) / each.slots)
            member.pending += 1
        try:
            yield member
        finally:
            with self._placing:
                member.pending -= 1

    def leave(self, member: Member) -> None:
        """Don't ask a node for a moment."""
        member.away = time.monotonic() + _AWAY

    def release(self, run: str) -> None:
        """Have all nodes close what a run has there."""
        calls = [(member, self.begin(member, "release", run, group=CONTROL)) for member in self.everyone()]
        for member, call in calls:
            with suppress(MachineLost):
                self.end(member, call, _END)

    def close(self) -> None:
        """End the actors, where they are ours, and leave the cluster. Idempotent."""
        with self._guard:
            members = tuple(self._members.values())
            self._members.clear()
        if self._making is not None:
            calls = [(member, self.begin(member, "end", group=CONTROL)) for member in members if not member.lost]
            for member, call in calls:
                with suppress(MachineLost):
                    self.end(member, call, _END)
        with suppress(Exception):  # what is left ends with this process
            for member in members if self._making is not None else ():
                self._ray.kill(member.actor)
            self._ray.shutdown()

    # ------------------------------------------------------------ inside

    def _asked(self) -> dict[Member, int]:
        if time.monotonic() - self._looked > _LOOK:
            self._look()
        return self._loads()

    def _loads(self) -> dict[Member, int]:
        calls = [(member, self.begin(member, "load", group=CONTROL)) for member in self.everyone()]
        loads = {}
        for member, call in calls:
            with suppress(MachineLost):
                loads[member] = self.end(member, call, _SOON)
                member.lost = False
        return loads

    def _gone(self, member: Member, why: str) -> None:
        with self._guard:
            member.away = time.monotonic() + _AWAY
            told, member.lost = member.lost, True
        if not told:
            self._warn(f"node {member.name} of the Ray cluster was lost ({why}): its work is done again elsewhere")

    def _look(self) -> None:
        """See which nodes are there; begin with those that came.

        Raises:
            ClusterError: there is none, at the first look.
        """
        self._looked = time.monotonic()
        alive = {node["NodeID"]: node for node in self._ray.nodes() if node["Alive"]}
        with self._guard:
            for id in self._members.keys() - alive.keys():
                gone = self._members.pop(id)
                if not gone.lost:
                    gone.lost = True
                    self._warn(f"node {gone.name} of the Ray cluster has left: its work is done again elsewhere")
            new = [node for id, node in alive.items() if id not in self._members and id not in self._refused]
        starting = [(node, self._actor(node, len(alive))) for node in new]
        problems = []
        for node, actor in starting:
            try:
                member = self._met(node, actor)
            except (ClusterError, ValueError) as error:
                self._refused.add(node["NodeID"])
                problems.append(str(error))
                continue
            with self._guard:
                self._members[member.id] = member
        if not self._members and problems:
            raise ClusterError(
                f"no node of the Ray cluster can take part: {problems[0]}",
                hint=f"reasoncli {__version__} with Python {platform.python_version()} must be on every node.",
            )
        for problem in problems:
            self._warn(problem)

    def _actor(self, node: dict[str, Any], nodes: int) -> Any:
        name = f"{self.place.session}-{node['NodeID']}"
        if self._making is None:
            with suppress(ValueError):
                return self._ray.get_actor(name, namespace=connection.NAMESPACE)
            return None
        memory, workers = self._making
        cpus = float(node["Resources"].get("CPU", 0.0))
        least = -(-(workers or 0) // nodes)
        here = self._ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
        threads = 2 * max(int(cpus), least, 1) + 2
        remote = self._ray.remote(concurrency_groups={WORK: threads, CONTROL: _CONTROLS})(Node)
        # Of Ray's cores it takes none: what runs inside a sandbox is limited by the sandbox.
        return remote.options(
            name=name, namespace=connection.NAMESPACE, scheduling_strategy=here, num_cpus=0, max_restarts=-1
        ).remote(cpus, memory, least)

    def _met(self, node: dict[str, Any], actor: Any) -> Member:
        name = node.get("NodeManagerHostname") or node["NodeID"][:8]
        name = f"{name} ({node['NodeID'][:8]})"
        if actor is None:
            raise ClusterError(f"node {name} came later than this batch began: it is not used")
        try:
            met: Introduction = self._ray.get(actor.introduce.remote(), timeout=_START)
        except self._ray.exceptions.RayError as error:
            raise ClusterError(f"node {name} can't take part: {_last(error)}") from error
        ours, theirs = (__version__, platform.python_version()), (met.reasoncli, met.python)
        if ours != theirs:
            raise ClusterError(
                f"node {name} can't take part: it has reasoncli {theirs[0]} with Python {theirs[1]}, "
                f"this machine has {ours[0]} with {ours[1]}"
            )
        return Member(node["NodeID"], name, actor, met.slots)


def found(address: str | None, memory: int, workers: int | None, warn: Callable[[str], None]) -> Cluster:
    """Join a cluster and begin to use its nodes.

    Args:
        address: of the cluster; `None` for the one that Ray finds, or one of our own.
        memory: bytes that a sandbox may take.
        workers: sandboxes that work at once, over all nodes; `None` for as many as they have cores and memory for.
        warn: is told what one should know.

    Raises:
        ClusterError: there is no cluster, or none of its nodes can take part.
    """
    ray = connection.connect(address)
    where = str(ray.get_runtime_context().gcs_address)
    return Cluster(ray, Place(where, secrets.token_hex(8)), warn, (memory, workers))


def join(place: Place, warn: Callable[[str], None]) -> Cluster:
    """Use the actors of another process.

    Raises:
        ClusterError: the cluster, or all of them, have gone.
    """
    return Cluster(connection.connect(place.address), place, warn, None)


def _last(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:300] if lines else type(error).__name__
