"""What a patch may not touch: the tests and whatever decides how they run and are reported.

A model that may edit the judge needs no fix. Files are protected by path (`Policy.forbids`); those that configure
tests beside other things, by content (`Policy.check`). The user can allow paths by globs.
"""

from __future__ import annotations

import configparser
import json
import re
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from reasoncli.domain import FileChange, Rejection
from reasoncli.patches.diff_writer import Side, write_diff
from reasoncli.patches.paths import unsafe
from reasoncli.patches.tree import REGULAR, Tree

_TEST_FILE = re.compile(
    r"^(test_.*|.*_tests?|tests?|conftest|runtests)\.pyi?$"
    r"|.*_test\.(go|rb|exs|cc|cpp|c|dart|rs|lua|zig)$"
    r"|(.*[.\-_])?(test|spec)s?\.[cm]?[jt]sx?$"
    r"|test-.*\.[cm]?[jt]s$"
    r"|tests?\.rs$"
    r"|.*\.(bats|feature)$"
    r"|.*(Test|Tests|TestCase|Spec|IT)\.(java|kt|scala|groovy|cs|php|swift)$"
    r"|.*_spec\.rb$"
)
_TEST_FOLDERS = frozenset(
    {
        "tests",
        "__tests__",
        "__mocks__",
        "__fixtures__",
        "__snapshots__",
        "testdata",
        "test_data",
        "spec",
        "cypress",
        "e2e",
    }
)
_TOP_TEST_FOLDERS = ("test/", "src/test/", "testing/", "qa/", "t/")
# A folder `test` below others holds tests in these languages; in Python it may be a package for its users.
_NESTED_TEST_FOLDER = re.compile(r"/test/.*\.[cm]?[jt]sx?$|/src/(test|androidTest|integrationTest|testFixtures)/")

_OTHER_LANGUAGES = (
    *("jest.setup.*", "jest-setup.*", "setupTests.*", "vitest.setup.*", "vitest.workspace.*", "playwright.config.*"),
    *("cypress.config.*", "ava.config.*", "nyc.config.*", ".nycrc*", ".c8rc*", ".taprc", "wdio.conf.*", "bunfig.toml"),
    *("node.config.json", "phpunit.xml*", "phpunit.dist.xml", ".rspec", "nextest.toml", "CTestCustom.cmake"),
    *("CTestTestfile.cmake", "junit-platform.properties", ".busted"),
)
# Globs over whole paths; one without a slash also holds for the last part of any path.
_PROTECTED: tuple[tuple[str, str], ...] = (
    ("conftest.py", "pytest reads it"),
    ("pytest.ini", "test configuration"),
    (".pytest.ini", "test configuration"),
    ("pytest.toml", "test configuration"),
    (".pytest.toml", "test configuration"),
    ("noxfile.py", "it runs the tests"),
    ("toxfile.py", "it runs the tests"),
    ("tox.toml", "it runs the tests"),
    (".coveragerc", "test configuration"),
    ("jest.config.*", "test configuration"),
    ("vitest.config.*", "test configuration"),
    ("karma.conf.*", "test configuration"),
    (".mocharc*", "test configuration"),
    *((glob, "test configuration") for glob in _OTHER_LANGUAGES),
    (".npmrc", "npm reads it before it runs the tests"),
    (".yarnrc*", "yarn reads it before it runs the tests"),
    (".pnpmfile.*", "pnpm runs it"),
    ("Gruntfile.*", "it may run the tests"),
    ("gulpfile.*", "it may run the tests"),
    ("sitecustomize.py", "Python runs it at every start"),
    ("usercustomize.py", "Python runs it at every start"),
    ("*.pth", "Python reads it at every start"),
    ("entry_points.txt", "it registers plugins"),
    (".gitattributes", "git reads it"),
    (".gitmodules", "git reads it"),
    (".gitignore", "git reads it"),
    (".gitlab-ci.yml", "continuous integration"),
    (".travis.yml", "continuous integration"),
    ("appveyor.yml", "continuous integration"),
    (".appveyor.yml", "continuous integration"),
    ("azure-pipelines.yml", "continuous integration"),
    ("bitbucket-pipelines.yml", "continuous integration"),
    ("Jenkinsfile", "continuous integration"),
    (".cirrus.yml", "continuous integration"),
    ("codecov.yml", "continuous integration"),
    (".pre-commit-config.yaml", "it runs programs at a commit"),
    (".github/*", "continuous integration"),
    (".circleci/*", "continuous integration"),
    (".gitlab/*", "continuous integration"),
    (".buildkite/*", "continuous integration"),
    (".git/*", "git's own folder"),
    (".reasoncli/*", "this tool's own settings"),
    ("*.pyc", "compiled code"),
    ("__pycache__/*", "compiled code"),
)

