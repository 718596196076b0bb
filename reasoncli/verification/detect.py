"""How a repository's tests run, read from its files. Nothing of the repository is imported or executed here."""

from __future__ import annotations

import configparser
import errno
import os
import re
import tomllib
from collections.abc import Collection, Iterable
from pathlib import Path

from reasoncli.domain import Snapshot, TestPlan
from reasoncli.errors import UsageError

PYTEST = "python -m pytest {tests}"
UNITTEST = "python -m unittest discover"
_READ_LIMIT = 200  # test files to look into
_TEST_FILE = re.compile(r"(^|/)(test_[^/]*|[^/]*_tests?|tests?)\.py$")
_PYTEST_SIGNS = re.compile(
    r"^\s*(?:import pytest\b|from pytest\b|@pytest\.)|^def test_\w*\(|^class Test\w*[:(](?!.*TestCase)", re.M
)
_UNITTEST_SIGNS = re.compile(r"^\s*(?:import unittest\b|from unittest\b|from django\.test\b)", re.M)


def detect_command(snapshot: Snapshot) -> str:
    """The command that runs the repository's tests, with `{tests}` where it takes selectors.

    In this order: Django's own `runtests.py`, pytest if it is configured or its tests are written for it, a Django
    project's `manage.py`, unittest, and pytest again for anything else that looks like tests (it runs unittest's too).

    Raises:
        UsageError: there is nothing that looks like tests.
    """
    paths = snapshot.files.keys()
    root = snapshot.root
    if "tests/runtests.py" in paths and "django/test/runner.py" in paths:
        return "cd tests && python runtests.py --parallel 1 {tests}"
    if _configures_pytest(root, paths):
        return PYTEST
    tests = [path for path in paths if _TEST_FILE.search(path)]
    texts = list(_texts(root, tests[:_READ_LIMIT]))
    if any(_PYTEST_SIGNS.search(text) for text in texts):
        return PYTEST
    if "manage.py" in paths and any("django.test" in text for text in texts):
        return "python manage.py test {tests}"
    if any(_UNITTEST_SIGNS.search(text) for text in texts):
        return UNITTEST + _unittest_start(tests, paths)
    if tests:
        return PYTEST
    raise UsageError(
        "no tests were found in the repository, so there is nothing to verify a patch with",
        hint="say how its tests run: --test-command 'make check' (with {tests} where test names go, if it takes any)",
    )


def plan_tests(
    snapshot: Snapshot,
    *,
    command: str | None = None,
    selected: Iterable[str] = (),
    targets: Iterable[str] = (),
    timeout: float | None = None,
    junit: Iterable[str] = (),
    pass_marker: str | None = None,
) -> TestPlan:
    """The plan from what the user said, the command detected where they said nothing.

    Raises:
        UsageError: no command was given and none can be found, or the one given is blank; a glob leads out of the
            repository; the marker is no regular expression.
    """
    globs = tuple(junit)
    for glob in globs:
        if glob.startswith(("/", "~")) or ".." in glob.split("/"):
            raise UsageError(
                f"JUnit files are looked for in the repository only, not at {glob}",
                hint="name them relative to its root: --junit 'target/surefire-reports/*.xml'",
            )
    try:
        re.compile(pass_marker or "")
    except re.error as error:
        raise UsageError(f"--pass-marker is not a regular expression: {error}") from error
    if command is not None and not command.strip():
        raise UsageError("the test command is empty", hint="leave --test-command away to have it detected")
    paths = tuple(each.removeprefix("./").rstrip("/") for each in selected)
    return TestPlan(
        command=command if command is not None else detect_command(snapshot),
        selected=() if {"", "."} & set(paths) else paths,
        targets=tuple(targets),
        timeout=timeout,
        junit=globs,
        pass_marker=pass_marker,
    )


def _configures_pytest(root: Path, paths: Collection[str]) -> bool:
    if not {"pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "conftest.py"}.isdisjoint(paths):
        return True
    if any(path.endswith("/conftest.py") for path in paths):
        return True
    if "pyproject.toml" in paths:
        try:
            tool = tomllib.loads(_text(root / "pyproject.toml")).get("tool", {})
        except (OSError, ValueError):
            tool = {}
        if isinstance(tool, dict) and "pytest" in tool:
            return True
    return any(
        name in paths and _has_section(root / name, section)
        for name, section in (("setup.cfg", "tool:pytest"), ("tox.ini", "pytest"), ("setup.cfg", "pytest"))
    )


def _has_section(path: Path, section: str) -> bool:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(_text(path))
    except (OSError, configparser.Error):
        return False
    return parser.has_section(section)


def _texts(root: Path, paths: Iterable[str]) -> Iterable[str]:
    for path in paths:
        try:
            yield _text(root / path)
        except OSError:
            continue


def _text(path: Path) -> str:
    """A file of the snapshot; a link may lead to anything on this machine, and is not followed.

    Raises:
        OSError: it can't be read.
    """
    if path.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), os.fspath(path))
    return path.read_text("utf-8", "replace")


def _unittest_start(tests: Iterable[str], paths: Collection[str]) -> str:
    """Where discovery starts: `discover` alone finds packages only, so a folder without `__init__.py` must be named."""
    folders = {path.rpartition("/")[0] for path in tests}
    tops = {folder for folder in folders if not any(folder.startswith(f"{other}/") for other in folders if other)}
    if "" in tops or len(tops) != 1:
        return ""
    (top,) = tops
    if f"{top}/__init__.py" in paths:
        return f" -s {top} -t ."
    return f" -s {top}"
