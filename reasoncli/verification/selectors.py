"""Test ids -> what a test command takes in the place of `{tests}`."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence

from reasoncli.domain import Evidence

PLACEHOLDER = "{tests}"
_ARGUMENT_LIMIT = 32 << 10  # characters; far below any ARG_MAX, and a shell's command line limit


def fill(command: str, tests: Sequence[str] | None, evidence: Evidence) -> str:
    """The command line that runs these tests, or more.

    pytest ids are filled in only where our plugin can't select (evidence weaker than structured): with the plugin,
    which selects precisely and for any length of list, arguments could only shift pytest's rootdir and with it the
    ids. Dotted unittest ids become classes, then modules, then nothing, until the line is short enough; the hook
    narrows the rest.

    Args:
        command: as the user wrote it.
        tests: ids, or `None` for the whole suite.
        evidence: how the ids were obtained.
    """
    if PLACEHOLDER not in command:
        return command
    arguments = "" if tests is None else _arguments(command, tests, evidence)
    return command.replace(PLACEHOLDER, arguments)


def _arguments(command: str, tests: Sequence[str], evidence: Evidence) -> str:
    if any("::" in test or "/" in test for test in tests):
        if evidence is not Evidence.LINES:
            return ""
        coarser: tuple[Callable[[str], str], ...] = (_same, _path) if "pytest" in command else (_path,)
    elif evidence in (Evidence.STRUCTURED, Evidence.LINES):
        coarser = (_same, _parent, _grandparent)
    else:
        return ""
    for change in coarser:
        line = " ".join(map(shlex.quote, dict.fromkeys(map(change, tests))))
        if len(line) <= _ARGUMENT_LIMIT:
            return line
    return ""


def _same(test: str) -> str:
    return test


def _path(test: str) -> str:
    return test.partition("::")[0]


def _parent(test: str) -> str:
    return test.rpartition(".")[0] or test


def _grandparent(test: str) -> str:
    return _parent(_parent(test))
