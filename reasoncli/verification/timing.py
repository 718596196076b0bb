"""How long a candidate's run may take, from how long the same tests took at the base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reasoncli.domain import Baseline, Outcome

_FACTOR = 5.0
_LEAST = 10.0  # seconds; below it the noise of a busy machine would decide
_TEST_LEAST = 5.0


@dataclass(frozen=True, slots=True)
class Timing:
    """Limits derived from a baseline, unless the user set one.

    Attributes:
        baseline: whose second run (without coverage) is the measure.
        fixed: the user's limit for one run, in seconds.
    """

    baseline: Baseline
    fixed: float | None = None

    @property
    def startup(self) -> float:
        """Seconds of a run beside its tests: interpreter, imports, collection."""
        run = self.baseline.second
        return max(0.0, run.duration - sum(result.duration for result in run.results.values()))

    @property
    def whole(self) -> float:
        """Limit for the whole suite."""
        return self.fixed or max(_LEAST, _FACTOR * self.baseline.second.duration)

    def seconds(self, tests: Sequence[str]) -> float:
        """What these tests took at the base."""
        results = self.baseline.second.results
        return sum(results[test].duration for test in tests if test in results)

    def limits(self, tests: Sequence[str]) -> tuple[float, float]:
        """(limit of the run, limit of one test) for these tests.

        Five times what they took at the base, and time for one of them to hang and be interrupted; what a test that
        hung at the base took says nothing.
        """
        results = self.baseline.second.results
        durations = [
            results[test].duration for test in tests if test in results and results[test].outcome is not Outcome.TIMEOUT
        ]
        single = max(_TEST_LEAST, 2 * _FACTOR * max(durations, default=0.0))
        if self.fixed:
            return self.fixed, min(single, self.fixed)
        return max(_LEAST, _FACTOR * (self.startup + sum(durations))) + single, single
