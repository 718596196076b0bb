"""What a Python project needs installed before its tests can run, read from its files without running any of them."""

from __future__ import annotations

import ast
import configparser
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from reasoncli.domain import Snapshot
from reasoncli.python_source import parse

TEST_NAMES = ("test", "tests", "testing", "pytest", "unittest", "test-dependencies", "tests-require")
DEV_NAMES = ("dev", "develop", "development", "devel")
_TEST_FILES = re.compile(
    r"(?:(?:requirements[-_./])?(?:tests?|testing)(?:[-_.]requirements)?|requirements[-_.](?:tests?|testing)"
    r"|tests?/requirements(?:[-_.]tests?)?)\.txt"
)
_DEV_FILES = re.compile(r"(?:dev(?:el|elopment)?[-_.]requirements|requirements[-_./]dev(?:el|elopment)?)\.txt")
_VERSION_TOOLS = re.compile(
    r"setuptools[-_]scm|hatch[-_]vcs|versioningit|poetry[-_]dynamic[-_]versioning|flit[-_]scm|setuptools[-_]git|\bpbr\b|"
    r"tool\.pdm\.version"
)
_BUILD_FILES = re.compile(
    r"(?:.*/)?(?:pyproject\.toml|setup\.(?:py|cfg)|MANIFEST\.in|tox\.ini|meson\.build|CMakeLists\.txt|Cargo\.(?:toml|lock)"
    r"|Pipfile(?:\.lock)?|poetry\.lock|pdm\.lock|uv\.lock|hatch\.toml|hatch_build\.py|build\.py|environment\.ya?ml"
    r"|package\.json|package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|go\.(?:mod|sum)|pom\.xml"
    r"|(?:build|settings)\.gradle(?:\.kts)?|Gemfile(?:\.lock)?|composer\.(?:json|lock)|mix\.(?:exs|lock)"
    r"|\.python-version|(?:[^/]*requirements[^/]*|constraints[^/]*)\.(?:txt|in)|requirements/[^/]*\.(?:txt|in))"
)
_COMPILED = (".c", ".cc", ".cpp", ".cxx", ".h", ".hpp", ".pyx", ".pxd", ".pxi", ".rs", ".f", ".f90", ".F90", ".go")
_PREFERRED = ("3.12", "3.11", "3.13", "3.10", "3.9", "3.8", "3.14", "3.7", "3.6")

_Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to make the project's tests runnable.

    Attributes:
        python: the minor version to take, `3.12` where the project doesn't care.
        installable: whether pip can install it (it has a pyproject.toml with a build, a setup.py or setup.cfg).
        extras: its extras to install.
        dependencies: what it declares that it needs, for when it can't be installed.
        requirements: requirement specifiers of its tests.
        files: requirement files of its tests, relative paths.
        roots: folders that its modules are imported from, relative.
        computed_version: whether its version comes from version control, which the image doesn't have.
    """

    python: str
    installable: bool
    extras: tuple[str, ...]
    dependencies: tuple[str, ...]
    requirements: tuple[str, ...]
    files: tuple[str, ...]
    roots: tuple[str, ...]
    computed_version: bool


def build_relevant(snapshot: Snapshot) -> dict[str, str]:
    """The files whose content an image depends on, with their hashes; plain Python sources are not among them."""
    return {
        path: digest
        for path, digest in snapshot.files.items()
        if _BUILD_FILES.fullmatch(path) or path.endswith(_COMPILED)
    }


def read_recipe(snapshot: Snapshot) -> Recipe:
    """Read the project's files. What can't be parsed is taken for absent: pip will say what is wrong with it."""
    root = snapshot.root
    pyproject = _toml(root / "pyproject.toml")
    setup_cfg = _ini(root / "setup.cfg")
    setup_py = _setup_arguments(root / "setup.py")
    project = _table(pyproject, "project")
    poetry = _table(pyproject, "tool", "poetry")
    built = project or poetry or "build-system" in pyproject
    installable = bool(built or setup_py is not None or "metadata" in setup_cfg)
    declared = _extras(project, poetry, setup_cfg, setup_py or {})
    extras = _test_like(declared)
    requirements = [*_groups(pyproject), *_poetry_groups(poetry), *_other_tools(pyproject)]
    requirements += _strings((setup_py or {}).get("tests_require"))
    requirements += _lines(setup_cfg.get("options", {}).get("tests_require", ""))
    files = _requirement_files(snapshot, installable)
    if not (extras or requirements or files):
        tox_requirements, files = _tox(_ini(root / "tox.ini"), snapshot)
        requirements += tox_requirements
    wanted = (
        project.get("requires-python")
        or setup_cfg.get("options", {}).get("python_requires")
        or (setup_py or {}).get("python_requires")
        or _caret(_table(poetry, "dependencies").get("python", ""))
    )
    text = "".join(_text(root / name) for name in ("pyproject.toml", "setup.py", "setup.cfg"))
    return Recipe(
        python=choose_python(str(wanted or "")),
        installable=installable,
        extras=extras,
        dependencies=tuple(_dependencies(project, poetry, setup_cfg, setup_py or {})),
        requirements=tuple(dict.fromkeys(requirements)),
        files=files,
        roots=_roots(snapshot, pyproject, setup_py or {}),
        computed_version=bool(_VERSION_TOOLS.search(text)),
    )


def choose_python(requirement: str) -> str:
    """The minor version to run under a `requires-python`; the preferred one where it says nothing we understand."""
    try:
        allowed = SpecifierSet(requirement)
    except InvalidSpecifier:
        return _PREFERRED[0]
    # A patch level in the middle, so that both `>=3.8.1` and `<3.8.20` admit 3.8.
    return next((version for version in _PREFERRED if allowed.contains(f"{version}.10")), _PREFERRED[0])


# ---------------------------------------------------------------- where dependencies are declared


def _extras(project: _Table, poetry: _Table, cfg: Mapping[str, Mapping[str, str]], arguments: _Table) -> list[str]:
    declared = [*_table(project, "optional-dependencies"), *_table(poetry, "extras")]
    declared += cfg.get("options.extras_require", {})
    if isinstance(arguments.get("extras_require"), dict):
        declared += [name for name in arguments["extras_require"] if isinstance(name, str)]
    return declared


def _dependencies(
    project: _Table, poetry: _Table, cfg: Mapping[str, Mapping[str, str]], arguments: _Table
) -> Iterator[str]:
    yield from _strings(project.get("dependencies"))
    yield from _poetry_table({k: v for k, v in _table(poetry, "dependencies").items() if k != "python"})
    yield from _lines(cfg.get("options", {}).get("install_requires", ""))
    yield from _strings(arguments.get("install_requires"))


def _test_like(names: Iterable[str]) -> tuple[str, ...]:
    """Those that sound like tests; failing that, those that sound like development."""
    given = list(dict.fromkeys(names))
    for wanted in (TEST_NAMES, DEV_NAMES):
        found = tuple(name for name in given if name.lower().replace("_", "-") in wanted)
        if found:
            return found
    return ()


def _groups(pyproject: Mapping[str, Any]) -> Iterator[str]:
    """Dependency groups after PEP 735, with their inclusions."""
    groups = _table(pyproject, "dependency-groups")

    def members(name: str, above: tuple[str, ...]) -> Iterator[str]:
        for item in groups.get(name, ()):
            if isinstance(item, str):
                yield item
            elif isinstance(item, dict) and (included := str(item.get("include-group"))) not in above:
                yield from members(included, (*above, included))

    for name in _test_like(groups):
        yield from members(name, (name,))


def _poetry_groups(poetry: Mapping[str, Any]) -> Iterator[str]:
    groups = _table(poetry, "group")
    for name in _test_like(groups):
        yield from _poetry_table(_table(groups, name, "dependencies"))
    if not groups:
        yield from _poetry_table(_table(poetry, "dev-dependencies"))


def _poetry_table(table: Mapping[str, Any]) -> Iterator[str]:
    for name, value in table.items():
        version = value if isinstance(value, str) else value.get("version", "*") if isinstance(value, dict) else "*"
        if isinstance(value, dict) and ("path" in value or "git" in value or "url" in value or value.get("optional")):
            continue
        extras = f"[{','.join(value['extras'])}]" if isinstance(value, dict) and value.get("extras") else ""
        yield f"{name}{extras}{_caret(str(version))}"


def _caret(version: str) -> str:
    """Poetry's version language in pip's: `^1.2` and `~1.2` become ranges, `*` nothing, alternatives no constraint."""
    version = version.strip()
    if version in ("", "*") or "||" in version:
        return ""
    parts = []
    for part in (piece.strip() for piece in version.split(",")):
        match = re.fullmatch(r"([\^~])\s*v?(\d+(?:\.\d+)*)(.*)", part)
        if match is None:
            parts.append(part if part[0] in "<>=!~" else f"=={part}")
            continue
        numbers = [int(number) for number in match[2].split(".")]
        fixed = 1 if len(numbers) == 1 else 2
        if match[1] == "^":
            fixed = next((i + 1 for i, number in enumerate(numbers) if number), len(numbers))
        upper = [*numbers[: fixed - 1], numbers[fixed - 1] + 1]
        parts.append(f">={match[2]}{match[3]},<{'.'.join(map(str, upper))}")
    return ",".join(parts)


def _other_tools(pyproject: Mapping[str, Any]) -> Iterator[str]:
    """Development dependencies as uv, PDM and Hatch keep them."""
    yield from _strings(_table(pyproject, "tool", "uv").get("dev-dependencies"))
    pdm = _table(pyproject, "tool", "pdm", "dev-dependencies")
    for name in _test_like(pdm):
        yield from _strings(pdm[name])
    environments = _table(pyproject, "tool", "hatch", "envs")
    for name in ("hatch-test", *(_test_like(environments) or ("default",))):
        environment = _table(environments, name)
        for key in ("dependencies", "extra-dependencies"):
            yield from (item for item in _strings(environment.get(key)) if "{" not in item)


def _tox(cfg: Mapping[str, Mapping[str, str]], snapshot: Snapshot) -> tuple[list[str], tuple[str, ...]]:
    """Plain lines and requirement files of tox's `deps`; lines for some environments only are passed over."""
    requirements, files = [], []
    for line in _lines(cfg.get("testenv", {}).get("deps", "")):
        file = re.fullmatch(r"-r\s*(?:\{toxinidir\}/)?(\S+)", line)
        if file is not None:
            files += [file[1]] if file[1] in snapshot.files else []
        elif re.match(r"[A-Za-z0-9][\w.\-]*\s*(?:$|[\[<>=!~;])", line):
            requirements.append(line)
    return requirements, tuple(files)


