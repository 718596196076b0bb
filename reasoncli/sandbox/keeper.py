"""Keeps a tree as it was: finds what differs from a manifest, whoever hid it, and puts it back.

Runs in two places: imported by the local sandbox, and as a program inside a container (`python -I -S
keeper.py`). Hence the standard library only, and nothing newer than Python 3.7.

A file counts as untouched when type, mode, size, modification time, *change time* and inode are what they
were. A program can set every one of these but the change time and the inode, so an edit that restores size and
modification time is found too, without reading a byte. Nothing of what is tested may be running meanwhile.
"""

# Python 3.7 reads this, and paths are text here: what pathlib can't hold must be kept, too.
# ruff: noqa: UP006, UP031, UP035, PTH101, PTH102, PTH103, PTH104, PTH106, PTH108, PTH112, PTH114, PTH115, PTH118, PTH120, PTH123, PTH208, PTH211, S103

from __future__ import annotations

import marshal
import os
import stat
import struct
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Tuple

    # kind (f, l, d), mode, size, mtime_ns, ctime_ns, inode, link target; folders carry kind and mode only.
    Entry = List[Any]
    Manifest = Dict[str, Entry]

TRANSIENT = "/dev/mqueue"
PRIVATE = 0o700  # of a temporary place that belongs to whom is tested
CHANNEL = [0, 1]  # where requests come from, and where answers go


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
    """Every path below the root, relative to it, and the root as "". Folders that were closed are opened on the way."""
    found = {"": entry(root)}  # type: Manifest
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
    seen = {""}
    pending = [""]
    reopen(root, manifest[""][1])
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
    wrong.extend(path for path in manifest if path not in seen)
    wrong.sort(key=lambda path: (manifest[path][0] != "d", path))
    return wrong, removed


def reopen(folder: str, mode: int) -> None:
    """Make sure that a folder is one, and no link to one; if it is ours, give it its mode back, and no attributes."""
    if os.path.islink(folder) or not os.path.isdir(folder):
        remove(folder)
        os.mkdir(folder)
    if os.lstat(folder).st_uid == os.geteuid():
        os.chmod(folder, mode)
        _strip_attributes(folder)


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


def clear(place: str) -> None:
    """Bring a temporary place back: empty, and closed to others if it is ours. The system's can't be closed by us."""
    reopen(place, PRIVATE)
    empty(place)


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

# Starting up is most of what a turn costs: hence marshal, and no json, typing or base64. Requests come from the driver,
# which is trusted; answers are plain fields, because the driver must not unmarshal what comes out of a container.


def put_all(root: str, items: Iterable[Tuple[Any, ...]]) -> Manifest:
    """Place each item, (path, kind, mode, data, mtime_ns); kind `-` removes."""
    placed = {}
    for path, kind, mode, data, mtime_ns in items:
        if kind == "-":
            remove(inside(root, path))
        else:
            placed[path] = place(root, path, kind, mode, data, mtime_ns)
    return placed


def flatten(manifest: Manifest) -> List[str]:
    """A manifest as fields, eight a path."""
    fields = []  # type: List[str]
    for path, values in manifest.items():
        fields += [path, *map(str, values), *[""] * (7 - len(values))]
    return fields


def unflatten(fields: List[str]) -> Manifest:
    """The other way."""
    manifest = {}  # type: Manifest
    for at in range(0, len(fields), 8):
        path, kind, mode, size, mtime, ctime, inode, target = fields[at : at + 8]
        if kind == "d":
            manifest[path] = [kind, int(mode)]
        else:
            manifest[path] = [kind, int(mode), int(size), int(mtime), int(ctime), int(inode), target]
    return manifest


def pack_request(request: Dict[str, Any]) -> bytes:
    """A request as bytes: eight of length, then a format that every Python since 2.5 reads."""
    body = marshal.dumps(request, 2)
    return struct.pack(">Q", len(body)) + body


def receive() -> Any:
    """The driver's next request.

    Raises:
        EOFError: it hung up.
    """
    (length,) = struct.unpack(">Q", _exactly(8))
    return marshal.loads(_exactly(length))  # noqa: S302 - from the driver


def _exactly(length: int) -> bytes:
    pieces = []
    while length:
        piece = os.read(CHANNEL[0], min(length, 1 << 20))  # never more than asked for: the rest is somebody else's
        if not piece:
            raise EOFError("the driver hung up")
        pieces.append(piece)
        length -= len(piece)
    return b"".join(pieces)


def answer(fields: List[str]) -> None:
    """Answer the driver."""
    body = b"\0".join(os.fsencode(field) for field in fields)
    data = struct.pack(">Q", len(body)) + body
    while data:
        data = data[os.write(CHANNEL[1], data) :]


def serve() -> None:
    """Answer one request, `scan` or `restore`; the first field of an answer is `ok` or `error`."""
    try:
        request = receive()
        if request["op"] == "restore":
            restore(request["root"], request["manifest"], request["empty"])
        else:
            answer(["ok", *flatten(scan(request["root"]))])
    except (OSError, ValueError, EOFError) as error:
        answer(["error", "%s: %s" % (type(error).__name__, error)])


def restore(root: str, manifest: Manifest, places: Iterable[str]) -> None:
    """Put everything back, in two answers: what the driver has to send, then what was placed.

    The second answer's first field tells what is left in the kernel. The manifest is kept up to date.
    """
    for place in places:
        clear(place)
    empty(TRANSIENT)
    wrong, _ = compare(root, manifest)
    answer(["ok", *wrong])
    placed = put_all(root, receive()["items"]) if wrong else {}
    manifest.update(placed)
    answer(["ok", "; ".join(kernel_leftovers()), *flatten(placed)])


def enter() -> None:
    """Write the files of one request, then become its command, which finds its own input where the request ends.

    A secret word, which the command never sees, begins stderr; `+` follows once the files are written, or else what
    went wrong.
    """
    import signal

    request = receive()
    try:
        put_all(request["root"], request["items"])
    except (OSError, ValueError) as error:
        os.write(2, os.fsencode("%s%s: %s" % (request["word"], type(error).__name__, error)))
        sys.exit(1)
    os.write(2, os.fsencode(request["word"] + "+"))
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.umask(0o022)
    argv = request["argv"]
    try:
        with open("/proc/self/oom_score_adj", "w") as score:
            score.write("1000")
        os.chdir(request["cwd"])
        os.execvp(argv[0], argv)  # noqa: S606 - no shell is the point
    except OSError as error:
        os.write(2, os.fsencode("%s: %s\n" % (argv[0], error.strerror)))
        os._exit(127 if isinstance(error, FileNotFoundError) else 126)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    if sys.argv[1:] == ["enter"]:
        enter()
    else:
        serve()
