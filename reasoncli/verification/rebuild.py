"""Changes that the image must be built anew for: judging them on the old one would judge something else."""

from __future__ import annotations

import configparser
import json
import re
import tomllib
from collections.abc import Callable
from typing import Any

from reasoncli.domain import FileChange, Patch

_COMPILED = re.compile(
    r"\.(?:pyx|pxd|pxi|c|cc|cpp|cxx|h|hh|hpp|rs|f|f90|f95|for|go|zig|cu|java|kt|scala|swift)$"
    r"|(?:^|/)(?:CMakeLists\.txt|meson\.build|Cargo\.toml|Cargo\.lock|build\.rs|Makefile\.am|configure\.ac)$"
)
_LOCKS = re.compile(
    r"(?:^|/)(?:requirements[^/]*\.(?:txt|in)|constraints[^/]*\.txt|Pipfile(?:\.lock)?|poetry\.lock|uv\.lock|pdm\.lock|"
    r"environment\.ya?ml|conda[^/]*\.ya?ml|package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|"
    r"pnpm-workspace\.yaml|bun\.lockb?|deno\.lock|go\.(?:mod|sum|work)|Cargo\.(?:toml|lock)|pom\.xml|"
    r"(?:build|settings)\.gradle(?:\.kts)?|gradle\.(?:lockfile|properties)|libs\.versions\.toml|Gemfile(?:\.lock)?|"
    r"[^/]*\.gemspec|composer\.(?:json|lock)|mix\.(?:exs|lock)|rebar\.(?:config|lock)|pubspec\.(?:yaml|lock)|"
    r"Package\.(?:swift|resolved)|[^/]*\.(?:csproj|fsproj|cabal)|packages\.lock\.json|stack\.yaml|conanfile\.\w+|"
    r"vcpkg\.json|Dockerfile)$|(?:^|/)requirements/[^/]+\.(?:txt|in)$"
)
_PROJECT_KEYS = (
    "dependencies",
    "optional-dependencies",
    "scripts",
    "gui-scripts",
    "entry-points",
    "requires-python",
    "name",
)
_PACKAGE_KEYS = (
    *("dependencies", "devDependencies", "peerDependencies", "optionalDependencies", "bundledDependencies"),
    *("bundleDependencies", "overrides", "resolutions", "workspaces", "engines", "packageManager", "name"),
)
_BUILDS = re.compile(
    r"(?<![\w./-])(?:go|gotestsum|cargo|mvnw?|gradlew?|make|ninja|cmake|meson|dotnet|swift|sbt|stack|cabal|zig|bazel|"
    r"[gc]?cc|[gc]\+\+|clang(?:\+\+)?|javac|rustc|mix|rebar3|dart|flutter|lein)(?![\w-]|\.\w)"
    r"|\./(?:mvnw|gradlew)\b"
)
_CFG_SECTIONS = (
    "options",
    "options.extras_require",
    "options.entry_points",
    "options.package_data",
    "options.packages.find",
)


def builds_sources(command: str) -> bool:
    """Whether a test command compiles what it tests, as those of most compiled languages do."""
    return _BUILDS.search(command) is not None


def needs_rebuild(patch: Patch, read: Callable[[str], bytes | None], *, compiles: bool) -> str | None:
    """Why the patch can't be judged on the image at hand, or `None`.

    Args:
        patch: the candidate.
        read: path -> the file's bytes at the base.
        compiles: whether what the tests run was compiled when the image was built (false where the test command
            compiles it, see `builds_sources`).
    """
    for change in patch.changes:
        name = change.path.rpartition("/")[2]
        if _LOCKS.search(change.path):
            return f"it changes the dependencies in {change.path}"
        if compiles and _COMPILED.search(change.path):
            return f"it changes {change.path}, which is compiled into the image"
        if name == "package.json" and _differs(_package, change, read):
            return f"it changes the dependencies in {change.path}"
        if name == "setup.py" and change.path == name:
            return "it changes setup.py"
        if name == "pyproject.toml" and _differs(_project, change, read):
            return "it changes dependencies or build settings in pyproject.toml"
        if change.path == "setup.cfg" and _differs(_options, change, read):
            return "it changes dependencies or packages in setup.cfg"
    return None


def _differs(view: Callable[[bytes], Any], change: FileChange, read: Callable[[str], bytes | None]) -> bool:
    before = read(change.path)
    if before is None or change.content is None:
        return True
    try:
        return bool(view(before) != view(change.content))
    except (ValueError, RecursionError, configparser.Error):
        return before != change.content


def _project(text: bytes) -> Any:
    data = tomllib.loads(text.decode("utf-8"))
    project = data.get("project")
    tool = data.get("tool")
    if not isinstance(project, dict):
        project = {}
    if not isinstance(tool, dict):
        tool = {}
    installers = {name: tool.get(name) for name in ("setuptools", "poetry", "hatch", "flit", "pdm", "uv", "maturin")}
    return data.get("build-system"), {key: project.get(key) for key in _PROJECT_KEYS}, installers


def _package(text: bytes) -> Any:
    data = json.loads(text)
    return {key: data.get(key) for key in _PACKAGE_KEYS} if isinstance(data, dict) else data


def _options(text: bytes) -> Any:
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(text.decode("utf-8"))
    return {name: dict(parser[name]) for name in _CFG_SECTIONS if parser.has_section(name)}
