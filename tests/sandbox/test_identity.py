"""What a local sandbox's interpreter is known by."""

from __future__ import annotations

import os
import sys
import venv
from pathlib import Path

import pytest

from reasoncli.sandbox.config import LocalConfig
from reasoncli.sandbox.local_sandbox import local_provider
from tests.sandbox.snapshots import make_snapshot


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, symlinks=True)
    return folder / "bin" / "python"


def identity(interpreter: Path, repository: Path) -> str | None:
    snapshot = make_snapshot(repository, {"a.py": "x = 1\n"})
    provider = local_provider(snapshot, LocalConfig(python=str(interpreter)))
    try:
        return provider.identity
    finally:
        provider.close()


def packages(interpreter: Path) -> Path:
    return next(interpreter.parent.parent.glob("lib/python3*/site-packages"))


def test_installing_and_upgrading_make_another(interpreter: Path, tmp_path: Path) -> None:
    before = identity(interpreter, tmp_path / "one")
    assert before == identity(interpreter, tmp_path / "two"), "whatever the repository"
    assert before != identity(Path(sys.executable), tmp_path / "one")
    installed = packages(interpreter) / "thing-1.0.dist-info"
    installed.mkdir()
    first = identity(interpreter, tmp_path / "one")
    os.utime(installed, (1, 1))
    again = identity(interpreter, tmp_path / "one")
    installed.rmdir()
    assert len({before, first, again}) == 3
    assert identity(interpreter, tmp_path / "one") == before


def test_a_linked_folder_is_known_by_its_files_unless_it_is_the_repository(interpreter: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    (library / "lib.py").write_text("x = 1\n")
    link = packages(interpreter) / "library.pth"
    repository = tmp_path / "repository"
    repository.mkdir()
    link.write_text(f"{library}\n")
    try:
        before = identity(interpreter, repository)
        (library / "lib.py").write_text("x = 23\n")
        assert identity(interpreter, repository) != before
        known = identity(interpreter, library)
        (library / "lib.py").write_text("x = 456\n")
        assert identity(interpreter, library) == known, "the snapshot's hash says this already"
    finally:
        link.unlink()
