"""The main job: a run from its request to its decision, begun or gone on with.

The steps, in order: snapshot, sandbox, baseline (while the model loads), localization, prompts, search,
decision, delivery. Each leaves its result in the journal; going on with a run takes from there
what an earlier process finished.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from reasoncli.errors import DiskFullError, Interrupted, OutOfTime, StoreError
from reasoncli.events import Listener
from reasoncli.models.resolve import resolve
from reasoncli.repository import open_repository
from reasoncli.runs.journal import RunJournal
from reasoncli.runs.memory import Memory
from reasoncli.runs.request import FixRequest
from reasoncli.runs.store import Store
from reasoncli.workflow import preparation
from reasoncli.workflow.asking import Ask
from reasoncli.workflow.consulting import refuse_silent
from reasoncli.workflow.host import Host
from reasoncli.workflow.limit import TimeLimit
from reasoncli.workflow.result import FixResult
from reasoncli.workflow.steps import Steps
from reasoncli.workflow.upkeep import clean_up


def fix(
    request: FixRequest,
    store: Store,
    listeners: Sequence[Listener],
    ask: Ask | None = None,
    host: Host | None = None,
    begun: Callable[[str], None] = lambda run: None,
) -> FixResult:
    """Begin a run and bring it to its decision.

    Args:
        request: what is wanted.
        store: where the run is kept.
        listeners: are told what happens.
        ask: answers what is right where the leading patches differ.
        host: where it takes place; by default it has the machine to itself.
        begun: is told the run's id before anything is done.

    Raises:
        ReasoncliError: what stands in the way; what was done until then stays in the store.
    """
    limit = _limit(request, host)
    _refuse(request)
    _tidy(request, store, host)
    with store.create(request.issue, request.repository) as journal:
        journal.request(request)
        begun(journal.id)
        steps = Steps(journal, request, None, listeners, Memory(store.root), ask, host, limit)
        return _recorded(journal, steps.go)


def resume(
    reference: str, store: Store, listeners: Sequence[Listener], ask: Ask | None = None, host: Host | None = None
) -> FixResult:
    """Go on with a run that was interrupted; one whose patch is where it should be is only shown again.

    Raises:
        UsageError: no such run. StoreError: it is live, or damaged.
        ConflictError: the work tree is not what the run began with.
    """
    with store.open(reference) as journal:
        record = journal.load()
        if record.request is None:
            raise StoreError(f"run {journal.id} ended before it began", hint="Start it again with `reasoncli fix`.")
        request = record.request
        if record.applied is not None and open_repository(request.repository).holds(record.applied):
            return FixResult(record, journal.folder, None, "")
        limit = _limit(request, host)
        _refuse(request)
        _tidy(request, store, host)
        journal.taken_up()
        steps = Steps(journal, request, record, listeners, Memory(store.root), ask, host, limit)
        return _recorded(journal, steps.go)


def _limit(request: FixRequest, host: Host | None) -> TimeLimit:
    """The time that the user gives to the run, or what its host has left."""
    return TimeLimit(TimeLimit(request.settings.search.max_seconds).shorter(None if host is None else host.seconds()))


def _tidy(request: FixRequest, store: Store, host: Host | None) -> None:
    """Clean up after dead runs, unless that is the host's: looking at all runs takes time where there are thousands."""
    if host is None:
        clean_up(request.settings, store)


def _refuse(request: FixRequest) -> None:
    """What can be known to be wrong before any work is done.

    Raises:
        ModelNotFoundError: no such model. UsageError: it can't be asked what it should be.
        RepositoryError: the branch that shall be made exists.
    """
    if not request.patches:
        resolve(preparation.model_spec(request.settings))
    refuse_silent(request.settings)
    if request.delivery.branch is not None:
        open_repository(request.repository).check_branch(request.delivery.branch)


def _recorded(journal: RunJournal, work: Callable[[], FixResult]) -> FixResult:
    try:
        return work()
    except Interrupted as error:
        written = "Nothing was written to the repository."
        if journal.load().applied is not None:
            written = f"What it wrote to the repository is taken back by `reasoncli undo {journal.id}`."
        raise Interrupted(
            f"run {journal.id} was interrupted",
            hint=f"{written} `reasoncli runs resume {journal.id}` goes on from here.",
        ) from error
    except OutOfTime as error:
        hint = f"Nothing was written. `reasoncli runs resume {journal.id}` goes on from here, with as much time again."
        raise OutOfTime(str(error), hint=hint) from error
    except Exception:
        with suppress(DiskFullError, StoreError):  # perhaps what it failed by; that one is to be told
            journal.failed()
        raise
