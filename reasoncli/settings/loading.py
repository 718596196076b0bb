"""From flags, environment and files to settings.

Strongest first: flag, `REASONCLI_*`, `[tool.reasoncli]` in the repository's pyproject.toml, the user's
config.toml, the default. An unknown key is an error wherever it stands. The repository's file is
untrusted: what it may say of a setting is the setting's `Scope`.
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from reasoncli.errors import SettingsError
from reasoncli.machine import cores, free_memory
from reasoncli.settings.fields import GROUPS, Field, fields, show
from reasoncli.settings.keys import Scope, closest
from reasoncli.settings.reading import BadValueError, Value, read
from reasoncli.settings.values import Origin, Settings, Source

PREFIX = "REASONCLI_"
OTHER_VARIABLES = frozenset(
    {
        "REASONCLI_CONFIG",  # path of the user's file
        "REASONCLI_API_KEY",  # an endpoint's key
        "REASONCLI_DEBUG",  # tracebacks of internal errors
        "REASONCLI_NO_INSTALL",  # the Makefile's
        "REASONCLI_TEST_VENVS",  # of this project's own tests
        "REASONCLI_HOOKS",  # the in-sandbox runner's, where this project is what is repaired
        "REASONCLI_JUNIT",  # the same
        "REASONCLI_MARK",  # the local sandbox's, likewise
    }
)
"""Variables with the prefix that are no settings."""

_LARGEST_FILE = 1 << 20


@dataclass(frozen=True, slots=True)
class _Layer:
    """What one source says: values as they stand there, by setting."""

    source: Source
    says: Mapping[str, object]
    where: Mapping[str, str]
    base: Path

    def origin(self, name: str) -> Origin:
        return Origin(self.source, self.where[name])


@dataclass(frozen=True, slots=True)
class _Choice:
    value: Value
    origin: Origin


def load_settings(
    flags: Mapping[str, object] | None = None,
    *,
    repository: Path | None = None,
    environ: Mapping[str, str] | None = None,
    user_file: Path | None = None,
    cwd: Path | None = None,
) -> Settings:
    """Read every source and hand out the settings.

    Args:
        flags: by setting name (`test-command` or `test_command`); those that are `None` were not given.
        repository: top level of the repository whose pyproject.toml is read; `None` reads none.
        environ: the environment, `os.environ` if not given.
        user_file: the user's config.toml; by default `REASONCLI_CONFIG`, else the user's config folder.
        cwd: where relative paths in flags and variables start.

    Raises:
        SettingsError: an unknown setting, a value that doesn't fit, or one that the repository may not set.
    """
    environ = os.environ if environ is None else environ
    cwd = Path.cwd() if cwd is None else cwd
    layers = [_flags(flags or {}, cwd), _environment(environ, cwd)]
    if repository is not None:
        layers.append(_repository(repository))
    layers.append(_user(user_file, environ))
    chosen = {name: _choose(field, layers) for name, field in fields().items()}
    groups: dict[str, Any] = {}
    for group, kind in GROUPS.items():
        groups[group] = kind(**{f.attribute: chosen[n].value for n, f in fields().items() if f.group == group})
    origins = MappingProxyType({name: choice.origin for name, choice in chosen.items()})
    return Settings(**groups, origins=origins)


def state_folder(settings: Settings) -> Path:
    """Where runs are kept: the setting, or the user's state folder."""
    if settings.store.state_dir is not None:
        return settings.store.state_dir
    import platformdirs  # only here: the command line starts without it

    return platformdirs.user_state_path("reasoncli")


