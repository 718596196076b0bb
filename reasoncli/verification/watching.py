"""What patches do, apart from what the tests say of it: their functions watched while the tests run, base and patches.

Which functions: those of the base that any of the patches changes, so that all are asked the same questions. Which
tests: the targets and those guards that reach a change by the base's coverage, the quick ones first. What differs
between two runs of the base is left out; of the rest each patch has a fingerprint.
"""

from __future__ import annotations

import ast
import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from reasoncli import python_source
from reasoncli.domain import Baseline, Outcome, Patch, Task
from reasoncli.sandbox.interface import Sandbox
from reasoncli.verification.behaviour import Asked, Behaviour, differing, fingerprint, steady, words
from reasoncli.verification.guards import GuardIndex
from reasoncli.verification.nearness import Mentions
from reasoncli.verification.pool import SandboxPool
from reasoncli.verification.selectors import selectable
from reasoncli.verification.session import Run, RunOptions, run_tests
from reasoncli.verification.timing import Timing

_SECONDS = 30.0  # of tests of one run, at the base's pace
_QUOTED = re.compile(r"(?<!\w)(?:\"([^\"\n]{1,60})\"|'([^'\n]{1,60})'|`([^`\n]{1,60})`)")
_INTEGER = re.compile(r"(?<![\w.])-?\d{1,6}(?![\w.])")
_MOST_SEEDS = 12  # of the issue, and in all twice as many
_LONGEST_SEED = 60  # characters
_MOST = 200  # functions of one file, where it is not known which matter

Read = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Difference:
    """A call of which two patches make something else.

    Attributes:
        test: in which it happens; empty for one that no test makes.
        call: function and arguments, in words.
        one, other: what comes of it, in words.
        asked: the call itself.
        near: how near it is to what the issue speaks of; see `nearness.py`.
    """

    test: str
    call: str
    one: str
    other: str
    asked: Asked
    near: int = 0


