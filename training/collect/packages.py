"""Packages that are not installed: downloaded as wheels with pip, as it is configured, and unpacked."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from training.collect.sources import Package, installed


class NoPackage(Exception):
    """A package can't be had; says why."""


def downloaded(name: str, data: Path) -> Package:
    """A package's newest wheel, unpacked under the data folder; one that lies there already isn't asked for again.

    Only wheels: pip would run the code of a source distribution to learn its metadata.

    Raises:
        NoPackage: pip can't get it, or what it got is no wheel.
    """
    folder = data / "packages" / name
    if not folder.is_dir():
        _download(name, folder)
    found = installed([folder])
    if name not in found:
        raise NoPackage(f"{folder} holds no package of this name; remove the folder to download it again")
    return found[name]


def _download(name: str, folder: Path) -> None:
    part = folder.with_name(f".{name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    options = ["--quiet", "--no-deps", "--only-binary=:all:", f"--dest={part}"]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pip", "download", *options, "--", name],
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        if done.returncode:
            said = done.stderr.strip().splitlines()
            raise NoPackage(said[-1] if said else f"pip ended with exit status {done.returncode}")
        for wheel in part.glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(part)
            wheel.unlink()
        part.replace(folder)
    except (subprocess.TimeoutExpired, zipfile.BadZipFile, OSError) as error:
        raise NoPackage(f"{type(error).__name__}: {error}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
