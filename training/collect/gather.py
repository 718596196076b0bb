"""From a source to its functions, kept in the data folder until the source or the form of functions changes."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from training import exclusions
from training.collect import bare, extract, store
from training.collect.sources import Repository, Source
from training.collect.tested import Tested

_VERSIONS = 10  # of a kept project: vendored copies are seldom the newest
_LARGE = 300  # files, from which on only the newest version of a kept project is read


@dataclass(slots=True)
class Gathered:
    """What a source gave, before anything is compared with other sources.

    Attributes:
        licence: SPDX; empty where it isn't permissive, and then nothing was read.
        files: how many were read.
        functions: how many were found.
        dropped: what was left out, by reason.
    """

    source: str
    version: str
    licence: str
    files: int = 0
    functions: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    form: int = extract.FORM


def gather(source: Source, data: Path) -> Gathered:
    """Read the functions of a source into the data folder, unless they lie there already.

    Raises:
        OSError, subprocess.CalledProcessError: the source can't be read.
    """
    path = gathered_file(data, source.name)
    result = Gathered(source.name, source.version, source.licence() or "")
    if (known := _known(path)) and _state(known) == _state(result):
        return known
    functions = _functions(source, result) if result.licence else []
    store.write(path, [asdict(result), *functions])
    return result


def gathered_file(data: Path, source: str) -> Path:
    """Where the functions of a source lie: first a `Gathered`, then a line a function."""
    return data / "gathered" / (re.sub(r"[^\w.+-]", "+", source) + ".jsonl.gz")


def references_of(project: exclusions.Project, repository: Source) -> list[dict[str, Any]]:
    """The keys of a kept project's functions, from its newest version and, where it is small, from older ones too."""
    blobs: dict[str, tuple[str, int]] = {}
    if isinstance(repository, Repository):
        newest = bare.tree(repository.folder, repository.version)
        older = [] if sum(path.endswith(".py") for path, _, _ in newest) > _LARGE else bare.tags(repository.folder)
        for commit in older[:: max(1, -(-len(older) // _VERSIONS))]:
            blobs |= {handle: (path, size) for path, size, handle in bare.tree(repository.folder, commit)}
        blobs |= {handle: (path, size) for path, size, handle in newest}
        wanted = [handle for handle, (path, size) in blobs.items() if _wanted(path, size)]
        contents = list(bare.contents(repository.folder, wanted).values())
    else:
        files = [file for file in repository.files() if _wanted(file.path, file.size)]
        contents = [content for _, content in repository.read(files)]
    found: dict[str, dict[str, Any]] = {}
    for content in contents:
        for function in extract.functions(content, Counter()):
            record = exclusions.reference_of(project.repository, function.lines)
            found.setdefault(str(record["text"]), record)
    return list(found.values())


def programs_of(quixbugs: Repository) -> list[dict[str, Any]]:
    """The shingles of QuixBugs' programs, right and wrong."""
    files = [file for file in quixbugs.files() if "python_programs/" in file.path]
    return [
        exclusions.program_of(function.name, function.lines)
        for file, content in quixbugs.read(files)
        if file.path.rpartition("/")[2].removesuffix(".py") in exclusions.QUIXBUGS_NAMES
        for function in extract.functions(content, Counter())
    ]


def _wanted(path: str, size: int) -> bool:
    return path.endswith(".py") and extract.unwanted_file(path, size) is None


def _state(result: Gathered) -> tuple[str, str, int]:
    return result.version, result.licence, result.form


def _known(path: Path) -> Gathered | None:
    try:
        return Gathered(**next(store.read(path)))
    except (OSError, EOFError, ValueError, TypeError, StopIteration):
        return None


def _functions(source: Source, result: Gathered) -> list[dict[str, Any]]:
    dropped: Counter[str] = Counter()
    wanted, tests = [], []
    for file in source.files():
        why = extract.unwanted_file(file.path, file.size)
        if why is None:
            wanted.append(file)
            continue
        dropped[f"file: {why}"] += 1
        if why == "tests" and file.size <= extract.MOST_BYTES:
            tests.append(file)
    found = []
    for file, content in source.read(wanted):
        result.files += 1
        for function in extract.functions(content, dropped):
            result.functions += 1
            found.append({"path": file.path, "name": function.name, "lines": function.lines})
    result.dropped = dict(sorted(dropped.items()))
    tested = Tested([str(each["name"]) for each in found])
    for _, content in source.read(tests):
        tested.read(content)
    return [each | ({"tests": told} if (told := tested.of(str(each["name"]))) else {}) for each in found]


def failure(error: Exception) -> str:
    """What went wrong with a source, in one line."""
    if isinstance(error, subprocess.CalledProcessError):
        said = (error.stderr or b"").decode("utf-8", "replace").strip().splitlines()
        return said[-1] if said else f"exit status {error.returncode}"
    return f"{type(error).__name__}: {error}"
