"""Pools of our own: bugs made in real projects, half of the tests around them hidden, and attempts to mend them.

A pool comes from a function that tests of its project execute. A slip is made in it such that tests fail. Half of the
test functions that execute it are hidden: in most pools all that fail, as few issues come with a failing test; else
those that fail and stay visible are what a user sees red. Attempts are the edits that the embedded model holds
likeliest, and the right code; all tests say which are right. Who chooses sees neither the hidden tests nor that
verdict. How many attempts of a pool are right is drawn as it is in the given pools (see `_RIGHT`): what a model as
small as ours gets right says nothing of those that people use.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from benchmarks.selection.hiding import TestFunction, function_of, reaching, without
from benchmarks.selection.judging import opened
from reasoncli import python_source
from reasoncli.domain import Baseline, Completion, FileChange, Issue, Patch, Suspect, VerdictKind
from reasoncli.models.interface import Sampler
from reasoncli.patches.build import build
from reasoncli.patches.completions import parse
from reasoncli.patches.policy import Policy
from reasoncli.patches.tree import Tree
from reasoncli.prompting.options import PromptOptions
from reasoncli.prompting.repair import repair_prompts
from reasoncli.search.choices import repair_choices
from reasoncli.search.pool import mean_logprob
from reasoncli.workflow.doubt import weigh_by_doubt
from training.mix import LOGIC
from training.practice import Planted, planted

COMMAND = (
    "python3 -m pytest -q -p no:cacheprovider -p no:hypothesispytest -p no:typeguard -o addopts= "
    "-o 'pythonpath=. src lib' -o 'python_files=test_*.py *_test.py test.py tests.py' {tests}"
)
"""Without what a project's own settings ask for: its plugins aren't there. Nor is there a need for those of two
libraries in the image, which take more time to start than most of these suites run."""
_ATTEMPTS = 16  # of a pool; the given ones have 14 to 19
_EDITS = 32  # that are judged for a pool
_RIGHT = (1.3, 2.3)
"""Of the beta distribution that a pool's share of right attempts is drawn from: mean 0.36, spread 0.22, as in the
thirteen given pools (0.07 to 0.71)."""
_PLAUSIBLE = 0.7  # of the wrong attempts pass what is visible where there are such: on real issues most do
_UNTOLD = 0.7  # of the pools have no failing test that is visible; none of the given ones has
_FEWEST = 3  # test functions that execute a function
_MOST = 60
_ROUNDS = 3  # bugs in a function
_LIMIT = 15.0  # seconds of an edit's tests: some never end
_SUITE = 90.0  # seconds of a project's suite; slower ones are left out


@dataclass(frozen=True, slots=True)
class _Suite:
    """Ids of the tests that pass without a bug, and for each function the test functions that execute it."""

    passing: frozenset[str]
    tests: Mapping[tuple[str, str], Sequence[TestFunction]]


@dataclass(frozen=True, slots=True)
class Edit:
    """A patch, how often it is drawn beside others, and its mean log-probability; `None` for one not found by it."""

    patch: Patch
    weight: float
    logprob: float | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """An edit, and what all tests say of it."""

    edit: Edit
    right: bool
    plausible: bool


@dataclass(frozen=True, slots=True)
class Made:
    """A pool: the tree with the bug and without the hidden tests, as files that differ from the project's."""

    instance: Mapping[str, Any]
    changed: Mapping[str, bytes]
    candidates: Sequence[Mapping[str, Any]]


