"""Which room may import which: the rule that keeps the picture in docs/architecture.md true."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import reasoncli

PACKAGE = Path(reasoncli.__file__).parent

# A room imports from lower levels, and from its own. Rooms on one level don't import each other.
LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"__init__", "domain", "errors", "machine"}),
    frozenset({"settings", "metering", "events", "resources", "python_source", "stack_traces", "locks"}),
    frozenset({"edits"}),
    frozenset({"sources", "repository", "patches", "sandbox", "models", "prompting", "voting"}),
    frozenset({"localization", "verification", "claims", "reproduction", "cluster"}),
    frozenset({"search"}),
    frozenset({"runs", "reports"}),
    frozenset({"workflow"}),
    frozenset({"batch"}),
    frozenset({"cli"}),
    frozenset({"__main__"}),
)
TOGETHER = (frozenset({"__init__", "domain", "errors"}),)
"""Levels whose rooms may know each other: the values and the exceptions everything is made of."""


def level_of(room: str) -> int:
    for level, rooms in enumerate(LEVELS):
        if room in rooms:
            return level
    raise AssertionError(f"reasoncli/{room} stands on no level of this test: give it one")


def room_of(module: str) -> str:
    """`reasoncli.patches.tree` -> `patches`; the package itself -> `__init__`."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def module_of(path: Path, package: Path) -> str:
    parts = ["reasoncli", *path.relative_to(package).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_module(name: str, package: Path) -> bool:
    path = package.joinpath(*name.split(".")[1:])
    return path.is_dir() or path.with_suffix(".py").is_file()


def imports(path: Path, package: Path) -> Iterator[tuple[int, str]]:
    """(line, module) of each import of the package itself: at the top, in functions, under TYPE_CHECKING, by name."""
    module = module_of(path, package)
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "reasoncli":
                    yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                here = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
                base = here[: len(here) - node.level + 1]
                origin = ".".join([*base, *([node.module] if node.module else [])])
            if origin.split(".")[0] != "reasoncli":
                continue
            for alias in node.names:
                inner = f"{origin}.{alias.name}"
                yield node.lineno, inner if is_module(inner, package) else origin
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from (
                (node.lineno, str(name.value))
                for name in node.args
                if isinstance(name, ast.Constant) and str(name.value).startswith("reasoncli")
            )


def violations(package: Path) -> list[str]:
    found = []
    for path in sorted(package.rglob("*.py")):
        room = room_of(module_of(path, package))
        for line, imported in imports(path, package):
            other = room_of(imported)
            if other == room or (other == "__init__" and room != "__init__"):
                continue
            together = any({room, other} <= rooms for rooms in TOGETHER)
            if level_of(other) >= level_of(room) and not together:
                found.append(f"{path.relative_to(package)}:{line}: {room} imports {other}")
    return found


def test_imports_point_downwards() -> None:
    assert violations(PACKAGE) == []


def test_every_room_has_a_level() -> None:
    rooms = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert {room for room in rooms if not any(room in level for level in LEVELS)} == set()


@pytest.mark.parametrize(
    ("room", "statement"),
    [
        ("voting", "import reasoncli.search"),
        ("voting", "from reasoncli.search import loop"),
        ("voting", "from reasoncli import cli"),
        ("voting", "def f():\n    from reasoncli.models.interface import Sampler"),
        ("voting", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from reasoncli.patches.tree import Tree"),
        ("voting", "from ..runs import store"),
        ("voting", "import importlib\nimportlib.import_module('reasoncli.reports')"),
        ("domain", "from reasoncli.events import Event"),
        ("localization", "from reasoncli.verification import baseline"),
    ],
)
def test_a_forbidden_import_is_seen(tmp_path: Path, room: str, statement: str) -> None:
    for name in ("voting", "search", "models", "patches", "runs", "reports", "localization", "verification", "cli"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    path = tmp_path / room / "rule.py" if room != "domain" else tmp_path / "domain.py"
    path.write_text(statement + "\n")
    assert len(violations(tmp_path)) == 1


@pytest.mark.parametrize(
    ("room", "statement"),
    [
        ("search", "from reasoncli.voting.rule import rank"),
        ("voting", "from reasoncli import __version__"),
        ("voting", "from reasoncli.voting import rule"),
        ("voting", "from . import rule"),
        ("voting", "import numpy"),
    ],
)
def test_an_allowed_import_is_let_through(tmp_path: Path, room: str, statement: str) -> None:
    for name in ("voting", "search"):
        (tmp_path / name).mkdir()
    (tmp_path / room / "other.py").write_text(statement + "\n")
    assert violations(tmp_path) == []


def test_no_file_has_grown_into_two() -> None:
    long = {
        path.relative_to(PACKAGE).as_posix(): lines
        for path in PACKAGE.rglob("*.py")
        if (lines := len(path.read_text("utf-8").splitlines())) > 500
    }
    assert long == {}
