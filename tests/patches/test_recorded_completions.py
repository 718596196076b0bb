"""Completions as models write them, good and malformed, and what must become of each.

The data files hold sections that begin with `%%%%`: the case's name (with `| finish length` or `| files …`), then
what is expected: changed lines of the diff (a `\\r` at a line's end spelled out), `rejected KIND`, `dropped PATH`
or `changed PATH`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reasoncli.domain import ChatContent, Completion, Form, Patch, Prompt, Rejection
from reasoncli.patches.completions import from_diff, parse
from reasoncli.patches.policy import Policy
from reasoncli.patches.tree import MemoryTree
from tests.patches.project import FILES

DATA = Path(__file__).parent / "data"


@dataclass
class Case:
    name: str
    text: str
    finish: str = "stop"
    files: tuple[str, ...] = ("shop/cart.py", "shop/pricing.py")
    lines: list[str] | None = None
    rejected: str | None = None
    dropped: list[str] = field(default_factory=list)
    changed: str | None = None


def cases(file: str) -> Iterator[Case]:
    case: Case | None = None
    for section in re.split(r"^%%%% ", (DATA / file).read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        head, _, body = section.partition("\n")
        word, _, rest = head.partition(" ")
        if case and word == "expect":
            case.lines = [line.replace("\\r", "\r") for line in body.split("\n") if line]
        elif case and word == "rejected":
            case.rejected = rest
        elif case and word == "dropped":
            case.dropped.append(rest)
        elif case and word == "changed":
            case.changed = rest
        else:
            if case:
                yield case
            name, _, option = head.partition(" | ")
            case = Case(name, body.replace("\\r\n", "\r\n"))
            if option.startswith("finish "):
                case.finish = option.removeprefix("finish ")
            elif option.startswith("files "):
                case.files = tuple(option.removeprefix("files ").split())
    if case:
        yield case


SEARCH_REPLACE = list(cases("completions_search_replace.txt"))
DIFFS = list(cases("completions_diff.txt"))


def changed_lines(patch: Patch) -> list[str]:
    body = [line for line in patch.diff.split("\n") if not line.startswith(("--- ", "+++ "))]
    return [line for line in body if line[:1] in ("+", "-")]


def check(case: Case, result: Patch | Rejection) -> None:
    if case.rejected is not None:
        assert isinstance(result, Rejection), f"accepted:\n{result.diff}"
        assert result.kind == case.rejected, result.reason
        assert result.reason
        return
    assert isinstance(result, Patch), result
    if case.lines is not None:
        expected = [line for line in case.lines if not line.startswith(("--- ", "+++ "))]
        assert changed_lines(result) == expected
    if case.changed is not None:
        assert [change.path for change in result.changes] == [case.changed]
    assert list(result.dropped) == case.dropped


@pytest.mark.parametrize("case", SEARCH_REPLACE, ids=lambda case: case.name)
def test_search_replace(case: Case) -> None:
    prompt = Prompt("p", Form.SEARCH_REPLACE, ChatContent(()), files=case.files)
    completion = Completion("p", case.text, 1, (), 1, case.finish)
    check(case, parse(completion, prompt, MemoryTree(FILES), Policy()))


@pytest.mark.parametrize("case", DIFFS, ids=lambda case: case.name)
def test_diff(case: Case) -> None:
    check(case, from_diff(case.text, MemoryTree(FILES), Policy()))


def test_there_are_many() -> None:
    assert len(SEARCH_REPLACE) >= 45
    assert len(DIFFS) >= 35
    assert all(case.lines is not None or case.rejected or case.changed for case in SEARCH_REPLACE + DIFFS)