def make(
    project: Path, where: Mapping[str, object], sampler: Sampler, wanted: int, pools: Path, mirrors: Path, seed: int
) -> int:
    """Make pools of a project's work tree, and add them to a folder of pools; returns how many.

    Args:
        project: the work tree, of a suite that pytest runs.
        where: settings of the sandbox, by their names.
        sampler: of a model that ranks line repairs.
        wanted: pools.
        pools: where their files go.
        mirrors: where their trees go.
        seed: of all that is drawn.
    """
    rng = random.Random(f"{seed} {project.name}")
    found = 0
    suite = _suite(project, where, ())
    if suite is None:
        print(f"{project.name}: its suite is too slow, or nothing passes", file=sys.stderr, flush=True)
        return 0
    for bug in chain.from_iterable(planted(project, LOGIC, rng, suite.tests) for _ in range(_ROUNDS)):
        if found == wanted:
            break
        found += _made(project, bug, suite, where, sampler, rng, pools, mirrors)
    return found


def make_of_fix(
    project: Path,
    bug: Planted,
    scope: Sequence[str],
    where: Mapping[str, object],
    sampler: Sampler,
    pools: Path,
    mirrors: Path,
    seed: int,
) -> bool:
    """Make the pool of a fix that a project's history has, if one can be made; its tree is as the fix left it.

    Args:
        project: the work tree.
        bug: the function before and after the fix.
        scope: test files that the fix changed.
        where: settings of the sandbox, by their names.
        sampler: of a model that ranks line repairs.
        pools: where its files go.
        mirrors: where its tree goes.
        seed: of all that is drawn.
    """
    suite = _suite(project, where, scope)
    if suite is None or (bug.path, bug.function) not in suite.tests:
        print(f"{project.name} {bug.function}: too few or too many tests execute it", file=sys.stderr, flush=True)
        return False
    rng = random.Random(f"{seed} {project.name} {bug.function}")
    return _made(project, bug, suite, where, sampler, rng, pools, mirrors)


def _suite(project: Path, where: Mapping[str, object], scope: Sequence[str]) -> _Suite | None:
    """What a project's tests, or those of a scope, are; `None` where they are too slow, or nothing passes."""
    with tempfile.TemporaryDirectory(prefix="reasoncli-bench-") as scratch:
        started = time.monotonic()
        flags = {**where, "test_command": COMMAND, "tests": tuple(scope)}
        with opened(project, Issue("", "", project.name), flags, Path(scratch)) as base:
            coverage, passing = base.baseline.first.coverage, frozenset(base.baseline.guards)
        if time.monotonic() - started > _SUITE or not passing:
            return None
    reached = {test: coverage[test] for test in passing if test in coverage}
    return _Suite(passing, _tests_by_function(project, reached))


def _made(
    project: Path,
    bug: Planted,
    suite: _Suite,
    where: Mapping[str, object],
    sampler: Sampler,
    rng: random.Random,
    pools: Path,
    mirrors: Path,
) -> bool:
    """Make the pool of a bug and add it; says on stderr why there is none."""
    try:
        pool = _pool(project, bug, suite, where, sampler, rng)
    except Exception as error:  # noqa: BLE001 - the other bugs go on
        pool = f"{type(error).__name__}: {error}"
    if isinstance(pool, str):
        print(f"{project.name} {bug.function}: {pool}", file=sys.stderr, flush=True)
        return False
    _add(pool, project, pools, mirrors)
    right = sum(each["correct"] for each in pool.candidates)
    print(f"{pool.instance['instance_id']}: {right} of {len(pool.candidates)} right", flush=True)
    return True


def _tests_by_function(
    project: Path, coverage: Mapping[str, Mapping[str, frozenset[int]]]
) -> dict[tuple[str, str], list[TestFunction]]:
    """The test functions that execute a function, for those of which there are enough and not too many."""
    found: dict[tuple[str, str], list[TestFunction]] = {}
    for path in sorted({path for files in coverage.values() for path in files if path.endswith(".py")}):
        module = python_source.parse((project / path).read_bytes())
        for name, node in python_source.definitions(module) if module is not None else ():
            tests = {function_of(test) for test in reaching(coverage, path, node)}
            if _FEWEST <= len(tests) <= _MOST:
                found[path, name] = sorted(each for each in tests if each is not None)
    return found


