"""Search/replace blocks put into files: the lines to search are found, the lines that change are replaced."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from reasoncli.patches.blocks import Block
from reasoncli.patches.elision import elides, pieces
from reasoncli.patches.locate import Place, drop_numbers, locate, unchanged, unnumbered
from reasoncli.patches.outcome import Rejected
from reasoncli.patches.paths import resolve
from reasoncli.patches.text import Source, align, decode
from reasoncli.patches.tree import Tree

_MOST_DIVIDERS = 16


def apply_blocks(
    blocks: Sequence[Block], tree: Tree, shown: Sequence[str], forbids: Callable[[str], str | None]
) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Edit files.

    Args:
        blocks: of one completion, in order.
        tree: the base.
        shown: paths of the files the prompt showed.
        forbids: says why a path is protected; such blocks are left out.

    Returns:
        new bytes by path, and the protected paths that were left out.

    Raises:
        Rejected: a block can't be placed, or is ambiguous, or nothing is left.
    """
    edited: dict[str, Source] = {}
    dropped: list[str] = []
    for path, group in _by_file(blocks, tree, shown):
        if forbids(path):
            dropped.append(path)
            continue
        data = tree.read(path)
        if data is None and tree.mode(path) is not None:
            raise Rejected("forbidden", f"{path} is not a regular file")
        source = edited.get(path) or decode(data or b"", python=path.endswith((".py", ".pyi")))
        edited[path] = _edit(source, group, path, exists=data is not None)
    return {path: source.encode() for path, source in edited.items()}, tuple(dropped)


def _by_file(blocks: Sequence[Block], tree: Tree, shown: Sequence[str]) -> list[tuple[str, list[Block]]]:
    groups: dict[str, list[Block]] = {}
    for block in blocks:
        path = resolve(block.path, tree, shown) if block.path else _home(block, tree, shown)
        groups.setdefault(path, []).append(block)
    return list(groups.items())


def _home(block: Block, tree: Tree, shown: Sequence[str]) -> str:
    """The file of a block that names none: the only one shown, or the only one that holds its lines."""
    if len(shown) == 1:
        return shown[0]
    search, _ = block.sides(block.dividers[0])
    homes = []
    for path in shown:
        data = tree.read(path)
        if data is not None and _holds(decode(data, python=path.endswith(".py")), search):
            homes.append(path)
    if len(homes) == 1:
        return homes[0]
    if homes:
        raise Rejected("ambiguous", f"a block names no file and fits {len(homes)} of those shown")
    raise Rejected("unparsable", "a block names no file, and no file shown holds its lines")


def _holds(source: Source, search: Sequence[str]) -> bool:
    try:
        return locate(source.lines, search) is not None
    except Rejected:
        return True


@dataclass(frozen=True, slots=True)
class _Edit:
    place: Place
    search: list[str]
    replace: list[str]


def _edit(source: Source, blocks: Sequence[Block], path: str, *, exists: bool) -> Source:
    """Place every block in the file as it was; where that fails, one after the other in the file as it becomes."""
    try:
        edits = [edit for block in blocks for edit in _places(source, block, path, exists=exists)]
        edits.sort(key=lambda edit: edit.place.start)
        apart = all(a.place.start + a.place.count <= b.place.start for a, b in pairwise(edits))
    except Rejected:
        if len(blocks) == 1:
            raise
        apart = False
    if apart:
        for edit in reversed(edits):
            source = _replace(source, edit)
        return source
    for block in blocks:
        for edit in reversed(_places(source, block, path, exists=exists or bool(source.lines))):
            source = _replace(source, edit)
    return source


def _places(source: Source, block: Block, path: str, *, exists: bool) -> list[_Edit]:
    """Where a block belongs: one place, or one for each part of a block that leaves out the same on both sides.

    Each part must be found once in the file, as if it were a block of its own, and in the order in which it is quoted.
    """
    try:
        return [_place(source, block, path, exists=exists)]
    except Rejected:
        parts = pieces(*block.sides(block.dividers[0])) if len(block.dividers) == 1 else None
        edits = [_located(source, search, replace, path) for search, replace in parts or ()]
        found = [edit for edit in edits if edit is not None]
        ordered = all(a.place.start + a.place.count <= b.place.start for a, b in pairwise(found))
        if not found or len(found) < len(edits) or not ordered:
            raise
        return found


def _place(source: Source, block: Block, path: str, *, exists: bool) -> _Edit:
    if len(block.dividers) == 1:
        return _place_sides(source, *block.sides(block.dividers[0]), path, exists=exists)
    # A line of `=` may belong to the code (an underlined heading). The longest search part that is in the file is
    # meant: its own `=======` lines were found there.
    if len(block.dividers) > _MOST_DIVIDERS:
        raise Rejected("ambiguous", f"{path}: a block has {len(block.dividers)} ======= lines")
    refusal: Rejected | None = None
    for divider in reversed(block.dividers):
        try:
            return _place_sides(source, *block.sides(divider), path, exists=exists)
        except Rejected as error:
            refusal = error
    raise refusal or Rejected("unparsable", f"{path}: a block has no divider")


