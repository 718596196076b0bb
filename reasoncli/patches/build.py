"""Changed files become a patch: diff, keys, size."""

from __future__ import annotations

from collections.abc import Sequence

from reasoncli.domain import FileChange, Patch
from reasoncli.patches.diff_writer import Side, write_diff
from reasoncli.patches.keys import execution_key, mode_after, vote_key
from reasoncli.patches.tree import Tree


def build(changes: Sequence[FileChange], tree: Tree, dropped: Sequence[str] = ()) -> Patch:
    """A patch from the files it changes; those that end as they were are left out.

    Args:
        changes: states of files after the patch, at most one for each path.
        tree: the base.
        dropped: protected paths that were left out before.

    Returns:
        the patch; one without changes if nothing differs from the base.
    """
    kept: list[FileChange] = []
    diffs: list[str] = []
    size = 0
    for change in sorted(changes, key=lambda change: change.path):
        old, new = _before(change.path, tree), _after(change, tree)
        if old == new:
            continue
        diff, lines = write_diff(change.path, old, new)
        kept.append(change)
        diffs.append(diff)
        size += lines
    return Patch(
        changes=tuple(kept),
        diff="".join(diffs),
        execution_key=execution_key(kept, tree),
        vote_key=vote_key(kept, tree),
        size=size,
        dropped=tuple(sorted(set(dropped))),
    )


def _before(path: str, tree: Tree) -> Side | None:
    content, mode = tree.read(path), tree.mode(path)
    return None if content is None or mode is None else Side(content, mode)


def _after(change: FileChange, tree: Tree) -> Side | None:
    return None if change.content is None else Side(change.content, mode_after(change, tree))
