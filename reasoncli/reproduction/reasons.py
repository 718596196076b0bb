"""Whether a test fails for the reason that its issue gives.

A small rule, as any rule can only be plausible here. A test that a model wrote shows the issue if, at the base,

- one of its own checks fails: an AssertionError raised in its file or in a helper for tests, or an expected exception
  that doesn't come; or
- something is raised that the issue speaks of: its text names the exception's type, or holds its message.

It shows nothing where it doesn't come to that: a file that can't be collected, a fixture that is missing, a set-up
that fails, a time-out. Nor where it names what isn't there: that is an error of the test, unless the issue shows the
very message.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from reasoncli.domain import Outcome, TestResult

_OWN_MISTAKES = frozenset(
    {"SyntaxError", "IndentationError", "ImportError", "ModuleNotFoundError", "NameError", "UnboundLocalError"}
)
_CHECKS = re.compile(r"AssertionError\b|assert |Failed: DID NOT (RAISE|WARN)")
_SET_UPS = frozenset({"setUp", "setUpClass", "setUpModule", "setUpTestData", "asyncSetUp", "setup_method"})
_HELPERS = frozenset({"test", "tests", "testing"})
_TELLING = 12  # characters of a message that is no coincidence


def mistaken(results: Iterable[TestResult], path: str, issue: str, *, errors: bool) -> str:
    """Why tests prove nothing of the issue by what they do at the base; an empty string where they do.

    Args:
        results: of all tests of a file.
        path: of the file, in the repository.
        issue: its text.
        errors: whether an error, in distinction to a failure, can come from the body of a test; with pytest it can't.
    """
    failing = [each for each in results if each.outcome in (Outcome.FAILED, Outcome.ERROR, Outcome.TIMEOUT)]
    if not failing:
        return "passes at the base"
    return next((why for each in failing if (why := _mistaken(each, path, issue, errors=errors))), "")


def kind_of(result: TestResult) -> str:
    """The type of what a test raised, as far as its message tells."""
    found = re.match(r"[A-Za-z_][\w.]*", result.message)
    return found[0].rpartition(".")[2] if found else ""


def _mistaken(result: TestResult, path: str, issue: str, *, errors: bool) -> str:
    if result.outcome is Outcome.TIMEOUT:
        return "ran past the time limit"
    if result.outcome is Outcome.ERROR and not errors:
        return "can't be collected or set up"
    if not result.frames:
        return "fails outside of the repository"
    if any(function in _SET_UPS for _, _, function in result.frames[:1]):
        return "can't be set up"
    where = result.frames[-1][0]
    if _CHECKS.match(result.message) and (where == path or not _HELPERS.isdisjoint(where.split("/"))):
        return ""
    if _shown(result.message, issue):
        return ""
    kind = kind_of(result)
    if kind in _OWN_MISTAKES and where == path:
        return f"a mistake of its own: {kind}"
    if kind and re.search(rf"(?<![\w]){re.escape(kind)}(?!\w)", issue):
        return ""
    return f"raises {kind or 'something'}, of which the issue doesn't speak"


def _shown(message: str, issue: str) -> bool:
    """Whether the issue holds what an exception says."""
    said = " ".join(message.partition(":")[2].split("\n")[0].split())
    return len(said) >= _TELLING and said in " ".join(issue.split())
