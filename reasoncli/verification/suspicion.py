"""What a patch adds that a fix has hardly a reason for. Pure: base bytes and new bytes, nothing runs.

A patched program shares a process with what reports on it, so no report can exclude every forgery. What can be done is
to say when a patch reaches for the means of one. A suspicion is no verdict: it keeps a patch from being applied
without somebody's consent, and puts it behind others with the same outcome. Only what the patch adds counts; what a
module did before, it may go on doing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reasoncli.domain import Patch, TestResult
from reasoncli.patches.policy import new_module
from reasoncli.python_source import parse
from reasoncli.verification.answers import copied, literals, questions
from reasoncli.verification.reach import Reach, reaches

_MOST = 8  # suspicions that are told of one patch
_COUNTED = frozenset({"catches", "constant equality", "value class"})
"""Where each place counts, not whether the module does it at all."""

_AMONG_TESTS = frozenset({"test", "testing"})  # names of folders that hold code in some projects
_EXAMPLE = re.compile(r"^\s*(?:>>>|\.\.\.)\s.*$", re.MULTILINE)
_TEXT = re.compile(
    r"(?P<tests>PYTEST_CURRENT_TEST|JEST_WORKER_ID|NODE_ENV\W+test|_pytest\b|jest\.fn|conftest)"
    r"|(?P<ours>(?i:reasoncli))|(?P<exit>process\.exit|process\.kill|process\.reallyExit|System\.exit|os\.Exit\()"
    r"|(?P<outside>/proc/|/dev/fd|docker\.sock|\.git/)|(?P<frames>Error\.prepareStackTrace|captureStackTrace)"
    r"|(?P<patched>require\.cache|global(?:This)?\.(?:expect|test|it|describe|assert)\b|child_process)"
)
_PYTHON_TEXT = re.compile(
    _TEXT.pattern[:-1] + r"|\b(?:ctypes|sys\.modules|__import__|importlib|builtins|monkeypatch|setattr)\b)"
    r"|(?P<walks>_getframe|inspect\.(?:stack|currentframe)|gc\.get_|__eq__)|(?P<ends>os\._exit|sys\.exit|atexit)"
)
_TEXT_REASONS = {
    "walks": "may reach what it was not given",
    "ends": "can end or signal the process",
    "tests": "reaches for the test framework",
    "ours": "reaches for what reports on the tests",
    "exit": "can end or signal the process",
    "outside": "reaches outside of the project",
    "frames": "walks the frames of its callers",
    "patched": "replaces a part of another module",
}


class Suspicion:
    """What is suspicious in patches of one base. Asked from several threads at once."""

    def __init__(
        self, read: Callable[[str], bytes | None], tests: Mapping[str, TestResult], targets: Sequence[str]
    ) -> None:
        """Know the base.

        Args:
            read: path -> the file's bytes at the base.
            tests: the base's results.
            targets: ids of those that must turn green.
        """
        self._read = read
        self._tests = tests
        self._targets = targets
        self._bases: dict[str, _Base] = {}
        self._known: frozenset[str] | None = None

    def of(self, patch: Patch) -> tuple[str, ...]:
        """What a patch adds that makes it suspicious: short sentences, each with its place."""
        found: dict[str, None] = {}
        for change in patch.changes:
            try:
                found.update(dict.fromkeys(self._of_change(change.path, change.content)))
            except (RecursionError, MemoryError):
                found[f"{change.path}:1: it can't be looked at"] = None
        told = list(found)
        return (*told[:_MOST], f"and {len(told) - _MOST} more") if len(told) > _MOST else tuple(told)

    def _of_change(self, path: str, new: bytes | None) -> Iterator[str]:
        base = self._read(path)
        yield from _tests_inside(path, base, new, self._tests.keys())
        if new is None:
            return
        yield from _shadows(path, self._read, self._tests)
        if not path.endswith((".py", ".pyi", ".pyw")):
            yield from _text(path, base, new, _TEXT)
            return
        known, after = self._base(path, base), parse(new)
        if after is None:  # another Python's syntax, perhaps
            if known.readable:
                yield f"{path}:1: this Python can't read it, so it was looked at by its words only"
            yield from _text(path, base, new, _PYTHON_TEXT)
            return
        for reach in _added(known.reaches, reaches(after)):
            yield f"{path}:{reach.line}: it {reach.why}"
        for line, text in copied(after, self._literals(), known.questions):
            yield f"{path}:{line}: it {text}"

    def _base(self, path: str, content: bytes | None) -> _Base:
        if path not in self._bases:
            module = None if content is None else parse(content)
            readable = content is None or module is not None
            self._bases[path] = (
                _Base(readable) if module is None else _Base(True, tuple(reaches(module)), questions(module))
            )
        return self._bases[path]

    def _literals(self) -> frozenset[str]:
        """What the targets' sources hold."""
        if self._known is None:
            self._known = frozenset(value for target in self._targets for value in literals(target, self._read))
        return self._known


@dataclass(frozen=True, slots=True)
class _Base:
    """What a file was before: whether it could be read (or wasn't there), what it reached and what it asked."""

    readable: bool
    reaches: tuple[Reach, ...] = ()
    questions: frozenset[str] = frozenset()


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
    """New modules in the place of installed ones; `patches/policy.py` forbids those that no project adds."""
    name = new_module(path, lambda known: read(known) is not None)
    if name is None:
        return
    missing = re.compile(rf"No module named '?{re.escape(name)}\b")
    if any(missing.search(result.message) for result in tests.values()):
        return  # it is what the tests ask for
    imported = re.compile(rf"^\s*(?:import|from)\s+{re.escape(name)}\b", re.MULTILINE)
    for file in sorted({test.partition("::")[0] for test in tests if "::" in test}):
        if imported.search((read(file) or b"").decode("utf-8", "replace")):
            yield f"{path}: it takes the place of {name}, which {file} imports"
            return


def _text(path: str, base: bytes | None, new: bytes, pattern: re.Pattern[str]) -> Iterator[str]:
    """Added lines of a file in another language."""
    old = Counter((base or b"").decode("utf-8", "replace").splitlines())
    had = {found.lastgroup for found in pattern.finditer((base or b"").decode("utf-8", "replace"))}
    for number, line in enumerate(new.decode("utf-8", "replace").splitlines(), 1):
        if old[line]:
            old[line] -= 1
            continue
        found = pattern.search(line)
        if found and found.lastgroup and found.lastgroup not in had:
            had.add(found.lastgroup)
            yield f"{path}:{number}: it {_TEXT_REASONS[found.lastgroup]} ({found[0]})"
