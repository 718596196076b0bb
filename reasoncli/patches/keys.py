"""The two keys of a patch: what is run once, and what votes together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from reasoncli.domain import FileChange
from reasoncli.patches.canonical import read
from reasoncli.patches.tree import EXECUTABLE, REGULAR, Tree


def mode_after(change: FileChange, tree: Tree) -> str:
    """Git's mode of a file after a change that doesn't delete it."""
    if change.executable is None:
        return EXECUTABLE if tree.mode(change.path) == EXECUTABLE else REGULAR
    return EXECUTABLE if change.executable else REGULAR


def execution_key(changes: Sequence[FileChange], tree: Tree) -> str:
    """sha256, in hex, over path, mode and exact bytes of every file changed, sorted by path."""
    parts: list[bytes] = []
    for change in sorted(changes, key=lambda change: change.path):
        content = b"" if change.content is None else change.content
        mode = "deleted" if change.content is None else mode_after(change, tree)
        parts += [_bytes(change.path), _bytes(mode), content]
    return _digest(parts)


def vote_key(changes: Sequence[FileChange], tree: Tree) -> str:
    """sha256, in hex, over path, mode and canonical form of every file whose canonical form differs from the base's.

    Python files count by `canonical`; what isn't Python, by its lines without trailing white space; Python that
    can't be parsed, by its lines.
    """
    parts: list[bytes] = []
    for change in sorted(changes, key=lambda change: change.path):
        if change.content is None:
            parts += [_bytes(change.path), b"deleted", b""]
            continue
        base, mode = tree.read(change.path), mode_after(change, tree)
        form = _form(change.path, change.content, base)
        if base is not None and mode == tree.mode(change.path) and form == _form(change.path, base):
            continue
        parts += [_bytes(change.path), _bytes(mode), form]
    return _digest(parts)


def _form(path: str, content: bytes, base: bytes | None = None) -> bytes:
    if path.endswith((".py", ".pyi", ".pyw")):
        form = read(content, base).form
        if form is not None:
            return b"ast:" + _bytes(form)
        return b"lines:" + b"\n".join(content.replace(b"\r\n", b"\n").split(b"\n"))
    if b"\0" in content:
        return b"bytes:" + content
    lines = [line.rstrip() for line in content.replace(b"\r\n", b"\n").split(b"\n")]
    return b"text:" + b"\n".join(lines).rstrip(b"\n")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()
