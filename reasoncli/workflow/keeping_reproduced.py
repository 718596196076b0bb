"""The best test that the model wrote of the issue, written beside the patch.

It is the model's own code, and whoever reads the patch reads it. It is written only where `--keep-test` asks for it,
and after it was seen, under the very name that it gets, to fail without the patch and to pass with it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

from reasoncli.domain import Candidate, FileChange, Reproduction, Task
from reasoncli.patches.build import build
from reasoncli.patches.tree import SnapshotTree
from reasoncli.reproduction.placing import new_file
from reasoncli.reproduction.reading import Written
from reasoncli.verification.pool import SandboxPool
from reasoncli.voting.agreement import supported
from reasoncli.workflow.keeping import stem_of, with_kept_tests
from reasoncli.workflow.reproducing import Reproducing


def with_tests(
    chosen: Candidate,
    candidates: Sequence[Candidate],
    tests: Sequence[Reproduction],
    reproducing: Reproducing,
    task: Task,
    pool: SandboxPool,
) -> tuple[Candidate, str]:
    """The candidate with what can be kept: tests of a person's answers, and the best that the model wrote.

    Returns:
        the candidate, and one line about the tests: where they are, or why there are none.

    Raises:
        SandboxUnavailable: sandboxes kept breaking.
    """
    answered, said = with_kept_tests(chosen, task, pool)
    if not tests:
        return answered, said
    kept, more = _with_reproduction(answered, candidates, tests, reproducing, task)
    return kept, more if answered is chosen else f"{said}; {more}"


def _with_reproduction(
    chosen: Candidate,
    candidates: Sequence[Candidate],
    tests: Sequence[Reproduction],
    reproducing: Reproducing,
    task: Task,
) -> tuple[Candidate, str]:
    """The candidate with the test that it passes for which most votes of tests and patches are."""
    support = supported(candidates)
    passes = {each.test for each in chosen.reproduced if each.passed}
    passing = [each for each in tests if each.id in passes]
    if not passing:
        return chosen, "no reproduction test is kept: the patch passes none"
    best = min(passing, key=lambda each: (-support[each.id], len(each.source), each.id))
    taken = {*task.snapshot.files, *(change.path for change in chosen.patch.changes)}
    path = new_file(best.path.rpartition("/")[0], stem_of(task.issue), taken)
    again = reproducing.measured(Written(best.id, best.source, best.votes), path, threading.Event())
    if isinstance(again, str):
        return chosen, f"no reproduction test is kept: as {path}: {again}"
    if not reproducing.outcome(again, chosen.patch.changes, threading.Event()).passed:
        return chosen, f"no reproduction test is kept: as {path} it does not pass"
    changes = [*chosen.patch.changes, FileChange(path, best.source.encode())]
    patch = build(changes, SnapshotTree.of(task.snapshot), chosen.patch.dropped)
    return replace(chosen, patch=patch), f"a test that the model wrote of the issue: {path}"