# Modules that no new file at an import root may take the place of: those of Python, and what the tests rest on.
_TEST_MODULES = (
    *("pytest", "_pytest", "py", "pluggy", "iniconfig", "packaging", "pygments", "exceptiongroup", "tomli", "coverage"),
    *("nose", "nose2", "hypothesis", "mock", "xdist", "pytest_cov", "sitecustomize", "usercustomize"),
)
_TAKEN = sys.stdlib_module_names | frozenset(_TEST_MODULES)
_IMPORT_ROOTS = ("src/", "lib/", "python/")  # beside the repository's own


@dataclass(frozen=True, slots=True)
class Policy:
    """What patches may touch, and how large they may be.

    Attributes:
        protected: globs protected beyond the built-in ones.
        allowed: globs that lift protection (never that of git's folder, or of paths that leave the repository).
        protect_tests: whether test files are protected.
        max_patch_bytes: of a completion or diff, before it is read.
        max_files, max_lines: changed files, and lines added plus removed.
        max_file_bytes: of a file after the change.
    """

    protected: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    protect_tests: bool = True
    max_patch_bytes: int = 2 << 20
    max_files: int = 64
    max_lines: int = 5_000
    max_file_bytes: int = 8 << 20

    def forbids(self, path: str) -> str | None:
        """Why a path is protected, or `None`."""
        if any(_matches(path, glob) for glob in self.allowed):
            return None
        if self.protect_tests and is_test_file(path):
            return "it belongs to the tests"
        for glob in self.protected:
            if _matches(path, glob):
                return f"it is protected by {glob!r}"
        for glob, why in _PROTECTED:
            if _matches(path, glob):
                return why
        return None

    def check(self, changes: Sequence[FileChange], tree: Tree) -> Rejection | None:
        """Why changes may not be made as a whole: unsafe or protected paths, test configuration, size."""
        if len(changes) > self.max_files:
            return Rejection("forbidden", f"it changes {len(changes)} files, {self.max_files} are allowed")
        lines = 0
        made = {change.path for change in changes if change.content is not None}
        for change in changes:
            if any(parent.as_posix() in made for parent in PurePosixPath(change.path).parents):
                return Rejection("forbidden", f"{change.path}: the patch makes a file of one of its folders")
            why = unsafe(change.path, tree) or self.forbids(change.path) or self._content(change, tree)
            if why:
                return Rejection("forbidden", f"{change.path}: {why}")
            base = tree.read(change.path)
            old = None if base is None else Side(base, REGULAR)
            new = None if change.content is None else Side(change.content, REGULAR)
            lines += write_diff(change.path, old, new)[1]
        if lines > self.max_lines:
            return Rejection("forbidden", f"it changes {lines} lines, {self.max_lines} are allowed")
        return None

    def _content(self, change: FileChange, tree: Tree) -> str | None:
        if change.content is not None and len(change.content) > self.max_file_bytes:
            return f"the file would have {len(change.content)} bytes, {self.max_file_bytes} are allowed"
        if any(_matches(change.path, glob) for glob in self.allowed):
            return None
        base = tree.read(change.path)
        name = new_module(change.path, lambda path: tree.mode(path) is not None)
        if change.content is not None and name is not None and (name in _TAKEN or name.startswith("reasoncli_")):
            return f"it would take the place of the module {name}"  # `reasoncli_`: the hooks that report on the tests
        return _test_configuration_changed(change.path, base or b"", change.content or b"")


