"""The main job: a run from its request to its decision, begun or gone on with.

The steps, in order: snapshot, sandbox, baseline (while the model loads), localization, prompts, search,
decision, delivery. Each leaves its result in the journal; going on with a run takes from there
what an earlier process finished.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from reasoncli.domain import SPENT, Spending
from reasoncli.errors import DiskFullError, Interrupted, OutOfTime, StoreError, UsageError
from reasoncli.events import Emitter, Listener, Spent
from reasoncli.models.resolve import resolve
from reasoncli.repository import open_repository
from reasoncli.runs.journal import RunJournal
from reasoncli.runs.memory import Memory
from reasoncli.runs.record import RunRecord
from reasoncli.runs.request import FixRequest
from reasoncli.runs.store import Store
from reasoncli.workflow import preparation
from reasoncli.workflow.asking import Ask
from reasoncli.workflow.consulting import asking_flag, refuse_silent
from reasoncli.workflow.host import Alone, Host
from reasoncli.workflow.limit import TimeLimit
from reasoncli.workflow.result import FixResult
from reasoncli.workflow.spending import budget_of, check_budget, machine_energy, narrowed
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
    _refuse(request, host)
    _tidy(request, store, host)
    with store.create(request.issue, request.repository) as journal:
        journal.request(request)
        begun(journal.id)
        return _metered(journal, request, None, store, listeners, ask, host or Alone(), limit)


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
        _refuse(request, host)
        _tidy(request, store, host)
        journal.taken_up()
        return _metered(journal, request, record, store, listeners, ask, host or Alone(), limit)


def _limit(request: FixRequest, host: Host | None) -> float | None:
    """Seconds that the user gives to the run, or that its host has left."""
    given = request.settings.search.max_seconds
    others = budget_of(request.settings).seconds if host is None else host.seconds()
    return min((each for each in (given, others) if each is not None), default=None)


def _metered(
    journal: RunJournal,
    request: FixRequest,
    earlier: RunRecord | None,
    store: Store,
    listeners: Sequence[Listener],
    ask: Ask | None,
    host: Host,
    seconds: float | None,
) -> FixResult:
    """Take the steps while it is counted what they take."""
    emit = Emitter((journal, *listeners))

    def keep(spent: Spending) -> None:
        with suppress(DiskFullError, StoreError, OSError):  # whoever writes next is told of it
            journal.spending(spent)
            emit(Spent(spent))

    if isinstance(host, Alone):
        request = replace(request, settings=narrowed(request.settings))
    with host.meter(request.settings, None if earlier is None else earlier.spending, keep) as meter:
        limit = TimeLimit(seconds, used_up=meter.look_back if meter.held else None)
        steps = Steps(journal, request, earlier, emit, Memory(store.root), ask, host, limit, meter)
        result = _recorded(journal, steps.go)
    return replace(result, record=replace(result.record, spending=meter.spent))


def _tidy(request: FixRequest, store: Store, host: Host | None) -> None:
    """Clean up after dead runs, unless that is the host's: looking at all runs takes time where there are thousands."""
    if host is None:
        clean_up(request.settings, store)


def _refuse(request: FixRequest, host: Host | None) -> None:
    """What can be known to be wrong before any work is done.

    Raises:
        ModelNotFoundError: no such model. UsageError: it can't be asked what it should be, or the budget can't be held.
        RepositoryError: the branch that shall be made exists.
    """
    if not request.patches:
        resolve(preparation.model_spec(request.settings))
    refuse_silent(request.settings)
    if host is None:  # else the budget is the host's
        asked = not request.patches or bool(asking_flag(request.settings))
        check_budget(request.settings, budget_of(request.settings), machine_energy(), asked=asked)
        if request.patches and budget_of(request.settings).samples is not None:
            raise UsageError(
                "a budget of samples holds nothing where the patches are there already",
                hint="Give fewer patches, or limit time, CPU seconds or money.",
            )
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
        again = "with as much time again" if SPENT not in str(error) else "but what was spent counts"
        hint = f"Nothing was written. `reasoncli runs resume {journal.id}` goes on from here, {again}."
        raise OutOfTime(str(error), hint=hint) from error
    except Exception:
        with suppress(DiskFullError, StoreError):  # perhaps what it failed by; that one is to be told
            journal.failed()
        raise
