"""What is read of a bare git repository: commits, trees and files. Nothing in it is run or checked out."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def head(folder: Path) -> str | None:
    """The newest commit's name; `None` where there is none, or no repository."""
    try:
        return _git(folder, "rev-parse", "--verify", "--quiet", "HEAD^{commit}").decode().strip() or None
    except subprocess.CalledProcessError:
        return None


def tags(folder: Path) -> list[str]:
    """The commits that tags name, oldest first."""
    form = "%(objecttype) %(*objecttype) %(objectname) %(*objectname)"
    lines = _git(folder, "for-each-ref", "--sort=creatordate", f"--format={form}", "refs/tags").decode().splitlines()
    found = []
    for line in lines:
        kind, peeled, name, *target = line.split(" ")
        if kind == "commit":
            found.append(name or target[0])
        elif peeled == "commit":
            found.append(target[0])
    return found


def tree(folder: Path, commit: str, *, recursive: bool = True) -> list[tuple[str, int, str]]:
    """The files of a commit as (path, size in bytes, object name), sorted by path; links and submodules are none."""
    listed = _git(folder, "ls-tree", "-l", "-z", *(["-r"] if recursive else []), commit)
    found = []
    for entry in listed.split(b"\0"):
        meta, _, path = entry.partition(b"\t")
        if meta and (fields := meta.split())[1] == b"blob" and fields[0] != b"120000" and fields[3].isdigit():
            found.append((path.decode("utf-8", "replace"), int(fields[3]), fields[2].decode()))
    return sorted(found)


def contents(folder: Path, objects: list[str]) -> dict[str, bytes]:
    """The files by object name; those that the repository lacks are missing."""
    if not objects:
        return {}
    answer = _git(folder, "cat-file", "--batch", stdin="\n".join(objects).encode() + b"\n")
    found, place = {}, 0
    while place < len(answer):
        end = answer.index(b"\n", place)
        name, kind, *size = answer[place:end].decode().split()
        place = end + 1
        if kind == "missing" or not size:
            continue
        found[name] = answer[place : place + int(size[0])]
        place += int(size[0]) + 1
    return found


def command(folder: Path, *arguments: str) -> list[str]:
    """A git command about a bare repository, for `environment()`."""
    return ["git", f"--git-dir={folder}", "-c", "core.hooksPath=/dev/null", "-c", "log.showSignature=false", *arguments]


def environment() -> dict[str, str]:
    """Variables for git: a repository here is data, and no configuration may make git run or fetch something."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_NO_LAZY_FETCH": "1"}
    return {**kept, **own, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8"}


def _git(folder: Path, *arguments: str, stdin: bytes | None = None) -> bytes:
    done = subprocess.run(command(folder, *arguments), input=stdin, capture_output=True, check=True, env=environment())
    return done.stdout
