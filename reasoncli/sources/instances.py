"""Issues in SWE-bench's form: JSON lines with `instance_id` and `problem_statement`.

Source: Jimenez et al., "SWE-bench: Can Language Models Resolve Real-World GitHub Issues?", ICLR 2024.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reasoncli.domain import Issue
from reasoncli.errors import IssueError

_NAMES_SHOWN = 5
_MAX_LINE = 64 << 20


@dataclass(frozen=True, slots=True)
class _Instance:
    id: str
    statement: str


def load(path: Path, instance_id: str | None, source: str) -> Issue:
    """The issue of one instance; without an id, of the only one.

    Raises:
        IssueError: no such instance, several where none was named, a malformed line, or an empty statement.
    """
    if instance_id is None:
        found = list(_instances(path))
        if len(found) > 1:
            names = ", ".join(instance.id for instance in found[:_NAMES_SHOWN])
            more = ", …" if len(found) > _NAMES_SHOWN else ""
            raise IssueError(
                f"{path.name} holds {len(found)} instances",
                hint=f"Choose one: {path.name}#ID with ID in {names}{more}.",
            )
    else:
        found = [instance for instance in _instances(path) if instance.id == instance_id]
    if not found:
        raise IssueError(f"{path.name} holds no instance {instance_id}" if instance_id else f"{path.name} is empty")
    statement = found[0].statement.replace("\r\n", "\n").strip()
    if not statement:
        raise IssueError(f"the issue of {found[0].id} is empty")
    return Issue(text=statement, title=statement.splitlines()[0][:200], source=source)


def _instances(path: Path) -> Iterator[_Instance]:
    """The instances in the file, one line at a time."""
    with path.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(_MAX_LINE), b""), start=1):
            if not line.strip():
                continue
            try:
                data = json.loads(line)
                yield _Instance(str(data["instance_id"]), str(data["problem_statement"]))
            except (ValueError, KeyError, TypeError) as error:
                raise IssueError(
                    f"line {number} of {path.name} is not a SWE-bench instance",
                    hint="Each line is a JSON object with instance_id and problem_statement.",
                ) from error