def _place_sides(source: Source, search: list[str], replace: list[str], path: str, *, exists: bool) -> _Edit:
    if not any(line.strip() for line in search):
        if exists and any(line.strip() for line in source.lines):
            raise Rejected("unappliable", f"{path}: the block searches for nothing, but the file is not empty")
        _refuse_elision(replace, (), path)
        return _Edit(Place(0, len(source.lines), unchanged), [], _trim_blank(replace))
    found = _located(source, search, replace, path)
    if found is not None:
        return found
    fragment = _fragment(source, search, replace)
    if fragment is not None:
        return fragment
    elided = next((line for line in search if elides(line)), None)
    if elided is not None:
        raise Rejected("unparsable", f"{path}: the block leaves code out ({elided.strip()!r}) instead of quoting it")
    raise Rejected("unappliable", f"{path}: the searched lines are not in the file ({search[0].strip()[:60]!r} …)")


def _located(source: Source, search: list[str], replace: list[str], path: str) -> _Edit | None:
    """Where whole lines are quoted; `None` if they are not in the file."""
    for searched, replaced in _readings(search, replace):
        try:
            place = locate(source.lines, searched)
        except Rejected as error:
            numbered = unnumbered(search)
            exact = _at(source.lines, searched, numbered[1] - 1) if numbered else None
            if exact is None:
                raise Rejected(error.rejection.kind, f"{path}: {error.rejection.reason}") from error
            place = exact
        if place is not None:
            _refuse_elision(replaced, (*source.lines, *searched), path)
            return _Edit(place, searched, replaced)
    return None


def _readings(search: list[str], replace: list[str]) -> list[tuple[list[str], list[str]]]:
    """The block as written; without blank lines around it; without copied line numbers."""
    readings = [(search, replace), _trim_together(search, replace)]
    numbered = unnumbered(search)
    if numbered:
        readings.append((numbered[0], drop_numbers(replace)))
        readings.append(_trim_together(*readings[-1]))
    return readings


def _trim_together(search: list[str], replace: list[str]) -> tuple[list[str], list[str]]:
    search, replace = list(search), list(replace)
    for at in (0, -1):
        while search and not search[at].strip():
            search.pop(at)
            if replace and not replace[at].strip():
                replace.pop(at)
    return search, replace


def _trim_blank(lines: list[str]) -> list[str]:
    while lines and not lines[0].strip():
        lines = lines[1:]
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    return lines


def _at(lines: Sequence[str], searched: Sequence[str], start: int) -> Place | None:
    """The numbers that were copied along say which of several equal places is meant."""
    window = [line.rstrip() for line in lines[max(0, start) : start + len(searched)]]
    return Place(start, len(searched), unchanged) if window == [line.rstrip() for line in searched] else None


def _fragment(source: Source, search: list[str], replace: list[str]) -> _Edit | None:
    """A part of one line, quoted without the rest of it."""
    if len(search) != 1 or len(replace) > 1 or len(search[0].strip()) < 4:
        return None
    wanted = search[0].strip()
    hits = [index for index, line in enumerate(source.lines) if wanted in line]
    if len(hits) > 1 or (hits and source.lines[hits[0]].count(wanted) > 1):
        raise Rejected("ambiguous", f"the quoted part of a line occurs more than once (line {hits[0] + 1} …)")
    if not hits:
        return None
    line = source.lines[hits[0]]
    new = line.replace(wanted, replace[0].strip() if replace else "")
    return _Edit(Place(hits[0], 1, unchanged), [line], [new])


def _refuse_elision(replaced: Sequence[str], known: Sequence[str], path: str) -> None:
    there = {line.strip() for line in known}
    for line in replaced:
        if elides(line) and line.strip() not in there:
            raise Rejected("unparsable", f"{path}: the new code leaves something out ({line.strip()!r})")


def _replace(source: Source, edit: _Edit) -> Source:
    """Lines that the block keeps stay the file's own bytes; only changed ones are written anew."""
    start, count = edit.place.start, edit.place.count
    lines: list[str] = []
    ends: list[str | None] = []
    for kept, line in zip(align(edit.search, edit.replace), edit.replace, strict=True):
        lines.append(edit.place.rewrite(line) if kept is None else source.lines[start + kept])
        ends.append(None if kept is None else source.ends[start + kept] or None)
    return source.splice(start, start + count, lines, ends)
