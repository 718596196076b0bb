"""Unified diffs put into files.

A diff that fits exactly is applied as git would do it, byte for byte. One that doesn't (wrong line numbers, lost
white space, a little wrong context) is placed by its context if there is one place only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reasoncli.domain import FileChange
from reasoncli.patches.diff_reader import FilePatch, Hunk
from reasoncli.patches.locate import locate, occurrences
from reasoncli.patches.outcome import Rejected
from reasoncli.patches.paths import resolve
from reasoncli.patches.text import Source, decode, split_lines
from reasoncli.patches.tree import EXECUTABLE, LINK, REGULAR, Tree

_MOST_FUZZ = 2
_MOST_HUNKS = 256
_SUBMODULE = "160000"


def apply_diff(
    files: Sequence[FilePatch], tree: Tree, forbids: Callable[[str], str | None]
) -> tuple[list[FileChange], tuple[str, ...]]:
    """Apply the files of a diff to a tree.

    Args:
        files: as read.
        tree: the base.
        forbids: says why a path is protected; such files are left out.

    Returns:
        the changes, and the protected paths that were left out.

    Raises:
        Rejected: a file or hunk doesn't fit, is ambiguous, binary, a link or a submodule.
    """
    changes: dict[str, FileChange] = {}
    dropped: list[str] = []
    for file in files:
        old, new = _paths(file, tree)
        guarded = [path for path in (old, new) if path is not None and forbids(path)]
        if guarded:
            dropped.extend(guarded)
            continue
        _refuse_special(file, tree, old or new or "")
        _apply_file(file, old, new, tree, changes)
    return list(changes.values()), tuple(dict.fromkeys(dropped))


def _paths(file: FilePatch, tree: Tree) -> tuple[str | None, str | None]:
    """The paths before and after; equal but for renames and copies, `None` for a file that isn't there."""
    if file.old is None and file.new is None:
        raise Rejected("unparsable", "a file of the diff has no name")
    old = None if file.created or file.old is None else resolve(file.old, tree, ())
    if file.deleted or file.new is None:
        return old or resolve(file.old or "", tree, ()), None
    if file.renamed or file.copied:
        return old, _plain(file.new)
    if old is not None:
        # Without `rename from`, different names are a slip (`foo.py.orig`), unless only the new one exists.
        new = resolve(file.new, tree, ())
        return (new, new) if tree.mode(new) is not None else (old, old)
    return None, _plain(file.new)


def _plain(path: str) -> str:
    return path[2:] if path[:2] in ("a/", "b/") else path


def _refuse_special(file: FilePatch, tree: Tree, path: str) -> None:
    modes = {file.old_mode, file.new_mode, tree.mode(path)}
    if LINK in modes:
        raise Rejected("forbidden", f"{path} is a symbolic link")
    if _SUBMODULE in modes:
        raise Rejected("forbidden", f"{path} is a submodule")
    if file.binary:
        raise Rejected("forbidden", f"the change to {path} is binary")


def _apply_file(file: FilePatch, old: str | None, new: str | None, tree: Tree, changes: dict[str, FileChange]) -> None:
    earlier = changes.get(old) if old else None
    data = earlier.content if earlier else tree.read(old) if old else None
    if old is None and new is not None:
        if new in changes or tree.mode(new) is not None:
            raise Rejected("unappliable", f"{new} is to be created but is already there")
        changes[new] = FileChange(new, _new_file(file, new), True if file.new_mode == EXECUTABLE else None)
        return
    if old is None or data is None:
        raise Rejected("unappliable", f"{old} is not in the repository")
    content = patch_bytes(data, file.hunks, old)
    if new is None:
        if content:
            raise Rejected("unappliable", f"{old} is to be deleted, but the diff doesn't hold all of it")
        changes[old] = FileChange(old, None)
        return
    executable = {EXECUTABLE: True, REGULAR: False}.get(file.new_mode or "")
    if new != old:
        if new in changes or tree.mode(new) is not None:
            raise Rejected("unappliable", f"{new} is to be created but is already there")
        if not file.copied:
            changes[old] = FileChange(old, None)
        executable = executable if executable is not None else tree.mode(old) == EXECUTABLE
    changes[new] = FileChange(new, content, executable)


def _new_file(file: FilePatch, path: str) -> bytes:
    lines = [text for hunk in file.hunks for text in hunk.new]
    if any(sign == "-" for hunk in file.hunks for sign, _ in hunk.lines):
        raise Rejected("unappliable", f"{path} is new, but the diff removes lines from it")
    ends_open = bool(file.hunks) and file.hunks[-1].new_open
    text = "\n".join(lines) + ("" if ends_open or not lines else "\n")
    return decode(b"", python=path.endswith(".py")).splice(0, 0, *split_lines(text)).encode()


