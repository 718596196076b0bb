"""Lists of issues: folders of Markdown, JSON lines, what `gh issue list --json` prints, a label at GitHub.

SWE-bench's instance files are read as they are. What they hold beside the issue (the fix, the hidden tests, comments)
is never looked at.
"""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from reasoncli.domain import Issue, WorkItem
from reasoncli.errors import IssueError
from reasoncli.sources import github
from reasoncli.sources.loading import MAX_BYTES, issue_from_text
from reasoncli.sources.text import decode

MOST = 100_000
"""Issues of one list."""

_LIST_BYTES = 512 << 20
_TEXTS = (".md", ".markdown", ".txt", ".rst")
_SLUG = re.compile(r"[\w.-]+/[\w.-]+")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_KEY = 100
_FORM = 'Each is an object with "issue" (or "problem_statement", or "title" and "body"), and "repo" if they differ.'


def load_list(
    places: Sequence[str], *, repository: str, cwd: Path, stdin: TextIO, label: str | None = None
) -> tuple[WorkItem, ...]:
    """Read the issues that places name, in their order; none is named twice.

    A place is a folder, of which all Markdown and text files are read; one such file; a file of JSON lines or a JSON
    array; `-` for one of these on standard input; or, with a label, `owner/name` at GitHub.

    Args:
        places: what the user gave.
        repository: of issues that don't name theirs.
        cwd: relative paths start here; those in a file start at the file's folder.
        stdin: what `-` reads.
        label: which open issues of a repository at GitHub are meant.

    Raises:
        IssueError: something can't be read or is malformed, or there is no issue at all.
    """
    items = [item for place in places for item in _read(place, repository, cwd, stdin, label)]
    if not items:
        raise IssueError("there are no issues to work on", hint=_FORM)
    if len(items) > MOST:
        raise IssueError(f"there are {len(items):,} issues; {MOST:,} can be worked on at once")
    return tuple(_named(items))


def testbed_image(instance: str) -> str:
    """The name under which SWE-bench publishes the image of one of its instances."""
    machine = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
    return f"swebench/sweb.eval.{machine}.{instance.lower().replace('__', '_1776_')}:latest"


def _read(place: str, repository: str, cwd: Path, stdin: TextIO, label: str | None) -> Iterator[WorkItem]:
    if place == "-":
        if stdin.isatty():
            raise IssueError("the list is to be read from standard input, which is a terminal", hint="Pipe it in.")
        yield from _rows(stdin.read(_LIST_BYTES), "standard input", repository, cwd)
        return
    if label is not None:
        if _SLUG.fullmatch(place) is None:
            raise IssueError(f"{place} is no repository at GitHub", hint="--label takes owner/name.")
        yield from (_item(row, str(row.get("number", "")), place, cwd) for row in github.listed(place, label))
        return
    path = cwd / Path(place).expanduser()
    try:
        if path.is_dir():
            found = sorted(each for each in path.iterdir() if each.suffix.lower() in _TEXTS and each.is_file())
            yield from (_of_text(each, repository) for each in found)
        elif path.suffix.lower() in (".json", ".jsonl"):
            yield from _rows(decode(path.read_bytes()), path.name, repository, path.parent)
        elif path.is_file():
            yield _of_text(path, repository)
        else:
            hint = "With --label LABEL it is a repository at GitHub." if _SLUG.fullmatch(place) else ""
            raise IssueError(f"there is no file or folder {place}", hint=hint)
    except OSError as error:
        raise IssueError(f"can't read {place}: {error.strerror}") from error


def _of_text(path: Path, repository: str) -> WorkItem:
    if path.stat().st_size > MAX_BYTES:
        raise IssueError(f"{path.name} is larger than {MAX_BYTES >> 20} MiB", hint="Give the issues' text alone.")
    return WorkItem(path.stem, issue_from_text(decode(path.read_bytes()), str(path)), repository)


def _rows(text: str, name: str, repository: str, folder: Path) -> Iterator[WorkItem]:
    """The issues in JSON: an array or an object that stands by itself, or one a line."""
    if text.lstrip().startswith("["):
        try:
            rows = json.loads(text)
        except ValueError as error:
            raise IssueError(f"{name} is not JSON: {error}", hint=_FORM) from error
        for number, row in enumerate(rows, start=1):
            yield _item(row, str(number), repository, folder, f"entry {number} of {name}")
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise IssueError(f"line {number} of {name} is not JSON", hint=_FORM) from error
        yield _item(row, str(number), repository, folder, f"line {number} of {name}")


def _item(row: Any, number: str, repository: str, folder: Path, where: str = "") -> WorkItem:
    """One row as an issue.

    Raises:
        IssueError: it is none.
    """
    if not isinstance(row, Mapping):
        raise IssueError(f"{where} is not an object", hint=_FORM)
    text, title = _text(row), row.get("title")
    if not text.strip():
        raise IssueError(f"{where or f'issue {number}'} says nothing", hint=_FORM)
    key = next((str(row[name]) for name in ("instance_id", "id", "key", "number") if row.get(name)), number)
    url = row.get("url")
    source = f"{where} ({key})" if where else f"{repository}#{number}"
    issue: Issue = issue_from_text(
        text, source, url=str(url) if url else None, title=str(title)[:200] if title else None
    )
    tests = row.get("tests")
    if tests is not None and not isinstance(tests, str) and not _is_texts(tests):
        raise IssueError(f'"tests" of {key} is neither a command nor a list of test ids')
    testbed = _is_swe_bench(row)
    image = str(row.get("image") or (testbed_image(str(row["instance_id"])) if testbed else ""))
    return WorkItem(
        key=key,
        issue=issue,
        repository=_located(str(row.get("repo") or repository), folder),
        commit=str(row.get("base_commit") or ""),
        targets=tuple(tests) if tests is not None and not isinstance(tests, str) else (),
        test_command=tests if isinstance(tests, str) else "",
        image=image,
        testbed=testbed,
    )


def _text(row: Mapping[str, Any]) -> str:
    for name in ("issue", "problem_statement"):
        if isinstance(row.get(name), str):
            return str(row[name])
    return "\n\n".join(str(row[name]) for name in ("title", "body") if row.get(name))


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_swe_bench(row: Mapping[str, Any]) -> bool:
    return all(name in row for name in ("instance_id", "problem_statement", "base_commit", "repo", "test_patch"))


def _located(repository: str, folder: Path) -> str:
    """A path from the list's folder; or as it stands, where nothing is there and it can be a name at GitHub."""
    there = folder / Path(repository).expanduser()
    return repository if _SLUG.fullmatch(repository) and not there.is_dir() else str(there.resolve())


def _named(items: Sequence[WorkItem]) -> Iterator[WorkItem]:
    """Each with a key that is a file's name on any system, and its own."""
    taken: set[str] = set()
    for item in items:
        stem = _UNSAFE.sub("-", item.key).strip("-.")[:_LONGEST_KEY] or "issue"
        key, number = stem, 1
        while key.lower() in taken:
            number += 1
            key = f"{stem}-{number}"
        taken.add(key.lower())
        yield replace(item, key=key)
