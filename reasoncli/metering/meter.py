"""Counts what a run takes while it goes on, and says when its budget is used up."""

from __future__ import annotations

import resource
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import TracebackType
from typing import Self

from reasoncli.domain import Budget, Prices, Spending, Usage, UsedUp, used_up
from reasoncli.metering.energy import Energy

_EVERY = 0.5
"""Seconds between two looks. RAPL's counters turn over in minutes."""

_KEPT_EVERY = 5.0
"""Seconds until what was spent is kept again; a process that is killed loses no more of it."""

_ANSWERS_KEPT_EVERY = 1.0
"""The same where models answered."""


class Meter:
    """Counts from when it is made. Use it as a context manager: a thread of its own looks at what has to be read.

    Attributes:
        used_up: what of the budget is used up, as of the last look; `None` while there is something left.
        held: whether there is a budget to be used up, its own or one that is shared.
    """

    def __init__(
        self,
        *,
        budget: Budget | None = None,
        prices: Prices | None = None,
        earlier: Spending | None = None,
        energy: Energy | None = None,
        keep: Callable[[Spending], None] = lambda spent: None,
        elsewhere: Callable[[Spending], UsedUp | None] | None = None,
        every: float = _EVERY,
    ) -> None:
        """Begin to count.

        Args:
            budget: what may be spent, what was spent earlier included.
            prices: of what is taken.
            earlier: spent before, by other processes.
            energy: meters to read; without them there are no joules.
            keep: told what was spent now and then, and at the end; raises nothing.
            elsewhere: told the same, and answers what is used up of a budget that others share; raises nothing.
            every: seconds between two looks.
        """
        self._budget = budget or Budget()
        self._prices = prices or Prices()
        self._earlier = earlier or Spending()
        self._energy = energy or Energy(())
        self._keep = keep
        self._elsewhere = elsewhere or (lambda spent: None)
        own = replace(self._budget, samples=None, seconds=None)
        self.held = elsewhere is not None or own != Budget()
        self._every = every
        self._answers = Spending()  # what models said, and its price
        self._gpu: float | None = None
        self._gpu_since: float | None = None
        self._beside: Callable[[], float] = lambda: 0.0
        self._began = time.monotonic()
        self._cpu = _own_cpu()
        self._guard = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="meter", daemon=True)
        self.used_up: UsedUp | None = None

    def answered(self, tokens: int, usage: Usage | None = None) -> None:
        """A model gave an answer."""
        with self._guard:
            self._answers = self._answers.with_answer(tokens, usage, self._prices)

    @contextmanager
    def model_works(self, *, on_gpu: bool) -> Iterator[None]:
        """A model of this process is at work; one at a time."""
        if not on_gpu:
            yield
            return
        with self._guard:
            self._gpu, self._gpu_since = self._gpu or 0.0, time.monotonic()
        try:
            yield
        finally:
            with self._guard:
                if self._gpu_since is not None:
                    self._gpu += time.monotonic() - self._gpu_since
                self._gpu_since = None

    def count_beside(self, cpu_seconds: Callable[[], float]) -> None:
        """Processor time that is no process's of ours: asked from the meter's thread, and at the end."""
        self._beside = cpu_seconds

    @property
    def spent(self) -> Spending:
        """All of it, as of the last look where something has to be read."""
        now = time.monotonic()
        seconds = now - self._began
        joules = self._energy.joules
        prices = self._prices
        with self._guard:
            answers, gpu = self._answers, self._gpu
            if gpu is not None and self._gpu_since is not None:
                gpu += now - self._gpu_since
        money, currency = answers.money, answers.currency
        if prices.hour is not None or (prices.kwh is not None and joules is not None):
            money, currency = (money or 0.0) + prices.of_machine(seconds, joules or 0.0), prices.currency
        here = replace(
            answers,
            seconds=seconds,
            cpu_seconds=max(0.0, _own_cpu() - self._cpu) + self._beside(),
            gpu_seconds=gpu,
            joules=joules,
            energy_of=self._energy.of,
            money=money,
            currency=currency,
        )
        return self._earlier.plus(here)

    def look_back(self) -> UsedUp | None:
        """`used_up`, as a function."""
        return self.used_up

    def look(self) -> None:
        """Read what has to be read, and compare it with the budget."""
        self._energy.read()
        spent = self.spent
        self.used_up = used_up(self._budget, spent, self._prices) or self._elsewhere(spent)

    def __enter__(self) -> Self:
        self.look()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self._energy.read()
        self._keep(self.spent)

    def _watch(self) -> None:
        kept, answers = time.monotonic(), self._answers
        while not self._over.wait(self._every):
            self.look()
            if time.monotonic() - kept >= (_KEPT_EVERY if self._answers is answers else _ANSWERS_KEPT_EVERY):
                kept, answers = time.monotonic(), self._answers
                self._keep(self.spent)


def _own_cpu() -> float:
    """User and system time of this process, and of its children as far as they have ended."""
    of = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in of)
