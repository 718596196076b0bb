"""JUnit ids -> what the test program of another language takes to run these tests, or a few more.

Only where that can be done safely: a name that isn't of the form its program expects, and a program that isn't known,
give nothing, and then the whole command is run. Whoever uses a selection sees to it that everything asked for
reported (`session.run_tests`).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Sequence

from reasoncli.verification.outcomes import REPEATED

_GO = re.compile(r"(?:Test|Example|Fuzz)\w*")
_FILE = re.compile(r"[\w@.+/ -]+\.\w+")
_PLAIN = re.compile(r"[\w.:/ -]+")
_SPECIAL = re.compile(r"([\\^$.|?*+()\[\]{}/])")


def select(command: str, tests: Iterable[str]) -> str:
    """Arguments that limit a command to these tests, each an id as `junit.parse_junit` makes it; or nothing."""
    names = list(dict.fromkeys(REPEATED.sub("", test) for test in tests))
    for pattern, arguments in _PROGRAMS:
        if re.search(rf"(?<![\w.-])(?:{pattern})(?![\w-])", command):
            try:
                return shlex.join(arguments(names)) if names else ""
            except _UnsafeError:
                return ""
    return ""


class _UnsafeError(Exception):
    """A name that can't be told from something else."""


def _checked(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise _UnsafeError
    return text


def _last(tests: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(test.rpartition("::")[2] for test in tests))


def _any(names: Iterable[str]) -> str:
    """An alternative of literal texts, in the regular expressions that all of these languages have in common."""
    return "(" + "|".join(_SPECIAL.sub(r"\\\1", name) for name in names) + ")"


def _files(tests: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(_checked(_FILE, test.partition("::")[0]) for test in tests))


def _go(tests: Sequence[str]) -> list[str]:
    tops = dict.fromkeys(_checked(_GO, name.partition("/")[0]) for name in _last(tests))
    return ["-run", f"^{_any(tops)}$"]


def _nextest(tests: Sequence[str]) -> list[str]:
    names = [_checked(re.compile(r"\w+"), name) for name in _last(tests)]
    return ["-E", f"test(/(^|::){_any(names)}$/)"]


def _jest(tests: Sequence[str]) -> list[str]:
    try:
        return _files(tests)
    except _UnsafeError:
        return ["-t", _any(" ".join(test.split("::")) for test in tests) + "$"]


def _mocha(tests: Sequence[str]) -> list[str]:
    return ["-g", _any(_last(tests)) + "$"]


def _node(tests: Sequence[str]) -> list[str]:
    return [f"--test-name-pattern=(^| ){_any(_last(tests))}$"]


def _classes(tests: Iterable[str]) -> list[str]:
    """Classes without package and without what they hold: `com.x.FooTest$Inner::bar` -> `FooTest`."""
    found = []
    for test in tests:
        group, separator, _ = test.rpartition("::")
        if not separator:
            raise _UnsafeError
        found.append(_checked(re.compile(r"\w+"), group.rpartition(".")[2].partition("$")[0]))
    return list(dict.fromkeys(found))


def _maven(tests: Sequence[str]) -> list[str]:
    none = ["-DfailIfNoTests=false", "-Dsurefire.failIfNoSpecifiedTests=false"]  # as modules have none of them
    return ["-Dtest=" + ",".join(f"{name}*" for name in _classes(tests)), *none]


def _gradle(tests: Sequence[str]) -> list[str]:
    return [part for name in _classes(tests) for part in ("--tests", f"*{name}*")]


def _ctest(tests: Sequence[str]) -> list[str]:
    return ["-R", f"^{_any(_checked(_PLAIN, name) for name in _last(tests))}$"]


def _phpunit(tests: Sequence[str]) -> list[str]:
    methods = dict.fromkeys(_checked(re.compile(r"\w+"), name.partition(" ")[0]) for name in _last(tests))
    return ["--filter", f"/::{_any(methods)}( |$)/"]


def _bats(tests: Sequence[str]) -> list[str]:
    return ["-f", f"^{_any(_checked(_PLAIN, name) for name in _last(tests))}$"]


_PROGRAMS: tuple[tuple[str, Callable[[Sequence[str]], list[str]]], ...] = (
    (r"gotestsum|go\s+test", _go),
    (r"cargo\s+nextest", _nextest),
    (r"vitest|rspec", _files),
    (r"jest", _jest),
    (r"mocha", _mocha),
    (r"node\s+(?:\S+\s+)*?--test", _node),
    (r"mvnw?", _maven),
    (r"gradlew?", _gradle),
    (r"ctest", _ctest),
    (r"phpunit", _phpunit),
    (r"bats", _bats),
)