def _pool(
    project: Path,
    bug: Planted,
    suite: _Suite,
    where: Mapping[str, object],
    sampler: Sampler,
    rng: random.Random,
) -> Made | str:
    """A pool of this bug, or why there is none."""
    functions = suite.tests[bug.path, bug.function]
    files = {path: (project / path).read_bytes() for path, _ in functions}
    if without(files, functions) is None or bug.path in files:
        return "the tests can't be taken out"
    scope = sorted(files)
    digest = hashlib.sha256(bug.broken).hexdigest()[:6]
    name = f"{project.name}__{bug.function.rpartition('.')[2]}-{digest}"
    issue = Issue(f"`{bug.function}` in {bug.path} gives a wrong result", "", name)
    with tempfile.TemporaryDirectory(prefix="reasoncli-bench-") as folder:
        scratch = Path(folder)
        repository = _copy(project, {bug.path: bug.broken}, scratch / "repository")
        flags = {**where, "test_command": COMMAND, "tests": tuple(scope), "test_timeout": _LIMIT}
        with opened(repository, issue, flags, scratch, targets=None, steady=suite.passing) as base:
            failing = {each for test in base.baseline.targets if (each := function_of(test.id)) is not None}
            if not failing & set(functions):
                return "no test sees the bug"
            hidden = _hidden(functions, failing, rng)
            edits = _edits(bug, base.tree, base.policy, sampler)
            right = build([FileChange(bug.path, bug.right)], base.tree)
            _, verdicts = base.verdicts([right, *(each.patch for each in edits)])
            logprob = next((each.logprob for each in edits if each.patch.execution_key == right.execution_key), None)
            attempts = [
                Attempt(
                    each,
                    right=verdict.kind is VerdictKind.FIXES,
                    plausible=_plausible(base.baseline, verdict.targets_passed, hidden)
                    and not _visible(verdict.guards_broken, hidden),
                )
                for each in [Edit(right, edits[0].weight if edits else 1.0, logprob), *edits]
                if (verdict := verdicts[each.patch.execution_key]).kind is not VerdictKind.BROKEN
            ]
    changed, drawn = without(files, hidden) or {}, _drawn(attempts, rng)
    if not drawn:
        found = sum(each.right for each in attempts)
        return f"all attempts fare alike: {found} of {len(attempts)} are right"
    return Made(
        instance={
            "instance_id": name,
            "repo": project.name,
            "mirror": f"own/{project.name}",
            "problem_statement": issue.text,
            "test_command": COMMAND,
            "test_scope": scope,
        },
        changed={**changed, bug.path: bug.broken},
        candidates=[
            {
                "model_name_or_path": f"attempt-{n}",
                "model_patch": each.edit.patch.diff,
                "correct": each.right,
                "logprob": each.edit.logprob,
            }
            for n, each in enumerate(drawn)
        ],
    )


