"""Patches that can't be judged on the image as it is."""

from __future__ import annotations

import json

import pytest

from reasoncli.domain import (
    FileChange,
    Patch,
)
from reasoncli.verification.rebuild import builds_sources, needs_rebuild


def patch(path: str, content: bytes | None) -> Patch:
    return Patch((FileChange(path, content),), "", "e", "v", 1)


PYPROJECT = b'[project]\nname = "x"\ndependencies = ["a"]\n[tool.ruff]\nline-length = 80\n'


@pytest.mark.parametrize(
    ("path", "before", "after", "rebuild"),
    [
        ("core.py", b"x", b"y", False),
        ("fast.pyx", b"x", b"y", True),
        ("src/ext.c", b"x", b"y", True),
        ("requirements.txt", b"x", b"y", True),
        ("requirements/test.txt", b"x", b"y", True),
        ("setup.py", b"x", b"y", True),
        ("pyproject.toml", PYPROJECT, PYPROJECT.replace(b'"a"', b'"b"'), True),
        ("pyproject.toml", PYPROJECT, PYPROJECT.replace(b"80", b"100"), False),
        ("pyproject.toml", PYPROJECT, b"[[", True),
        ("web/package.json", b'{"dependencies": {"a": "1"}}', b'{"dependencies": {"a": "2"}}', True),
        ("package.json", b'{"dependencies": {}, "main": "a.js"}', b'{"dependencies": {}, "main": "b.js"}', False),
        ("package.json", b"{}", b"{", True),
        ("package-lock.json", b"{}", b"[]", True),
        ("go.mod", b"x", b"y", True),
        ("crates/a/Cargo.toml", b"x", b"y", True),
        ("module/pom.xml", b"x", b"y", True),
        ("build.gradle.kts", b"x", b"y", True),
        ("Gemfile.lock", b"x", b"y", True),
        ("src/index.ts", b"x", b"y", False),
        ("setup.cfg", b"[options]\ninstall_requires = a\n", b"[options]\ninstall_requires = b\n", True),
        ("setup.cfg", b"[flake8]\nx = 1\n", b"[flake8]\nx = 2\n", False),
        ("package.json", json.dumps({}).encode(), b"{ }", False),
        ("docs/readme.md", b"x", b"y", False),
    ],
)
def test_needs_rebuild(path: str, before: bytes, after: bytes, rebuild: bool) -> None:
    assert (needs_rebuild(patch(path, after), {path: before}.get, compiles=True) is not None) is rebuild


def test_sources_that_the_tests_compile_themselves_need_no_rebuild() -> None:
    assert needs_rebuild(patch("main.go", b"y"), {"main.go": b"x"}.get, compiles=False) is None
    assert needs_rebuild(patch("go.mod", b"y"), {"go.mod": b"x"}.get, compiles=False) is not None
    builds = ("go test ./...", "gotestsum -- {tests}", "cd x && ./mvnw test", "cmake --build b && ctest", "make check")
    assert all(map(builds_sources, builds))
    others = ("python -m pytest", "node --test", "npm test", "ctest", "python make.py", "pytest tests/go")
    assert not any(map(builds_sources, others))
