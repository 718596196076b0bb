"""A small world to collect from: bare repositories, installed packages and what must be kept out, all made here."""

from __future__ import annotations

import io
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from training.collect import store
from training.collect.run import Options, collect
from training.exclusions import QUIXBUGS, Project
from training.splits import Split, split_of

MIT = """Permission is hereby granted, free of charge, to any person obtaining a copy of this software ("Software").
The above copyright notice and this permission notice shall be included in all copies.
THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND."""
GPL = "GNU GENERAL PUBLIC LICENSE Version 3, 29 June 2007"

MERGED = """
def merged(rows, column, default=None):
    groups = {}
    for row in rows:
        name = row.get(column, default)
        if name is None:
            continue
        groups.setdefault(name, []).append(row)
    order = sorted(groups, key=lambda name: (-len(groups[name]), name))
    return [(name, groups[name]) for name in order if len(groups[name]) > 1]
"""
RENAMED = """
def by_field(entries, field, otherwise=None):
    tables = {}
    for entry in entries:
        value = entry.get(field, otherwise)
        if value is None:
            continue
        tables.setdefault(value, []).append(entry)
    ranks = sorted(tables, key=lambda value: (-len(tables[value]), value))
    return [(value, tables[value]) for value in ranks if len(tables[value]) > 3]
"""
EDITED = MERGED.replace("            continue", "            break")
KEPT_OUT = """
def wrapped(text, width, indent=''):
    lines, line = [], indent
    for word in text.split():
        if len(line) + len(word) + 1 > width and line.strip():
            lines.append(line.rstrip())
            line = indent
        line += word + ' '
    if line.strip():
        lines.append(line.rstrip())
    return lines
"""
PROGRAM = """
def to_base(number, base):
    digits = ''
    while number > 0:
        number, rest = divmod(number, base)
        if rest >= 10:
            digits += chr(ord('A') + rest - 10)
        else:
            digits += str(rest)
    return digits[::-1] or '0'
"""
PROJECTS = (Project("acme/judged", "judged", ("judged",), "judging"),)


def source_in(split: Split, start: int = 0) -> str:
    """The name of a repository that falls into a split."""
    return next(f"acme/p{n}" for n in range(start, 10_000) if split_of(f"github:acme/p{n}") == split)


@dataclass
class World:
    """Folders in `root`; `collect` runs over all of them and needs no network."""

    root: Path
    installed: list[Path] = field(default_factory=list)

    def repository(self, name: str, files: dict[str, str], *, licence: str | None = MIT, tag: str = "") -> Path:
        """Commit files (and a licence) to a bare repository, in addition to what it holds."""
        work, bare = self.root / "work" / name, self.bare(name)
        if not bare.exists():
            _git(self.root, "init", "--quiet", str(work))
            bare.parent.mkdir(parents=True)
        for path, text in files.items() | ({"LICENSE": licence}.items() if licence else set()):
            (work / path).parent.mkdir(parents=True, exist_ok=True)
            (work / path).write_text(text, "utf-8")
        _git(work, "add", "--all")
        _git(work, "commit", "--quiet", "--allow-empty", "-m", "more")
        if tag:
            _git(work, "tag", tag)
        subprocess.run(["rm", "-rf", str(bare)], check=True)
        _git(self.root, "clone", "--quiet", "--bare", str(work), str(bare))
        return bare

    def bare(self, name: str) -> Path:
        """Where a repository lies."""
        return self.root / "repositories" / name.replace("/", "+") / "repo"

    def package(self, name: str, files: dict[str, str], metadata: str = "License-Expression: MIT") -> Path:
        """A folder that has a package installed."""
        site = self.root / f"site-{name}"
        info = site / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir(parents=True)
        for path, text in files.items():
            (site / path).parent.mkdir(parents=True, exist_ok=True)
            (site / path).write_text(text, "utf-8")
        (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n{metadata}\n", "utf-8")
        (info / "RECORD").write_text("".join(f"{path},,\n" for path in [*files, f"{info.name}/METADATA"]), "utf-8")
        self.installed.append(site)
        return site

    def collect(self, *, listing: str = "[packages]\n[repositories]\n", unlisted: bool = True, **options: Any) -> str:
        """Run over everything; returns what was printed."""
        (self.root / "sources.toml").write_text(listing, "utf-8")
        (empty := self.root / "nothing-installed").mkdir(exist_ok=True)
        asked: dict[str, Any] = {"offline": True, "unlisted": unlisted, "installed": self.installed or [empty]}
        asked |= {"repositories": self.root / "repositories"} | options
        console = Console(file=io.StringIO(), width=200)
        collect(Options(self.data, **asked), console, self.root / "sources.toml", PROJECTS)
        assert isinstance(console.file, io.StringIO)
        return console.file.getvalue()

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.root / "data"

    def functions(self) -> list[dict[str, Any]]:
        """What was collected."""
        return list(store.read(self.data / "functions.jsonl.gz"))

    def names(self) -> list[str]:
        """The qualified names of what was collected, sorted."""
        return sorted(function["name"] for function in self.functions())

    def manifest(self) -> dict[str, dict[str, Any]]:
        """The manifest's records by source."""
        return {record["source"]: record for record in store.read(self.data / "sources.jsonl")}


def small_world(root: Path) -> World:
    """A world that has what the filters need, and no source yet."""
    world = World(root)
    world.repository(QUIXBUGS, {"correct_python_programs/to_base.py": PROGRAM})
    world.repository("acme/judged", {"judged/text.py": KEPT_OUT})
    return world


def _git(folder: Path, *arguments: str) -> None:
    who = {f"GIT_{role}_{what}": f"a@b.{role}" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment = clean | who | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True)
