"""What a patch adds that a fix has hardly a reason for. Pure: base bytes and new bytes, nothing runs.

A patched program shares a process with what reports on it, so no report can exclude every forgery. What can be done is
to say when a patch reaches for the means of one. A suspicion is no verdict: it keeps a patch from being applied
without somebody's consent, and puts it behind others with the same outcome. Only what the patch adds counts; what a
module did before, it may go on doing.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from reasoncli.domain import Patch, TestResult
from reasoncli.python_source import parse
from reasoncli.verification.answers import copied, literals, questions
from reasoncli.verification.reach import Reach, reaches

_MOST = 8  # suspicions that are told of one patch
_COUNTED = frozenset({"catches", "constant equality", "value class"})
"""Where each place counts, not whether the module does it at all."""

_AMONG_TESTS = frozenset({"test", "testing"})  # names of folders that hold code in some projects
_IMPORT_ROOTS = ("", "src/", "lib/")
_EXAMPLE = re.compile(r"^\s*(?:>>>|\.\.\.)\s.*$", re.MULTILINE)
_TEXT = re.compile(
    r"(?P<tests>PYTEST_CURRENT_TEST|JEST_WORKER_ID|NODE_ENV\W+test|_pytest\b|jest\.fn|conftest)"
    r"|(?P<ours>(?i:reasoncli))|(?P<exit>process\.exit|process\.kill|process\.reallyExit|System\.exit|os\.Exit\()"
    r"|(?P<outside>/proc/|/dev/fd|docker\.sock|\.git/)|(?P<frames>Error\.prepareStackTrace|captureStackTrace)"
    r"|(?P<patched>require\.cache|global(?:This)?\.(?:expect|test|it|describe|assert)\b|child_process)"
)
_TEXT_REASONS = {
    "tests": "reaches for the test framework",
    "ours": "reaches for what reports on the tests",
    "exit": "can end or signal the process",
    "outside": "reaches outside of the project",
    "frames": "walks the frames of its callers",
    "patched": "replaces a part of another module",
}


def suspicions(
    patch: Patch, read: Callable[[str], bytes | None], tests: Mapping[str, TestResult], targets: Sequence[str]
) -> tuple[str, ...]:
    """What a patch adds that makes it suspicious: short sentences, each with its place.

    Args:
        patch: the candidate.
        read: path -> the file's bytes at the base.
        tests: the base's results.
        targets: ids of those that must turn green.
    """
    known: frozenset[str] | None = None
    found: dict[str, None] = {}
    for change in patch.changes:
        base, new = read(change.path), change.content
        found.update(dict.fromkeys(_tests_inside(change.path, base, new, tests.keys())))
        if new is None:
            continue
        if base is None:
            found.update(dict.fromkeys(_shadows(change.path, read, tests)))
        if not change.path.endswith((".py", ".pyi", ".pyw")):
            found.update(dict.fromkeys(_text(change.path, base, new)))
            continue
        before, after = None if base is None else parse(base), parse(new)
        if after is None:
            continue
        if known is None:
            known = frozenset(value for target in targets for value in literals(target, read))
        try:
            found.update(dict.fromkeys(_python(change.path, before, after, known)))
        except RecursionError:
            found[f"{change.path}:1: it is nested too deeply to be looked at"] = None
    told = list(found)
    return (*told[:_MOST], f"and {len(told) - _MOST} more") if len(told) > _MOST else tuple(told)


def _python(path: str, before: ast.Module | None, after: ast.Module, known: frozenset[str]) -> Iterator[str]:
    for reach in _added([] if before is None else reaches(before), reaches(after)):
        yield f"{path}:{reach.line}: it {reach.why}"
    yield from _copied(path, before, after, known)


def _added(before: Sequence[Reach], after: Sequence[Reach]) -> list[Reach]:
    """What the module reaches now and did not before; the first place of each."""
    had = Counter(reach.key for reach in before)
    seen: Counter[str] = Counter()
    new: dict[str, Reach] = {}
    for reach in sorted(after, key=lambda each: each.line):
        seen[reach.key] += 1
        if seen[reach.key] > had[reach.key] and (reach.key in _COUNTED or not had[reach.key]):
            new.setdefault(reach.key, reach)
    return list(new.values())


def _copied(path: str, before: ast.Module | None, after: ast.Module, known: frozenset[str]) -> Iterator[str]:
    old = frozenset() if before is None else questions(before)
    for line, text in copied(after, known, old):
        yield f"{path}:{line}: it {text}"


def _tests_inside(path: str, base: bytes | None, new: bytes | None, tests: Collection[str]) -> Iterator[str]:
    """Changes to tests that stand in files which aren't recognized as tests by their names: doctests, odd patterns."""
    if base is None:
        return
    inside = [test for test in tests if _holds_test(path, test)]
    if not inside:
        folder = path.rpartition("/")[0]
        if _AMONG_TESTS & set(folder.split("/")) and any(test.startswith(folder + "/") for test in tests):
            yield f"{path}: it lies among the tests"
        return
    old, now = base.decode("utf-8", "replace"), (new or b"").decode("utf-8", "replace")
    names = {_function(test) for test in inside} - {""}
    if any(re.search(rf"^\s*(?:async\s+)?def\s+{re.escape(name)}\s*\(", old, re.MULTILINE) for name in names):
        yield f"{path}: it changes a file that holds tests ({inside[0]})"
    elif _doctests(old) != _doctests(now):
        yield f"{path}: it changes examples that are tests ({inside[0]})"


