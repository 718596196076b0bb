"""The search loop: propose, sample, merge, verify, observe, and know when to stop.

One thread draws samples, several screen candidates, and the caller's thread does everything else:
it alone touches the pool, writes the journal and emits events, in the order in which messages come.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reasoncli import voting
from reasoncli.domain import Candidate, Completion
from reasoncli.events import CandidateFound, CandidateJudged, Emitter, SamplesDrawn
from reasoncli.models.interface import Sampler, SampleRequest
from reasoncli.search.interface import Budget, Journal, PatchVerifier, Recorded, Strategy, View
from reasoncli.search.pool import Parse, Pool, replay
from reasoncli.search.screening import Judged, Screening


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found.

    Attributes:
        candidates: with the votes of whole batches and the verdicts that were needed.
        samples: independent samples drawn, in whole batches; distinct: different patches among all drawn.
        rejected: samples that were no patch, by kind.
        stopped_early: why sampling ended before its budget, or an empty string.
        model_seconds: time spent drawing; test_seconds: time spent screening, summed over workers.
    """

    candidates: tuple[Candidate, ...]
    samples: int
    distinct: int
    rejected: dict[str, int]
    stopped_early: str
    tokens: int
    model_seconds: float
    test_seconds: float


@dataclass(frozen=True, slots=True)
class _BatchDone:
    index: int
    seconds: float


@dataclass(frozen=True, slots=True)
class _Failed:
    error: BaseException


