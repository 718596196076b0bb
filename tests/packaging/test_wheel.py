"""What a user gets who installs the wheel, with no checkout in sight."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

import reasoncli
from tests.packaging.conftest import CHECKOUT, Installation

_RESOURCES = """
import json
from reasoncli import resources
print(json.dumps({name: str(getattr(resources, name)())
    for name in ("prompts_dir", "sandboxes_dir", "weights_path", "demo_dir")}))
"""


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


def resource(installation: Installation, name: str) -> Path:
    done = installation.run(installation.python, "-c", _RESOURCES)
    assert done.returncode == 0, done.stderr
    return Path(json.loads(done.stdout)[name])


@pytest.mark.parametrize(
    ("name", "original"),
    [("prompts_dir", "prompts"), ("sandboxes_dir", "sandboxes"), ("demo_dir", "reasoncli/demo")],
)
def test_what_travels_with_the_package_is_found_and_whole(installation: Installation, name: str, original: str) -> None:
    found = resource(installation, name)
    assert found.is_relative_to(installation.root)
    assert files_below(found) == files_below(CHECKOUT / original) != {}


def test_the_weights_are_found(installation: Installation) -> None:
    weights = resource(installation, "weights_path")
    assert weights.is_relative_to(installation.root)
    assert weights.read_bytes()[:4] == b"GGUF"


def test_the_command_works(installation: Installation) -> None:
    command = installation.root / "bin" / "reasoncli"
    version = installation.run(command, "--version")
    assert version.returncode == 0, version.stderr
    assert reasoncli.__version__ in version.stdout
    usage = installation.run(command, "--help")
    assert usage.returncode == 0, usage.stderr
    assert "fix" in usage.stdout


def test_a_page_can_be_made(installation: Installation) -> None:
    code = (
        "from reasoncli.domain import Issue\n"
        "from reasoncli.reports.html import html_report\n"
        "from reasoncli.reports.summary import Summary\n"
        "print(html_report(Summary('run', '', Issue('', '', ''), None)))"
    )
    done = installation.run(installation.python, "-c", code)
    assert done.returncode == 0, done.stderr
    assert "<style>" in done.stdout


def test_every_module_can_be_imported(installation: Installation) -> None:
    code = (
        "import importlib, pkgutil, reasoncli\n"
        "for module in pkgutil.walk_packages(reasoncli.__path__, 'reasoncli.'):\n"
        "    importlib.import_module(module.name)\n"
        "print(reasoncli.__file__)"
    )
    done = installation.run(installation.python, "-c", code)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(installation.root)


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names} == {
        "reasoncli",
        f"reasoncli-{reasoncli.__version__}.dist-info",
    }
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".log"))]
