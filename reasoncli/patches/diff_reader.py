"""Reading unified diffs, git's and plain ones, as programs print them and as models write them.

Nothing is applied here. Line counts in hunk headers are believed where the hunk bears them out, else the hunk ends
where the next header begins.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from reasoncli.patches.outcome import Rejected
from reasoncli.patches.paths import unquote

_HUNK = re.compile(r"^@@+\s*(?:-(\d+)(?:,(\d+))?\s+\+(\d+)(?:,(\d+))?)?.*$")
_EXTENDED = re.compile(
    r"^(old mode|new mode|deleted file mode|new file mode|copy from|copy to|rename from|rename to|similarity index"
    r"|dissimilarity index|index) (.*)$"
)
_TIMESTAMP = re.compile(r"\s+\d{4}-\d\d-\d\d[ T].*$")
_LONGEST_HEADER = 4_096
_FENCE = re.compile(r"^\s*(?:`{3,}|~{3,})")


@dataclass(slots=True)
class Hunk:
    """One hunk: lines with their signs ` `, `-`, `+`; `start` is the old line number, `None` if the header has none."""

    start: int | None
    lines: list[tuple[str, str]] = field(default_factory=list)
    old_open: bool = False
    new_open: bool = False

    @property
    def old(self) -> list[str]:
        """The lines before."""
        return [text for sign, text in self.lines if sign != "+"]

    @property
    def new(self) -> list[str]:
        """The lines after."""
        return [text for sign, text in self.lines if sign != "-"]


@dataclass(slots=True)
class FilePatch:
    """What a diff says of one file. A path of `None` is `/dev/null`, or not named at all."""

    old: str | None = None
    new: str | None = None
    git: bool = False
    headed: bool = False
    created: bool = False
    deleted: bool = False
    renamed: bool = False
    copied: bool = False
    old_mode: str | None = None
    new_mode: str | None = None
    binary: bool = False
    hunks: list[Hunk] = field(default_factory=list)


def looks_like_diff(text: str) -> bool:
    """Whether a text holds a unified diff."""
    return bool(re.search(r"^(diff --git |--- \S[^\n]*\n\+\+\+ \S|@@ )", text, re.MULTILINE))


def read_diff(text: str) -> list[FilePatch]:
    """All files of a diff; what stands around it (prose, fences, a commit message) is passed over.

    Raises:
        Rejected: `unparsable`, if there is no diff or a hunk belongs to no file.
    """
    reader = _Reader(_split(text))
    reader.read()
    if not reader.files:
        raise Rejected("unparsable", "the text holds no diff")
    return reader.files


def _split(text: str) -> list[str]:
    lines = text.split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    return lines


class _Reader:
    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self.at = 0
        self.files: list[FilePatch] = []
        self.file: FilePatch | None = None

    def read(self) -> None:
        while self.at < len(self.lines):
            line = self.lines[self.at].removesuffix("\r")
            if len(line) > _LONGEST_HEADER:  # nothing outside of a hunk is that long, names least of all
                self.at += 1
            elif line.startswith("diff --git "):
                self.open(FilePatch(git=True))
                self.names_of_git(line.removeprefix("diff --git "))
                self.at += 1
            elif self.is_header(self.at):
                self.names()
            elif line.startswith("@@"):
                self.hunk()
            elif self.file is not None and self.file.git and not self.file.hunks and self.extended(self.file, line):
                self.at += 1
            else:
                self.at += 1

    def open(self, file: FilePatch) -> FilePatch:
        self.files.append(file)
        self.file = file
        return file

    def is_header(self, at: int) -> bool:
        return at + 1 < len(self.lines) and self.lines[at].startswith("--- ") and self.lines[at + 1].startswith("+++ ")

    def names_of_git(self, names: str) -> None:
        """Names from `diff --git a/x b/x`; what follows (`---`, `rename from`) is more certain and replaces them."""
        file = self.file
        if file is None:
            return
        if names.startswith('"'):
            match = re.match(r'("(?:[^"\\]|\\.)*") (.+)$', names)
            pair = (match[1], match[2]) if match else None
        elif names.endswith('"'):
            match = re.match(r'(.+?) ("(?:[^"\\]|\\.)*")$', names)
            pair = (match[1], match[2]) if match else None
        else:
            pair = next(
                (
                    (names[: m.start()], names[m.end() :])
                    for m in re.finditer(" ", names)
                    if _bare(names[: m.start()]) == _bare(names[m.end() :])
                ),
                None,
            )
            if pair is None and names.count(" ") == 1:
                left, right = names.split(" ")
                pair = (left, right)
        if pair:
            file.old, file.new = unquote(pair[0]), unquote(pair[1])

    def names(self) -> None:
        file = self.file
        if file is None or file.hunks or file.headed or not file.git:
            file = self.open(FilePatch())
        file.headed = True
        old = _name(self.lines[self.at].removesuffix("\r").removeprefix("--- "))
        new = _name(self.lines[self.at + 1].removesuffix("\r").removeprefix("+++ "))
        file.created = file.created or old is None
        file.deleted = file.deleted or new is None
        file.old, file.new = old, new
        if old is None and new is None:
            raise Rejected("unparsable", "both names of a file are /dev/null")
        self.at += 2

    def extended(self, file: FilePatch, line: str) -> bool:
        if line.startswith("GIT binary patch") or (line.startswith("Binary files ") and line.endswith(" differ")):
            file.binary = True
            return True
        match = _EXTENDED.match(line)
        if match is None:
            return False
        key, value = match[1], match[2]
        match key:
            case "old mode":
                file.old_mode = value.strip()
            case "new mode":
                file.new_mode = value.strip()
            case "new file mode":
                file.created, file.new_mode = True, value.strip()
            case "deleted file mode":
                file.deleted, file.old_mode = True, value.strip()
            case "rename from":
                file.renamed, file.old = True, "a/" + unquote(value)
            case "rename to":
                file.renamed, file.new = True, "b/" + unquote(value)
            case "copy from":
                file.copied, file.old = True, "a/" + unquote(value)
            case "copy to":
                file.copied, file.new = True, "b/" + unquote(value)
            case "index" if " " in value:
                file.old_mode = file.new_mode = value.strip().rsplit(" ", 1)[-1]
        return True

    def hunk(self) -> None:
        if self.file is None:
            raise Rejected("unparsable", "a hunk comes before any file name")
        header = _HUNK.match(self.lines[self.at].removesuffix("\r"))
        if header is None:
            self.at += 1
            return
        self.at += 1
        start = int(header[1]) if header[1] else None
        counts = (int(header[2] or 1), int(header[4] or 1)) if header[1] else None
        end = self.counted_end(*counts) if counts else None
        believed = end is not None and self.boundary(end)
        hunk = self.body(start, end if end is not None and believed else self.next_header())
        if not believed:
            _strip_trailing_blanks(hunk, counts)
        if hunk.lines:
            self.file.hunks.append(hunk)

    def counted_end(self, old: int, new: int) -> int | None:
        """Where the hunk ends if its counts are right."""
        at = self.at
        while (old > 0 or new > 0) and at < len(self.lines):
            sign = self.lines[at][:1]
            if sign not in ("", " ", "-", "+", "\\", "\r", "\t"):
                return None
            if sign == "\\":
                at += 1
                continue
            old -= sign != "+"
            new -= sign != "-"
            at += 1
        if old or new:
            return None
        while at < len(self.lines) and self.lines[at].startswith("\\"):
            at += 1
        return at

    def boundary(self, at: int) -> bool:
        """Whether something that isn't part of a hunk begins here."""
        if at >= len(self.lines):
            return True
        line = self.lines[at]
        if line.startswith("--- ") or not line.strip():
            return True
        if line == "-- ":  # the signature of `git format-patch`
            return True
        return line[0] not in " +-\\"

    def next_header(self) -> int:
        at = self.at
        while at < len(self.lines):
            line = self.lines[at]
            if line.startswith(("diff --git ", "@@")) or self.is_header(at) or _FENCE.match(line):
                return at
            at += 1
        return at

    def body(self, start: int | None, end: int) -> Hunk:
        hunk = Hunk(start)
        for at in range(self.at, end):
            line = self.lines[at]
            sign, text = line[:1], line[1:]
            if sign == "\\":
                last = hunk.lines[-1][0] if hunk.lines else " "
                hunk.old_open = hunk.old_open or last != "+"
                hunk.new_open = hunk.new_open or last != "-"
            elif sign in (" ", "-", "+"):
                hunk.lines.append((sign, text))
            else:  # the blank that marks context was lost
                hunk.lines.append((" ", line))
        self.at = end
        return hunk


def _strip_trailing_blanks(hunk: Hunk, counts: tuple[int, int] | None) -> None:
    """Blank lines after the last hunk belong to the text around it, unless the header counts them."""
    while hunk.lines and hunk.lines[-1][0] == " " and not hunk.lines[-1][1].strip():
        if counts and len(hunk.old) <= counts[0] and len(hunk.new) <= counts[1]:
            return
        hunk.lines.pop()


def _name(text: str) -> str | None:
    if text.startswith('"') and text.rstrip().endswith('"'):
        name = unquote(text.rstrip())
    elif "\t" in text:  # git ends a name that holds blanks with a tab; others set a time stamp behind it
        name = text.split("\t", 1)[0]
    else:
        name = _TIMESTAMP.sub("", text).strip()
    return None if name in ("/dev/null", "dev/null") else name


def _bare(path: str) -> str:
    return path[2:] if path[:2] in ("a/", "b/") else path