def _requirement_files(snapshot: Snapshot, installable: bool) -> tuple[str, ...]:
    names = [path for path in snapshot.files if path.endswith(".txt") and path.count("/") <= 1]
    tests = [path for path in names if _TEST_FILES.fullmatch(path)] or [
        path for path in names if _DEV_FILES.fullmatch(path)
    ]
    plain = [path for path in ("requirements.txt", "requirements/base.txt") if path in snapshot.files]
    if installable:  # what it needs to run is its own to say; a list that brings pytest is for its tests
        plain = [path for path in plain if re.search(r"(?mi)^\s*pytest\b", _text(snapshot.root / path))]
    return tuple(dict.fromkeys([*plain, *tests]))


def _roots(snapshot: Snapshot, pyproject: Mapping[str, Any], arguments: Mapping[str, Any]) -> tuple[str, ...]:
    folders = [*_table(pyproject, "tool", "setuptools", "package-dir").values()]
    if isinstance(arguments.get("package_dir"), dict):
        folders += arguments["package_dir"].values()
    tops = {path.split("/")[0] for path in snapshot.files if path.endswith(".py") and "/" in path}
    roots: list[str] = [
        folder for folder in ("src", "lib") if folder in tops and f"{folder}/__init__.py" not in snapshot.files
    ]
    roots += [folder for folder in folders if isinstance(folder, str) and folder in tops]
    return tuple(dict.fromkeys([*roots, "."]))


# ---------------------------------------------------------------- reading


def _setup_arguments(path: Path) -> dict[str, Any] | None:
    """The literal arguments of the `setup()` call, names of literals resolved; `None` without a setup.py."""
    if not path.is_file():
        return None
    module = parse(_text(path))
    if module is None:
        return {}
    names: dict[str, ast.expr] = {}
    call: ast.Call | None = None
    for node in ast.walk(module):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            names[node.targets[0].id] = node.value
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "setup":
            call = node
    found: dict[str, Any] = {}
    for keyword in call.keywords if call is not None else ():
        value = names.get(keyword.value.id, keyword.value) if isinstance(keyword.value, ast.Name) else keyword.value
        if keyword.arg is None:
            continue
        if keyword.arg == "extras_require" and isinstance(value, ast.Dict):  # the names will do
            found[keyword.arg] = {key.value: [] for key in value.keys if isinstance(key, ast.Constant)}
            continue
        try:
            found[keyword.arg] = ast.literal_eval(value)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            continue
    return found


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError:
        return {}


def _ini(path: Path) -> dict[str, dict[str, str]]:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(_text(path))
    except configparser.Error:
        return {}
    return {name: dict(parser[name]) for name in parser.sections()}


def _text(path: Path) -> str:
    return path.read_text("utf-8", "replace") if path.is_file() and not path.is_symlink() else ""


def _table(table: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    for name in names:
        value = table.get(name, {})
        table = value if isinstance(value, dict) else {}
    return table


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return _lines(value)
    return [item for item in value if isinstance(item, str)] if isinstance(value, (list, tuple)) else []


def _lines(text: str) -> list[str]:
    lines = (line.split(" #")[0].strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]
