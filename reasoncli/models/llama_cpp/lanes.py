"""Sequences at work: which branch or prompt has one, which waits, and what is decoded next.

A lane is a sequence on its way to a node: the next token of a branch, or the end of a stretch of
prompt. What has no sequence is parked as (path, count), without cells, and resumed from the deepest
living node of its path; a lane that has finished is cut back to where its nearest parked relative
forked off and goes on with it, so that little is ever read twice. Branches are resumed last in, first
out, which finishes what was begun and bounds the cells in use. When cells run out, the branches with
the least to lose are parked.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from reasoncli.errors import ModelError
from reasoncli.models.interface import SampleRequest
from reasoncli.models.llama_cpp.decoder import Decoder, Feed
from reasoncli.models.llama_cpp.drawing import Law, Logits
from reasoncli.models.llama_cpp.growth import Growth, Rules
from reasoncli.models.llama_cpp.prefixes import Node, Prefixes, path
from reasoncli.models.llama_cpp.stations import Station

_HORIZON = 24  # cells kept for each lane before another is opened: how far lanes get before some must be parked
_LOOK = 48  # parked branches looked at when a lane or a relative is sought


@dataclass(slots=True, eq=False)
class Job:
    """One request on its way.

    Attributes:
        tokens: of the prompt, at least one.
        law, rules: how tokens are drawn, and what ends an answer.
        ends: tokens that end an answer.
        limit: tokens that a sequence may hold, prompt and answer together.
        left: samples that have not ended yet.
        home: the station where its prompt ends, once it was read.
    """

    request: SampleRequest
    tokens: Sequence[int]
    law: Law
    rules: Rules
    ends: frozenset[int]
    limit: int
    left: int = 0
    home: Station[Job] | None = None


@dataclass(slots=True, eq=False)
class Branch:
    """`count` samples that agree up to `node`, whose token is not decoded yet."""

    job: Job
    node: Node
    count: int
    seed: bytes
    growth: Growth


@dataclass(slots=True, eq=False)
class Lane:
    """A sequence at work: `pending` are the nodes to decode before `work` can go on."""

    sequence: int
    pending: list[Node]
    work: Branch | Station[Job]


class Lanes:
    """All lanes of one call, and what waits for one."""

    def __init__(self, decoder: Decoder, prefixes: Prefixes, stations: Sequence[Station[Job]]) -> None:
        self._decoder = decoder
        self._prefixes = prefixes
        self._lanes: list[Lane] = []
        self._claimed: set[Node] = set()  # what the lanes are about to decode
        self._parked: deque[Branch] = deque()
        self._waiting = list(reversed(stations))
        self._anchors: dict[Station[Job], int] = {}  # sequences that rest at the end of a prompt
        self._lent: set[Station[Job]] = set()

    # ------------------------------------------------------------ what the growing asks for

    def step(self) -> tuple[Logits, list[Lane]] | None:
        """Open what there is room for and decode a batch; `None` when nothing is left to do.

        Returns:
            Rows of logits, and the lanes that reached their goal, among which those that want logits
            (`wants_logits`) have one row each, in this order.

        Raises:
            ModelError: the model failed, or a single sequence doesn't fit the cache.
        """
        self._admit()
        if not self._lanes:
            return None
        return self._decode()

    def go_on(self, lane: Lane, branch: Branch) -> None:
        """A lane continues with a branch that grew from its own."""
        self._run(Lane(lane.sequence, path(branch.node, lane.work.node), branch))

    def park(self, branches: Sequence[Branch]) -> None:
        """Let branches wait for lanes; the first is the first to get one."""
        self._parked.extend(reversed(branches))

    def leave(self, lane: Lane) -> None:
        """A branch has ended: the nearest parked relative goes on in its lane, or the lane is closed."""
        if self._take_over(lane):
            return
        job = lane.work.job if isinstance(lane.work, Branch) else None
        if job is not None and not job.left and job.home in self._lent:
            self._lent.discard(job.home)
            self._prefixes.retreat(lane.sequence, job.home.node)
            self._prefixes.retain(lane.sequence)
        else:
            self._prefixes.close(lane.sequence)

    def release(self, station: Station[Job] | None) -> None:
        """One of the things that hung on a station is done; after the last its anchor is let go."""
        while station is not None:
            station.open -= 1
            if station.open:
                return
            sequence = self._anchors.pop(station, None)
            if sequence is not None:
                (self._prefixes.retain if station.ending else self._prefixes.close)(sequence)
            station = station.parent

    def clear(self) -> None:
        """Give everything back; prompts are kept for what may come."""
        for lane in self._lanes:
            self._prefixes.close(lane.sequence)
        for sequence in self._anchors.values():
            self._prefixes.retain(sequence)
        for each in (self._lanes, self._anchors, self._parked, self._waiting, self._claimed, self._lent):
            each.clear()

    # ------------------------------------------------------------ opening lanes

    def _admit(self) -> None:
        """Open lanes for parked branches, then for stations, as long as there is room."""
        while self._parked or self._waiting:
            if self._parked:
                opened = self._resume()
            else:
                opened = self._prefixes.free_sequences > min(1, len(self._lanes)) and self._depart()
            if opened or self._borrow_anchor():
                continue
            if self._lanes:
                return
            self._give_up_anchor()

    def _resume(self) -> bool:
        """Open a lane for the last parked branch that doesn't wait for another's cells."""
        if not self._prefixes.free_sequences:
            return False
        for index, branch in enumerate(islice(reversed(self._parked), _LOOK)):
            if not self._room_for(branch.node):
                return False
            if self._is_claimed(branch.node):
                continue
            del self._parked[len(self._parked) - 1 - index]
            self._open(branch)
            return True
        return False

    def _depart(self) -> bool:
        """Open a lane for the next station's stretch of prompt."""
        station = self._waiting[-1]
        _refresh(station)
        if not self._room_for(station.node) or self._is_claimed(station.node):
            return False
        self._waiting.pop()
        if station.node.alive:
            self._reach(station, self._prefixes.open(self._prefixes.nearest(station.node)))
        else:
            self._open(station)
        return True

    def _room_for(self, node: Node) -> bool:
        """Whether there are cells to read a path, and for the lanes to go on for a while."""
        while self._lanes:
            cells = node.depth - self._prefixes.nearest(node).depth
            wanted = cells + len(self._claimed) + _HORIZON * (len(self._lanes) + 1)
            if self._prefixes.free_cells >= wanted:
                return True
            if not self._prefixes.forget():
                return False
        return True

    def _is_claimed(self, node: Node) -> bool:
        """Whether another lane is about to read a part of the path."""
        return not self._claimed.isdisjoint(path(node, self._prefixes.nearest(node)))

    def _open(self, work: Branch | Station[Job]) -> None:
        base = self._prefixes.nearest(work.node)
        self._run(Lane(self._prefixes.open(base), path(work.node, base), work))

    def _run(self, lane: Lane) -> None:
        self._claimed.update(lane.pending)
        self._lanes.append(lane)

    def _reach(self, station: Station[Job], sequence: int) -> None:
        """A station's prompt is read: its sequence rests there, what lies below may start."""
        self._anchors[station] = sequence
        self._waiting.extend(reversed(station.below))

    # ------------------------------------------------------------ handing sequences on

    def _take_over(self, lane: Lane) -> bool:
        """Let the nearest parked relative have a lane, cut back to where it forked off."""
        if not self._parked or self._decoder.whole:
            return False
        way = set(self._prefixes.tip(lane.sequence).upward())
        relatives = [
            (base.depth, -index, base)
            for index, branch in enumerate(islice(reversed(self._parked), _LOOK))
            if (base := self._prefixes.nearest(branch.node)) in way and base.parent is not None
        ]
        if not relatives:
            return False
        _, index, base = max(relatives, key=lambda each: each[:2])
        place = len(self._parked) - 1 + index
        branch = self._parked[place]
        if self._is_claimed(branch.node):
            return False
        del self._parked[place]
        self._prefixes.retreat(lane.sequence, base)
        self._run(Lane(lane.sequence, path(branch.node, base), branch))
        return True

    def _borrow_anchor(self) -> bool:
        """Let a parked branch have its station's sequence: the lanes that grew from it hold the prompt as well."""
        if self._decoder.whole or not self._parked or self._prefixes.free_sequences:
            return False
        branch = self._parked[-1]
        station = branch.job.home
        if station is None or station not in self._anchors or any(each.parent is station for each in self._waiting):
            return False
        if not self._room_for(branch.node) or self._is_claimed(branch.node):
            return False
        sequence = self._anchors.pop(station)
        self._lent.add(station)
        if self._prefixes.nearest(branch.node) is station.node:
            self._parked.pop()
            self._run(Lane(sequence, path(branch.node, station.node), branch))
        else:
            self._prefixes.close(sequence)
        return True

    def _give_up_anchor(self) -> None:
        """Nothing can run since stations hold all sequences: what is next in line gets one of them."""
        work: Branch | Station[Job] = self._parked.pop() if self._parked else self._waiting.pop()
        if isinstance(work, Station):
            _refresh(work)
        way = set(work.node.upward())
        on_the_way = [station for station in self._anchors if station.node in way]
        if on_the_way:
            station = max(on_the_way, key=lambda each: each.node.depth)
            self._run(Lane(self._anchors.pop(station), path(work.node, station.node), work))
        else:
            self._prefixes.close(self._anchors.pop(next(iter(self._anchors))))
            self._open(work)

    def _park_lane(self, lane: Lane) -> None:
        """Take a lane's sequence and cells; it is resumed after all others."""
        self._lanes.remove(lane)
        self._claimed.difference_update(lane.pending)
        self._prefixes.close(lane.sequence)
        if isinstance(lane.work, Branch):
            self._parked.appendleft(lane.work)
        else:
            self._waiting.insert(0, lane.work)

    def _relieve(self) -> bool:
        """Make room for the next step; whether there was anything to give."""
        if self._prefixes.forget():
            return True
        if len(self._lanes) > 1:
            by_progress = sorted(self._lanes, key=_progress)
            while len(by_progress) > 1:
                self._park_lane(by_progress.pop(0))
                needed = sum(len(lane.pending) for lane in by_progress) + _HORIZON * len(by_progress)
                if self._prefixes.free_cells >= needed:
                    break
            return True
        way = set(self._lanes[0].pending[0].upward())
        aside = next((station for station in self._anchors if station.node not in way), None)
        if aside is None:
            return False
        self._prefixes.close(self._anchors.pop(aside))
        return True

    # ------------------------------------------------------------ decoding

    def _decode(self) -> tuple[Logits, list[Lane]]:
        width = self._decoder.batch
        while True:
            feed, taken = self._assemble(width)
            logits = self._decoder.decode(feed) if len(feed) <= self._prefixes.free_cells else None
            if logits is not None:
                break
            if not self._relieve():
                width = len(feed) // 2
            if not width:
                depth = self._lanes[0].pending[0].depth
                raise ModelError(
                    f"token {depth} of a sequence doesn't fit a cache of {self._decoder.cells}",
                    hint="Ask for a larger context.",
                )
        done = []
        for lane, count in taken:
            self._prefixes.advance(lane.sequence, lane.pending[:count])
            self._claimed.difference_update(lane.pending[:count])
            del lane.pending[:count]
            if not lane.pending:
                done.append(lane)
                if isinstance(lane.work, Station):
                    self._reach(lane.work, lane.sequence)
        self._lanes = [lane for lane in self._lanes if lane.pending]
        return logits, done

    def _assemble(self, width: int) -> tuple[Feed, list[tuple[Lane, int]]]:
        """The next batch: every lane that needs one token, and as much of the others as fits."""
        feed = Feed()
        taken = []
        for lane in sorted(self._lanes, key=lambda lane: len(lane.pending) > 1):
            count = min(len(lane.pending), width - len(feed))
            if not count:
                break
            owner = (lane.sequence,)
            for node in lane.pending[:count]:
                feed.add(node.token, node.depth - 1, owner, False)
            feed.wants[-1] = count == len(lane.pending) and wants_logits(lane)
            taken.append((lane, count))
        return feed, taken


def wants_logits(lane: Lane) -> bool:
    """Whether something is drawn where the lane ends; only forks in the prompts go without."""
    return isinstance(lane.work, Branch) or bool(lane.work.ending)


def _progress(lane: Lane) -> int:
    return lane.work.growth.tokens if isinstance(lane.work, Branch) else -1


def _refresh(station: Station[Job]) -> None:
    """If a prompt's end is alive its cells are there, but the logits are gone: read the last token again."""
    node = station.node
    if station.ending and node.alive and node.parent is not None:
        station.node = Node(node.parent, node.token)
