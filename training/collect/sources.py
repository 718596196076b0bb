"""Where code comes from: the standard library, installed and downloaded packages, bare git repositories."""

from __future__ import annotations

import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Protocol

from reasoncli.errors import UsageError
from training import licences
from training.collect import bare

_STDLIB_LEFT_OUT = {"site-packages", "test", "tests", "idle_test", "_bundled", "__pycache__", "lib2to3"}


@dataclass(frozen=True, slots=True)
class File:
    """A file of a source: where it lies in it, its size in bytes, and its handle for `Source.read`."""

    path: str
    size: int
    handle: str


class Source(Protocol):
    """A source of code.

    Attributes:
        name: "github:owner/name", "pypi:name" or "stdlib".
        version: what stands for its content: a commit, or a version.
    """

    name: str
    version: str

    def licence(self) -> str | None:
        """Its permissive licence as an SPDX expression; `None` where it has none that is clearly so."""

    def files(self) -> list[File]:
        """Its Python files, sorted by path."""

    def read(self, files: list[File]) -> Iterator[tuple[File, bytes]]:
        """The files' contents, in order; those that can't be read are missing."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The committed list: name to the licence (SPDX) that was seen when it was put there.

    Attributes:
        stdlib: whether the interpreter's own library is taken.
        packages: by normalised name on PyPI.
        repositories: by "owner/name" on GitHub.
    """

    stdlib: bool
    packages: dict[str, str]
    repositories: dict[str, str]

    @classmethod
    def load(cls, path: Path) -> Listing:
        """Read `sources.toml`.

        Raises:
            UsageError: it can't be read, or has not the two tables of names and licences.
        """
        try:
            tables = tomllib.loads(path.read_text("utf-8"))
            return cls("stdlib" in tables, dict(tables["packages"]), dict(tables["repositories"]))
        except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
            raise UsageError(
                f"{path} can't be read as a list of sources: {error}",
                hint='it has two tables, [packages] and [repositories], each line a name = "licence"',
            ) from error


@dataclass(slots=True)
class StandardLibrary:
    """The running interpreter's own library, without its tests."""

    name: str = "stdlib"
    version: str = ".".join(map(str, sys.version_info[:3]))

    def licence(self) -> str | None:
        """PSF-2.0."""
        return "PSF-2.0"

    def files(self) -> list[File]:
        """See `Source`."""
        root = Path(sysconfig.get_path("stdlib"))
        paths = (path.relative_to(root) for path in root.rglob("*.py"))
        return _on_disk(root, [path for path in paths if not _STDLIB_LEFT_OUT.intersection(path.parts)])

    def read(self, files: list[File]) -> Iterator[tuple[File, bytes]]:
        """See `Source`."""
        return _read(files)


@dataclass(slots=True)
class Package:
    """An installed or unpacked distribution."""

    name: str
    version: str
    distribution: Distribution

    def licence(self) -> str | None:
        """From its metadata, or else from the licence files that it ships."""
        if found := licences.of_metadata(self.distribution.metadata):
            return found
        metadata = self.distribution.metadata
        classified = any(
            line.startswith("License :: OSI Approved ::") for line in licences.said(metadata, "Classifier")
        )
        if classified or licences.said(metadata, "License-Expression"):
            return None
        texts = {
            str(path): Path(str(path.locate())).read_text("utf-8", "replace")
            for path in self.distribution.files or []
            if licences.is_licence_file(path.name) and path.parts[0].endswith(".dist-info")
        }
        return licences.of_files(texts)

    def files(self) -> list[File]:
        """See `Source`."""
        paths = [path for path in self.distribution.files or [] if path.suffix == ".py" and ".." not in path.parts]
        return _on_disk(Path(str(self.distribution.locate_file(""))), [Path(path) for path in paths])

    def read(self, files: list[File]) -> Iterator[tuple[File, bytes]]:
        """See `Source`."""
        return _read(files)


@dataclass(slots=True)
class Repository:
    """The head tree of a bare git repository."""

    name: str
    version: str
    folder: Path

    def licence(self) -> str | None:
        """From the licence files at its top."""
        top = [
            file for file in bare.tree(self.folder, self.version, recursive=False) if licences.is_licence_file(file[0])
        ]
        texts = bare.contents(self.folder, [handle for _, _, handle in top])
        return licences.of_files(
            {path: texts[handle].decode("utf-8", "replace") for path, _, handle in top if handle in texts}
        )

    def files(self) -> list[File]:
        """Its Python files, without the folders that have a licence file of their own that isn't permissive."""
        everything = bare.tree(self.folder, self.version)
        nested = [
            file for file in everything if "/" in file[0] and licences.is_licence_file(file[0].rpartition("/")[2])
        ]
        texts = bare.contents(self.folder, [handle for _, _, handle in nested])
        barred = tuple(
            path.rpartition("/")[0] + "/"
            for path, _, handle in nested
            if handle in texts and licences.of_text(texts[handle].decode("utf-8", "replace")) is None
        )
        return [File(*file) for file in everything if file[0].endswith(".py") and not file[0].startswith(barred)]

    def read(self, files: list[File]) -> Iterator[tuple[File, bytes]]:
        """See `Source`."""
        for start in range(0, len(files), 500):
            some = files[start : start + 500]
            texts = bare.contents(self.folder, [file.handle for file in some])
            yield from ((file, texts[file.handle]) for file in some if file.handle in texts)


def installed(paths: list[Path]) -> dict[str, Package]:
    """The distributions in folders like `site-packages`, by normalised name; the first of a name counts."""
    found: dict[str, Package] = {}
    for distribution in distributions(path=[str(path) for path in paths]):
        name = str(distribution.metadata["Name"] or "").lower().replace("_", "-").replace(".", "-")
        if name and name != "reasoncli":
            found.setdefault(name, Package(f"pypi:{name}", distribution.version, distribution))
    return found


def repositories(folder: Path) -> list[Repository]:
    """The bare repositories in a folder of `owner+name/repo`, by name; those without a commit are left out."""
    found = []
    for path in sorted(folder.glob("*+*/repo")):
        inside = path / ".git" if (path / ".git").is_dir() else path
        if version := bare.head(inside):
            found.append(Repository("github:" + path.parent.name.replace("+", "/", 1), version, inside))
    return found


def _on_disk(root: Path, paths: list[Path]) -> list[File]:
    there = ((path, root / path) for path in sorted(paths))
    return [File(path.as_posix(), full.stat().st_size, str(full)) for path, full in there if full.is_file()]


def _read(files: list[File]) -> Iterator[tuple[File, bytes]]:
    for file in files:
        try:
            yield file, Path(file.handle).read_bytes()
        except OSError:
            continue
