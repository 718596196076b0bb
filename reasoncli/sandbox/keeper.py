"""Keeps a tree as it was: finds what differs from a manifest, whoever hid it, and puts it back.

Runs in two places: imported by the local sandbox, and as a program inside a container (`python -I -S
keeper.py`), where it speaks length-prefixed JSON on stdin and stdout. Hence the standard library only,
and nothing newer than Python 3.7.

A file counts as untouched when type, mode, size, modification time, *change time* and inode are what they
were. A program can set every one of these but the change time and the inode, so an edit that restores size and
modification time is found too, without reading a byte. Nothing of what is tested may be running meanwhile.
"""

# Python 3.7 reads this, and paths are text here: what pathlib can't hold must be kept, too.
# ruff: noqa: UP006, UP031, UP035, PTH101, PTH102, PTH103, PTH104, PTH106, PTH108, PTH112, PTH114, PTH115, PTH118, PTH120, PTH123, PTH208, PTH211, S103

from __future__ import annotations

import base64
import json
import os
import stat
import struct
import sys
from typing import Any, BinaryIO, Dict, Iterable, List, Tuple

# kind (f, l, d), mode, size, mtime_ns, ctime_ns, inode, link target; folders carry kind and mode only.
Entry = List[Any]
Manifest = Dict[str, Entry]

TRANSIENT = "/dev/mqueue"


class Escape(ValueError):
    """A path that is not plainly inside the tree: absolute, with `..`, or through a symbolic link."""


# ---------------------------------------------------------------- looking


def entry(path: str) -> Entry:
    """What the manifest holds for one path."""
    info = os.lstat(path)
    mode = stat.S_IMODE(info.st_mode)
    if stat.S_ISDIR(info.st_mode):
        return ["d", mode]
    if stat.S_ISLNK(info.st_mode):
        return ["l", 0, info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino, os.readlink(path)]
    kind = "f" if stat.S_ISREG(info.st_mode) else "?"
    return [kind, mode, info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino, ""]


def scan(root: str) -> Manifest:
    """Every path below the root, relative to it. Folders that were closed are opened on the way."""
    found = {}  # type: Manifest
    pending = [""]
    while pending:
        folder = pending.pop()
        full = os.path.join(root, folder) if folder else root
        for name in _names(full):
            path = folder + "/" + name if folder else name
            found[path] = entry(os.path.join(root, path))
            if found[path][0] == "d":
                pending.append(path)
    return found


def _names(folder: str) -> List[str]:
    try:
        return sorted(os.listdir(folder))
    except PermissionError:
        os.chmod(folder, 0o755)
        return sorted(os.listdir(folder))


# ---------------------------------------------------------------- putting back


def compare(root: str, manifest: Manifest) -> Tuple[List[str], List[str]]:
    """Remove what the manifest doesn't know; return (missing or changed paths, folders first; removed paths)."""
    wrong = []  # type: List[str]
    removed = []  # type: List[str]
    seen = set()
    pending = [""]
    while pending:
        folder = pending.pop()
        full = os.path.join(root, folder) if folder else root
        for name in _names(full):
            path = folder + "/" + name if folder else name
            place = os.path.join(root, path)
            now, then = entry(place), manifest.get(path)
            if then is None or now[0] != then[0]:
                remove(place)
                removed.append(path)
                continue
            seen.add(path)
            if now[0] == "d":
                if now != then:
                    os.chmod(place, then[1])
                _strip_attributes(place)
                pending.append(path)
            elif now != then:
                wrong.append(path)
    _strip_attributes(root)
    wrong.extend(path for path in manifest if path not in seen)
    wrong.sort(key=lambda path: (manifest[path][0] != "d", path))
    return wrong, removed


def _strip_attributes(folder: str) -> None:
    # An access list or a default one on a folder outlives its files; a file's change time would tell.
    if hasattr(os, "listxattr"):
        for name in os.listxattr(folder):
            os.removexattr(folder, name)


