"""Test ids -> what a test command takes in the place of `{tests}`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence

from reasoncli.domain import Evidence, TestPlan, TestReport
from reasoncli.verification.runners import select

PLACEHOLDER = "{tests}"
_ARGUMENT_LIMIT = 32 << 10  # characters; far below any ARG_MAX, and a shell's command line limit
_DOTTED = re.compile(r"\w+(?:\.\w+)+")
_SELECTING = re.compile(r"pytest|unittest|manage\.py|runtests")
"""Programs within which our hooks select by themselves."""
_HOOKED = re.compile(rf"{_SELECTING.pattern}|python")


def fill(plan: TestPlan, tests: Sequence[str] | None, evidence: Evidence) -> str:
    """The command line that runs these tests, or more.

    pytest ids are filled in only where our plugin can't select (evidence weaker than structured): with the plugin,
    which selects precisely and for any length of list, arguments could only shift pytest's rootdir and with it the
    ids. Dotted unittest ids become classes, then modules, then nothing, until the line is short enough; the hook
    narrows the rest. JUnit ids become what their test program takes (see `runners`). What the user selected goes to
    any other program in the user's own words.

    Args:
        plan: its command is as the user wrote it.
        tests: ids, or `None` for everything that the user selected.
        evidence: how the ids were obtained.
    """
    command = plan.command
    if PLACEHOLDER not in command:
        return command
    arguments = ""
    if tests is not None and (tuple(tests) != plan.selected or _HOOKED.search(command)):
        arguments = _arguments(command, tests, evidence)
    if not arguments and not _SELECTING.search(command):
        arguments = shlex.join(plan.selected)
    return command.replace(PLACEHOLDER, arguments)


def narrows(plan: TestPlan, tests: Sequence[str], evidence: Evidence) -> bool:
    """Whether it is by arguments alone, which may turn out to mean nothing, that fewer tests than all are run."""
    weaker = evidence in (Evidence.JUNIT, Evidence.LINES)
    return weaker and PLACEHOLDER in plan.command and bool(_arguments(plan.command, tests, evidence))


def selectable(plan: TestPlan, tests: Sequence[str], base: TestReport, ordered: bool) -> bool:
    """Whether these tests can be run without the others, and say the same then.

    Args:
        plan: with the command.
        tests: ids of the base's report.
        base: a whole run.
        ordered: whether the suite depends on its order.
    """
    return not ordered and (base.evidence is Evidence.STRUCTURED or narrows(plan, tests, base.evidence))


def _arguments(command: str, tests: Sequence[str], evidence: Evidence) -> str:
    known = select(command, tests) if evidence in (Evidence.JUNIT, Evidence.LINES) else ""
    if known or evidence in (Evidence.JUNIT, Evidence.EXIT_CODE):
        return known if len(known) <= _ARGUMENT_LIMIT else ""
    coarser: tuple[Callable[[str], str], ...]
    if any("::" in test or "/" in test for test in tests):
        if evidence is not Evidence.LINES or not all(_path(test).endswith(".py") for test in tests):
            return ""
        coarser = (_same, _path) if "pytest" in command else (_path,)
    elif evidence is Evidence.LINES and not all(_DOTTED.fullmatch(test) for test in tests):
        return ""
    else:
        coarser = (_same, _parent, _grandparent)
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
