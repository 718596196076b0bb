"""A batch from its book to its outcomes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from reasoncli.batch.book import Book
from reasoncli.batch.driver import Board, Driver, Entry
from reasoncli.batch.labour import Progress
from reasoncli.batch.ledger import Ledger, Spent
from reasoncli.batch.outcome import Outcome
from reasoncli.batch.results import write_results
from reasoncli.batch.serving import ModelServer
from reasoncli.batch.slots import Slots
from reasoncli.cluster.cluster import Cluster
from reasoncli.domain import WorkItem
from reasoncli.errors import SandboxUnavailable
from reasoncli.models.open import open_sampler
from reasoncli.models.resolve import resolve
from reasoncli.sandbox import engine
from reasoncli.settings.kinds import EngineKind, SandboxKind
from reasoncli.settings.loading import worker_count
from reasoncli.settings.values import Settings
from reasoncli.workflow import preparation
from reasoncli.workflow.consulting import refuse_silent
from reasoncli.workflow.host import opened_cluster
from reasoncli.workflow.upkeep import clean_up

_EVERY = 5.0  # seconds between two writings of the results


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
    with opened_cluster(settings, board.told) as cluster:
        return _led(book, entry, board, output, drainable, settings, cluster)


def _led(
    book: Book,
    entry: Entry,
    board: Board,
    output: Path,
    drainable: Callable[[Callable[[], None]], None],
    settings: Settings,
    cluster: Cluster | None,
) -> dict[str, Outcome]:
    name = preparation.model_spec(settings)
    places = worker_count(settings) if cluster is None else cluster.slots
    items = book.order.items
    known = {item.key: book.outcome(item) for item in items}
    ledger = Ledger(book.order.budget, len(items), settings.search.samples, _spent(book, known))
    model = ModelServer(lambda: open_sampler(name, preparation.model_options(settings)), ledger.generated)
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


def _spent(book: Book, known: Mapping[str, Outcome]) -> Spent:
    return Spent(
        sum(book.is_done(key) for key in known),
        sum(each.samples + each.ranked for each in known.values()),
        sum(each.tokens for each in known.values()),
    )


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

    def write(self) -> None:
        """Write what is known by now."""
        write_results(self._book, self._known, self._model, self._output)
        self._written = time.monotonic()
