"""One of many issues to fix."""

from __future__ import annotations

from dataclasses import dataclass

from reasoncli.domain.task import Issue


@dataclass(frozen=True, slots=True)
class WorkItem:
    """An issue of a list, and where it belongs.

    Attributes:
        key: names it in the list: letters, digits, `.`, `_` and `-`, unique whatever their case.
        issue: its text.
        repository: path of a work tree, or `owner/name` at GitHub.
        commit: what to fix it at; the work tree as it is where there is none.
        targets: ids of tests that must turn green; empty means they are to be found.
        test_command: runs the tests; empty means as settings have it.
        image: to run tests in; empty means as settings have it.
        testbed: the image is one of SWE-bench's: the repository lies in /testbed there, in a conda environment.
    """

    key: str
    issue: Issue
    repository: str
    commit: str = ""
    targets: tuple[str, ...] = ()
    test_command: str = ""
    image: str = ""
    testbed: bool = False
