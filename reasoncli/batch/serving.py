"""The model of a batch: one, asked by many runs. What waits at one moment to be sampled is drawn together."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from reasoncli.batch.channel import END, FAILED, ITEM
from reasoncli.domain import Prompt
from reasoncli.models.interface import Choices, Ranking, Sampler, SampleRequest


class Asker(Protocol):
    """A run that asks, as far as the model has to know it."""

    def texts(self, call: int, choice: int) -> Sequence[str]:
        """Ask the run for the texts of one of the choices that are ranked; none where it is gone."""
        ...


@dataclass(eq=False, slots=True)
class Job:
    """Something to do with the model.

    Attributes:
        what: `sample`, `score`, `rank` or `take`.
        value: what it takes.
        asker: for whom.
        call: its number there.
        answer: takes (kind of answer, value); see `channel`.
        cancelled: the run does not want it any more.
    """

    what: str
    value: Any
    asker: Asker
    call: int
    answer: Callable[[str, Any], None]
    cancelled: threading.Event = field(default_factory=threading.Event)


class ModelServer:
    """Works through jobs in a thread of its own, in the order in which they come.

    Attributes:
        seconds: spent at work.
    """

    def __init__(self, load: Callable[[], Sampler]) -> None:
        """Begin to load the model, which `load` opens."""
        self._load = load
        self._loaded: Future[Sampler] = Future()
        self._jobs: deque[Job] = deque()
        self._wake = threading.Condition()
        self._now: tuple[Sequence[Job], threading.Event] = ((), threading.Event())
        self._rankings: dict[tuple[int, int], Ranking] = {}
        self._closed = False
        self.seconds = 0.0
        self._thread = threading.Thread(target=self._run, name="model", daemon=True)
        self._thread.start()

    def sampler(self) -> Sampler:
        """The model, once it is loaded; only what any thread may ask of it.

        Raises:
            ReasoncliError: it can't be loaded.
        """
        return self._loaded.result()

    def count_tokens(self, prompt: Prompt) -> int:
        """Length of a prompt in tokens."""
        return self.sampler().count_tokens(prompt)

    def submit(self, job: Job) -> None:
        """Have something done; `job.answer` is called from the model's thread."""
        with self._wake:
            self._jobs.append(job)
            self._wake.notify()

    def cancel(self, jobs: Sequence[Job]) -> None:
        """End jobs; one that is drawn together with others ends for its run alone."""
        with self._wake:
            never = [job for job in jobs if job in self._jobs]
            for job in never:
                self._jobs.remove(job)
        for job in never:
            job.answer(END, None)
        for job in jobs:
            job.cancelled.set()
        together, stop = self._now
        if together and all(job.cancelled.is_set() for job in together):
            stop.set()

    def forget(self, asker: Asker) -> None:
        """A run is over: its rankings go."""
        for key in [key for key in self._rankings if key[0] == id(asker)]:
            self._rankings.pop(key, None)

    def close(self) -> None:
        """End what is at work, and free the model. Idempotent."""
        with self._wake:
            self._closed = True
            doomed = [*self._jobs, *self._now[0]]
            self._wake.notify()
        self.cancel(doomed)
        self._thread.join()

    def _run(self) -> None:
        try:
            sampler = self._load()
        except BaseException as error:  # noqa: BLE001 - raised in whoever asks for it
            self._loaded.set_exception(error)
            return
        self._loaded.set_result(sampler)
        try:
            while (jobs := self._next()) is not None:
                started = time.monotonic()
                self._do(sampler, jobs)
                self.seconds += time.monotonic() - started
        finally:
            sampler.close()

    def _next(self) -> Sequence[Job] | None:
        """What comes next: one job, or all that wait to be sampled, as far as their prompts can be told apart."""
        with self._wake:
            while not self._jobs and not self._closed:
                self._wake.wait()
            if self._closed:
                return None
            jobs = [self._jobs.popleft()]
            if jobs[0].what == "sample":
                prompts = _prompts(jobs[0])
                for job in [each for each in self._jobs if each.what == "sample"]:
                    if prompts.isdisjoint(_prompts(job)):
                        prompts |= _prompts(job)
                        self._jobs.remove(job)
                        jobs.append(job)
            self._now = (jobs, threading.Event())
            return jobs

    def _do(self, sampler: Sampler, jobs: Sequence[Job]) -> None:
        wanted = [job for job in jobs if not job.cancelled.is_set()]
        try:
            if not wanted:
                pass
            elif wanted[0].what == "sample":
                self._sample(sampler, wanted)
            else:
                wanted[0].answer(END, self._one(sampler, wanted[0]))
        except Exception as error:  # noqa: BLE001 - it is the runs' to end by
            for job in wanted:
                job.answer(FAILED, error)
        finally:
            self._now = ((), threading.Event())

    def _sample(self, sampler: Sampler, jobs: Sequence[Job]) -> None:
        of = {prompt: job for job in jobs for prompt in _prompts(job)}
        left = {id(job): sum(request.n for request in job.value) for job in jobs}
        requests: list[SampleRequest] = [request for job in jobs for request in job.value]
        going = {id(job): job for job in jobs}
        for completion in sampler.sample(requests, self._now[1]):
            job = of[completion.prompt]
            left[id(job)] -= completion.count
            if not job.cancelled.is_set():
                job.answer(ITEM, completion)
                if not left[id(job)]:  # it need not wait for the others
                    going.pop(id(job)).answer(END, None)
        for job in going.values():
            job.answer(END, None)

    def _one(self, sampler: Sampler, job: Job) -> Any:
        match job.what:
            case "score":
                return sampler.score(*job.value)
            case "rank":
                choices = [
                    Choices(prompt, partial(job.asker.texts, job.call, number), offset)
                    for number, (prompt, offset) in enumerate(job.value)
                ]
                self._rankings[id(job.asker), job.call] = sampler.rank(choices)
                return job.call
            case "take":
                ranking, most = job.value
                for ranked in self._rankings[id(job.asker), ranking].take(most, self._now[1]):
                    job.answer(ITEM, ranked)
                return None
        raise AssertionError(job.what)


def _prompts(job: Job) -> set[str]:
    return {request.prompt.id for request in job.value}
