"""A wheel built from this checkout, installed into a fresh environment far from it."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Installation:
    """An environment with the wheel in it; commands run outside the checkout."""

    wheel: Path
    root: Path

    @property
    def python(self) -> Path:
        return self.root / "bin" / "python"

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        return subprocess.run(
            list(map(str, command)), capture_output=True, text=True, check=False, cwd=self.root, env=environment
        )


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    call([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)])
    (built,) = folder.glob("reasoncli-*.whl")
    return built


@pytest.fixture(scope="session")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    # The dependencies are borrowed from this environment. A `.pth` file in a borrowed folder is not followed, so that
    # the editable install there stays out of sight.
    root = tmp_path_factory.mktemp("fresh")
    venv.create(root, with_pip=False)
    installed = Installation(wheel, root)
    (packages,) = (root / "lib").glob("python3.*/site-packages")
    pip = [sys.executable, "-m", "pip", "--python", str(installed.python), "install", "--quiet"]
    call([*pip, "--no-deps", "--no-index", str(wheel)])
    borrowed = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "borrowed.pth").write_text("\n".join(borrowed) + "\n")
    return installed


def call(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=CHECKOUT)
    assert done.returncode == 0, done.stdout + done.stderr