def is_test_file(path: str) -> bool:
    """Whether a file belongs to a project's tests, judged by its path."""
    *folders, name = path.split("/")
    if any(folder in _TEST_FOLDERS for folder in folders) or _TEST_FILE.match(name):
        return True
    return path.startswith(_TOP_TEST_FOLDERS) or _NESTED_TEST_FOLDER.search(path) is not None


def new_module(path: str, exists: Callable[[str], bool]) -> str | None:
    """The name of a module that a file adds at an import root, where others of this name are hidden by it.

    Args:
        path: of the file after the change.
        exists: whether a path is there at the base.
    """
    root = next((root for root in _IMPORT_ROOTS if path.startswith(root)), "")
    name = path[len(root) :].partition("/")[0].removesuffix(".py")
    places = (f"{root}{name}.py", f"{root}{name}/__init__.py")
    return name if path in places and not any(map(exists, places)) else None


def _matches(path: str, glob: str) -> bool:
    return bool(_pattern(glob).match(path))


@lru_cache(maxsize=256)
def _pattern(glob: str) -> re.Pattern[str]:
    """A glob for the whole path, or, at any depth, for its end."""
    whole = translate(glob.strip("/") + ("/*" if glob.endswith("/") else ""))
    return re.compile(f"(?:.*/)?{whole}", re.DOTALL)


_Extract = Callable[[str], object]


# A file of another shape than its name promises, as a model may well write it, is no error of ours.
_UNREADABLE = (ValueError, configparser.Error, AttributeError, TypeError, RecursionError)


def _test_configuration_changed(path: str, base: bytes, new: bytes) -> str | None:
    extract = _EXTRACTORS.get(path.rsplit("/", 1)[-1])
    if extract is None:
        return None
    try:
        before = extract(base.decode())
    except _UNREADABLE:
        before = None
    try:
        after = extract(new.decode())
    except _UNREADABLE:
        return "its test configuration can't be read any more"
    return "it changes how the tests run" if before != after else None


def _pyproject(text: str) -> object:
    data = tomllib.loads(text)
    tool: Mapping[str, Any] = data.get("tool", {})
    kept = {name: tool.get(name) for name in ("pytest", "tox", "nox", "coverage", "hatch", "pdm", "reasoncli")}
    for name in ("hatch", "pdm"):
        table = kept[name]
        kept[name] = {key: table.get(key) for key in ("envs", "scripts")} if isinstance(table, dict) else None
    project = data.get("project", {})
    poetry = tool.get("poetry", {})
    plugins = [project.get("entry-points", {}).get("pytest11"), poetry.get("plugins", {}).get("pytest11")]
    return kept, plugins, data.get("build-system", {}).get("backend-path")


def _ini(*names: str) -> _Extract:
    tests = re.compile("|".join(names))

    def extract(text: str) -> object:
        parser = configparser.RawConfigParser(strict=False)
        parser.read_string(text)
        sections = {section: dict(parser.items(section)) for section in parser.sections()}
        configured = {section: values for section, values in sections.items() if tests.match(section)}
        plugins = [
            (section, key, value)
            for section, values in sections.items()
            for key, value in values.items()
            if key == "pytest11" or "pytest11" in (value or "")
        ]
        return configured, plugins

    return extract


def _package_json(text: str) -> object:
    data = json.loads(text)
    names = ("scripts", "jest", "mocha", "ava", "nyc", "c8", "tap", "vitest", "jasmine", "uvu", "tape", "config")
    return {name: data.get(name) for name in names} if isinstance(data, dict) else None


def _setup_py(text: str) -> object:
    return text.count("pytest11"), text.count("sitecustomize"), text.count(".pth")


_EXTRACTORS: Mapping[str, _Extract] = {
    "pyproject.toml": _pyproject,
    "setup.cfg": _ini(
        r"tool:pytest$", r"pytest$", r"coverage", r"tox", r"testenv", r"aliases$", r"test$", r"nosetests$"
    ),
    "tox.ini": _ini(r"pytest$", r"tox", r"testenv", r"coverage"),
    "setup.py": _setup_py,
    "package.json": _package_json,
}
