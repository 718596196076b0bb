"""A batch from its book to its outcomes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from reasoncli.batch.book import Book
from reasoncli.batch.driver import Board, Driver, Entry
from reasoncli.batch.labour import Progress
from reasoncli.batch.ledger import Before, Ledger
from reasoncli.batch.outcome import Outcome, State
from reasoncli.batch.results import write_results
from reasoncli.batch.serving import ModelServer
from reasoncli.batch.slots import Slots
from reasoncli.cluster.cluster import Cluster
from reasoncli.domain import Spending, WorkItem
from reasoncli.errors import SandboxUnavailable
from reasoncli.metering.meter import Meter
from reasoncli.models.interface import Sampler
from reasoncli.models.open import open_sampler
from reasoncli.models.resolve import resolve
from reasoncli.sandbox import engine
from reasoncli.settings.kinds import EngineKind, SandboxKind
from reasoncli.settings.loading import worker_count
from reasoncli.settings.values import Settings
from reasoncli.workflow import preparation
from reasoncli.workflow.consulting import refuse_silent
from reasoncli.workflow.host import opened_cluster
from reasoncli.workflow.spending import Metered, check_budget, check_model, machine_energy
from reasoncli.workflow.upkeep import clean_up

_EVERY = 5.0  # seconds between two writings of the results
_OPEN = (State.NO_PATCH, State.UNVERIFIED)


def lead(
    book: Book, entry: Entry, board: Board, output: Path, drainable: Callable[[Callable[[], None]], None]
) -> dict[str, Outcome]:
    """Work on all issues that are not done; how each stands in the end, by key.

    Args:
        book: of the batch.
        entry: what the process of an issue runs.
        board: is told how it goes.
        output: the folder that results are written to, whenever an issue ends.
        drainable: is handed what makes the batch begin no more issues.

    Raises:
        Interrupted: every run has ended in order. DiskFullError: the same, for want of space.
        ModelError, ModelNotFoundError: the model can't be had.
    """
    settings = book.order.settings()
    resolve(preparation.model_spec(settings))
    refuse_silent(settings)
    clean_up(settings, book.store)
    known = {item.key: book.outcome(item) for item in book.order.items}
    budget = book.order.budget
    energy = machine_energy()
    prices = check_budget(settings, budget, energy, asked=True)
    earlier = book.spent or _spent_before(known)

    def keep(spent: Spending) -> None:
        book.keep_spent(spent)
        board.total(spent)

    with (
        opened_cluster(settings, board.told) as cluster,
        Meter(budget=budget, prices=prices, earlier=earlier, energy=energy, keep=keep) as meter,
    ):
        return _led(book, settings, cluster, known, meter, entry, board, output, drainable)


def _led(
    book: Book,
    settings: Settings,
    cluster: Cluster | None,
    known: dict[str, Outcome],
    meter: Meter,
    entry: Entry,
    board: Board,
    output: Path,
    drainable: Callable[[Callable[[], None]], None],
) -> dict[str, Outcome]:
    name = preparation.model_spec(settings)
    items = book.order.items
    places = worker_count(settings) if cluster is None else cluster.slots
    if meter.used_up is None:
        for key in [key for key, found in known.items() if found.cut_short and found.state in _OPEN]:
            book.undone(key)  # there is more now
    ledger = Ledger(book.order.budget, len(items), settings.search.samples, _before(book, known), meter.look_back)
    meter.count_beside(ledger.cpu_seconds)

    def load() -> Sampler:
        sampler = open_sampler(name, preparation.model_options(settings))
        try:
            check_model(settings, sampler.info, book.order.budget)
        except BaseException:
            sampler.close()
            raise
        return Metered(sampler, meter, here=True)

    model = ModelServer(load)
    results = _Results(board, book, name, output, known)
    answers = lambda: _engine_answers(settings)  # noqa: E731
    jobs = book.order.jobs or places
    driver = Driver(book, model, ledger, Slots(places), jobs, entry, results, answers, cluster)
    drainable(driver.drain)
    try:
        if any(not book.is_done(item.key) for item in items):
            model.sampler()  # nothing is begun with a model that can't be loaded
        outcomes = driver.run()
    finally:
        model.close()
        results.write()
    return outcomes


def _engine_answers(settings: Settings) -> bool:
    if settings.sandbox.sandbox is not SandboxKind.DOCKER or settings.sandbox.engine is not EngineKind.THREADS:
        return True
    try:
        engine.connect().close()
    except SandboxUnavailable:
        return False
    return True


def _before(book: Book, known: Mapping[str, Outcome]) -> Before:
    return Before(sum(book.is_done(key) for key in known), sum(each.samples + each.ranked for each in known.values()))


def _spent_before(known: Mapping[str, Outcome]) -> Spending:
    """By what is known of the issues, where nobody kept it for the list."""
    spent = Spending()
    for each in known.values():
        spent = spent.plus(replace(each.spending, seconds=0.0))
    return spent


class _Results(Board):
    """Writes results when issues end, and passes on all that it is told."""

    def __init__(self, board: Board, book: Book, model: str, output: Path, known: dict[str, Outcome]) -> None:
        self._known = known
        self._written = -_EVERY
        self._board = board
        self._book = book
        self._model = model
        self._output = output

    def began(self, item: WorkItem) -> None:
        self._board.began(item)

    def progress(self, item: WorkItem, progress: Progress) -> None:
        self._board.progress(item, progress)

    def warned(self, item: WorkItem, text: str) -> None:
        self._board.warned(item, text)

    def told(self, text: str) -> None:
        self._board.told(text)

    def ended(self, item: WorkItem, outcome: Outcome) -> None:
        self._board.ended(item, outcome)
        self._known[item.key] = outcome
        if time.monotonic() - self._written >= _EVERY:
            self.write()

    def draining(self, running: int) -> None:
        self._board.draining(running)

    def spent(self, item: WorkItem, spent: Spending) -> None:
        self._board.spent(item, spent)

    def ran_out(self, reason: str) -> None:
        self._board.ran_out(reason)

    def write(self) -> None:
        """Write what is known by now."""
        write_results(self._book, self._known, self._model, self._output)
        self._written = time.monotonic()
