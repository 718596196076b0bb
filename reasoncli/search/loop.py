"""The search loop: propose, sample, merge, verify, observe, and know when to stop.

One thread draws samples, several judge candidates, and the caller's thread does everything else: it
alone touches the pool, writes the journal and emits events, in the order in which messages come.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from reasoncli.domain import Candidate, Completion, Rejection, TieBreakers, UsedUp, Verdict
from reasoncli.events import CandidateFound, CandidateJudged, Emitter, SamplesDrawn
from reasoncli.models.interface import Sampler, SampleRequest
from reasoncli.search.drawing import BatchDone, Drawing, DrawingFailed
from reasoncli.search.interface import Journal, PatchVerifier, Recorded, Strategy, View
from reasoncli.search.judging import Judged, Judging
from reasoncli.search.pool import Parse, Pool, replay
from reasoncli.voting.stopping import contenders, finalists, settled
from reasoncli.voting.wording import count

TIME_IS_UP = "the time is up"
"""How a search's reason begins that its time has ended."""

_LOOK = 0.25
"""Seconds after which it is looked again whether the budget is used up."""


@dataclass(frozen=True, slots=True)
class _End:
    """Nothing more is done but to confirm the leader."""

    reason: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What a search may spend, and when it stops.

    Attributes:
        samples: proposals to make at most, sampled or ranked.
        targets: how many tests must turn green; 0 if there are none.
        seconds: wall-clock time for the search, `None` for no limit; the confirmation of the leader may run past it.
        confidence: stop once the leader is settled with this probability; 1.0 leaves only certainty.
        exhaustive: make all proposals and judge all candidates, though the choice be settled.
        workers: candidates judged at once.
        confirmations: finalists to be judged in a fresh sandbox at most.
        ranked_only: no samples are drawn, so that no proposal to come is likelier than the last one.
        tie_breakers: what decides where votes are even.
        used_up: what is used up by now of a budget, which ends the search as its time does; where only the model uses
            it, what was drawn is judged to the end.
    """

    samples: int
    targets: int
    seconds: float | None = None
    confidence: float = 0.99
    exhaustive: bool = False
    workers: int = 2
    confirmations: int = 8
    ranked_only: bool = False
    tie_breakers: TieBreakers = field(default_factory=TieBreakers)
    used_up: Callable[[], UsedUp | None] = lambda: None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found.

    Attributes:
        candidates: with the votes of whole batches and the verdicts that were needed; those of a batch that was cut
            short have no vote, and are here if they were judged.
        samples: independent samples drawn, ranked: texts of a ranking proposed; distinct: different patches among
            all of them. What a batch cut short gave is counted here and in all that follows.
        rejected: proposals that were no patch, by kind; reasons: an example of each kind's reason; refused: the first
            of them, each with the id of its prompt.
        stopped_early: why sampling ended before its budget, or an empty string.
        tokens: generated. model_seconds: spent drawing. test_seconds: spent judging, summed over workers.
    """

    candidates: tuple[Candidate, ...]
    samples: int
    ranked: int
    distinct: int
    rejected: dict[str, int]
    reasons: dict[str, str]
    refused: tuple[tuple[str, Rejection], ...]
    stopped_early: str
    tokens: int
    model_seconds: float
    test_seconds: float


