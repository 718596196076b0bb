"""Paths as models write them, and paths that no patch may have."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from reasoncli.patches.tree import LINK, Tree

_LONGEST = 512
_DRIVE = re.compile(r"^[A-Za-z]:[\\/]")
_GIT_DIRECTORY = re.compile(r"^(\.git|git~\d+)[ .]*$", re.IGNORECASE)
_DECORATION = "`'\"*<>"
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_NAMED = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


def unsafe(path: str, tree: Tree) -> str | None:
    """Why a path may never be written, whatever the policy says, or `None`."""
    if not path or path.endswith("/"):
        return "it names no file"
    if len(path.encode("utf-8", "surrogateescape")) > _LONGEST:
        return "the path is too long"
    if any(ord(character) < 32 or ord(character) == 127 for character in path):
        return "the path holds control characters"
    if path.startswith("/") or _DRIVE.match(path):
        return "the path is absolute"
    parts = path.split("/")
    if ".." in parts or "." in parts or "" in parts:
        return "the path leaves its folder"
    if any(_GIT_DIRECTORY.match(part) for part in parts):
        return "it lies in git's own folder"
    if tree.mode(path) == LINK:
        return "it is a symbolic link"
    for end in range(1, len(parts)):
        mode = tree.mode("/".join(parts[:end]))
        if mode == LINK:
            return "the path leads through a symbolic link"
        if mode is not None:
            return "a file stands where the path needs a folder"
    if tree.mode(path) is None and any(known.startswith(path + "/") for known in tree.paths()):
        return "a folder stands there"
    return None


def clean(path: str) -> str:
    """A path without decoration: quotes, back-quotes, stars, angle brackets, `./` and Windows separators."""
    path = path.strip().strip(_DECORATION).strip().rstrip(":").strip(_DECORATION).strip()
    if "\\" in path and "/" not in path:
        path = path.replace("\\", "/")
    while path.startswith("./"):
        path = path[2:]
    return path


def resolve(path: str, tree: Tree, shown: Sequence[str]) -> str:
    """The file meant by a path: itself, without `a/` or `b/`, or the only file shown (or at all) that ends like it.

    A path that goes on to the left, into the folder that the model takes the repository to lie in, means the file shown
    that it ends with.
    """
    if tree.mode(path) is not None:
        return path
    bare = path[2:] if path[:2] in ("a/", "b/") else path
    if tree.mode(bare) is not None:
        return bare
    inside = [known for known in shown if "/" in known and path.endswith("/" + known)]
    if len(inside) == 1 and ".." not in path.split("/"):
        return inside[0]
    if path.startswith("/") or ".." in path.split("/"):
        return path
    for pool in (shown, tree.paths()):
        endings = [known for known in pool if known.endswith("/" + bare)]
        if len(endings) == 1:
            return endings[0]
    return bare


def looks_like_path(text: str) -> bool:
    """Whether a word could be a file's path: no blanks inside, and a suffix or a slash."""
    return (
        bool(text)
        and not re.search(r"[\s<>|*?\"`()=,;]", text)
        and (bool(re.search(r"\.[A-Za-z0-9_]{1,8}$", text)) or ("/" in text and PurePosixPath(text).name != ""))
    )


def unquote(path: str) -> str:
    """Undo git's C-style quoting of a path."""
    if not (len(path) >= 2 and path[0] == path[-1] == '"'):
        return path

    def plain(match: re.Match[bytes]) -> bytes:
        code = match[1]
        return bytes([int(code, 8) & 255]) if len(code) == 3 else _NAMED.get(code, code)

    return _ESCAPE.sub(plain, path[1:-1].encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")


def quote(path: str) -> str:
    """A path as git prints it in a diff: quoted where it holds control characters, quotes, `\\` or bytes over 127."""
    raw = path.encode("utf-8", "surrogateescape")
    if all(32 <= byte < 127 and byte not in b'"\\' for byte in raw):
        return path
    names = {value[0]: key for key, value in _NAMED.items()}
    out = []
    for byte in raw:
        if byte in names:
            out.append("\\" + names[byte].decode())
        elif byte in b'"\\':
            out.append("\\" + chr(byte))
        else:
            out.append(chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}")
    return '"' + "".join(out) + '"'