def worker_count(settings: Settings) -> int:
    """How many candidates are tested at once: the setting, or one a core, as far as memory goes for their sandboxes."""
    if settings.search.workers is not None:
        return settings.search.workers
    return max(1, min(cores(), free_memory() // settings.sandbox.memory))


def as_text(settings: Settings) -> Mapping[str, str]:
    """Every setting as text, by its name: for the manifest."""
    return MappingProxyType({n: show(getattr(getattr(settings, f.group), f.attribute), f) for n, f in fields().items()})


def _flags(flags: Mapping[str, object], cwd: Path) -> _Layer:
    given = {name.replace("_", "-"): value for name, value in flags.items() if value is not None}
    given = {name: value for name, value in given.items() if value != ()}  # a repeatable flag that wasn't given
    for name in given:
        if name not in fields():
            raise SettingsError(f"there is no setting {name}", hint=closest(name, fields()))
    return _Layer(Source.FLAG, given, {name: fields()[name].flag for name in given}, cwd)


def _environment(environ: Mapping[str, str], cwd: Path) -> _Layer:
    known = {field.variable: name for name, field in fields().items()}
    says, where = {}, {}
    for variable, value in environ.items():
        if not variable.startswith(PREFIX) or variable in OTHER_VARIABLES:
            continue
        if variable not in known:
            close = closest(variable.removeprefix(PREFIX), fields())
            raise SettingsError(f"the environment variable {variable} is no setting", hint=close)
        says[known[variable]], where[known[variable]] = value, variable
    return _Layer(Source.ENVIRONMENT, says, where, cwd)


def _repository(repository: Path) -> _Layer:
    path = repository / "pyproject.toml"
    if path.is_symlink() and not path.resolve().is_relative_to(repository.resolve()):
        raise SettingsError(f"{path} is a link that leads out of the repository", hint="Put a file in its place.")
    tool = _toml(path).get("tool", {})
    table = tool.get("reasoncli", {}) if isinstance(tool, dict) else {}
    return _file(Source.REPOSITORY, table, f"{path} [tool.reasoncli]", repository)


def _user(path: Path | None, environ: Mapping[str, str]) -> _Layer:
    if path is None and environ.get("REASONCLI_CONFIG"):
        path = Path(environ["REASONCLI_CONFIG"])
        if not path.is_file():
            raise SettingsError(f"REASONCLI_CONFIG names {path}, and there is no such file")
    if path is None:
        import platformdirs  # only here: the command line starts without it

        path = platformdirs.user_config_path("reasoncli") / "config.toml"
    return _file(Source.USER_FILE, _toml(path), str(path), path.parent)


def _file(source: Source, table: object, where: str, base: Path) -> _Layer:
    if not isinstance(table, dict):
        raise SettingsError(f"{where} must be a table")
    for name in table:
        if name not in fields():
            raise SettingsError(f"unknown setting {name} in {where}", hint=closest(name, fields()))
    return _Layer(source, table, dict.fromkeys(table, where), base)


def _toml(path: Path) -> dict[str, Any]:
    try:
        if stat.S_ISFIFO(path.stat().st_mode):  # opening one waits for somebody to write
            raise SettingsError(f"{path} is a pipe")
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise SettingsError(f"{path} can't be read: {error.strerror}") from error
    if len(content) > _LARGEST_FILE:
        raise SettingsError(f"{path} is larger than {_LARGEST_FILE >> 20} MiB")
    try:
        return tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}") from error


def _choose(field: Field, layers: Sequence[_Layer]) -> _Choice:
    found = [_Choice(_read(field, layer), layer.origin(field.name)) for layer in layers if field.name in layer.says]
    found.append(_Choice(field.default, Origin(Source.DEFAULT)))  # type: ignore[arg-type]
    if field.key.scope is Scope.ADD:
        texts = [text for choice in found if isinstance(choice.value, tuple) for text in choice.value]
        return _Choice(tuple(dict.fromkeys(texts)), found[0].origin)
    if found[0].origin.source is Source.REPOSITORY:
        _permit(field, found[0], found[1])
    return found[0]


def _read(field: Field, layer: _Layer) -> Value:
    try:
        value = read(layer.says[field.name], field.kind, field.optional, field.key, layer.base)
    except BadValueError as error:
        where = layer.where[field.name]
        place = where if layer.source in (Source.FLAG, Source.ENVIRONMENT) else f"{field.name} in {where}"
        raise SettingsError(f"{place}: {error}, got {layer.says[field.name]!r:.80}") from error
    if layer.source is Source.REPOSITORY and isinstance(value, Path) and field.key.scope is not Scope.USER:
        return _inside(value, layer, field)
    return value


def _inside(path: Path, layer: _Layer, field: Field) -> Path:
    """A path that a repository names lies in it, symlinks followed."""
    if not path.resolve().is_relative_to(layer.base.resolve()):
        raise SettingsError(f"{field.name} in {layer.where[field.name]} points outside the repository")
    return path


def _permit(field: Field, asked: _Choice, own: _Choice) -> None:
    """Hold the repository's file to the setting's scope; `own` is what would hold without it."""
    if field.key.scope is Scope.USER:
        raise SettingsError(
            f"{field.name} in {asked.origin} is not for a repository to set",
            hint=f"Take it out, or decide yourself with {field.flag} or {field.variable}.",
        )
    if field.key.scope is Scope.NARROW and _width(asked.value, field) > _width(own.value, field):
        raise SettingsError(
            f"{field.name} in {asked.origin} asks for {show(asked.value, field)}, more than the "
            f"{show(own.value, field)} that you allow",
            hint=f"Allow it with {field.flag} {show(asked.value, field)}, or in your own config.toml.",
        )


def _width(value: Value, field: Field) -> float:
    if value is None:
        return float("inf")
    if field.key.order:
        return field.key.order.index(str(value))
    if isinstance(value, bool | int | float):
        return float(value)
    raise TypeError(f"{field.name} has no order")
