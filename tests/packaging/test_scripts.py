"""The set-up scripts say what is missing and what they will install, before they do; and don't where forbidden."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.packaging.conftest import CHECKOUT

INSTALL = '. scripts/lib.sh; install_packages "the frobnicator is missing" frobnicator libfrob'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A folder that is the whole PATH: the usual small tools, an apt-get that only keeps a log, no docker."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "sh", "env", "dirname", "id", "uname", "cat", "seq", "sleep", "git"):
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    script(folder / "apt-get", f'echo "$@" >> "{tmp_path}/apt.log"')
    script(folder / "sudo", 'exec "$@"')
    return folder


def script(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def bash(path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("REASONCLI_", "DOCKER_"))}
    return subprocess.run(
        ["bash", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=CHECKOUT,
        env=kept | {"PATH": str(path)} | environment,
    )


def test_what_is_installed_is_said_first(path: Path, tmp_path: Path) -> None:
    done = bash(path, "-c", f'set -euo pipefail; {INSTALL}; cat "{tmp_path}/apt.log" >&2')
    assert done.returncode == 0, done.stderr
    why, update, install = done.stderr.splitlines()
    assert "the frobnicator is missing" in why
    assert "frobnicator libfrob" in why
    assert update.startswith("update")
    assert install.startswith("install -y")
    assert install.endswith("frobnicator libfrob")


def test_the_variable_forbids_installing(path: Path, tmp_path: Path) -> None:
    done = bash(path, "-c", INSTALL, REASONCLI_NO_INSTALL="1")
    assert done.returncode == 1
    assert "REASONCLI_NO_INSTALL forbids" in done.stderr
    assert not (tmp_path / "apt.log").exists()


def test_without_apt_the_user_is_told_what_to_install(path: Path) -> None:
    (path / "apt-get").unlink()
    done = bash(path, "-c", INSTALL)
    assert done.returncode == 1
    assert "package manager" in done.stderr
    assert "frobnicator libfrob" in done.stderr


def test_a_package_that_cannot_be_installed_is_an_error(path: Path) -> None:
    script(path / "apt-get", '[ "$1" = update ]')
    done = bash(path, "-c", INSTALL)
    assert done.returncode == 1
    assert "apt could not install: frobnicator libfrob" in done.stderr


def test_a_stale_package_list_is_none(path: Path) -> None:
    script(path / "apt-get", '[ "$1" != update ]')
    done = bash(path, "-c", INSTALL)
    assert done.returncode == 0
    assert "update reported problems" in done.stderr


def test_a_named_interpreter_that_is_too_old(path: Path, tmp_path: Path) -> None:
    script(path / "python-of-old", "exit 1")
    done = bash(path, "scripts/setup.sh", str(tmp_path / "venv"), PYTHON="python-of-old")
    assert done.returncode == 1
    assert "no Python 3.11 or newer was found under the name python-of-old" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_an_engine_elsewhere_is_not_replaced(path: Path, tmp_path: Path) -> None:
    done = bash(path, "scripts/engine.sh", DOCKER_HOST=f"unix://{tmp_path}/nowhere.sock")
    assert done.returncode == 1
    assert "no Docker engine answers" in done.stderr
    assert not (tmp_path / "apt.log").exists()


def test_an_engine_that_answers_is_left_alone(path: Path, tmp_path: Path) -> None:
    script(path / "docker", '[ "$1" = info ]')
    done = bash(path, "scripts/engine.sh", REASONCLI_NO_INSTALL="1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not (tmp_path / "apt.log").exists()


def test_a_browser_is_installed_only_where_there_is_none(path: Path, tmp_path: Path) -> None:
    done = bash(path, "scripts/browser.sh")
    assert done.returncode == 0, done.stderr
    assert "no browser is here" in done.stderr.splitlines()[0]
    assert (tmp_path / "apt.log").read_text().splitlines()[-1].endswith("chromium")
    (tmp_path / "apt.log").unlink()
    script(path / "google-chrome", "exit 1")
    done = bash(path, "scripts/browser.sh")
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "apt.log").exists()


def test_without_leave_to_install_no_browser_is_said_to_be_missing(path: Path, tmp_path: Path) -> None:
    done = bash(path, "scripts/browser.sh", REASONCLI_NO_INSTALL="1")
    assert done.returncode == 0
    assert "not tested" in done.stderr
    assert not (tmp_path / "apt.log").exists()


@pytest.mark.parametrize(
    ("known", "expected"),
    [("python:3.12-slim reasoncli-base:bookworm", "python:3.12-slim"), ("reasoncli-base:bookworm",) * 2],
)
def test_a_base_image_that_is_there_is_taken(path: Path, known: str, expected: str) -> None:
    script(path / "docker", f'case " {known} " in *" $3 "*) exit 0;; esac; exit 1')
    done = bash(path, "scripts/base_image.sh")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{expected}\n", "")


def test_a_named_base_image_must_exist(path: Path) -> None:
    script(path / "docker", "exit 1")
    done = bash(path, "scripts/base_image.sh", REASONCLI_BASE_IMAGE="mine:1")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "REASONCLI_BASE_IMAGE=mine:1 is neither here nor can it be pulled" in done.stderr