@dataclass(frozen=True, slots=True)
class Rules:
    """When to stop and what to leave out.

    Attributes:
        has_targets: whether there are tests that must turn green.
        confidence: probability at which the leader counts as settled; 1.0 leaves only certainty.
        exhaustive: draw all samples and judge all candidates, though the choice be settled.
        workers: candidates judged at once.
    """

    has_targets: bool
    confidence: float = 0.99
    exhaustive: bool = False
    workers: int = 2


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
        budget: Budget,
        rules: Rules,
        emit: Emitter,
        recorded: Recorded,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._strategy = strategy
        self._sampler = sampler
        self._verifier = verifier
        self._journal = journal
        self._budget = budget
        self._rules = rules
        self._emit = emit
        self._clock = clock
        self._pool = Pool(parse)
        self._recorded = recorded
        self._inbox: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._batch: list[Completion] = []
        self._batches = 0
        self._asked = 0
        self._verified = 0
        self._stopped = ""
        self._model_seconds = 0.0
        self._test_seconds = 0.0

    def run(self) -> SearchResult:
        """Search until the budget is spent or the choice is settled.

        Whatever ends it, an exception from a signal handler included, no thread of it goes on.

        Raises:
            ModelError: the model failed; what was drawn before is in the journal.
            SandboxUnavailable: candidates can't be judged any more.
        """
        started = self._clock()
        self._replay()
        screening = Screening(self._verifier, self._rules.workers, self._inbox)
        drawing = _Drawing(self._sampler, self._inbox)
        try:
            for candidate in self._pool.provisional():
                if candidate.verdict is None:
                    screening.submit(candidate)
            exhausted = False
            while True:
                if not exhausted and not drawing.busy and not self._stopped:
                    exhausted = not self._propose(drawing, screening)
                if (exhausted or self._stopped) and not drawing.busy and not screening.pending:
                    break
                message = self._next(started)
                if message is None:
                    self._stopped = "the time is up"
                    break
                self._handle(message, drawing, screening)
        finally:
            drawing.close()
            screening.close()
        return SearchResult(
            candidates=tuple(self._pool.candidates()),
            samples=self._pool.counted,
            distinct=self._pool.distinct,
            rejected=dict(self._pool.rejections),
            stopped_early=self._stopped,
            tokens=self._pool.tokens,
            model_seconds=self._model_seconds,
            test_seconds=self._test_seconds,
        )

    def _replay(self) -> None:
        for key, verdict in self._recorded.verdicts:
            self._pool.judge(key, verdict)
        self._batches = replay(self._pool, self._recorded.batches)
        self._asked = self._pool.samples
        self._verified = sum(candidate.verdict is not None for candidate in self._pool.provisional())
        for candidate in self._pool.provisional():
            self._emit(CandidateFound(candidate))
            if candidate.verdict is not None:
                self._emit(CandidateJudged(candidate.index, candidate.verdict, self._verified))

    def _next(self, started: float) -> object | None:
        """The next message, or `None` when the time is up."""
        left = None if self._budget.seconds is None else started + self._budget.seconds - self._clock()
        try:
            return self._inbox.get(timeout=left) if left is None or left > 0 else None
        except queue.Empty:
            return None

    def _propose(self, drawing: _Drawing, screening: Screening) -> bool:
        """Start the next batch; whether there is or will be more to ask."""
        view = View(self._batches, self._asked, tuple(self._pool.provisional()), screening.pending)
        requests = self._strategy.propose(view)
        if requests is None:
            return screening.pending > 0
        if not requests:
            return False
        self._batch = []
        self._asked += sum(request.n for request in requests)
        drawing.start(self._batches, requests)
        self._batches += 1
        return True

    def _handle(self, message: object, drawing: _Drawing, screening: Screening) -> None:
        if isinstance(message, Completion):
            if not self._stopped:
                self._drawn(message, screening)
        elif isinstance(message, _BatchDone):
            self._model_seconds += message.seconds
            self._journal.completion_batch(message.index, self._batch)
            self._pool.close_batch(message.index)
            drawing.busy = False
            self._observe(drawing, screening)
        elif isinstance(message, Judged):
            if message.error is not None:
                raise message.error
            if message.verdict is not None:
                self._journal.verdict(message.candidate.patch.execution_key, message.verdict)
                self._test_seconds += message.verdict.duration
                judged = self._pool.judge(message.candidate.patch.execution_key, message.verdict)
                if judged is not None:
                    self._verified += 1
                    self._emit(CandidateJudged(judged.index, message.verdict, self._verified))
                self._observe(drawing, screening)
        elif isinstance(message, _Failed):
            raise message.error

    def _drawn(self, completion: Completion, screening: Screening) -> None:
        self._batch.append(completion)
        known = self._pool.distinct
        candidate = self._pool.add(completion)
        pool = self._pool
        self._emit(SamplesDrawn(completion.count, pool.samples, pool.distinct, pool.rejected, pool.tokens))
        if candidate is None:
            return
        self._emit(CandidateFound(candidate))
        if candidate.verdict is None:
            if pool.distinct > known:
                screening.submit(candidate)
            else:
                screening.renew(candidate)

    def _observe(self, drawing: _Drawing, screening: Screening) -> None:
        """Stop sampling once the choice is settled; drop runs that can't change it."""
        if self._rules.exhaustive:
            return
        candidates = self._pool.candidates()
        has_targets = self._rules.has_targets
        if not self._stopped:
            reason = voting.settled(
                candidates,
                drawn=self._pool.counted,
                budget=self._budget.samples,
                has_targets=has_targets,
                confidence=self._rules.confidence,
            )
            if reason is not None:
                self._stopped = reason
                drawing.cancel()
        remaining = 0 if self._stopped else self._budget.samples - self._pool.counted
        counted = {candidate.index: candidate for candidate in candidates}

        def worth(waiting: Candidate) -> bool:
            known = counted.get(waiting.index)
            if known is None:  # so far only in the batch that is being drawn
                return remaining > 0
            return voting.can_win(known, candidates, has_targets=has_targets, remaining=remaining)

        screening.retain(worth)


class _Drawing:
    """The thread that draws. One batch at a time; `cancel` ends it, and its remains are not reported."""

    def __init__(self, sampler: Sampler, inbox: queue.SimpleQueue[object]) -> None:
        self._sampler = sampler
        self._inbox = inbox
        self._thread: threading.Thread | None = None
        self._cancel = threading.Event()
        self.busy = False

    def start(self, index: int, requests: Sequence[SampleRequest]) -> None:
        """Draw one batch; every completion goes to the inbox, then the end of the batch."""
        if self._thread is not None:
            self._thread.join()
        self.busy = True
        self._thread = threading.Thread(target=self._draw, args=(index, requests), name="drawing", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """End the batch in flight between two steps, and wait for it."""
        self._cancel.set()
        if self._thread is not None:
            self._thread.join()
        self.busy = False

    close = cancel

    def _draw(self, index: int, requests: Sequence[SampleRequest]) -> None:
        started = time.monotonic()
        try:
            for completion in self._sampler.sample(requests, self._cancel):
                self._inbox.put(completion)
        except BaseException as error:  # noqa: BLE001 - raised in the loop's thread
            self._inbox.put(_Failed(error))
            return
        if not self._cancel.is_set():
            self._inbox.put(_BatchDone(index, time.monotonic() - started))
