"""The Pythons that the runner is tried on: this one, and those in REASONCLI_TEST_VENVS (see make_environments.py)."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import lean
from tests.runner.make_environments import PLANS
from tests.runner.residents import CORE, TEST, Resident
from tests.runner.support import write_tree


def environments() -> dict[str, str]:
    """Name -> interpreter."""
    home = os.environ.get("REASONCLI_TEST_VENVS")
    found = Path(home).expanduser().glob("*/bin/python") if home else ()
    return {"this": sys.executable, **{path.parent.parent.name: str(path) for path in sorted(found)}}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "python" in metafunc.fixturenames:
        known = environments()
        metafunc.parametrize("python", list(known.values()), ids=list(known))
    if "python_with_django" in metafunc.fixturenames:
        known = {name: path for name, path in environments().items() if name == "this" or has_django(name)}
        metafunc.parametrize("python_with_django", list(known.values()), ids=list(known))


def has_django(name: str) -> bool:
    """Whether the environment of that name was made with Django."""
    _, packages = PLANS.get(name, ("", ()))
    return any(package.startswith("django") for package in packages)


@pytest.fixture
def here() -> str:
    """The Python that runs these tests."""
    return lean.interpreter()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "root", core=CORE, test_core=TEST)


@pytest.fixture
def resident(here: str, tmp_path: Path, root: Path) -> Iterator[Resident]:
    resident = Resident(here, tmp_path / "home", root)
    yield resident
    resident.close()
    time.sleep(0.1)
    assert resident.living() == []
