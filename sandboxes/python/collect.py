"""Copies what a build put beside the sources: `collect.py WORKDIR LIST DESTINATION`.

LIST holds the paths that came with the sources, each ended by a NUL. Version control, caches and object files stay
behind.
"""

import os
import shutil
import sys

SKIPPED_FOLDERS = {".git", "__pycache__", ".pytest_cache"}
SKIPPED_ENDINGS = (".o", ".pyc", ".a")


def main():
    """Copy everything that the list doesn't name."""
    workdir, listing, destination = sys.argv[1:]
    with open(listing, "rb") as stream:
        sources = {os.fsdecode(path) for path in stream.read().split(b"\0")}
    os.makedirs(destination)
    for folder, folders, names in os.walk(workdir):
        folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in names + links:
            full = os.path.join(folder, name)
            path = os.path.relpath(full, workdir)
            if path in sources or name.endswith(SKIPPED_ENDINGS):
                continue
            target = os.path.join(destination, path)
            if not os.path.isdir(os.path.dirname(target)):
                os.makedirs(os.path.dirname(target))
            if os.path.islink(full):
                os.symlink(os.readlink(full), target)
            elif os.path.isfile(full):
                shutil.copy2(full, target)


if __name__ == "__main__":
    main()
