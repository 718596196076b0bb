"""The thread that draws samples and ranks given texts, one batch at a time."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reasoncli.domain import Completion
from reasoncli.models.interface import Choices, Ranking, RankRequest, Request, Sampler, SampleRequest


@dataclass(frozen=True, slots=True)
class BatchDone:
    """A batch was drawn to its end; its completions lie before this in the inbox."""

    index: int


@dataclass(frozen=True, slots=True)
class DrawingFailed:
    """The sampler raised."""

    error: BaseException


class Drawing:
    """Runs a sampler in a thread of its own. What a cancelled batch left over is never reported as done.

    A batch's ranked texts come before its samples: they are the likeliest there are, and tests can begin.

    Attributes:
        seconds: spent on batches that have ended, those cut short included.
    """

    def __init__(self, sampler: Sampler, inbox: queue.SimpleQueue[object]) -> None:
        self._sampler = sampler
        self._inbox = inbox
        self._thread: threading.Thread | None = None
        self._cancel = threading.Event()
        self._ranking: Ranking | None = None
        self._choices: tuple[Choices, ...] = ()
        self._taken = 0
        self.seconds = 0.0

    def start(self, index: int, requests: Sequence[Request]) -> None:
        """Draw one batch; every completion goes to the inbox, then the end of the batch."""
        if self._thread is not None:
            self._thread.join()
        self._thread = threading.Thread(target=self._draw, args=(index, requests), name="drawing", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the batch in flight between two steps, and wait for it. Idempotent."""
        self._cancel.set()
        if self._thread is not None:
            self._thread.join()

    def _draw(self, index: int, requests: Sequence[Request]) -> None:
        started = time.monotonic()
        samples = [request for request in requests if isinstance(request, SampleRequest)]
        try:
            for request in requests:
                if isinstance(request, RankRequest):
                    for completion in self._ranked(request):
                        self._inbox.put(completion)
            if samples:
                for completion in self._sampler.sample(samples, self._cancel):
                    self._inbox.put(completion)
        except BaseException as error:  # noqa: BLE001 - raised in the loop's thread
            self._inbox.put(DrawingFailed(error))
            return
        finally:
            self.seconds += time.monotonic() - started
        if not self._cancel.is_set():
            self._inbox.put(BatchDone(index))

    def _ranked(self, request: RankRequest) -> Iterator[Completion]:
        """The next texts of a ranking, which is begun anew where an earlier process had come to."""
        ranking = self._ranking
        if ranking is None or self._choices is not request.choices or self._taken != request.first:
            ranking = self._ranking = self._sampler.rank(request.choices)
            self._choices = request.choices
            self._taken = sum(1 for _ in ranking.take(request.first, self._cancel))
        for ranked in ranking.take(request.most, self._cancel):
            self._taken += 1
            yield Completion(
                prompt=request.choices[ranked.choice].prompt.id,
                text=ranked.text,
                count=1,
                logprobs=ranked.logprobs,
                tokens=0,
                finish="stop",
                batch=request.batch,
                rank=self._taken,
                score=ranked.logprob,
            )
