"""A person's answers as tests that stay, written beside the patch."""

from __future__ import annotations

import builtins
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from reasoncli.claims.running import module_name
from reasoncli.domain import Candidate, ClaimFate, FileChange, Issue, Task
from reasoncli.patches.build import build
from reasoncli.patches.tree import SnapshotTree
from reasoncli.reproduction.placing import new_file
from reasoncli.sandbox.interface import Sandbox
from reasoncli.verification.pool import SandboxPool
from reasoncli.verification.session import Run, RunOptions, run_tests

_SECONDS = 60.0  # of a run of the tests that are to be kept
_LONGEST_NAME = 40  # characters
_DEPTH = 10
_DECIMAL = re.compile(r"-?(?=[\d.]{1,12}(?:e|$))\d+(?:\.\d+)?(?:e[+-]\d\d)?")
"""A number of so few digits that it is known as it was; twelve are kept."""


def as_check(function: str, arguments: object, outcome: object) -> str:
    """What a person said of a call, in two lines: import and check; nothing where values can't be written down.

    Only functions of a module, arguments and results of Python's own types, and Python's own exceptions. What came of
    the call was written by the code under test, which may be anybody's: nothing of it stands in the check as it is.

    Args:
        function: `path:qualified name`.
        arguments: of the call, as a structure (sandboxes/runner/hooks/reasoncli_values.py).
        outcome: the same.
    """
    path, _, name = function.rpartition(":")
    module = module_name(path)
    values = [literal(each) for each in arguments[1:]] if isinstance(arguments, list) else [None]
    if module is None or not name.isidentifier() or None in values:
        return ""
    call = f"{name}({', '.join(value for value in values if value is not None)})"
    match outcome:
        case ["returns", None | True | False as value]:
            check = f"assert {call} is {value}"
        case ["returns", value] if (text := literal(value)) is not None:
            check = f"assert {call} == {text}"
        case ["raises", _, ["raised", str(kind), *_]] if _is_own(kind):
            check = f"raises {kind.removeprefix('builtins.')}: {call}"
        case _:
            return ""
    return f"from {module} import {name}\n{check}"


def _is_own(kind: str) -> bool:
    """Whether a class is one of Python's own exceptions."""
    found = getattr(builtins, kind.removeprefix("builtins."), None) if kind.startswith("builtins.") else None
    return isinstance(found, type) and issubclass(found, BaseException)


def literal(data: object, depth: int = 0) -> str | None:
    """A structure as Python source that gives an equal value, or `None`."""
    if depth > _DEPTH:
        return None
    match data:
        case None | bool() | int() | str():
            return repr(data)
        case ["float", str(text)] if _DECIMAL.fullmatch(text):
            return repr(float(text))
        case ["list" | "tuple" | "set" as kind, *items]:
            texts = [literal(each, depth + 1) for each in items]
            if None in texts or (kind == "set" and not texts):
                return None
            inside = ", ".join(text for text in texts if text is not None)
            comma = "," if len(texts) == 1 else ""
            return {"list": f"[{inside}]", "tuple": f"({inside}{comma})", "set": f"{{{inside}}}"}[kind]
        case ["dict", *pairs]:
            parts = []
            for pair in pairs:
                both = pair if isinstance(pair, list) and len(pair) == 2 else [[], []]
                key, value = (literal(each, depth + 1) for each in both)
                if key is None or value is None:
                    return None
                parts.append(f"{key}: {value}")
            return f"{{{', '.join(parts)}}}"
        case _:
            return None


def with_kept_tests(chosen: Candidate, task: Task, pool: SandboxPool) -> tuple[Candidate, str]:
    """The candidate with a file of tests of what was answered, if there is anything to write down and it passes.

    Returns:
        the candidate, and one line about the tests: where they are, or why there are none.

    Raises:
        SandboxUnavailable: sandboxes kept breaking.
    """
    claims = chosen.verdict.claims if chosen.verdict is not None else ()
    answers = [claim for claim in claims if claim.asked and claim.fate is ClaimFate.MET]
    checks = [claim.check for claim in answers if claim.check]
    if not checks:
        why = "its values can't be written down" if answers else "there is nothing to write one of"
        return chosen, f"no test is kept: {why}"
    path = _place(task)
    by_pytest = "pytest" in task.tests.command
    names, source = file_of(checks, by_pytest=by_pytest)
    tree = SnapshotTree.of(task.snapshot)
    patch = build([*chosen.patch.changes, FileChange(path, source.encode())], tree, chosen.patch.dropped)
    tests = [f"{path}::{name}" for name in names] if by_pytest else [path]

    def job(sandbox: Sandbox) -> Run:
        sandbox.write(patch.changes)
        return run_tests(sandbox, task.tests, tests, RunOptions(timeout=_SECONDS, resident=False))

    results = pool.work(job).report.results
    if len(results) < len(names) or not all(result.outcome.ok for result in results.values()):
        return chosen, "no test is kept: written down, it does not pass"
    return replace(chosen, patch=patch), f"a test of what you said: {path}"


def file_of(checks: Sequence[str], *, by_pytest: bool) -> tuple[list[str], str]:
    """Names of the tests, and their file."""
    imports = sorted({check.split("\n")[0] for check in checks})
    names, bodies = [], []
    for number, check in enumerate(dict.fromkeys(check.split("\n", 1)[1] for check in checks), start=1):
        raising = re.fullmatch(r"raises (\w+): (.*)", check)
        function = re.sub(r"\W.*", "", (raising[2] if raising else check.removeprefix("assert ")))
        name = f"test_{function}_as_answered" + (f"_{number}" if number > 1 else "")
        if by_pytest:
            body = f"    with pytest.raises({raising[1]}):\n        {raising[2]}" if raising else f"    {check}"
            bodies.append(f"def {name}():\n{body}\n")
        else:
            line = f"with self.assertRaises({raising[1]}):\n            {raising[2]}" if raising else check
            bodies.append(f"    def {name}(self):\n        {line}\n")
        names.append(name)
    if by_pytest:
        head = (["import pytest", ""] if any("pytest.raises" in body for body in bodies) else []) + imports
        return names, "\n".join(head) + "\n\n\n" + "\n\n".join(bodies)
    head = ["import unittest", "", *imports]
    return names, "\n".join(head) + "\n\n\nclass Answered(unittest.TestCase):\n" + "\n".join(bodies)


def _place(task: Task) -> str:
    """A new file where most of the tests are, named after the issue."""
    files = task.snapshot.files
    folders = Counter(
        path.rpartition("/")[0] for path in files if path.endswith(".py") and re.search(r"(^|/)test[^/]*$", path)
    )
    folder = max(sorted(folders), key=lambda each: folders[each]) if folders else ""
    return new_file(folder, stem_of(task.issue), files)


def stem_of(issue: Issue) -> str:
    """What a file of tests of an issue is called."""
    words = re.sub(r"[^a-z0-9]+", "_", issue.title.lower()).strip("_")[:_LONGEST_NAME].strip("_") or "issue"
    return f"test_{words}"
