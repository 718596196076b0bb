"""The base commit for one issue: from what was measured to targets, guards, and what is set aside with the reason."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from reasoncli.domain import Baseline, Outcome, Target, Task, TestResult
from reasoncli.errors import BaselineError
from reasoncli.events import Event, Warned
from reasoncli.patches.tree import SnapshotTree
from reasoncli.sandbox.interface import SandboxProvider
from reasoncli.verification.environmental import environmental_reason
from reasoncli.verification.frames import with_frames
from reasoncli.verification.linking import link_targets, near_tests
from reasoncli.verification.measuring import BaselineOptions, Measurement, measure
from reasoncli.verification.outcomes import passes
from reasoncli.verification.pool import SandboxPool
from reasoncli.verification.requested import requested_targets
from reasoncli.verification.sampling import sample_tests
from reasoncli.verification.selectors import selectable

__all__ = ["BaselineOptions", "Measurement", "measure", "measure_baseline", "sort_baseline"]


def measure_baseline(
    provider: SandboxProvider,
    task: Task,
    emit: Callable[[Event], None],
    options: BaselineOptions | None = None,
) -> Baseline:
    """Measure the base and sort its tests, see `measure` and `sort_baseline`; both raise what they say."""
    options = options or BaselineOptions()
    pool = SandboxPool(provider, emit)
    try:
        return sort_baseline(task, measure(pool, task, emit, options), emit, options)
    finally:
        pool.close()


def sort_baseline(
    task: Task, measured: Measurement, emit: Callable[[Event], None], options: BaselineOptions
) -> Baseline:
    """What the tests of the base are for this issue.

    Failures of the environment are told apart with their reason. Targets are the user's, or the failures that link to
    the issue (see `linking`). Guards pass in both runs; where they would take longer than allowed they are a sample
    (see `sampling`).

    Raises:
        BaselineError: nothing in the tests says anything about the code.
        UsageError: a target that the user named doesn't exist, or doesn't fail.
    """
    first, second = with_frames(measured.first, task.snapshot.files), measured.second
    unsteady = {*measured.flaky, *(() if measured.ordered else measured.order_dependent)}
    steady = [result for test, result in second.results.items() if test not in unsteady]
    failing = [first.results.get(result.id, result) for result in steady if not result.outcome.ok]
    modules = _modules(task)
    environmental = {
        result.id: reason
        for result in failing
        if (reason := environmental_reason(result, modules.__contains__, task.issue.text)) is not None
    }
    passing = [result for result in steady if passes(result) and passes(first.results.get(result.id))]
    if environmental and len(environmental) == len(failing) and not passing:
        test, reason = next(iter(environmental.items()))
        raise BaselineError(
            f"every test that runs at the base commit fails for want of something: {test}: {reason}",
            hint="give an image that has it (--image, --dockerfile)",
        )
    candidates = [result for result in failing if result.id not in environmental]
    targets: Sequence[Target]
    if task.tests.targets:
        targets = requested_targets(
            task.tests.targets, first.results, {result.id for result in passing}, measured.quarantine, unsteady
        )
        for target in targets:
            if target.id in environmental:
                emit(Warned(f"{target.id} fails at the base because {environmental.pop(target.id)}"))
    else:
        targets = link_targets(candidates, first, task.issue, SnapshotTree.of(task.snapshot).read)
    wanted = {target.id for target in targets}
    uncollected = _uncollected(failing, task.snapshot.files)
    _warn(measured, uncollected, emit)
    return Baseline(
        first=first,
        second=second,
        targets=tuple(targets),
        guards=tuple(result.id for result in _guards(task, measured, passing, emit, options)),
        flaky=measured.flaky,
        environmental=environmental,
        unrelated=tuple(result.id for result in candidates if result.id not in wanted),
        order_dependent=measured.order_dependent,
        quarantine=measured.quarantine,
        uncollected=uncollected,
        ordered=measured.ordered,
        passing=len(passing),
        left_out=measured.left_out,
    )


def _guards(
    task: Task,
    measured: Measurement,
    passing: Sequence[TestResult],
    emit: Callable[[Event], None],
    options: BaselineOptions,
) -> Sequence[TestResult]:
    """All that pass, or the sample that the time allows."""
    if options.guards_seconds is None:
        return passing
    ids = [result.id for result in passing]
    if not selectable(task.tests, ids, measured.second, measured.ordered):
        emit(Warned("--guards-time saves nothing: this suite can only be run as a whole, so every test guards"))
        return passing
    near = near_tests(passing, measured.first, task.issue, SnapshotTree.of(task.snapshot).read)
    return sample_tests(passing, near, options.guards_seconds, options.seed)


def _warn(measured: Measurement, uncollected: Mapping[str, str], emit: Callable[[Event], None]) -> None:
    if uncollected:
        module, message = next(iter(uncollected.items()))
        more = f" (and {len(uncollected) - 1} more)" if len(uncollected) > 1 else ""
        emit(
            Warned(
                f"{module} can't be imported at the base{more}: {message}",
                hint="its tests are unknown: they can neither be turned green one by one nor guard anything",
            )
        )
    if measured.ordered:
        emit(
            Warned(
                f"the suite depends on its order: {len(measured.order_dependent)} tests change with it",
                hint="every candidate runs the whole suite in its own order, which takes longer",
            )
        )


def _uncollected(failing: Sequence[TestResult], files: Collection[str]) -> dict[str, str]:
    """Modules among the failures: pytest reports them under their path, unittest under their dotted name."""
    known = {f"/{path}" for path in files}
    suffixes = {path[at:] for path in known for at in range(len(path)) if path[at] == "/"} if failing else set()

    def is_module(test: str) -> bool:
        if "::" in test:
            return False
        name = "/" + test.strip("/")
        dotted = "/" + test.replace(".", "/")
        return name in suffixes or f"{dotted}.py" in suffixes or f"{dotted}/__init__.py" in suffixes

    return {
        result.id: result.message.strip().partition("\n")[0][:300]
        for result in failing
        if result.outcome is Outcome.ERROR and is_module(result.id)
    }


def _modules(task: Task) -> frozenset[str]:
    """Every name under which something of the repository might be imported."""
    names: set[str] = set()
    for path in task.snapshot.files:
        *folders, file = path.split("/")
        names.update(folders)
        names.add(file.partition(".")[0])
    return frozenset(names)
