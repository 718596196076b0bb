"""Growing the samples of many requests together: exact tree sampling.

The n samples of a request are n balls at the end of its prompt. Decoding a node gives the
distribution of the next token; each ball at the node draws from it, and balls that drew the same
token move on together. A node is thus decoded once, however many samples pass through it, and the
joint distribution of the balls is that of n independent samples.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from reasoncli.domain import Completion
from reasoncli.models.llama_cpp import seeds
from reasoncli.models.llama_cpp.decoder import Decoder
from reasoncli.models.llama_cpp.drawing import Draw, Drawer, Drawn, Logits
from reasoncli.models.llama_cpp.growth import Answer, Growth
from reasoncli.models.llama_cpp.lanes import Branch, Job, Lane, Lanes, wants_logits
from reasoncli.models.llama_cpp.prefixes import Node, Prefixes
from reasoncli.models.llama_cpp.stations import Station, lay_out


class Lexicon(Protocol):
    """What the growing needs of a vocabulary."""

    def piece(self, token: int, *, special: bool) -> bytes:
        """Bytes of a token; of a control token only if `special` ones are to be shown."""
        ...

    def tokens(self, text: str, *, special: bool) -> list[int]:
        """Tokens of a text."""
        ...


class Forest:
    """The trees of one call."""

    def __init__(
        self,
        decoder: Decoder,
        prefixes: Prefixes,
        lexicon: Lexicon,
        jobs: Sequence[Job],
        drawer: Drawer,
    ) -> None:
        self._lexicon = lexicon
        self._drawer = drawer
        for job in jobs:
            job.left = job.request.n
        stations = lay_out(prefixes.root, [(job.tokens, job) for job in jobs if job.left > 0])
        self._lanes = Lanes(decoder, prefixes, stations)

    def completions(self, cancel: threading.Event) -> Iterator[Completion]:
        """Grow until every sample has ended; yields completions as they come.

        Raises:
            ModelError: the model failed.
        """
        try:
            while not cancel.is_set():
                step = self._lanes.step()
                if step is None:
                    return
                yield from self._harvest(*step)
        finally:
            self._lanes.clear()

    def _harvest(self, logits: Logits, done: Sequence[Lane]) -> list[Completion]:
        """Draw at every lane that is done, and send its balls on their ways."""
        hungry: list[tuple[Lane, Branch]] = []
        wishes: list[Draw] = []
        forced: list[tuple[Lane, Branch]] = []
        for row, lane in enumerate(lane for lane in done if wants_logits(lane)):
            for branch in [lane.work] if isinstance(lane.work, Branch) else _roots(lane.work):
                if branch.growth.closing(branch.job.rules):
                    forced.append((lane, branch))
                else:
                    hungry.append((lane, branch))
                    wishes.append(Draw(row, branch.job.law, seeds.uniforms(branch.seed, branch.count)))
        completions: list[Completion] = []
        grown = [(lane, branch, [self._force(branch)]) for lane, branch in forced]
        for (lane, branch), drawn in zip(hungry, self._drawer.draw(logits, wishes), strict=True):
            grown.append((lane, branch, self._sprout(branch, drawn, completions)))
        for lane, branch, kids in grown:
            if lane.work is not branch:  # it began at a station, where its prompt's sequence stays
                self._lanes.park(kids)
            elif kids:
                self._lanes.go_on(lane, kids[0])
                self._lanes.park(kids[1:])
        for lane, branch, kids in grown:
            if lane.work is branch and not kids:
                self._lanes.leave(lane)
        return completions

    def _sprout(self, branch: Branch, drawn: Drawn, completions: list[Completion]) -> list[Branch]:
        """The branches that go on after a draw, most samples first; those that end become completions."""
        job, growth = branch.job, branch.growth
        show = job.rules.style is not None  # thoughts are marked by control tokens
        ended: dict[Answer, int] = {}
        kids = []
        for token, count, logprob in zip(drawn.tokens, drawn.counts, drawn.logprobs, strict=True):
            if token in job.ends:
                answer = growth.answer(job.rules, "stop")
                if not answer.text:
                    answer = replace(answer, logprobs=(logprob,))
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
            job.left -= count
            if not job.left:
                self._lanes.release(job.home)
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


def _roots(station: Station[Job]) -> list[Branch]:
    """The samples of a station's requests, at the end of their prompt."""
    roots = []
    for job in station.ending:
        job.home = station
        seed = seeds.root(job.request.seed, job.request.prompt.id)
        roots.append(Branch(job, station.node, job.request.n, seed, Growth(state=job.rules.start)))
    return roots


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