@dataclass(frozen=True, slots=True)
class Watched:
    """What a round of watching found.

    Attributes:
        base: what the base did.
        runs: what each patch did, by its execution key; a patch whose run was not whole is missing.
        calls: those that count: the same in two runs of the base; tried: the same of calls that were tried.
        seen: calls of the tests at the base, whether they count or not.
        tests: how many were run.
        mentions: what the issue speaks of; calls near to it are shown first.
        lasting: every run was whole, and no test ran into a time limit: it would be the same another time.
    """

    base: Behaviour = field(default_factory=Behaviour)
    runs: Mapping[str, Behaviour] = field(default_factory=dict)
    calls: frozenset[Asked] = frozenset()
    tried: frozenset[Asked] = frozenset()
    seen: int = 0
    tests: int = 0
    mentions: Mentions = field(default_factory=Mentions)
    lasting: bool = False

    def fingerprint(self, key: str) -> str:
        """Equal for patches of which the same came of every call; empty where that says nothing of a patch.

        As of one that does in all of them what the base does: what it changes was not seen, so that it can't be told
        whether another changes the same. Then those count that were tried.
        """
        run = self.runs.get(key, self.base)
        for calls in (self.calls, self.calls | self.tried):
            if differing(self.base, run, calls):
                return fingerprint(run, calls)
        return ""

    def changed(self, key: str) -> int:
        """Of how many calls something else came than at the base."""
        run = self.runs.get(key)
        return 0 if run is None else len(differing(self.base, run, self.calls))

    def differences(self, one: str, other: str) -> Sequence[Difference]:
        """Calls of which two patches make something else: those nearest to what the issue speaks of first.

        Among equally near ones the tests' own before what was tried, then short ones.
        """
        if one not in self.runs or other not in self.runs:
            return ()
        first, second = self.runs[one], self.runs[other]
        found = []
        for asked in differing(first, second, self.calls | self.tried):
            name = asked.function.rpartition(":")[2]
            value = self._value(asked.arguments)
            arguments = words(value).removeprefix("[").removesuffix("]")
            test = "" if asked.tried else asked.test
            near = self.mentions.nearness(asked.function, value)
            call, came = f"{name}({arguments})", (self.outcome(one, asked), self.outcome(other, asked))
            found.append(Difference(test, call, *came, asked, near))
        return sorted(found, key=lambda each: (-each.near, not each.test, len(each.call), each.call, each.test))

    def outcome(self, key: str, asked: Asked) -> str:
        """What comes of a call under a patch, in words."""
        run = self.runs.get(key)
        return "was not seen" if run is None else _came(run.calls.get(asked, ()), {**run.values, **self.base.values})

    def structures(self, key: str, asked: Asked) -> tuple[object, object]:
        """A call's arguments, and what comes of it under a patch, as structures; `None` for what was not seen."""
        run = self.runs.get(key, Behaviour())
        came = run.calls.get(asked, ())
        return self._value(asked.arguments), run.values.get(came[0][0]) if came else None

    def base_outcome(self, asked: Asked) -> str:
        """What comes of a call at the base, in words."""
        return _came(self.base.calls.get(asked, ()), self.base.values)

    def _value(self, digest: str) -> object:
        runs = (self.base, *self.runs.values())
        return next((run.values[digest] for run in runs if digest in run.values), None)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a round of watching runs.

    Attributes:
        tests: ids.
        options: of each run; `watched` says which functions.
        patches: those that are run, besides the base.
    """

    tests: tuple[str, ...]
    options: RunOptions
    patches: tuple[Patch, ...]

    def essence(self) -> Sequence[object]:
        """All that what is found depends on, beside the base and its sandbox, as JSON takes it."""
        options = self.options
        return (
            self.tests,
            sorted(options.watched.items()),
            options.seeds,
            (options.timeout, options.test_timeout, options.evidence),
            sorted(patch.execution_key for patch in self.patches),
        )


def plan_watching(task: Task, baseline: Baseline, read: Read, patches: Sequence[Patch]) -> Plan | None:
    """What there is to watch; `None` if nothing."""
    functions = changed_functions(patches, read)
    tests = _tests(baseline, patches, read)
    if not functions or not tests or not _watchable(task, baseline, tests):
        return None
    timeout, test_timeout = Timing(baseline, task.tests.timeout).limits(tests)
    options = RunOptions(
        timeout=timeout,
        test_timeout=test_timeout,
        resident=False,
        watched=functions,
        seeds=seeds(task.issue.text, patches, read),
        evidence=baseline.second.evidence,
    )
    return Plan(tests, options, tuple(patches))


def watch(
    pool: SandboxPool,
    task: Task,
    baseline: Baseline,
    read: Read,
    patches: Sequence[Patch],
    workers: int,
) -> Watched:
    """Run the tests that matter over the base, twice, and over each patch, and record what changed functions do.

    `workers` runs go on at once.

    Raises:
        SandboxUnavailable: sandboxes kept breaking.
    """
    plan = plan_watching(task, baseline, read, patches)
    return Watched() if plan is None else run_plan(pool, task, plan, workers)


def run_plan(pool: SandboxPool, task: Task, plan: Plan, workers: int) -> Watched:
    """See `watch`."""
    stopped = threading.Event()

    def run(patch: Patch | None) -> Run:
        def job(sandbox: Sandbox) -> Run:
            sandbox.write(() if patch is None else patch.changes)
            return run_tests(sandbox, task.tests, plan.tests, plan.options)

        return pool.work(job, stopped=stopped.is_set)

    with ThreadPoolExecutor(workers, thread_name_prefix="watching") as threads:
        try:
            first, second, *others = threads.map(run, (None, None, *plan.patches))
        except BaseException:  # a signal's, too: nothing of it shall go on
            stopped.set()
            threads.shutdown(wait=False, cancel_futures=True)
            pool.interrupt()
            raise
    if not (first.report.complete and second.report.complete):
        return Watched()
    calls = steady(first.behaviour, second.behaviour)
    runs = {
        patch.execution_key: ran.behaviour
        for patch, ran in zip(plan.patches, others, strict=True)
        if ran.report.complete
    }
    made = frozenset(asked for asked in calls if not asked.tried)
    return Watched(
        first.behaviour,
        runs,
        made,
        calls - made,
        seen=sum(not asked.tried for asked in first.behaviour.calls),
        tests=len(plan.tests),
        mentions=Mentions.of(task.issue.text),
        lasting=all(_regular(ran) for ran in (first, second, *others)),
    )


def _regular(run: Run) -> bool:
    """Whether a run was whole, and nothing in it ran out of time."""
    return run.report.complete and not any(each.outcome is Outcome.TIMEOUT for each in run.report.results.values())


def seeds(issue: str, patches: Iterable[Patch], read: Read) -> tuple[str | int, ...]:
    """Texts and integers that the issue shows, and that patches bring in: what a call may be asked about."""
    found: dict[str | int, None] = {}
    for match in _QUOTED.finditer(issue):
        found.setdefault(next(group for group in match.groups() if group is not None))
    for match in _INTEGER.finditer(issue):
        found.setdefault(int(match[0]))
    known = dict(list(found.items())[:_MOST_SEEDS])
    for patch in patches:
        for change in patch.changes:
            if change.path.endswith(".py") and change.content is not None:
                old = _constants(read(change.path) or b"")
                known |= dict.fromkeys(each for each in _constants(change.content) if each not in old)
    return tuple(known)[: 2 * _MOST_SEEDS]


def _constants(source: bytes) -> dict[str | int, None]:
    tree = python_source.parse(source)
    values = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)] if tree is not None else []
    return {
        each: None
        for each in values
        if (type(each) is str and 0 < len(each) <= _LONGEST_SEED) or (type(each) is int and abs(each) < 1 << 31)
    }


def changed_functions(patches: Iterable[Patch], read: Read) -> Mapping[str, tuple[str, ...]]:
    """The base's functions that patches change, by path: those inside of no other function.

    Where a patch changes something outside of them (a constant, a class body), all of the file's.
    """
    found: dict[str, set[str]] = {}
    for patch in patches:
        for change in patch.changes:
            before = read(change.path) if change.path.endswith(".py") else None
            base = None if before is None else python_source.parse(before)
            if base is None:
                continue
            after = None if change.content is None else python_source.parse(change.content)
            found.setdefault(change.path, set()).update(_changed(base, after))
    return {path: tuple(sorted(names)[:_MOST]) for path, names in sorted(found.items()) if names}


def _changed(base: ast.Module, after: ast.Module | None) -> Iterable[str]:
    old, rest = _functions(base)
    new, new_rest = _functions(after) if after is not None else ({}, "")
    if rest != new_rest:
        return old
    return [name for name, text in old.items() if new.get(name) != text]


def _functions(module: ast.Module) -> tuple[dict[str, str], str]:
    """Functions that are inside of no other, by qualified name, as text; and all else, imports left out."""
    found: dict[str, str] = {}
    rest: list[str] = []
    todo: list[tuple[str, ast.stmt]] = [("", node) for node in reversed(module.body)]
    while todo:
        prefix, node = todo.pop()
        if isinstance(node, python_source.Definition):
            name = prefix + node.name
            found[name] = found.get(name, "") + ast.dump(node)  # a property's getter and setter share a name
        elif isinstance(node, ast.ClassDef):
            head = [ast.dump(each) for each in (*node.bases, *node.keywords, *node.decorator_list)]
            rest.append(f"{prefix}{node.name} {head}")
            todo += [(f"{prefix}{node.name}.", each) for each in reversed(node.body)]
        elif not isinstance(node, ast.Import | ast.ImportFrom) and not python_source.is_docstring(node):
            rest.append(f"{prefix} {ast.dump(node)}")
    return found, "\n".join(rest)


def _watchable(task: Task, baseline: Baseline, tests: Sequence[str]) -> bool:
    """Whether these tests can be run alone, or all are quick."""
    alone = selectable(task.tests, tests, baseline.second, baseline.ordered)
    return alone or baseline.second.duration <= _SECONDS


def _tests(baseline: Baseline, patches: Sequence[Patch], read: Read) -> tuple[str, ...]:
    """Targets, then guards that reach a change, the quick ones first, for as long as there is time."""
    index = GuardIndex(baseline, read)
    reached = {guard for patch in patches for guard in index.touched(patch).guards}
    timing = Timing(baseline)
    guards = sorted(reached, key=lambda test: (timing.seconds((test,)), test))
    left, chosen = _SECONDS, [target.id for target in baseline.targets]
    for guard in guards:
        left -= timing.seconds((guard,))
        if left < 0:
            break
        chosen.append(guard)
    return tuple(chosen)


def _came(outcomes: Sequence[tuple[str, str]], values: Mapping[str, object]) -> str:
    """What came of a call the first time, in words."""
    if not outcomes:
        return "is not called so"
    told = values.get(outcomes[0][0])
    match told:
        case ["returns", value]:
            return f"returns {words(value)}"
        case ["raises", _, error]:
            return f"raises {words(error)}"
        case ["yields", given, _]:
            return f"yields {words(given)}"
        case _:
            return "does something else"
