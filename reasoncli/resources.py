"""Where the files that travel with the package are: in a checkout, or in an installed wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def prompts_dir() -> Path:
    """Folder of the prompt templates."""
    return _data("prompts")


def sandboxes_dir() -> Path:
    """Folder of the image definitions and the in-sandbox runner."""
    return _data("sandboxes")


def weights_path() -> Path:
    """The embedded model's GGUF."""
    return _PACKAGE / "models" / "weights" / "repair.gguf"


def demo_dir() -> Path:
    """The packaged example: `project/` (its files, not yet a git repository) and `issue.md`."""
    return _PACKAGE / "demo"


def _data(name: str) -> Path:
    installed = _PACKAGE / "_data" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name
