"""A Python for the projects that tests run: all packages of this environment, but no pytest plugin among them.

Plugins are loaded at every start of pytest, needed or not: Hypothesis and anyio take five times as long as all else.
"""

from __future__ import annotations

import atexit
import functools
import shutil
import sysconfig
import tempfile
import venv
from pathlib import Path


@functools.cache
def prefix() -> Path:
    """The environment; it is removed when this process ends."""
    folder = Path(tempfile.mkdtemp(prefix="lean-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    venv.create(folder, symlinks=True)
    (ours,) = folder.glob("lib/python3*/site-packages")
    for packages in {Path(sysconfig.get_paths()[name]) for name in ("purelib", "platlib")}:
        for entry in packages.iterdir():
            plugs_in = entry.suffix == ".dist-info" and "[pytest11]" in _text(entry / "entry_points.txt")
            if not plugs_in:
                (ours / entry.name).symlink_to(entry)
    program = folder / "bin" / "pytest"
    program.write_text(f"#!{folder}/bin/python\nimport sys\n\nfrom pytest import main\n\nsys.exit(main())\n")
    program.chmod(0o755)
    return folder


def interpreter() -> str:
    """Its Python."""
    return str(prefix() / "bin" / "python")


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""