def place(root: str, path: str, kind: str, mode: int, data: bytes, mtime_ns: int = -1) -> Entry:
    """Put one file (`f`), link (`l`, data is its target) or folder (`d`) at a path, whatever lies there."""
    full = inside(root, path)
    if kind == "d":
        if not os.path.isdir(full) or os.path.islink(full):
            remove(full)
            os.mkdir(full)
        os.chmod(full, mode)
        return entry(full)
    os.makedirs(os.path.dirname(full), 0o755, exist_ok=True)
    remove(full)
    if kind == "l":
        os.symlink(os.fsdecode(data), full)
    else:
        handle = os.open(full, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        os.chmod(full, mode)
    if mtime_ns >= 0:
        os.utime(full, ns=(mtime_ns, mtime_ns), follow_symlinks=False)
    return entry(full)


def inside(root: str, path: str) -> str:
    """The path's place in the file system; parents that are files give way, links never lead anywhere.

    Raises:
        Escape: it isn't plainly inside.
    """
    parts = path.split("/")
    if not path or path.startswith("/") or any(part in ("", ".", "..") for part in parts) or "\0" in path:
        raise Escape("not a path inside the repository: %r" % path)
    full = root
    for part in parts[:-1]:
        full = os.path.join(full, part)
        if os.path.islink(full):
            raise Escape("the path leads through a symbolic link: %r" % path)
        if os.path.lexists(full) and not os.path.isdir(full):
            os.unlink(full)
    return os.path.join(full, parts[-1])


def remove(path: str) -> None:
    """Remove whatever lies at a path, to any depth, however its folders are closed; nothing there is fine."""
    if not os.path.lexists(path):
        return
    if os.path.islink(path) or not os.path.isdir(path):
        os.unlink(path)
        return
    # Nested folders are moved up beside this one first: no path grows too long, no call stack too deep.
    parent, pending, counter = os.path.dirname(path), [path], 0
    while pending:
        folder = pending.pop()
        os.chmod(folder, 0o700)
        for name in os.listdir(folder):
            full = os.path.join(folder, name)
            if os.path.islink(full) or not os.path.isdir(full):
                os.unlink(full)
                continue
            os.chmod(full, 0o700)
            counter += 1
            moved = os.path.join(parent, ".reasoncli-gone-%d-%d" % (os.getpid(), counter))
            os.rename(full, moved)
            pending.append(moved)
        os.rmdir(folder)


def empty(folder: str) -> None:
    """Remove everything inside a folder, which stays."""
    if os.path.isdir(folder):
        for name in os.listdir(folder):
            remove(os.path.join(folder, name))


def kernel_leftovers() -> List[str]:
    """System V objects that somebody left: nothing but their owner's end removes them surely."""
    left = []
    for kind in ("shm", "sem", "msg"):
        try:
            with open("/proc/sysvipc/" + kind) as table:
                count = sum(1 for _ in table) - 1
        except OSError:
            continue
        if count > 0:
            left.append("%d System V %s object(s)" % (count, kind))
    return left


# ---------------------------------------------------------------- inside a container


def put_all(root: str, items: Iterable[Dict[str, Any]]) -> Manifest:
    """Place or remove each item: `path`, and `kind` (`-` removes), `mode`, `data` in base64, `mtime_ns`."""
    placed = {}
    for item in items:
        path = item["path"]
        if item["kind"] == "-":
            remove(inside(root, path))
        else:
            data = base64.b64decode(item["data"])
            placed[path] = place(root, path, item["kind"], item["mode"], data, item.get("mtime_ns", -1))
    return placed


def receive(stream: BinaryIO) -> Any:
    """One message: eight bytes of length, then JSON."""
    (length,) = struct.unpack(">Q", _exactly(stream, 8))
    return receive_body(_exactly(stream, length))


def receive_body(body: bytes) -> Any:
    """What a message's bytes after the length mean."""
    return json.loads(body.decode("ascii"))


def _exactly(stream: BinaryIO, length: int) -> bytes:
    data = b""
    while len(data) < length:
        piece = stream.read(length - len(data))
        if not piece:
            raise EOFError("the driver hung up")
        data += piece
    return data


def pack(message: Any) -> bytes:
    """The other way: bytes of one message."""
    body = json.dumps(message).encode("ascii")
    return struct.pack(">Q", len(body)) + body


def main() -> None:
    """Answer one request, of kind `scan`, `restore` (two turns) or `write`; any error is told, not raised."""
    source, sink = os.fdopen(0, "rb", 0), os.fdopen(1, "wb", 0)
    try:
        request = receive(source)
        root = request["root"]
        if request["op"] == "restore":
            for folder in request["empty"]:
                empty(folder)
            empty(TRANSIENT)
            wrong, removed = compare(root, request["manifest"])
            sink.write(pack({"wrong": wrong, "removed": removed}))
            placed = put_all(root, receive(source)["items"])
            sink.write(pack({"placed": placed, "left": kernel_leftovers()}))
        elif request["op"] == "write":
            sink.write(pack({"placed": put_all(root, request["items"])}))
        else:
            sink.write(pack({"manifest": scan(root)}))
    except Escape as error:
        sink.write(pack({"escape": str(error)}))
    except (OSError, ValueError, EOFError) as error:
        sink.write(pack({"error": "%s: %s" % (type(error).__name__, error)}))


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main()
