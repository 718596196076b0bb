"""Which tests of the base are run where there is time for a part of the suite only.

The failing test that the issue speaks of must be among them, and nobody knows where it is. Tests that the user named
are always taken; then, for up to half of the time, tests near the issue by their names and those in files that hold
names of the issue which few files hold; then files in turn (see `sampling`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from statistics import fmean

from reasoncli.domain import Evidence, Outcome, Task, TestReport, TestResult
from reasoncli.patches.tree import SnapshotTree
from reasoncli.verification.linking import near_tests, read_mentions
from reasoncli.verification.outcomes import holder, holds
from reasoncli.verification.sampling import sample_tests

_IDENTIFIER = re.compile(rb"[A-Za-z_]\w*")
_LIKELY = 0.5  # of the time, at most, for tests that are likelier than others to be the issue's
_TELLING = 0.25  # of the test files; a name that more of them hold says nothing
_FEW = 3  # files that may hold a name in any case
_UNKNOWN = 0.1  # seconds for a test where none has run


class BaseSample:
    """Draws tests of a suite, part by part."""

    def __init__(self, task: Task, collected: Sequence[str], seed: int) -> None:
        """Rank the tests of a suite by their names and by the files that they are in.

        Args:
            task: with the issue, the files and what the user named.
            collected: ids of all tests, in the suite's order.
            seed: of the draw; the same one draws the same.

        Attributes:
            asked: the tests that the user named as targets.
        """
        self._collected = collected
        self._seed = seed
        tree = SnapshotTree.of(task.snapshot)
        unseen = [TestResult(test, Outcome.PASSED) for test in collected]
        near = near_tests(unseen, TestReport({}, Evidence.STRUCTURED, None, 0.0), task.issue, tree.read)
        files = _telling_files({holder(test) for test in collected}, tree, task.issue.text)
        self.asked = frozenset(
            test for test in collected if any(holds(name, test) or test.endswith(name) for name in task.tests.targets)
        )
        self._postponed: set[str] = set()
        self._likely = (near, {test for test in collected if holder(test) in files})

    def postpone(self, tests: Collection[str]) -> None:
        """Draw these by themselves, when all others have run: they may hang. Not what the user named."""
        self._postponed.update(test for test in tests if test not in self.asked)

    def next(self, seen: Mapping[str, TestResult], seconds: float) -> tuple[str, ...]:
        """Tests that have not run, in the suite's order, and together take about so many seconds.

        Args:
            seen: what has run; a test is expected to take what others of its file took.
            seconds: for the tests alone.
        """
        unseen = [test for test in self._collected if test not in seen]
        left = _expected([test for test in unseen if test not in self._postponed] or unseen, seen)
        taken: Collection[str] = self.asked
        for likely in self._likely:
            some = [each for each in left if each.id in likely or each.id in taken]
            taken = {each.id for each in sample_tests(some, taken, seconds * _LIKELY, self._seed)}
        return tuple(each.id for each in sample_tests(left, taken, seconds, self._seed))


def _expected(tests: Sequence[str], seen: Mapping[str, TestResult]) -> list[TestResult]:
    """The tests with the mean duration of their file, or of all files, of what has run."""
    durations = defaultdict(list)
    for result in seen.values():
        if result.duration > 0.0:  # what can't be imported took no time, and says nothing of the others
            durations[holder(result.id)].append(result.duration)
    means = {file: fmean(known) for file, known in durations.items()}
    usual = fmean(each for known in durations.values() for each in known) if durations else _UNKNOWN
    return [TestResult(test, Outcome.PASSED, means.get(holder(test), usual)) for test in tests]


def _telling_files(holders: Collection[str], tree: SnapshotTree, issue: str) -> frozenset[str]:
    """Those files (or modules) of tests that hold a name of the issue's code which few of them hold."""
    mentions = read_mentions(issue)
    names = {name.encode() for name in mentions.code or mentions.names}
    paths = {path: path.removesuffix(".py").replace("/", ".") for path in tree.paths()}
    dotted = {name: path for path, name in paths.items()}
    found = {
        file: names.intersection(_IDENTIFIER.findall(tree.read(file if file in paths else dotted.get(file, "")) or b""))
        for file in holders
    }
    few = max(_FEW, len(found) * _TELLING)
    telling = {name for name in names if sum(name in held for held in found.values()) <= few}
    return frozenset(file for file, held in found.items() if held & telling)