def patch_bytes(data: bytes, hunks: Sequence[Hunk], path: str) -> bytes:
    """A file after its hunks.

    Raises:
        Rejected: a hunk doesn't fit, or fits several places.
    """
    if not hunks:
        return data
    source = decode(data, python=path.endswith((".py", ".pyi")))
    exact = _exact(source, hunks)
    if exact is not None:
        return exact.encode()
    if len(hunks) > _MOST_HUNKS:
        raise Rejected("unappliable", f"{path}: the diff doesn't fit, and {len(hunks)} hunks are too many to look for")
    carried = all(text.endswith("\r") for hunk in hunks for _, text in hunk.lines)  # the whole diff came with CRLF
    if carried or all(end != "\n" for end in source.ends if end):
        hunks = [_without_returns(hunk) for hunk in hunks]
    return _tolerant(source, hunks, path).encode()


def _without_returns(hunk: Hunk) -> Hunk:
    lines = [(sign, text.removesuffix("\r")) for sign, text in hunk.lines]
    return Hunk(hunk.start, lines, hunk.old_open, hunk.new_open)


def _exact(source: Source, hunks: Sequence[Hunk]) -> Source | None:
    """What git does with a diff that fits where it says; `None` if it doesn't."""
    text = source.text
    closed = not text or text.endswith("\n")
    lines = text.split("\n")
    if closed:
        lines.pop()
    result: list[str] = []
    position = 0
    for hunk in hunks:
        if hunk.start is None:
            return None
        old = hunk.old
        start = hunk.start - 1 if old else hunk.start
        stop = start + len(old)
        if start < position or lines[start:stop] != old:
            return None
        if hunk.old_open and (stop != len(lines) or closed):
            return None
        if not hunk.old_open and stop == len(lines) and old and not closed:
            return None
        result += lines[position:start] + hunk.new
        position = stop
    at_end = position == len(lines) and bool(hunks[-1].lines)
    result += lines[position:]
    ends_open = hunks[-1].new_open if at_end and (hunks[-1].new or not closed) else not closed
    if any(hunk.new_open for hunk in hunks[:-1]) or (hunks[-1].new_open and not at_end):
        return None
    text = "\n".join(result) + ("" if ends_open or not result else "\n")
    split, ends = split_lines(text)
    return Source(split, ends, source.encoding, source.errors, source.bom)


@dataclass(frozen=True, slots=True)
class _Fit:
    start: int
    rewrite: Callable[[str], str]
    lines: list[tuple[str, str]]


def _tolerant(source: Source, hunks: Sequence[Hunk], path: str) -> Source:
    drift = 0  # how far the last hunk stood from where its header says
    for number, hunk in enumerate(hunks, 1):
        try:
            fit = _fit(source, hunk, drift)
        except Rejected as error:
            raise Rejected(error.rejection.kind, f"{path}, hunk {number}: {error.rejection.reason}") from error
        if hunk.start is not None:
            drift = fit.start + 1 - hunk.start
        source = _put(source, fit, hunk)
    return source


def _fit(source: Source, hunk: Hunk, drift: int) -> _Fit:
    old = hunk.old
    if not old:
        if hunk.start is None or not 0 <= hunk.start + drift <= len(source.lines):
            raise Rejected("ambiguous", "it only adds lines and doesn't say where")
        return _Fit(hunk.start + drift, str, hunk.lines)
    if hunk.start is not None:
        start = hunk.start - 1 + drift
        if start >= 0 and list(source.lines[start : start + len(old)]) == old:
            return _Fit(start, str, hunk.lines)
    for lines in _fuzzy(hunk.lines):
        quoted = [text for sign, text in lines if sign != "+"]
        try:
            place = locate(source.lines, quoted)
        except Rejected:
            near = _nearest(source.lines, quoted, hunk, drift)
            if near is None:
                raise
            return _Fit(near, str, lines)
        if place is not None:
            return _Fit(place.start, place.rewrite, lines)
    raise Rejected("unappliable", f"its context is not in the file ({old[0].strip()[:60]!r} …)")


def _nearest(lines: Sequence[str], quoted: Sequence[str], hunk: Hunk, drift: int) -> int | None:
    """Of several exact places the one the header means, if it points within one line of it and no other is near."""
    if hunk.start is None:
        return None
    expected = hunk.start - 1 + drift
    places = sorted((abs(place - expected), place) for place in occurrences(lines, quoted))
    if not places or places[0][0] > 1 or (len(places) > 1 and places[1][0] <= 3 * len(quoted)):
        return None
    return places[0][1]


def _fuzzy(lines: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """The hunk whole, then with one and two lines of context taken off its ends."""
    variants = [lines]
    for fuzz in range(1, _MOST_FUZZ + 1):
        head = min(fuzz, next((i for i, (sign, _) in enumerate(lines) if sign != " "), 0))
        tail = min(fuzz, next((i for i, (sign, _) in enumerate(reversed(lines)) if sign != " "), 0))
        trimmed = lines[head : len(lines) - tail]
        if trimmed != variants[-1] and any(sign != "+" and text.strip() for sign, text in trimmed):
            variants.append(trimmed)
    return variants


def _put(source: Source, fit: _Fit, hunk: Hunk) -> Source:
    lines: list[str] = []
    ends: list[str | None] = []
    position = fit.start
    for sign, text in fit.lines:
        if sign == "+":
            lines.append(fit.rewrite(text))
            ends.append(None)
        else:
            if sign == " ":
                lines.append(source.lines[position])
                ends.append(source.ends[position] or None)
            position += 1
    return source.splice(fit.start, position, lines, ends)
