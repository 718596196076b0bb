"""What each issue may spend of what all may: a share is everyone's own, what some leave goes where it helps most.

How much another batch of proposals helps an issue is estimated from what it has seen: the probability that a proposal
is a patch not seen before (Good-Turing: the share of patches that came once), times the probability that such a patch
holds (Laplace: of as many as were judged and failed, and two more, one). Good, I. J.: The population frequencies of
species and the estimation of population parameters, Biometrika 40 (1953).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from reasoncli.domain import Budget, Spending, UsedUp

_FAIR_TRIAL = 64
"""Proposals before an issue can be given up."""

_HOPE = 0.02
"""Fixes still to be expected of all that an issue may spend, below which it is given up."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How the search of one issue stands, before it proposes more.

    Attributes:
        proposals: so far.
        patches: different ones among them.
        once: those that came once.
        judged: those with a verdict.
        fixes: those that turn every target green (without targets: that break no test).
    """

    proposals: int = 0
    patches: int = 0
    once: int = 0
    judged: int = 0
    fixes: int = 0

    @property
    def hope(self) -> float:
        """Expected fixes of the next proposal: those not seen before, if there is none yet."""
        new = 1.0 if not self.proposals else self.once / self.proposals
        return new * (self.fixes + 1) / (self.judged + 2)


@dataclass(frozen=True, slots=True)
class Before:
    """What was done by an earlier leader of the same list: issues that are over, and proposals of all."""

    issues: int = 0
    samples: int = 0


class Ledger:
    """Grants proposals, batch by batch. Asked from several threads."""

    def __init__(
        self,
        budget: Budget,
        issues: int,
        each: int,
        before: Before | None = None,
        used_up: Callable[[], UsedUp | None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the books.

        Args:
            budget: of the whole list; its seconds begin now.
            issues: how many share it.
            each: proposals that one issue may make at most.
            before: done by an earlier leader of the same list.
            used_up: what is used up by now of what the list may spend otherwise.
            clock: seconds.
        """
        before = before or Before()
        self._used_up = used_up
        self._told: dict[str, Spending] = {}
        self._known: dict[str, Spending] = {}
        self._budget = budget
        self._each = each
        self._share = each if budget.samples is None else min(each, max(1, budget.samples // max(1, issues)))
        self._left = None if budget.samples is None else budget.samples - before.samples
        self._used: dict[str, int] = {}
        self._standings: dict[str, Standing] = {}
        self._refused: dict[str, str] = {}
        self._waiting = issues - before.issues
        self._wanted: dict[str, int] = {}
        self._clock = clock
        self._deadline = None if budget.seconds is None else clock() + budget.seconds
        self._lock = threading.Lock()

    def begin(self, key: str, used: int = 0, spent: Spending | None = None) -> None:
        """An issue's turn has come; what it proposed and spent in an earlier part is known and paid."""
        with self._lock:
            self._known.setdefault(key, spent or Spending())
            self._waiting -= key not in self._used
            self._used[key] = used
            self._refused.pop(key, None)

    def ask(self, key: str, standing: Standing, wanted: int) -> bool:
        """Whether an issue may make so many proposals more; if not, `refusal` says why."""
        with self._lock:
            self._standings[key] = standing
            reason = self._reason(key, standing, wanted)
            if reason:
                self._refused[key] = reason
                self._wanted[key] = wanted
                return False
            self._used[key] = self._used.get(key, 0) + wanted
            if self._left is not None:
                self._left -= wanted
            return True

    def told(self, key: str, spent: Spending) -> UsedUp | None:
        """An issue's run says what it took in all; what is used up of the list's budget."""
        with self._lock:
            self._told[key] = spent
        return self._used_up()

    def spent(self, key: str) -> Spending:
        """What an issue's run took, as it told last."""
        return self._told.get(key, Spending())

    def cpu_seconds(self) -> float:
        """Of all issues' runs, since this ledger was opened."""
        with self._lock:
            known = self._known
            return sum(max(0.0, spent.cpu_seconds - known[key].cpu_seconds) for key, spent in self._told.items())

    def over(self) -> str:
        """Why no issue may go on any more, or an empty string."""
        return self._spent()

    def end(self, key: str, proposals: int) -> None:
        """An issue's search is over; what was granted and not made goes back."""
        with self._lock:
            unused = max(0, self._used.get(key, 0) - proposals)
            self._used[key] = proposals
            if self._left is not None:
                self._left += unused

    def refusal(self, key: str) -> str:
        """Why an issue was not allowed to go on, or an empty string."""
        return self._refused.get(key, "")

    def hope(self, key: str) -> float:
        """How much another proposal would help an issue; 0 where it was given up or never asked."""
        standing = self._standings.get(key)
        return 0.0 if standing is None or self._hopeless(standing) else standing.hope

    def affords(self, key: str) -> bool:
        """Whether what is left would do for the proposals that an issue was refused."""
        with self._lock:
            return self._left is not None and self._left >= self._wanted.get(key, self._each) and not self._spent()

    def seconds_left(self) -> float | None:
        """Until the list's time is up."""
        return None if self._deadline is None else self._deadline - self._clock()

    def _reason(self, key: str, standing: Standing, wanted: int) -> str:
        if spent := self._spent():
            return spent
        if self._hopeless(standing):
            return (
                f"given up: of {standing.patches} different patches none holds, and proposals that were not seen "
                "before have become too rare to expect one"
            )
        if self._left is None:
            return ""
        used = self._used.get(key, 0)
        if used and used + wanted > self._share and self._left - wanted < self._waiting * self._share:
            return "its share of the list's proposals is spent"
        if wanted > self._left and used:
            return "the list's proposals are spent"
        return ""

    def _spent(self) -> str:
        if self._deadline is not None and self._clock() >= self._deadline:
            return "the list's time is up"
        spent = self._used_up()
        return "" if spent is None else spent.reason

    def _hopeless(self, standing: Standing) -> bool:
        if standing.fixes or standing.proposals < _FAIR_TRIAL:
            return False
        return standing.hope * max(0, self._each - standing.proposals) < _HOPE
