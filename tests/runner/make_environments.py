"""Makes the environments in which the runner is tried on other Pythons than the one at hand.

    REASONCLI_TEST_VENVS=~/.cache/reasoncli-tests/venvs
    export REASONCLI_TEST_VENVS
    python tests/runner/make_environments.py
    pytest tests/runner

Interpreters are looked for in ~/.pyenv/versions; what isn't there is left out.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PLANS = {
    "py36": ("3.6", ("pytest==6.2.5", "pytest-xdist<2.6", "coverage<7", "attrs<22", "packaging<22")),
    "py37": ("3.7", ("pytest<7",)),
    "py38": ("3.8", ("pytest==4.6.11", "coverage")),
    "py39": ("3.9", ("pytest<9", "django<5")),
    "py310": ("3.10", ("pytest<8", "coverage")),
    "py312": ("3.12", ("pytest", "pytest-cov", "pytest-randomly", "pytest-timeout")),
    "py313": ("3.13", ("pytest", "pytest-xdist", "coverage", "django")),
}


def main() -> None:
    """Make every environment that can be made and isn't there yet."""
    home = Path(os.environ["REASONCLI_TEST_VENVS"]).expanduser()
    for name, (version, packages) in PLANS.items():
        pythons = sorted(Path("~/.pyenv/versions").expanduser().glob(f"{version}.*/bin/python"))
        if not pythons or (home / name / "bin" / "python").exists():
            continue
        subprocess.run([str(pythons[-1]), "-m", "venv", str(home / name)], check=True)
        pip = [str(home / name / "bin" / "python"), "-m", "pip", "install", "-q"]
        if version == "3.6":
            subprocess.run([*pip, "pip==21.3.1"], check=True)  # the one that came with it can't read metadata
        subprocess.run([*pip, *packages], check=True)
        sys.stdout.write(f"{name}: {pythons[-1]}\n")


if __name__ == "__main__":
    main()
