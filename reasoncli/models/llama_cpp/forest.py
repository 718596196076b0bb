"""Growing the samples of many requests together: exact tree sampling with continuous batching.

The n samples of a request are n balls at the end of its prompt. Decoding a node gives the
distribution of the next token; each ball at the node draws from it, and balls that drew the same
token move on together. A node is thus decoded once, however many samples pass through it, and the
joint distribution of the balls is that of n independent samples.

One loop serves all requests. Its lanes are sequences at work: on the next token of a branch, or on
a stretch of a prompt. What has no sequence is parked as (path, count), without cells, and resumed
from the deepest living node of its path; a lane that has finished is cut back to where its nearest
parked relative forked off and goes on with it, so that little is ever read twice. Branches are
resumed last in, first out, which finishes what was begun and bounds the cells in use. When cells
run out, the branches with the least to lose are parked.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from reasoncli.domain import Completion
from reasoncli.errors import ModelError
from reasoncli.models.interface import SampleRequest
from reasoncli.models.llama_cpp import seeds
from reasoncli.models.llama_cpp.decoder import Decoder, Feed
from reasoncli.models.llama_cpp.drawing import Draw, Drawn, Law, Logits, draw
from reasoncli.models.llama_cpp.growth import Answer, Growth, Rules
from reasoncli.models.llama_cpp.prefixes import Node, Prefixes, path
from reasoncli.models.llama_cpp.stations import Station, lay_out

_HORIZON = 24  # cells kept for each lane before another is opened: how far lanes get before some must be parked
_LOOK = 48  # parked branches looked at when a lane or a relative is sought


class Lexicon(Protocol):
    """What the growing needs of a vocabulary."""

    def piece(self, token: int, *, special: bool) -> bytes:
        """Bytes of a token; of a control token only if `special` ones are to be shown."""
        ...

    def tokens(self, text: str, *, special: bool) -> list[int]:
        """Tokens of a text."""
        ...


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


class Forest:
    """The trees of one call."""

    def __init__(
        self,
        decoder: Decoder,
        prefixes: Prefixes,
        lexicon: Lexicon,
        jobs: Sequence[Job],
        threads: Executor | None = None,
    ) -> None:
        self._decoder = decoder
        self._prefixes = prefixes
        self._lexicon = lexicon
        self._threads = threads
        self._lanes: list[Lane] = []
        self._parked: deque[Branch] = deque()
        self._claimed: set[Node] = set()
        self._anchors: dict[Station[Job], int] = {}
        self._open_ends: dict[Station[Job], int] = {}
        self._lent: set[Station[Job]] = set()
        for job in jobs:
            job.left = job.request.n
        growing = [(job.tokens, job) for job in jobs if job.left > 0]
        self._waiting = list(reversed(lay_out(prefixes.root, growing)))

    def completions(self, cancel: threading.Event) -> Iterator[Completion]:
        """Grow until every sample has ended; yields completions as they come.

        Raises:
            ModelError: the model failed.
        """
        try:
            while not cancel.is_set():
                self._admit()
                if not self._lanes:
                    return
                logits, done = self._step()
                yield from self._harvest(logits, done)
        finally:
            self._clear()

    # ------------------------------------------------------------ lanes

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
            nodes = self._room_for(branch.node)
            if nodes is None:
                return False
            if not self._claimed.isdisjoint(nodes):
                continue
            del self._parked[len(self._parked) - 1 - index]
            self._open(branch, branch.node)
            return True
        return False

    def _depart(self) -> bool:
        """Open a lane for the next station's stretch of prompt."""
        station = self._waiting[-1]
        if station.ending and station.node.alive and station.node.parent is not None:
            # its cells are there but the logits are gone: read the last token again
            station.node = Node(station.node.parent, station.node.token)
        nodes = self._room_for(station.node)
        if nodes is None or not self._claimed.isdisjoint(nodes):
            return False
        self._waiting.pop()
        if nodes:
            self._open(station, station.node)
        else:
            self._arrive(station, self._prefixes.open(station.node))
        return True

    def _room_for(self, node: Node) -> list[Node] | None:
        """Nodes to decode before `node` is done, itself included, if there are cells for them."""
        while True:
            nodes = path(node, self._prefixes.nearest(node))
            wanted = len(nodes) + len(self._claimed) + _HORIZON * (len(self._lanes) + 1)
            if not self._lanes or self._prefixes.free_cells >= wanted:
                return nodes
            if not self._prefixes.forget():
                return None

    def _open(self, work: Branch | Station[Job], node: Node) -> None:
        base = self._prefixes.nearest(node)
        sequence = self._prefixes.open(base)
        self._run(Lane(sequence, path(node, base), work))

    def _run(self, lane: Lane) -> None:
        self._claimed.update(lane.pending)
        self._lanes.append(lane)

    def _borrow_anchor(self) -> bool:
        """Let a parked branch have its station's sequence: the lanes that grew from it hold the prompt as well."""
        if self._decoder.whole or not self._parked or self._prefixes.free_sequences:
            return False
        branch = self._parked[-1]
        station = branch.job.home
        sequence = self._anchors.get(station) if station is not None else None
        if station is None or sequence is None or any(each.parent is station for each in self._waiting):
            return False
        nodes = self._room_for(branch.node)
        if nodes is None or not self._claimed.isdisjoint(nodes):
            return False
        del self._anchors[station]
        self._lent.add(station)
        if nodes[0].parent is station.node:
            self._parked.pop()
            self._run(Lane(sequence, nodes, branch))
        else:
            self._prefixes.close(sequence)
        return True

    def _give_up_anchor(self) -> None:
        """Nothing can run since stations hold all sequences: let the next in line have one of them."""
        goal = self._parked[-1].node if self._parked else self._waiting[-1].node
        way = set(goal.upward())
        station = next((each for each in self._anchors if each.node in way), None)
        if station is None:
            if not self._anchors:
                raise ModelError("no sequence is free, and none is at work")
            self._prefixes.close(self._anchors.pop(next(iter(self._anchors))))
            return
        sequence = self._anchors.pop(station)
        work = self._parked.pop() if self._parked else self._waiting.pop()
        self._run(Lane(sequence, path(work.node, station.node), work))

    def _leave(self, lane: Lane) -> None:
        """A lane has nothing left to do: its nearest parked relative goes on in its place."""
        if self._parked and not self._decoder.whole:
            way = set(self._prefixes.tip(lane.sequence).upward())
            relatives = [
                (base.depth, -index, branch, base)
                for index, branch in enumerate(islice(reversed(self._parked), _LOOK))
                if (base := self._prefixes.nearest(branch.node)) in way and base.parent is not None
            ]
            if relatives:
                _, index, branch, base = max(relatives, key=lambda each: each[:2])
                nodes = path(branch.node, base)
                if self._claimed.isdisjoint(nodes):
                    del self._parked[len(self._parked) - 1 + index]
                    self._prefixes.retreat(lane.sequence, base)
                    self._run(Lane(lane.sequence, nodes, branch))
                    return
        if isinstance(lane.work, Branch) and not lane.work.job.left:
            station = lane.work.job.home
            if station is not None and station in self._lent:
                self._lent.discard(station)
                self._prefixes.retreat(lane.sequence, station.node)
                self._prefixes.retain(lane.sequence)
                return
        self._prefixes.close(lane.sequence)

    def _park(self, lane: Lane) -> None:
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
                self._park(by_progress.pop(0))
                needed = sum(len(lane.pending) for lane in by_progress) + _HORIZON * len(by_progress)
                if self._prefixes.free_cells >= needed:
                    break
            return True
        way = set(self._lanes[0].pending[0].upward())
        for station, sequence in self._anchors.items():
            if station.node not in way:
                self._prefixes.close(sequence)
                del self._anchors[station]
                return True
        return False

    # ------------------------------------------------------------ steps

    def _step(self) -> tuple[Logits, list[Lane]]:
        """Decode a batch; the lanes that got all their tokens, in the order of the rows of logits.

        Raises:
            ModelError: a single token doesn't fit.
        """
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
                    f"a sequence of {depth} tokens doesn't fit a cache of {self._decoder.cells}",
                    hint="Ask for a larger context.",
                )
        done = []
        for lane, count in taken:
            self._prefixes.advance(lane.sequence, lane.pending[:count])
            self._claimed.difference_update(lane.pending[:count])
            del lane.pending[:count]
            if not lane.pending:
                done.append(lane)
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
            feed.wants[-1] = count == len(lane.pending) and _wants_logits(lane.work)
            taken.append((lane, count))
        return feed, taken

    def _harvest(self, logits: Logits, done: list[Lane]) -> list[Completion]:
        """Draw at every lane that is done, and send its balls on their ways."""
        wishes: list[Draw] = []
        hungry: list[Branch] = []
        forced: list[Branch] = []
        rows = iter(range(len(logits)))
        sprouting: dict[Lane, list[Branch]] = {}
        for lane in done:
            if isinstance(lane.work, Station):
                roots = self._arrive(lane.work, lane.sequence)
            else:
                roots = sprouting[lane] = [lane.work]
            row = next(rows) if _wants_logits(lane.work) else -1
            for branch in roots:
                if branch.growth.closing(branch.job.rules):
                    forced.append(branch)
                else:
                    wishes.append(Draw(row, branch.job.law, seeds.uniforms(branch.seed, branch.count)))
                    hungry.append(branch)
        completions: list[Completion] = []
        children = {branch: [self._force(branch)] for branch in forced}
        for branch, drawn in zip(hungry, draw(logits, wishes, self._threads), strict=True):
            children[branch] = self._sprout(branch, drawn, completions)
        for lane, (branch,) in sprouting.items():
            kids = children.pop(branch)
            if kids:
                first, *others = kids
                self._run(Lane(lane.sequence, path(first.node, branch.node), first))
                self._parked.extend(reversed(others))
            else:
                self._leave(lane)
        for kids in children.values():
            self._parked.extend(reversed(kids))
        return completions

    def _arrive(self, station: Station[Job], sequence: int) -> list[Branch]:
        """A station's prompt is read: its sequence becomes an anchor, its requests begin."""
        self._waiting.extend(reversed(station.below))
        if station not in self._open_ends:
            self._open_ends[station] = len(station.ending) + len(station.below)
        self._anchors[station] = sequence
        roots = []
        for job in station.ending:
            job.home = station
            seed = seeds.root(job.request.seed, job.request.prompt.id)
            roots.append(Branch(job, station.node, job.request.n, seed, Growth(state=job.rules.start)))
        return roots

    def _sprout(self, branch: Branch, drawn: Drawn, completions: list[Completion]) -> list[Branch]:
        """The branches that go on after a draw, most samples first; those that end become completions."""
        job, growth = branch.job, branch.growth
        show = job.rules.style is not None  # thoughts are marked by control tokens
        ended: dict[Answer, int] = {}
        kids = []
        for token, count, logprob in zip(drawn.tokens, drawn.counts, drawn.logprobs, strict=True):
            if token in job.ends:
                answer = growth.answer(job.rules, "stop")
                ended[answer] = ended.get(answer, 0) + count
                continue
            grown = growth.add(self._lexicon.piece(token, special=show), logprob, job.rules)
            node = Node(branch.node, token)
            finish = grown.finish(job.rules) or ("length" if node.depth >= job.limit else "")
            if finish:
                answer = grown.answer(job.rules, finish)
                ended[answer] = ended.get(answer, 0) + count
                continue
            kid = Branch(job, node, count, seeds.child(branch.seed, token), grown)
            kids.append(self._force(kid) if grown.closing(job.rules) else kid)
        for answer, count in ended.items():
            completions.append(_completion(job, answer, count))
            self._end(job, count)
        kids.sort(key=lambda kid: -kid.count)
        return kids

    def _force(self, branch: Branch) -> Branch:
        """The branch after its thoughts were closed for it."""
        closing = branch.growth.closing(branch.job.rules)
        tokens = self._lexicon.tokens(closing, special=True)
        node = branch.node
        for token in tokens:
            node = Node(node, token)
        return Branch(branch.job, node, branch.count, branch.seed, branch.growth.force(closing.encode(), len(tokens)))

    # ------------------------------------------------------------ ends

    def _end(self, job: Job, count: int) -> None:
        job.left -= count
        if not job.left:
            self._close_end(job.home)

    def _close_end(self, station: Station[Job] | None) -> None:
        """Something that hung on a station is done; when all is, its anchor is let go."""
        while station is not None:
            self._open_ends[station] -= 1
            if self._open_ends[station]:
                return
            del self._open_ends[station]
            sequence = self._anchors.pop(station, None)
            if sequence is not None:
                (self._prefixes.retain if station.ending else self._prefixes.close)(sequence)
            station = station.parent

    def _clear(self) -> None:
        for lane in self._lanes:
            self._prefixes.close(lane.sequence)
        for sequence in self._anchors.values():
            self._prefixes.retain(sequence)
        self._lanes.clear()
        self._anchors.clear()
        self._parked.clear()
        self._waiting.clear()
        self._claimed.clear()


def _wants_logits(work: Branch | Station[Job]) -> bool:
    return isinstance(work, Branch) or bool(work.ending)


def _progress(lane: Lane) -> int:
    return lane.work.growth.tokens if isinstance(lane.work, Branch) else -1


def _completion(job: Job, answer: Answer, count: int) -> Completion:
    return Completion(
        prompt=job.request.prompt.id,
        text=answer.text,
        count=count,
        logprobs=answer.logprobs,
        tokens=answer.tokens,
        finish=answer.finish,
        thinking=answer.thinking,
        batch=job.request.batch,
    )
