"""The thread that draws samples, one batch at a time."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from reasoncli.models.interface import Sampler, SampleRequest


@dataclass(frozen=True, slots=True)
class BatchDone:
    """A batch was drawn to its end; its completions lie before this in the inbox."""

    index: int
    seconds: float


@dataclass(frozen=True, slots=True)
class DrawingFailed:
    """The sampler raised."""

    error: BaseException


class Drawing:
    """Runs a sampler in a thread of its own. What a cancelled batch left over is never reported as done."""

    def __init__(self, sampler: Sampler, inbox: queue.SimpleQueue[object]) -> None:
        self._sampler = sampler
        self._inbox = inbox
        self._thread: threading.Thread | None = None
        self._cancel = threading.Event()

    def start(self, index: int, requests: Sequence[SampleRequest]) -> None:
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

    def _draw(self, index: int, requests: Sequence[SampleRequest]) -> None:
        started = time.monotonic()
        try:
            for completion in self._sampler.sample(requests, self._cancel):
                self._inbox.put(completion)
        except BaseException as error:  # noqa: BLE001 - raised in the loop's thread
            self._inbox.put(DrawingFailed(error))
            return
        if not self._cancel.is_set():
            self._inbox.put(BatchDone(index, time.monotonic() - started))
