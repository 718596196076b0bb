"""Patches that published systems wrote for real issues of Django and SymPy, without the files that they change.

`data/pool_patches.jsonl.gz` holds of each patch its paths and the lines of its hunks, and nothing else: neither whose
it is nor whether it is right. It was made by

    python -m tests.patches.pool_patches POOLS/candidates

from `model_patch` of every line there. Left out is what can't be an example of an answer whose outcome is known: a
diff that is malformed, and one that touches no file but those of the tests: 12 of 212. The quoted code is Django's and
SymPy's (both BSD-3-Clause).
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from reasoncli.patches.policy import Policy

DATA = Path(__file__).parent / "data" / "pool_patches.jsonl.gz"
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")

Line = tuple[str, str]
"""A sign (space, `-` or `+`) and the text after it."""


class MalformedError(Exception):
    """Why a patch is left out."""


@dataclass(frozen=True)
class FileEdit:
    """What a patch does to one file.

    Attributes:
        created: it isn't there before.
        hunks: their lines, in the order of the file.
    """

    path: str
    created: bool
    hunks: tuple[tuple[Line, ...], ...]


@dataclass(frozen=True)
class PoolPatch:
    name: str
    files: tuple[FileEdit, ...]


def load() -> list[PoolPatch]:
    rows = [json.loads(line) for line in gzip.decompress(DATA.read_bytes()).decode().splitlines()]
    return [
        PoolPatch(
            row["name"],
            tuple(
                FileEdit(path, created, tuple(tuple((line[0], line[1:]) for line in hunk) for hunk in hunks))
                for path, created, hunks in row["files"]
            ),
        )
        for row in rows
    ]


def read(name: str, diff: str) -> PoolPatch:
    """Read a diff by the letter, and with none of the leniency that is under test.

    Raises:
        MalformedError: it isn't one that git would take, or it has no place among the examples.
    """
    files: list[FileEdit] = []
    lines = diff.removesuffix("\n").split("\n")
    at = 0
    while at < len(lines):
        if not lines[at].startswith("--- ") or at + 1 >= len(lines) or not lines[at + 1].startswith("+++ b/"):
            if lines[at].startswith(("rename ", "deleted file", "Binary ", "GIT binary", "@@")):
                raise MalformedError(f"not an edit of text: {lines[at]!r}")
            at += 1
            continue
        path, created = lines[at + 1].removeprefix("+++ b/").rstrip("\t"), lines[at] == "--- /dev/null"
        at += 2
        hunks: list[tuple[Line, ...]] = []
        while at < len(lines) and (header := _HUNK.match(lines[at])):
            old, new = int(header[2] or 1), int(header[4] or 1)
            at += 1
            hunk: list[Line] = []
            while old or new:
                if at >= len(lines) or lines[at][:1] not in (" ", "-", "+"):
                    raise MalformedError("a hunk is shorter than its header says")
                sign, text = lines[at][0], lines[at][1:]
                old, new, at = old - (sign != "+"), new - (sign != "-"), at + 1
                hunk.append((sign, text))
            rest = lines[at] if at < len(lines) else ""
            if old < 0 or new < 0 or (rest[:1] in (" ", "-", "+", "\\") and not rest.startswith("--- ")):
                raise MalformedError("a hunk is longer than its header says, or leaves a line open")
            hunks.append(tuple(hunk))
        if not hunks:
            raise MalformedError("a file without a hunk")
        files.append(FileEdit(path, created, tuple(hunks)))
    if not files:
        raise MalformedError("no diff")
    if all(Policy().forbids(file.path) for file in files):
        raise MalformedError("only tests, or what configures them")
    return PoolPatch(name, tuple(files))


def main(candidates: Path) -> None:
    """Write the data file, and say what was left out."""
    left_out: Counter[str] = Counter()
    rows = []
    for place in sorted(candidates.glob("*.jsonl")):
        for number, line in enumerate(place.read_text().splitlines()):
            try:
                patch = read(f"{place.stem}/{number}", json.loads(line)["model_patch"])
            except MalformedError as error:
                left_out[str(error)] += 1
                continue
            files = [
                [file.path, file.created, [[sign + text for sign, text in hunk] for hunk in file.hunks]]
                for file in patch.files
            ]
            rows.append(json.dumps({"name": patch.name, "files": files}, ensure_ascii=False))
    with DATA.open("wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as file:
        file.write("".join(row + "\n" for row in rows).encode())
    sys.stdout.write(f"{len(rows)} patches, {DATA.stat().st_size} bytes; left out: {dict(left_out)}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
