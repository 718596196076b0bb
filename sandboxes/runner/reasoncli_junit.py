"""JUnit files that one run of the test command writes: where it is told to, and where the project does by itself.

What lay there before the run never counts: reports are removed beforehand, and what can't be removed, or is no
report, is passed over afterwards unless it changed, as is what carries an older time (a copy out of some cache).
Symbolic links are not followed: a path must not lead out of the repository, neither to what is read nor to what is
removed.
Standard library only; Python 2.7 and 3.4 or later.
"""

import fnmatch
import os
import stat
import time

_SLACK = 2.0  # seconds that a file system's times may be coarse
_DEEPEST = 24  # folders below each other
_HEAD = 1 << 14  # bytes in which a report has its first element


class Reports(object):
    """The reports of one run; made before it begins, read after it ended."""

    def __init__(self, root, globs, path):
        """
        Args:
            root: the repository.
            globs: relative to it; `**` stands for any folders. A folder stands for the XML files in it.
            path: a file, or a folder with XML files, that the command was told to write.
        """
        self._root = root
        self._globs = globs
        self._path = path
        self._stale = {}
        for each in self._matching():
            self._stale[each] = _state(each)
            if b"<testsuite" in (read_file(each, _HEAD) or b""):
                try:
                    os.unlink(each)
                except OSError:
                    pass
        self._began = time.time()

    def read(self, limit):
        """The files' bytes, in the order of their paths, as many as fit into the limit; one that doesn't is cut."""
        found = []
        fresh = [each for each in self._matching() if self._is_fresh(each)]
        for each in sorted(xml_files(self._path)) + fresh:
            data = read_file(each, limit)
            if data is not None:
                limit -= len(data)
                found.append(data)
        return found

    def _is_fresh(self, path):
        state = _state(path)
        return state is not None and state != self._stale.get(path) and state[0] >= self._began - _SLACK

    def _matching(self):
        found = set()
        for glob in self._globs:
            parts = [part for part in glob.split("/") if part not in ("", ".")]
            if ".." not in parts:
                for path in _match(self._root, parts, 0):
                    found.update(each for each in xml_files(path) if each.lower().endswith(".xml"))
        return sorted(found)


def _match(folder, parts, depth):
    """Paths below a folder that the parts of a glob describe."""
    if not parts:
        return [folder]
    if depth > _DEEPEST:
        return []
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    first, rest = parts[0], parts[1:]
    found = _match(folder, rest, depth) if first == "**" and rest else []
    for name in names:
        path = os.path.join(folder, name)
        inside = os.path.isdir(path) and not os.path.islink(path)
        if first == "**":
            if inside and name not in (".git", "node_modules"):
                found += _match(path, parts, depth + 1)
            elif not inside and not rest:
                found.append(path)
        elif fnmatch.fnmatchcase(name, first) and (inside or not rest):
            found += _match(path, rest, depth + 1)
    return found


def xml_files(path):
    """The path if it is a file, the XML files below it if it is a folder."""
    if os.path.islink(path) or not os.path.isdir(path):
        return [path] if _state(path) is not None else []
    found = []
    for folder, folders, names in os.walk(path):
        folders.sort()
        found += [os.path.join(folder, name) for name in sorted(names) if name.lower().endswith(".xml")]
    return [each for each in found if _state(each) is not None]


def _state(path):
    """(modification time, size, inode) of a regular file, None for anything else."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return (found.st_mtime, found.st_size, found.st_ino) if stat.S_ISREG(found.st_mode) else None


def read_file(path, limit):
    """At most so many bytes of a regular file, None for what can't be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        parts = []
        while limit > 0:
            part = os.read(descriptor, min(limit, 1 << 20))
            if not part:
                break
            parts.append(part)
            limit -= len(part)
        return b"".join(parts)
    except OSError:
        return None
    finally:
        os.close(descriptor)
