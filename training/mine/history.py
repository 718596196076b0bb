"""Git histories, read fast: one `git log` names the candidates with their blobs, one `git cat-file` reads these."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from training.collect import bare
from training.licences import is_licence_file
from training.mine import rules

_LARGEST = 600_000
_MOST_FILES = 2
_ORDINARY = {"100644", "100755"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A commit that may be a fix.

    Attributes:
        commit: its id.
        message: the first line of its message.
        revert: it takes another commit back.
        files: path, blob before, blob after; one or two, `.py` and no tests.
        tests: it changes tests as well.
    """

    commit: str
    message: str
    revert: bool
    files: tuple[tuple[str, str, str], ...]
    tests: bool


def git(repository: Path, *arguments: str) -> bytes:
    """What a git command prints.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    command = bare.command(repository, *arguments)
    return subprocess.run(command, env=bare.environment(), capture_output=True, check=True).stdout


def candidates(repository: Path) -> Iterator[Candidate]:
    """The commits that HEAD knows, newest first, whose message and paths are those of a fix or of a revert."""
    command = bare.command(
        repository,
        *("log", "--no-merges", "--raw", "--no-abbrev", "--no-renames", "-z", "-i", "-E", f"--grep={rules.GREP}"),
        *("--format=%x01%H%x02%s%x02%b%x03", "HEAD", "--"),
    )
    process = subprocess.Popen(command, env=bare.environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert process.stdout is not None
        pending = b""
        while chunk := process.stdout.read(1 << 20):
            *whole, pending = (pending + chunk).split(b"\x01")
            yield from filter(None, map(_candidate, whole))
        yield from filter(None, map(_candidate, [pending]))
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _candidate(record: bytes) -> Candidate | None:
    head, found, raw = record.partition(b"\x03")
    if not found:
        return None
    commit, subject, body = head.decode("utf-8", "replace").split("\x02", 2)
    revert = rules.is_revert(subject, body)
    if not revert and not rules.is_fix(subject, body):
        return None
    files: list[tuple[str, str, str]] = []
    tests = False
    fields = raw.decode("utf-8", "surrogateescape").strip("\0\n").split("\0")
    for entry, path in zip(fields[::2], fields[1::2], strict=False):
        mode_before, mode_after, before, after, status = entry.lstrip(":\n").split(" ")
        if rules.is_test(path):
            tests = True
        elif rules.is_aside(path) or before == after:
            continue
        elif rules.is_other_code(path):
            return None
        elif path.endswith(".py"):
            if status != "M" or not {mode_before, mode_after} <= _ORDINARY or len(files) == _MOST_FILES:
                return None
            files.append((path, before, after))
    return Candidate(commit, " ".join(subject.split()), revert, tuple(files), tests) if files else None


class Blobs:
    """Contents of a repository's blobs, out of one `git cat-file --batch`."""

    def __init__(self, repository: Path) -> None:
        self._process = subprocess.Popen(
            bare.command(repository, "cat-file", "--batch"),
            env=bare.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> Blobs:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def __call__(self, blob: str) -> bytes | None:
        """The content; `None` of one that is not there or too large to be a module somebody wrote."""
        reading, writing = self._process.stdout, self._process.stdin
        assert reading is not None
        assert writing is not None
        writing.write(blob.encode() + b"\n")
        writing.flush()
        header = reading.readline().split()
        if len(header) != 3:
            return None
        content = reading.read(int(header[2]) + 1)[:-1]
        return content if header[1] == b"blob" and len(content) <= _LARGEST else None


def licence_texts(repository: Path) -> dict[str, str]:
    """The licence files at the top of HEAD, name to text."""
    entries = git(repository, "ls-tree", "-z", "HEAD").decode("utf-8", "replace").split("\0")
    blobs = [entry.partition("\t")[2] for entry in entries if " blob " in entry]
    return {
        name: git(repository, "cat-file", "blob", f"HEAD:{name}").decode("utf-8", "replace")
        for name in filter(is_licence_file, blobs)
    }
