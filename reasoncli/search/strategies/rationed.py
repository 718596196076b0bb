"""A strategy whose proposals somebody else may end, as they cost what others need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reasoncli.models.interface import Request
from reasoncli.search.interface import Strategy, View


@dataclass(frozen=True, slots=True)
class Rationed:
    """Proposes what another strategy does, as long as it may.

    Attributes:
        strategy: proposes.
        allowed: asked before each batch; once it says no, there is nothing more to propose.
    """

    strategy: Strategy
    allowed: Callable[[View], bool]

    def propose(self, view: View) -> Sequence[Request] | None:
        """The next batch, or an empty one where it is not allowed."""
        return self.strategy.propose(view) if self.allowed(view) else ()
