"""One place that tells the forms of `--issue` apart."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TextIO

from reasoncli.domain import Issue
from reasoncli.errors import IssueError
from reasoncli.sources import github, instances
from reasoncli.sources.text import decode

MAX_BYTES = 4 << 20
"""An issue larger than this is a mistake (a log, an archive); SWE-bench files may be larger."""

_NUMBER = re.compile(r"#?(\d+)")
_REFERENCE = re.compile(r"([\w.-]+/[\w.-]+)#(\d+)")
_LOOKS_LIKE_FILE = re.compile(r"\S+\.(md|markdown|txt|rst|json|jsonl|jsonl#\S+|patch|diff|log)", re.IGNORECASE)


def load_issue(source: str, *, repository_slug: str | None, cwd: Path, stdin: TextIO, comments: bool = False) -> Issue:
    """Read the issue that `source` names.

    `-` is standard input. `#12`, `12`, `owner/name#12` and the address of a GitHub issue are fetched with `gh`.
    `FILE.jsonl` and `FILE.jsonl#ID` hold SWE-bench instances. The path of an existing file is read. Anything else is
    the text itself.

    Args:
        source: what the user gave.
        repository_slug: `owner/name` that `#12` belongs to.
        cwd: relative paths start here.
        stdin: what `-` reads.
        comments: whether a GitHub issue's comments belong to its text. Off by default: they may hold the fix, and
            anyone can write one.

    Raises:
        IssueError: it can't be read, says nothing, or a file of that name was probably meant but is not there.
    """
    if source == "-":
        return _from_stdin(stdin)
    from_file = _from_file(source, cwd)
    if from_file is not None:
        return from_file
    named = source.strip()
    if number := _NUMBER.fullmatch(named):
        return github.load(int(number[1]), repository_slug, source, comments)
    if reference := _REFERENCE.fullmatch(named):
        return github.load(int(reference[2]), reference[1], source, comments)
    if address := github.parse_address(named):
        return github.load(address[1], address[0], source, comments)
    return _quoted(source)


def _from_stdin(stdin: TextIO) -> Issue:
    if stdin.isatty():
        raise IssueError(
            "the issue is to be read from standard input, which is a terminal",
            hint="Pipe it in: reasoncli fix . --issue - < issue.md",
        )
    buffer = getattr(stdin, "buffer", None)
    text = stdin.read(MAX_BYTES + 1) if buffer is None else decode(buffer.read(MAX_BYTES + 1))
    if len(text) > MAX_BYTES:
        raise _too_large("standard input")
    return issue_from_text(text, "-")


def _from_file(source: str, cwd: Path) -> Issue | None:
    """The issue in the file that `source` names, or `None` where no such file exists."""
    if not source.strip():
        return None
    name, _, instance = source.partition(".jsonl#")
    if instance:
        name += ".jsonl"
    else:
        name = source
    try:
        path = cwd / Path(name).expanduser()
        if not path.exists():
            return None
        if path.is_dir():
            raise IssueError(f"{name} is a folder", hint="Name one file.")
        if path.suffix.lower() == ".jsonl":
            return instances.load(path, instance or None, source)
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError, RuntimeError) as error:  # too long for a name, a NUL in it, no such home
        if isinstance(error, OSError) and _LOOKS_LIKE_FILE.fullmatch(source):
            raise IssueError(f"can't read {source}: {error.strerror}") from error
        return None
    if len(raw) > MAX_BYTES:
        raise _too_large(name)
    if b"\0" in raw[:8192] and not raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise IssueError(f"{name} is not a text file")
    return issue_from_text(decode(raw), source)


def _quoted(source: str) -> Issue:
    if _LOOKS_LIKE_FILE.fullmatch(source.strip()):
        raise IssueError(f"there is no file {source}", hint="If it is the issue's text, write it as a sentence.")
    return issue_from_text(source, "text")


def issue_from_text(text: str, source: str, *, url: str | None = None, title: str | None = None) -> Issue:
    """An issue of this text; its title is the first line that says something, without Markdown's heading marks.

    Raises:
        IssueError: there is nothing but white space.
    """
    body = text.replace("\r\n", "\n").replace("\0", "\ufffd").strip()
    first = next((line.strip().lstrip("#").strip() for line in body.splitlines() if line.strip("#= \t-")), "")
    if not first:
        raise IssueError(f"the issue is empty ({source})" if source != "text" else "the issue is empty")
    return Issue(text=body, title=title or first[:200], source=source, url=url)


def _too_large(name: str) -> IssueError:
    return IssueError(f"{name} is larger than {MAX_BYTES >> 20} MiB", hint="Give the issue's text alone.")