def _hidden(functions: Sequence[TestFunction], failing: set[TestFunction], rng: random.Random) -> list[TestFunction]:
    """Half of the test functions: all that fail where the issue comes without a failing test, else at least one."""
    red = sorted(failing & set(functions))
    chosen = red if rng.random() < _UNTOLD else [rng.choice(red)]
    others = [each for each in functions if each not in chosen]
    return [*chosen, *rng.sample(others, min(max(len(functions) // 2 - len(chosen), 0), len(others)))]


def _visible(tests: Sequence[str], hidden: Sequence[TestFunction]) -> list[str]:
    return [test for test in tests if function_of(test) not in hidden]


def _plausible(baseline: Baseline, passed: Sequence[str], hidden: Sequence[TestFunction]) -> bool:
    """Whether every target that is visible passes."""
    return set(_visible([target.id for target in baseline.targets], hidden)) <= set(passed)


def _edits(bug: Planted, tree: Tree, policy: Policy, sampler: Sampler) -> list[Edit]:
    """The likeliest edits of the function, the line not told, and a weight for each: the root of its probability, so
    that the first doesn't take all attempts.
    """
    module = python_source.parse(bug.broken)
    node = dict(python_source.definitions(module))[bug.function] if module is not None else None
    if node is None:
        return []
    suspect = Suspect(bug.path, None, bug.function, python_source.first_line(node), node.end_lineno or 0, 1.0)
    prompts = repair_prompts(
        [suspect],
        tree.read,
        count_tokens=sampler.count_tokens,
        context=sampler.info.context,
        options=PromptOptions(functions=1),
    )
    prompts = weigh_by_doubt(prompts, sampler)
    choices = repair_choices(prompts, tree.read)
    found: dict[str, Edit] = {}
    for ranked in sampler.rank(choices).take(_EDITS, threading.Event()):
        prompt = choices[ranked.choice].prompt
        completion = Completion(prompt.id, ranked.text, 1, ranked.logprobs, 0, "stop")
        patch = parse(completion, prompt, tree, policy)
        if isinstance(patch, Patch):
            edit = Edit(patch, math.exp(ranked.logprob / 2), mean_logprob(completion))
            found.setdefault(patch.execution_key, edit)
    return list(found.values())


def _drawn(attempts: Sequence[Attempt], rng: random.Random) -> list[Attempt]:
    """Attempts of many; none where all there are fare alike."""
    right = [each for each in attempts if each.right]
    plausible = [each for each in attempts if not each.right and each.plausible]
    failing = [each for each in attempts if not each.right and not each.plausible]
    if not right or not (plausible or failing):
        return []
    share = rng.betavariate(*_RIGHT)
    drawn = []
    for _ in range(_ATTEMPTS):
        wrong = plausible if plausible and (not failing or rng.random() < _PLAUSIBLE) else failing
        among = right if rng.random() < share else wrong
        drawn += rng.choices(among, [each.edit.weight for each in among])
    return drawn


def _copy(project: Path, changed: Mapping[str, bytes], folder: Path) -> Path:
    """The project with other contents of some files, as a repository of one commit."""
    folder.mkdir(parents=True)
    archive = subprocess.run(["git", "-C", str(project), "archive", "HEAD"], capture_output=True, check=True).stdout
    subprocess.run(["tar", "x", "-C", str(folder)], input=archive, check=True)
    for path, data in changed.items():
        (folder / path).write_bytes(data)
    git = ["git", "-C", str(folder), "-c", "user.name=pool", "-c", "user.email=pool@localhost"]
    for command in (["init", "-q"], ["add", "-A", "-f"], ["commit", "-q", "-m", "base"]):
        subprocess.run([*git, *command], check=True)
    return folder


def _add(pool: Made, project: Path, pools: Path, mirrors: Path) -> None:
    """Write a pool down, its tree as a commit of a mirror, so that it reads as the given ones do."""
    mirror = mirrors / pool.instance["mirror"].replace("/", "+") / "repo"
    name = pool.instance["instance_id"]
    if not mirror.exists():
        mirror.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["git", "init", "-q", "--bare", str(mirror)], check=True)
    with tempfile.TemporaryDirectory(prefix="reasoncli-bench-") as scratch:
        tree = _copy(project, pool.changed, Path(scratch) / "tree")
        push = ["git", "-C", str(tree), "push", "-q", "--force", str(mirror), f"HEAD:refs/heads/{name}"]
        subprocess.run(push, check=True)
        head = subprocess.run(["git", "-C", str(tree), "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    (pools / "candidates").mkdir(parents=True, exist_ok=True)
    rows = "".join(json.dumps(each) + "\n" for each in pool.candidates)
    (pools / "candidates" / f"{name}.jsonl").write_text(rows)
    with (pools / "instances.jsonl").open("a") as file:
        file.write(json.dumps({**pool.instance, "base_commit": head.stdout.strip()}) + "\n")
