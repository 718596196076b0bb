"""What a run needs of its surroundings, and may have to share with other runs on the machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from reasoncli.cluster.cluster import Cluster, found
from reasoncli.domain import Spending
from reasoncli.events import Emitter, Warned
from reasoncli.metering.meter import Meter
from reasoncli.search.interface import View
from reasoncli.settings.kinds import EngineKind
from reasoncli.settings.values import Settings
from reasoncli.verification.pool import nothing_to_share
from reasoncli.workflow.loading import Loaded, Loading
from reasoncli.workflow.spending import budget_of, machine_energy, prices_of


class Host(Protocol):
    """Where a run takes place."""

    @property
    def shared_model(self) -> bool:
        """Whether its model works in another process, and for others as well."""
        ...

    def model(self, settings: Settings, emit: Emitter) -> AbstractContextManager[Loaded]:
        """Begin to load the model; it is closed, or given back, at the end."""
        ...

    def cluster(self, settings: Settings, emit: Emitter) -> AbstractContextManager[Cluster | None]:
        """The machines to test on; `None` where that is this one."""
        ...

    def slot(self, stopped: Callable[[], bool]) -> AbstractContextManager[None]:
        """Wait for a place to test in, and hold it; any thread. Without one once `stopped` says so."""
        ...

    def ration(self, view: View) -> bool:
        """Whether the search may propose another batch."""
        ...

    def seconds(self) -> float | None:
        """Until everything here has to end; `None` for no limit."""
        ...

    def meter(self, settings: Settings, earlier: Spending | None, keep: Callable[[Spending], None]) -> Meter:
        """What counts what the run takes and holds its budget; `earlier` was spent before."""
        ...


@contextmanager
def opened_cluster(settings: Settings, warn: Callable[[str], None]) -> Iterator[Cluster | None]:
    """The cluster that settings name, joined, and left at the end; `None` where they name none.

    Raises:
        ClusterError: it can't be used.
    """
    sandbox = settings.sandbox
    if sandbox.engine is not EngineKind.RAY:
        yield None
        return
    cluster = found(sandbox.ray_address, sandbox.memory, settings.search.workers, warn)
    try:
        yield cluster
    finally:
        cluster.close()


class Alone:
    """A run that has the machine to itself."""

    shared_model = False

    def model(self, settings: Settings, emit: Emitter) -> AbstractContextManager[Loaded]:
        """See `Host`."""
        return Loading(settings, emit)

    def cluster(self, settings: Settings, emit: Emitter) -> AbstractContextManager[Cluster | None]:
        """See `Host`."""
        return opened_cluster(settings, lambda text: emit(Warned(text)))

    def slot(self, stopped: Callable[[], bool]) -> AbstractContextManager[None]:
        """See `Host`."""
        return nothing_to_share(stopped)

    def ration(self, view: View) -> bool:
        """See `Host`."""
        return True

    def seconds(self) -> float | None:
        """See `Host`."""
        return None

    def meter(self, settings: Settings, earlier: Spending | None, keep: Callable[[Spending], None]) -> Meter:
        """See `Host`: the budget is the run's own, and so is the machine."""
        return Meter(
            budget=budget_of(settings),
            prices=prices_of(settings),
            earlier=earlier,
            energy=machine_energy(),
            keep=keep,
        )