class Search:
    """One run of the loop. Create it, call `run` once."""

    def __init__(
        self,
        *,
        strategy: Strategy,
        sampler: Sampler,
        parse: Parse,
        verifier: PatchVerifier,
        journal: Journal,
        rules: Rules,
        emit: Emitter,
        recorded: Recorded,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._strategy = strategy
        self._verifier = verifier
        self._journal = journal
        self._rules = rules
        self._emit = emit
        self._recorded = recorded
        self._clock = clock
        self._pool = Pool(parse, rules.tie_breakers)
        self._inbox: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._drawing = Drawing(sampler, self._inbox)
        self._judging = Judging(verifier, rules.workers, self._inbox)
        self._batch: list[Completion] = []
        self._busy = False  # a batch is being drawn
        self._exhausted = False  # the strategy has nothing more to ask
        self._cut = False  # the model is asked nothing more, and the last batch may not be whole
        self._news = False  # a verdict or a whole batch that was not looked at yet
        self._stopped = ""
        self._ended = ""  # why nothing more was drawn, though what was drawn is judged
        self._batches = self._asked = self._verified = self._confirmed = 0
        self._test_seconds = 0.0

    def run(self) -> SearchResult:
        """Search until the budget is spent or the choice is settled.

        Whatever ends it, an exception from a signal handler included, no thread of it goes on.

        Raises:
            ModelError: the model failed; what was drawn before is in the journal.
            SandboxUnavailable: candidates can't be judged any more.
        """
        deadline = None if self._rules.seconds is None else self._clock() + self._rules.seconds
        try:
            self._replay()
            self._observe()
            while self._propose() or self._busy or self._judging.pending:
                message = self._next(deadline)
                if isinstance(message, _End):
                    self._stopped = self._stopped or message.reason
                    self._finish()
                    break
                if message is not None:
                    self._handle(message)
                while not (self._inbox.empty() or self._ends(deadline)):  # look once at what came together
                    self._handle(self._inbox.get())
                if self._news:
                    self._observe()
        finally:
            self._drawing.close()
            self._judging.close()
        self._confirm_late()
        return SearchResult(
            candidates=tuple(self._pool.tried()),
            samples=self._pool.samples,
            ranked=self._pool.ranked,
            distinct=self._pool.distinct,
            rejected=dict(self._pool.rejections),
            reasons=self._pool.reasons,
            refused=tuple(self._pool.refused),
            stopped_early=self._why_stopped(),
            tokens=self._pool.tokens,
            model_seconds=self._drawing.seconds,
            test_seconds=self._test_seconds,
        )

    def _replay(self) -> None:
        """Take in what an earlier part of the run left."""
        for key, verdict in self._recorded.verdicts:
            self._pool.judge(key, verdict)
        self._batches = replay(self._pool, self._recorded.batches)
        self._asked = self._pool.samples
        if self._pool.counted:
            self._emit(self._drawn_so_far(self._pool.counted))
        for candidate in self._pool.provisional():
            self._emit(CandidateFound(candidate))
            if candidate.verdict is None:
                self._judging.screen(candidate)
            else:
                self._verified += 1
                self._emit(CandidateJudged(candidate.index, candidate.verdict, self._verified))

    def _next(self, deadline: float | None) -> object | None:
        """The next message, an end to all of it, or `None` where there is something to look at again."""
        while True:
            spent = self._rules.used_up()
            if spent is not None and spent.working:
                return _End(spent.reason)
            if spent is not None and not self._cut:
                self._draw_no_more(spent.reason)
                return None
            if self._late(deadline):
                return _End(TIME_IS_UP)
            left = _LOOK if deadline is None else min(max(deadline - self._clock(), 0.0), _LOOK)
            try:
                return self._inbox.get(timeout=left)
            except queue.Empty:
                continue

    def _draw_no_more(self, reason: str) -> None:
        """Give up the batch that is being drawn; what came of it is judged still."""
        self._drawing.close()
        while not self._inbox.empty():
            self._handle(self._inbox.get())
        if self._busy or not (self._exhausted or self._stopped):
            self._ended = reason
        self._cut = self._exhausted = self._news = True
        self._busy = False

    def _late(self, deadline: float | None) -> bool:
        return deadline is not None and self._clock() >= deadline

    def _ends(self, deadline: float | None) -> bool:
        """Whether something is up that was not before."""
        return self._late(deadline) or (not self._cut and self._rules.used_up() is not None)

    def _finish(self) -> None:
        """Give up all that runs but a confirmation, which is worth more than the time it still takes."""
        self._drawing.close()
        self._judging.retain(())
        while self._judging.confirming:
            self._handle(self._inbox.get())

    def _propose(self) -> bool:
        """Start the next batch if the time has come for it; whether one was started."""
        if self._busy or self._exhausted or self._stopped:
            return False
        spent = self._rules.used_up()
        if spent is not None:
            self._draw_no_more(spent.reason)
            return False
        ranked = self._pool.ranked
        view = View(self._batches, self._asked + ranked, tuple(self._pool.provisional()), self._judging.pending, ranked)
        requests = self._strategy.propose(view)
        if not requests:
            self._exhausted = requests is not None or not view.pending
            return False
        self._batch = []
        self._asked += sum(request.n for request in requests if isinstance(request, SampleRequest))
        self._drawing.start(self._batches, requests)
        self._batches += 1
        self._busy = True
        return True

    def _handle(self, message: object) -> None:
        match message:
            case Completion() if not self._stopped:
                self._drawn(message)
            case BatchDone() if not self._stopped:
                self._journal.completion_batch(message.index, self._batch)
                self._pool.close_batch(message.index)
                for candidate in self._pool.by_rank():
                    self._emit(CandidateFound(candidate))
                self._busy = False
                self._news = True
            case Judged(candidate, verdict, error):
                if error is not None:
                    raise error
                if verdict is not None:
                    self._judged(candidate, verdict)
                self._judging.settle(candidate.index)
                self._news = True
            case DrawingFailed(error) if not self._stopped:
                raise error
            case _:  # what was still under way when sampling was stopped
                pass

    def _drawn(self, completion: Completion) -> None:
        self._batch.append(completion)
        candidate = self._pool.add(completion)
        self._emit(self._drawn_so_far(completion.count))
        if candidate is not None:
            self._emit(CandidateFound(candidate))
            if candidate.verdict is None:
                self._judging.screen(candidate)

    def _drawn_so_far(self, count: int) -> SamplesDrawn:
        pool = self._pool
        return SamplesDrawn(count, pool.samples, pool.distinct, pool.rejected, pool.tokens, pool.ranked)

    def _judged(self, candidate: Candidate, verdict: Verdict) -> None:
        self._journal.verdict(candidate.patch.execution_key, verdict)
        self._test_seconds += verdict.duration
        self._verified += candidate.verdict is None
        self._pool.judge(candidate.patch.execution_key, verdict)
        self._emit(CandidateJudged(candidate.index, verdict, self._verified))

    def _observe(self) -> None:
        """Decide what is still worth doing: which runs, which confirmation, and whether to go on sampling."""
        self._news = False
        targets = self._rules.targets
        candidates = self._pool.candidates()
        known = {candidate.index: candidate for candidate in candidates}
        remaining = 0.0 if self._stopped or self._exhausted else float(self._rules.samples - self._pool.counted)
        if self._rules.ranked_only:
            remaining *= self._pool.least()
        reason = None
        if not self._rules.exhaustive:
            worth = contenders(candidates, targets=targets, remaining=remaining)
            unfinished = (each.index for each in self._pool.provisional() if each.index not in known)
            self._judging.retain({*worth, *(unfinished if remaining or self._cut else ())})
            for index in worth:  # some may have been dropped before a confirmation unseated the leader
                self._judging.screen(known[index])
            if remaining and self._pool.counted:
                reason = settled(
                    candidates,
                    targets=targets,
                    remaining=remaining,
                    confidence=self._rules.confidence,
                    independent=self._pool.independent(),
                )
        drawn = not remaining and not self._busy
        if reason is not None or (drawn and not self._judging.pending):
            final = self._unconfirmed_leader(candidates)
            if final is not None:
                self._confirmed += self._judging.confirm(final)
            elif reason is not None:
                self._stopped = reason
                self._busy = False
                self._drawing.close()
                self._observe()

    def _unconfirmed_leader(self, candidates: Sequence[Candidate]) -> Candidate | None:
        """The leader, if it still needs its clean verdict and may have one."""
        final = finalists(candidates, targets=self._rules.targets)
        if not final or self._confirmed >= self._rules.confirmations:
            return None
        return next(candidate for candidate in candidates if candidate.index == final[0])

    def _confirm_late(self) -> None:
        """If time or samples ended before the leader was confirmed, judge it now: nothing else may select it."""
        while (final := self._unconfirmed_leader(self._pool.tried())) is not None:
            self._confirmed += 1
            self._judged(final, self._verifier.confirm(final.patch, threading.Event()))

    def _why_stopped(self) -> str:
        uncounted = self._pool.uncounted
        stopped = self._ended or self._stopped
        if not uncounted:
            return stopped
        return f"{stopped}; of the batch that this cut short, {count(uncounted, 'proposal')} had no vote"
