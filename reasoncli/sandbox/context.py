"""Build contexts: the snapshot's files and what our own definition needs beside them, as a tar."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterable, Mapping
from typing import IO

from reasoncli.domain import Snapshot
from reasoncli.sandbox.recipe import Recipe

# One version for everything that computes it from tags, as each tool wants to be told.
_VERSION = "0.0.0.dev0"
_TIME = 1_577_836_800  # 2020; zip files know nothing before 1980
_VERSION_VARIABLES = (
    "SETUPTOOLS_SCM_PRETEND_VERSION",
    "PBR_VERSION",
    "PDM_BUILD_SCM_VERSION",
)


def write_plan(recipe: Recipe, snapshot: Snapshot) -> dict[str, bytes]:
    """The files of /reasoncli/plan, by name; see install.sh for what each is."""
    extras = f"[{','.join(recipe.extras)}]" if recipe.extras else ""
    project = ["-e", f".{extras}"] if recipe.installable else []
    files = [argument for path in recipe.files for argument in ("-r", path)]
    requirements = [item for item in recipe.requirements if not item.startswith("-")]
    plan = {
        "arguments": _terminated([*project, *files, *requirements]),
        "project": _terminated(["-e", "."] if recipe.installable else []),
        "dependencies": _terminated([item for item in recipe.dependencies if not item.startswith("-")]),
        "roots": "".join(os.path.normpath(f"/workspace/{root}") + "\n" for root in recipe.roots).encode(),
        "files": _terminated(snapshot.files),
        "environment": _environment(recipe),
    }
    steps = [[f".{extras}"]] if recipe.installable and extras else []
    steps += [["-r", path] for path in recipe.files]
    steps += [[item] for item in requirements]
    for number, step in enumerate(steps):
        plan[f"steps/{number:03}"] = _terminated(step)
    return plan


def _terminated(items: Iterable[str]) -> bytes:
    return b"".join(os.fsencode(item) + b"\0" for item in items)


def _environment(recipe: Recipe) -> bytes:
    if not recipe.computed_version:
        return b""
    lines = [f"export {name}={_VERSION}\n" for name in _VERSION_VARIABLES]
    lines.append("export POETRY_DYNAMIC_VERSIONING_BYPASS=0.0.0\n")
    return "".join(lines).encode()


def pack(snapshot: Snapshot, sink: IO[bytes], prefix: str, extra: Mapping[str, bytes]) -> None:
    """Write the snapshot under a prefix, and extra files by path; owners and times are the same every time."""
    with tarfile.open(fileobj=sink, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path in snapshot.files:
            full = snapshot.root / path
            info = archive.gettarinfo(str(full), prefix + path)
            info.uid = info.gid = 0
            info.uname = info.gname = ""
            info.mtime = _TIME
            if info.isreg():
                with full.open("rb") as stream:
                    archive.addfile(info, stream)
            else:
                archive.addfile(info)
        for path, data in extra.items():
            info = tarfile.TarInfo(path)
            info.size, info.mode = len(data), 0o644
            archive.addfile(info, io.BytesIO(data))
