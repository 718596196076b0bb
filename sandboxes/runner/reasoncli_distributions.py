"""Prints a digest of an interpreter and of what is installed for it; run by that interpreter, whatever its version.

An installed distribution is known by the name and the time of its metadata folder, which every installation makes
anew. What is installed as a link to a folder (`pip install -e`) is known by that folder's Python files: path, size
and time of each. The folder named as argument is left out: its files are known by other means.
"""

import hashlib
import json
import os
import sys

METADATA = (".dist-info", ".egg-info", ".egg-link", ".pth")
MOST = 50000  # files of linked folders; with more of them nothing is printed, which means: not known


def facts(known):
    """Everything the digest is of, in a fixed order, without the files below `known`.

    Raises:
        OverflowError: there are too many files.
    """
    found = [sys.version, os.path.realpath(sys.executable)]
    linked = set()
    for folder in sys.path:
        try:
            names = sorted(os.listdir(folder))
        except OSError:
            continue
        for name in names:
            if name.endswith(METADATA):
                path = os.path.join(folder, name)
                status = os.stat(path)
                found.append("%s %d %d" % (path, status.st_size, int(status.st_mtime * 1000)))
                linked.update(links(path))
    left = [MOST]
    for folder in sorted(linked):
        if not (os.path.realpath(folder) + os.sep).startswith(os.path.realpath(known) + os.sep):
            found.extend(files(folder, left))
    return found


def links(path):
    """Folders that a piece of metadata points to."""
    try:
        if path.endswith((".pth", ".egg-link")):
            with open(path) as file:
                return [line.strip() for line in file if os.path.isdir(line.strip())]
        with open(os.path.join(path, "direct_url.json")) as file:
            origin = json.load(file)
        if origin.get("dir_info", {}).get("editable") and origin["url"].startswith("file://"):
            return [origin["url"][len("file://") :]]
    except (OSError, IOError, ValueError, KeyError, AttributeError):
        pass
    return []


def files(top, left):
    """Path, size and time of the Python files below a folder, hidden folders left out."""
    for folder, folders, names in os.walk(top):
        folders[:] = sorted(name for name in folders if name[0] != "." and name not in ("__pycache__", "node_modules"))
        for name in sorted(names):
            if name.endswith((".py", ".so")):
                left[0] -= 1
                if left[0] < 0:
                    raise OverflowError("too many files")
                status = os.stat(os.path.join(folder, name))
                yield "%s/%s %d %d" % (folder, name, status.st_size, int(status.st_mtime * 1000))


def main():
    """Print the digest."""
    digest = hashlib.sha256("\n".join(facts(sys.argv[1])).encode("utf-8", "replace"))
    sys.stdout.write(digest.hexdigest())


if __name__ == "__main__":
    main()
