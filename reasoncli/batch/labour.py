"""One issue of a batch, from its tree to its outcome: what a process of its own does."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from reasoncli.batch.book import Book
from reasoncli.batch.channel import Channel
from reasoncli.batch.delivery import branch_of, deliver
from reasoncli.batch.guest import Guest
from reasoncli.batch.outcome import Trouble
from reasoncli.batch.trees import tree_for
from reasoncli.domain import WorkItem
from reasoncli.errors import EnvironmentFailure, Interrupted, ReasoncliError, StoreError
from reasoncli.events import Event, Listener, Warned
from reasoncli.reports.state import RunView
from reasoncli.runs.lock import is_live
from reasoncli.runs.request import Delivery, FixRequest
from reasoncli.workflow.fix import fix, resume
from reasoncli.workflow.host import Host
from reasoncli.workflow.preparation import seed
from reasoncli.workflow.result import FixResult

_EVERY = 0.5  # seconds between two reports on progress
_PATIENCE = 60.0  # seconds in which a run without a leader has ended
_PAUSE = 0.1


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is, for the board.

    Attributes:
        stage: at work now.
        done, total: inside the stage; total is `None` where it is unknown.
        votes: of the leader among the best.
        verdict: of the leader, in a word.
        left: seconds that the stage may still take, `None` where nobody knows.
    """

    stage: str
    done: int = 0
    total: int | None = None
    samples: int = 0
    distinct: int = 0
    verified: int = 0
    votes: float = 0.0
    verdict: str = ""
    left: float | None = None


def labour(book: Book, item: WorkItem, channel: Channel) -> None:
    """Work on one issue, and leave what came of it on disk.

    Args:
        book: of the batch.
        item: the issue.
        channel: to the process that has the model.

    Raises:
        Interrupted: the batch is to end; what was done until then stays.
    """
    try:
        _work(book, item, channel)
    except Interrupted:
        raise
    except ReasoncliError as error:
        passing = isinstance(error, EnvironmentFailure)
        book.trouble(item.key, Trouble(type(error).__name__, str(error), error.hint, passing))
    except Exception as error:  # noqa: BLE001 - a defect costs one issue, not the batch
        book.trouble(item.key, Trouble(type(error).__name__, f"internal error: {error!r}"))
    else:
        book.done(item.key)


def _work(book: Book, item: WorkItem, channel: Channel) -> None:
    order, place = book.order, book.place(item.key)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    channel.tell("say", Progress("repository"))
    tree = tree_for(item, place / "tree", clones=order.clones, mirrors=book.store.root / "mirrors")
    settings = order.settings(tree, item)
    host = Guest(channel, settings)
    reporting = _Reporting(lambda progress: channel.tell("say", progress), lambda text: channel.tell("warn", text))
    result = _gone_on(book, item, host, reporting)
    if result is None:
        branch = branch_of(item) if order.branches or order.pull_requests else None
        request = FixRequest(
            repository=tree,
            issue=item.issue,
            settings=settings,
            seed=seed(settings),
            targets=item.targets,
            delivery=Delivery(branch=branch, dry_run=branch is None),
            command=order.command,
        )
        result = fix(request, book.store, (reporting,), host=host, begun=lambda run: book.begun(item.key, run))
    if result.record.applied is not None:
        deliver(book, item, result, tree)


def _gone_on(book: Book, item: WorkItem, host: Host, listener: Listener) -> FixResult | None:
    """The end of the run that was begun for an issue; `None` where there is none to go on with."""
    run = book.run_of(item.key)
    if not run:
        return None
    waited = time.monotonic() + _PATIENCE
    while is_live(book.store.folder(run)) and time.monotonic() < waited:  # it ends: whoever led it has gone
        time.sleep(_PAUSE)
    try:
        if book.store.read(run).request is None:  # it ended before it began
            return None
        return resume(run, book.store, (listener,), host=host)
    except StoreError:
        if is_live(book.store.folder(run)):
            raise
        return None  # damaged: what it had is lost, the issue is not


class _Reporting:
    """A listener that says how far a run is, now and then."""

    def __init__(self, say: Callable[[Progress], None], warn: Callable[[str], None]) -> None:
        self._view = RunView()
        self._say = say
        self._warn = warn
        self._said = 0.0
        self._stage = ""

    def __call__(self, event: Event) -> None:
        self._view.observe(event)
        if isinstance(event, Warned):
            self._warn(event.message)
        now = time.monotonic()
        stage = next((each.name for each in self._view.stages.values() if each.seconds is None), "")
        if now - self._said >= _EVERY or stage != self._stage:
            self._said, self._stage = now, stage
            self._say(self._progress(stage))

    def _progress(self, stage: str) -> Progress:
        view = self._view
        known = view.stages.get(stage)
        done, total = (view.proposals, view.budget) if stage == "search" else (0, None)
        if known is not None and stage != "search":
            done, total = known.done, known.total
        leader = next((group for group in view.groups if group.judged), None) if view.candidates else None
        verdict = leader.leader.verdict if leader is not None else None
        return Progress(
            stage=stage,
            done=done,
            total=total,
            samples=view.proposals,
            distinct=view.distinct,
            verified=view.verified,
            votes=0.0 if leader is None else leader.votes,
            verdict="" if verdict is None else verdict.kind.value,
            left=view.seconds_left(),
        )
