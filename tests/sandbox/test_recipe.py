"""What is read out of a project's files before anything is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from reasoncli.sandbox.context import write_plan
from reasoncli.sandbox.recipe import Recipe, build_relevant, choose_python, read_recipe
from tests.sandbox.snapshots import make_snapshot


def recipe(tmp_path: Path, files: dict[str, str]) -> Recipe:
    return read_recipe(make_snapshot(tmp_path, files))


def test_pep_621_extras_and_dependencies(tmp_path: Path) -> None:
    found = recipe(
        tmp_path,
        {
            "pyproject.toml": """
                [build-system]
                requires = ["hatchling", "hatch-vcs"]
                [project]
                name = "x"
                requires-python = ">=3.8,<3.12"
                dependencies = ["six>=1"]
                [project.optional-dependencies]
                docs = ["sphinx"]
                testing = ["pytest<8"]
                dev = ["ruff"]
                """,
            "src/x/__init__.py": "",
        },
    )
    assert found.installable
    assert found.extras == ("testing",)
    assert found.dependencies == ("six>=1",)
    assert found.python == "3.11"
    assert found.roots == ("src", ".")
    assert found.computed_version


def test_development_extras_stand_in_for_missing_test_extras(tmp_path: Path) -> None:
    text = '[project]\nname = "x"\n[project.optional-dependencies]\ndev = ["pytest"]\ndocs = ["sphinx"]\n'
    assert recipe(tmp_path, {"pyproject.toml": text}).extras == ("dev",)


def test_dependency_groups_include_each_other_and_never_loop(tmp_path: Path) -> None:
    text = """
        [dependency-groups]
        base = ["pytest", {include-group = "test"}]
        test = ["hypothesis", {include-group = "base"}, {include-group = "nowhere"}]
        lint = ["ruff"]
        """
    found = recipe(tmp_path, {"pyproject.toml": text})
    assert found.requirements == ("hypothesis", "pytest")
    assert not found.installable


def test_poetry_versions_become_ours(tmp_path: Path) -> None:
    text = """
        [tool.poetry]
        name = "x"
        [tool.poetry.dependencies]
        python = "^3.9"
        requests = "^2.5"
        click = {version = "~8.1", extras = ["a", "b"]}
        local = {path = "../x"}
        [tool.poetry.group.test.dependencies]
        pytest = "^0.3.1"
        exact = "1.2.3"
        any = "*"
        """
    found = recipe(tmp_path, {"pyproject.toml": text})
    assert found.dependencies == ("requests>=2.5,<3", "click[a,b]>=8.1,<8.2")
    assert found.requirements == ("pytest>=0.3.1,<0.4", "exact==1.2.3", "any")
    assert found.python == "3.12"


def test_setup_py_is_read_and_not_run(tmp_path: Path) -> None:
    code = """
import os
from setuptools import setup
os.unlink("/definitely/not")
TESTS = ["pytest", "mock"]
setup(name="x", tests_require=TESTS, install_requires=["six"], python_requires="==2.7.*",
      extras_require={"test": TESTS, "docs": []}, package_dir={"": "lib"}, version=os.getenv("V"))
"""
    found = recipe(tmp_path, {"setup.py": code, "lib/x/__init__.py": ""})
    assert (found.extras, found.requirements, found.dependencies) == (("test",), ("pytest", "mock"), ("six",))
    assert found.roots == ("lib", ".")


def test_setup_cfg(tmp_path: Path) -> None:
    text = """
[metadata]
name = x
[options]
python_requires = >=3.6
install_requires =
    six
    # a comment
    attrs>=20  # another
[options.extras_require]
tests = pytest
"""
    found = recipe(tmp_path, {"setup.cfg": text})
    assert (found.installable, found.extras, found.dependencies) == (True, ("tests",), ("six", "attrs>=20"))


@pytest.mark.parametrize(
    "name",
    [
        "requirements-test.txt", "requirements_tests.txt", "test-requirements.txt", "requirements/test.txt",
        "tests/requirements.txt", "requirements-testing.txt", "test_requirements.txt",
    ],
)  # fmt: skip
def test_requirement_files_of_tests_are_found(tmp_path: Path, name: str) -> None:
    found = recipe(tmp_path, {name: "pytest", "requirements-dev.txt": "ruff", "pyproject.toml": '[project]\nname="x"'})
    assert found.files == (name,)


def test_development_requirements_are_the_second_choice(tmp_path: Path) -> None:
    found = recipe(tmp_path, {"requirements-dev.txt": "pytest", "requirements-docs.txt": "sphinx", "app.py": ""})
    assert found.files == ("requirements-dev.txt",)


def test_plain_requirements_count_where_nothing_can_be_installed(tmp_path: Path) -> None:
    assert recipe(tmp_path, {"requirements.txt": "flask", "app.py": ""}).files == ("requirements.txt",)


def test_tox_is_asked_last(tmp_path: Path) -> None:
    text = "[testenv]\ndeps =\n    pytest>=7\n    -r{toxinidir}/more.txt\n    py27: mock\n    -rmissing.txt\n"
    found = recipe(tmp_path, {"tox.ini": text, "more.txt": "six", "setup.py": "from setuptools import setup; setup()"})
    assert (found.requirements, found.files) == (("pytest>=7",), ("more.txt",))


@pytest.mark.parametrize(
    "text", ["[project", "[project]\nname = 3\ndependencies = 7\noptional-dependencies = []", "\x00"]
)
def test_broken_files_are_taken_for_absent(tmp_path: Path, text: str) -> None:
    files = {"pyproject.toml": text, "setup.py": "def (", "setup.cfg": "no section", "tox.ini": "[a]\n[a]\nx"}
    assert recipe(tmp_path, files).dependencies == ()


@pytest.mark.parametrize(
    ("requirement", "version"),
    [
        ("", "3.12"), (">=3.9", "3.12"), ("<3.12", "3.11"), (">=3.13", "3.13"), ("~=3.8.0", "3.8"),
        (">=3.8.1,<3.9", "3.8"),
        ("==2.7.*", "3.12"), ("nonsense", "3.12"), (">=3.7,!=3.12.*,<3.13", "3.11"),
    ],
)  # fmt: skip
def test_python_follows_the_project(requirement: str, version: str) -> None:
    assert choose_python(requirement) == version


def test_plain_sources_do_not_make_another_image(tmp_path: Path) -> None:
    names = ["pyproject.toml", "setup.py", "src/x/fast.pyx", "requirements/test.txt", "x.c", "sub/pyproject.toml"]
    snapshot = make_snapshot(tmp_path, dict.fromkeys([*names, "src/x/a.py", "README.md", "docs/x.txt"], ""))
    assert sorted(build_relevant(snapshot)) == sorted(names)


def test_options_can_not_be_smuggled_in_as_requirements(tmp_path: Path) -> None:
    text = '[dependency-groups]\ntest = ["--index-url=http://evil.example", "pytest"]\n'
    snapshot = make_snapshot(tmp_path, {"pyproject.toml": text})
    plan = write_plan(read_recipe(snapshot), snapshot)
    assert plan["arguments"] == b"pytest\0"
    assert not any(b"evil" in data for data in plan.values())
