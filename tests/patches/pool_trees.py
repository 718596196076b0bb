"""Trees around the hunks of a patch: as much of the files as the hunks quote, parted by code that they don't."""

from __future__ import annotations

from dataclasses import dataclass

from tests.patches.pool_patches import FileEdit, Line, PoolPatch

PATHS_BESIDE = ("setup.py", "docs/conf.py", "project/__init__.py")
"""Files of every tree that no patch is about."""


@dataclass(frozen=True)
class Part:
    """Lines of one hunk that an answer quotes: those of `hunk[start:stop]`."""

    path: str
    start: int
    stop: int
    hunk: tuple[Line, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        return self.hunk[self.start : self.stop]

    @property
    def old(self) -> list[str]:
        return [text for sign, text in self.lines if sign != "+"]

    @property
    def new(self) -> list[str]:
        return [text for sign, text in self.lines if sign != "-"]


def before(file: FileEdit) -> list[str]:
    """The reduced file. Around each hunk stand its own first lines once more, as real files repeat themselves."""
    return _laid_out(file, "+")


def after(file: FileEdit) -> list[str]:
    """What becomes of it."""
    return _laid_out(file, "-")


def _laid_out(file: FileEdit, absent: str) -> list[str]:
    if file.created:
        return [text for sign, text in file.hunks[0] if sign != absent]
    lines: list[str] = []
    for number, hunk in enumerate(file.hunks):
        lines += _filler(number, hunk)
        lines += [text for sign, text in hunk if sign != absent]
    return lines + _filler(len(file.hunks), ())


def _filler(number: int, hunk: tuple[Line, ...]) -> list[str]:
    lead = next((at for at, (sign, _) in enumerate(hunk) if sign != " "), 0)
    echo = [text for _, text in hunk[:lead]]
    name = f"part_{number}"
    return [f"def {name}(values):", *echo, f"    return prepare(values, {number})  # {name}", ""]


def tree(patch: PoolPatch) -> dict[str, bytes]:
    """The base."""
    files = dict.fromkeys(PATHS_BESIDE, b"# beside\n")
    return files | {file.path: text(before(file)) for file in patch.files if not file.created}


def outcome(patch: PoolPatch, kept: tuple[FileEdit, ...]) -> dict[str, bytes]:
    """The tree after those of its files that are kept."""
    return tree(patch) | {file.path: text(after(file)) for file in kept}


def text(lines: list[str]) -> bytes:
    return "".join(line + "\n" for line in lines).encode()


def parts(file: FileEdit, context: int) -> list[Part] | None:
    """What to quote for each change with so much context, or more where the place would not be unmistakable.

    Returns:
        parts that don't overlap, or `None` where a whole hunk occurs more than once.
    """
    bare = [line.strip() for line in before(file)]
    found: list[Part] = []
    for hunk in file.hunks:
        own: list[Part] = []
        for start, stop in _changes(hunk):
            part = _unmistakable(file.path, hunk, start, stop, context, bare)
            if part is None:
                return None
            while own and own[-1].stop >= part.start:
                part = Part(file.path, min(own[-1].start, part.start), max(own[-1].stop, part.stop), hunk)
                own.pop()
            own.append(part)
        found += own
    return found


def _changes(hunk: tuple[Line, ...]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for at, (sign, _) in enumerate(hunk):
        if sign != " ":
            start = runs.pop()[0] if runs and runs[-1][1] == at else at
            runs.append((start, at + 1))
    return runs


def _unmistakable(
    path: str, hunk: tuple[Line, ...], start: int, stop: int, context: int, bare: list[str]
) -> Part | None:
    for around in range(min(context, len(hunk)), len(hunk) + 1):
        part = Part(path, max(0, start - around), min(len(hunk), stop + around), hunk)
        quoted = [line.strip() for line in part.old]
        while quoted and not quoted[0]:
            quoted.pop(0)
        while quoted and not quoted[-1]:
            quoted.pop()
        if quoted and sum(bare[at : at + len(quoted)] == quoted for at in range(len(bare))) == 1:
            return part
    return None
