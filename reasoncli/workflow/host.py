"""What a run needs of its surroundings, and may have to share with other runs on the machine."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from reasoncli.domain import Spending
from reasoncli.events import Emitter
from reasoncli.metering.meter import Meter
from reasoncli.search.interface import View
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


class Alone:
    """A run that has the machine to itself."""

    shared_model = False

    def model(self, settings: Settings, emit: Emitter) -> AbstractContextManager[Loaded]:
        """See `Host`."""
        return Loading(settings, emit)

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
