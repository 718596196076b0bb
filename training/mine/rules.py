"""Which commits and paths count: what a message must say to be a fix, and which files are code under repair."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

# For `git log --grep`: wider than what `is_fix` accepts, so that git compares no trees of hopeless commits.
GREP = r"fix|bug|error|issue|correct|wrong|crash|regression|mistake|fault|defect|flaw|fail|broke|close|resolve|revert"

_FIX = re.compile(
    r"\b(?:bug)?fix(?:e[sd]|ing|up)?\b|\bhotfix|\bbugs?\b|\b\w*errors?\b|\b\w+exceptions?\b|\btracebacks?\b|\bissues?\b"
    r"|\b(?:in)?correct(?:s|ed|ly|ing)?\b|\bwrong(?:ly)?\b|\bcrash(?:e[sd]|ing)?\b|\bregressions?\b|\bmistakes?n?\b"
    r"|\bfault(?:s|y)?\b|\bdefects?\b|\bflaw(?:s|ed)?\b|\bfail(?:s|ed|ing|ures?)?\b|\bbroken?\b"
    r"|\binfinite (?:loop|recursion)|\boff[- ]by[- ]one\b|\bhandle\b.*\b(?:none|empty|missing)\b",
    re.IGNORECASE,
)
_CLOSES = re.compile(
    r"\b(?:fix(?:e[sd])?|close[sd]?|resolve[sd]?)\b:?\s+(?:issue\s+)?(?:#|gh-|https?://|[\w.-]+/[\w.-]+#)",
    re.IGNORECASE,
)
_NOT_A_FIX = re.compile(
    r"\b(?:typos?|spelling|misspell\w*|grammar|wording|docs?|docstrings?|documentation|readme|changelog|comments?|style"
    r"|lint\w*|pylint|flake8|pyflakes|pep-?8|pep-?257|ruff|isort|black|codespell|formatting|whitespaces?|indentation"
    r"|mypy|pyright|typing|type[ -](?:hints?|annotations?|check\w*)|annotations?|merge[sd]?|merging|bump\w*|releas\w+"
    r"|refactor\w*|renam\w+|clean ?-?ups?|coverage|messages?|translations?|i18n|copyright|licen[sc]e|deprecat\w+"
    r"|python ?3\w*|py3k?|2to3|six|benchmarks?|travis|appveyor|ci)\b"
    r"|\bfix(?:e[sd]|ing)?\b(?: \w+){0,3} (?:unit )?tests?\b|\btests? (?:fail|error|fix)",
    re.IGNORECASE,
)
_REVERT = re.compile(r"^(?:this )?revert|\breverts commit\b", re.IGNORECASE)

_TEST_FOLDERS = {
    "test",
    "tests",
    "testing",
    "unittests",
    "test_utils",
    "testsuite",
    "spec",
    "specs",
    "integration_tests",
    "t",
}
_TEST_FILE = re.compile(r"(?:test(?:s|ing)?(?:_.*)?|.*_tests?|conftest|.*test_?case|test[A-Z].*)\.py", re.IGNORECASE)
_ASIDE = {
    "docs",
    "doc",
    "examples",
    "example",
    "benchmarks",
    "benchmark",
    "samples",
    "demo",
    "demos",
    "tutorial",
    "tutorials",
    "patched",
    "migrations",
}
_ASIDE_FILES = {
    "setup.py",
    "conf.py",
    "_version.py",
    "version.py",
    "__version__.py",
    "__about__.py",
    "release.py",
    "noxfile.py",
    "fabfile.py",
}
_OTHER_CODE = {
    *(".c", ".h", ".cc", ".cpp", ".cxx", ".hpp", ".pyx", ".pxd", ".pxi", ".cu", ".f", ".f90", ".go", ".rs", ".swift"),
    *(".js", ".jsx", ".ts", ".tsx", ".vue", ".java", ".kt", ".cs", ".rb", ".php", ".lua", ".sh"),
}


def is_fix(subject: str, body: str) -> bool:
    """Whether a message speaks of a fix of behaviour: in its first line, or by naming the issue that it closes."""
    if _NOT_A_FIX.search(subject):
        return False
    return bool(_FIX.search(subject) or _CLOSES.search(body))


def is_revert(subject: str, body: str) -> bool:
    """Whether a commit takes another one back."""
    return bool(_REVERT.search(subject) or "This reverts commit" in body)


def is_test(path: str) -> bool:
    """Whether a path belongs to the tests, by the name of the file or of a folder above it."""
    place = PurePosixPath(path)
    return any(part.lower() in _TEST_FOLDERS for part in place.parts[:-1]) or bool(_TEST_FILE.fullmatch(place.name))


def is_aside(path: str) -> bool:
    """Whether a path is neither code under repair nor a test: documentation, examples, packaging, copied code."""
    place = PurePosixPath(path)
    if "openstack/common" in path:  # what OpenStack's projects copied from one another
        return True
    return any(part.lower() in _ASIDE for part in place.parts[:-1]) or place.name in _ASIDE_FILES


def is_other_code(path: str) -> bool:
    """Whether a path is code in another language than Python: a fix that needs it isn't one of a function."""
    return PurePosixPath(path).suffix.lower() in _OTHER_CODE