def _holds_test(path: str, test: str) -> bool:
    if "::" in test:
        return test.startswith(path + "::")
    return test.startswith(path.removesuffix(".py").replace("/", ".") + ".")


def _function(test: str) -> str:
    """The name of a test's function; empty for a doctest, whose name is dotted (`a.py::a.f`)."""
    name = test.partition("[")[0]
    if "::" in name:
        last = name.rpartition("::")[2]
        return "" if "." in last else last
    return name.rpartition(".")[2]


def _doctests(text: str) -> list[str]:
    """Examples with the line that follows each: what is asked, and what is expected."""
    lines = text.splitlines()
    return [
        line.strip()
        for number, line in enumerate(lines)
        if _EXAMPLE.match(line) or (number and _EXAMPLE.match(lines[number - 1]))
    ]


def _shadows(path: str, read: Callable[[str], bytes | None], tests: Mapping[str, TestResult]) -> Iterator[str]:
    """New modules in the place of installed ones."""
    root = next((root for root in _IMPORT_ROOTS[1:] if path.startswith(root)), "")
    name = path[len(root) :].partition("/")[0].removesuffix(".py")
    if not path.endswith(".py") or any(read(f"{root}{name}{end}") is not None for end in ("/__init__.py", ".py")):
        return
    if name in sys.stdlib_module_names:
        yield f"{path}: it takes the place of the standard library's {name}"
        return
    missing = re.compile(rf"No module named '?{re.escape(name)}\b")
    if any(missing.search(result.message) for result in tests.values()):
        return  # it is what the tests ask for
    imported = re.compile(rf"^\s*(?:import|from)\s+{re.escape(name)}\b", re.MULTILINE)
    for file in sorted({test.partition("::")[0] for test in tests if "::" in test}):
        if imported.search((read(file) or b"").decode("utf-8", "replace")):
            yield f"{path}: it takes the place of {name}, which {file} imports"
            return


def _text(path: str, base: bytes | None, new: bytes) -> Iterator[str]:
    """Added lines of a file in another language."""
    old = Counter((base or b"").decode("utf-8", "replace").splitlines())
    had = {found.lastgroup for found in _TEXT.finditer((base or b"").decode("utf-8", "replace"))}
    for number, line in enumerate(new.decode("utf-8", "replace").splitlines(), 1):
        if old[line]:
            old[line] -= 1
            continue
        found = _TEXT.search(line)
        if found and found.lastgroup and found.lastgroup not in had:
            had.add(found.lastgroup)
            yield f"{path}:{number}: it {_TEXT_REASONS[found.lastgroup]} ({found[0]})"
