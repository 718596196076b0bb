"""Tests that the model writes of an issue which no test of the project shows, and what they say of the patches.

Such a test is kept if it fails at the base, twice in the same way, for the reason that the issue gives
(`reproduction/reasons.py`). Each runs alone in a sandbox that is restored afterwards, so that none can meddle with
another. What they say of patches is weighed by `voting/agreement.py`.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from reasoncli.domain import (
    Baseline,
    Candidate,
    Evidence,
    FileChange,
    Outcome,
    Reproduced,
    Reproduction,
    Suspect,
    Task,
    TestResult,
)
from reasoncli.events import CandidateFound, Emitter, Stage, Warned
from reasoncli.patches.tree import SnapshotTree
from reasoncli.prompting.reproduction import Wanted, reproduction_prompt
from reasoncli.reproduction.placing import TestFiles, new_file
from reasoncli.reproduction.reading import Written, read_tests
from reasoncli.reproduction.reasons import kind_of, mistaken
from reasoncli.runs.journal import RunJournal
from reasoncli.runs.record import RunRecord
from reasoncli.sandbox.interface import Sandbox
from reasoncli.settings.loading import worker_count
from reasoncli.settings.values import Settings
from reasoncli.verification.pool import SandboxPool
from reasoncli.verification.session import Run, RunOptions, run_tests
from reasoncli.voting.clusters import ranked
from reasoncli.voting.tiers import electable
from reasoncli.voting.wording import count
from reasoncli.workflow import preparation
from reasoncli.workflow.confirming import ROUNDS, Confirming
from reasoncli.workflow.consulting import Consultant

PURPOSE = "reproduction"
_SECONDS = 120.0  # of one run, the start of the test program included
_TEST_SECONDS = 30.0
_MOST_TESTS = 16  # kept, those with most votes
_MOST_PATCHES = 16  # programs that are run with them, the leading ones
_REASONS = 3  # told, why tests are not kept
_LINE = 200  # characters
_DOUBTFUL = Warned(
    "no reproduction tests: a test of the project's own fails already, though nothing links it to the issue",
    hint="--exhaustive finds out whether any patch turns it green, and asks for tests where none does.",
)

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Place:
    """Where tests are put, and how they are asked for.

    Attributes:
        beside: the nearest file of the project's own tests.
        files: all files with tests.
        taken: paths of the repository.
    """

    beside: str
    files: TestFiles
    taken: Collection[str]

    @staticmethod
    def of(baseline: Baseline, suspects: Sequence[Suspect], paths: Collection[str]) -> Place | None:
        """`None` where no Python test is known to have run under our hooks."""
        if baseline.first.evidence is not Evidence.STRUCTURED:
            return None
        files = TestFiles(baseline.first, paths)
        beside = files.nearest(suspects)
        return None if beside is None else Place(beside, files, paths)

    def new(self, stem: str) -> str:
        """A path for a new file beside that one."""
        return new_file(self.beside.rpartition("/")[0], stem, self.taken)

    def address(self, path: str) -> str:
        """What such a file is asked for by."""
        return self.files.address(path, self.beside)


class Reproducing:
    """The reproduction tests of one run."""

    def __init__(
        self,
        task: Task,
        baseline: Baseline,
        suspects: Sequence[Suspect],
        pool: SandboxPool,
        settings: Settings,
        journal: RunJournal,
        emit: Emitter,
    ) -> None:
        """Take what the tests are of, and what they run in."""
        self._task = task
        self._baseline = baseline
        self._suspects = suspects
        self._pool = pool
        self._settings = settings
        self._journal = journal
        self._emit = emit

    @cached_property
    def _place(self) -> Place | None:
        return Place.of(self._baseline, self._suspects, self._task.snapshot.files)

    def tests(
        self,
        consultant: Consultant | None,
        earlier: RunRecord | None,
        baseline: Baseline,
        *,
        isolated: bool,
        thorough: bool,
    ) -> tuple[Reproduction, ...]:
        """Sample tests, and keep those that show the issue at the base, most frequent first.

        None where nobody is to be asked for any, or the project has a test that shows the issue.

        Args:
            consultant: whom to ask.
            earlier: what an earlier process of this run left; what it kept is not run again.
            baseline: with the targets as they are now.
            isolated: whether sandboxes keep what runs in them from the machine.
            thorough: whether targets that no patch turns green, and that nothing links to the issue, are given up.

        Raises:
            ModelError: the model failed. SandboxUnavailable: sandboxes kept breaking.
        """
        if consultant is None or not self._settings.search.reproduction_tests:
            return ()
        if baseline.targets:
            if not (thorough or any(target.certain for target in baseline.targets)):
                self._emit(_DOUBTFUL)
            return ()
        if earlier is not None and earlier.reproductions is not None:
            return earlier.reproductions
        place = self._place
        if place is None:
            hint = "The project's tests must be Python, and run by pytest or unittest."
            self._emit(Warned("no reproduction tests: where one would belong isn't known", hint=hint))
            return ()
        if not isolated:
            hint = "--sandbox docker keeps them in."
            self._emit(Warned("tests that a model writes run as you, with your files and network", hint=hint))
        samples = self._settings.search.reproduction_tests
        with self._emit.stage(PURPOSE, f"{count(samples, 'test')} of the issue") as stage:
            written = self._written(consultant, place, samples)
            jobs = [(each, place.new(f"test_reproduction_{each.id}")) for each in written]
            found = self._each(lambda job, stopped: self.measured(*job, stopped), jobs, stage)
            kept = tuple(each for each in found if isinstance(each, Reproduction))[:_MOST_TESTS]
            refused = Counter(each for each in found if isinstance(each, str)).most_common(_REASONS)
            stage.summary = f"{samples} sampled, {len(written)} distinct, {len(kept)} kept"
            if refused:
                stage.summary += f" ({', '.join(f'{reason}: {number}' for reason, number in refused)})"
        self._journal.reproductions(kept)
        return kept

    def judged(
        self, candidates: Sequence[Candidate], tests: Sequence[Reproduction], confirming: Confirming, targets: int
    ) -> tuple[Candidate, ...]:
        """The candidates, those of the best standing run with the tests, and whoever leads then judged clean.

        Raises:
            SandboxUnavailable: sandboxes kept breaking.
        """
        found = list(candidates)
        with self._emit.stage("agreement", f"patches against {count(len(tests), 'reproduction test')}") as stage:
            for _ in range(ROUNDS):
                found = self._run_with(found, tests, targets, stage)
                confirmed = confirming.leader(found)
                if confirmed is None:
                    break
                found = confirmed
            ran = {each.patch.vote_key: each for each in found if each.reproduced}
            some = sum(any(outcome.passed for outcome in each.reproduced) for each in ran.values())
            stage.summary = f"{some} of {count(len(ran), 'patch', 'patches')} pass some of {len(tests)}"
        return tuple(found)

    def outcome(self, test: Reproduction, changes: Sequence[FileChange], stopped: threading.Event) -> Reproduced:
        """What becomes of a test under changes to the base.

        Raises:
            Interrupted: `stopped` was set. SandboxUnavailable: sandboxes kept breaking.
        """
        return outcome_of(test, self._run(test.path, test.source, changes, stopped))

    def _run(self, path: str, source: str, changes: Sequence[FileChange], stopped: threading.Event) -> Run:
        place = self._place
        assert place is not None  # noqa: S101 - there are no tests without one
        address = place.address(path)

        def job(sandbox: Sandbox) -> Run:
            sandbox.write((*changes, FileChange(path, source.encode())))
            options = RunOptions(timeout=_SECONDS, test_timeout=_TEST_SECONDS, resident=False)
            return run_tests(sandbox, self._task.tests, [address], options)

        return self._pool.work(job, stopped=stopped.is_set)

    def _written(self, consultant: Consultant, place: Place, samples: int) -> list[Written]:
        wanted = Wanted(place.new("test_reproduction"), place.beside, self._task.tests.command)
        info = consultant.info
        asked = reproduction_prompt(
            self._task.issue,
            self._suspects,
            SnapshotTree.of(self._task.snapshot).read,
            wanted,
            count_tokens=consultant.count_tokens,
            context=info.context,
            options=preparation.prompt_options(self._settings, info),
        )
        (answers,) = consultant.ask(PURPOSE, [asked], samples)
        return read_tests(answers)

    def measured(self, written: Written, path: str, stopped: threading.Event) -> Reproduction | str:
        """The test, if it shows the issue at the base twice in the same way; else what is wrong with it.

        Raises:
            Interrupted: `stopped` was set. SandboxUnavailable: sandboxes kept breaking.
        """
        runs = [self._run(path, written.source, (), stopped) for _ in range(2)]
        for run in runs:
            if run.untrusted or not run.report.complete or not run.report.results:
                return "doesn't run to its end"
        first, second = (run.report.results for run in runs)
        if {test: _told(each) for test, each in first.items()} != {test: _told(each) for test, each in second.items()}:
            return "flaky"
        by_pytest = any("::" in test for test in self._baseline.first.results)
        why = mistaken(first.values(), path, self._task.issue.text, errors=not by_pytest)
        if why:
            return why
        fails = tuple(test for test, each in first.items() if not each.outcome.ok)
        holds = tuple(test for test, each in first.items() if each.outcome is Outcome.PASSED)
        shows = _line(first[fails[0]].message)
        return Reproduction(written.id, path, written.source, written.votes, shows, fails, holds)

    def _run_with(
        self, candidates: Sequence[Candidate], tests: Sequence[Reproduction], targets: int, stage: Stage
    ) -> list[Candidate]:
        """Those of the best standing that were not yet, run with the tests; what holds of one text of a program holds
        of all.
        """
        groups = ranked(candidates)
        if not groups or not electable(groups[0].standing.tier, targets):
            return list(candidates)
        equals = [group for group in groups if group.standing == groups[0].standing][:_MOST_PATCHES]
        programs = {each.patch.vote_key: each for group in equals for each in reversed(group.members)}
        waiting = [each for each in programs.values() if not each.reproduced]
        jobs = [(each, test) for each in waiting for test in tests]
        outcomes = self._each(lambda job, stopped: self.outcome(job[1], job[0].patch.changes, stopped), jobs, stage)
        known: dict[str, list[Reproduced]] = {}
        for (each, _), outcome in zip(jobs, outcomes, strict=True):
            known.setdefault(each.patch.vote_key, []).append(outcome)
        found = [
            replace(each, reproduced=tuple(known.get(each.patch.vote_key, each.reproduced))) for each in candidates
        ]
        for each in found:
            if each.patch.vote_key in known:
                self._emit(CandidateFound(each))
        return found

    def _each(self, work: Callable[[T, threading.Event], U], todo: Sequence[T], stage: Stage) -> list[U]:
        """The work on each, several at once; it is told when it is no longer wanted."""
        stopped = threading.Event()
        found: list[U] = []
        with ThreadPoolExecutor(worker_count(self._settings), thread_name_prefix="reproducing") as threads:
            try:
                stage.progress(0, len(todo), "tests run")
                for each in threads.map(lambda each: work(each, stopped), todo):
                    found.append(each)
                    stage.progress(len(found), len(todo), "tests run")
            except BaseException:  # a signal's, too: nothing of it shall go on
                stopped.set()
                threads.shutdown(wait=False, cancel_futures=True)
                self._pool.interrupt()
                raise
        return found


def outcome_of(test: Reproduction, run: Run) -> Reproduced:
    """What a run says of a test: it passes if all that failed at the base pass, and nothing else fails."""
    results = run.report.results
    failing = [each for each in results.values() if not each.outcome.ok]
    lost = [each for each in (*test.fails, *test.holds) if each not in results]
    silent = [each for each in test.fails if each in results and results[each].outcome is not Outcome.PASSED]
    if run.untrusted or not run.report.complete or lost:
        return Reproduced(test.id, test.votes, passed=False, now=_line(run.problem or "it did not run to its end"))
    if failing or silent:
        told = failing[0].message if failing else f"{results[silent[0]].outcome.value}"
        return Reproduced(test.id, test.votes, passed=False, now=_line(told))
    return Reproduced(test.id, test.votes, passed=True)


def _told(result: TestResult) -> tuple[Outcome, str]:
    return result.outcome, "" if result.outcome.ok else kind_of(result)


def _line(text: str) -> str:
    return " ".join(text.split())[:_LINE]
