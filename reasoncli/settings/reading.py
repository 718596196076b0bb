"""Text and TOML values as values of a setting's type, within its limits."""

from __future__ import annotations

import re
import shlex
from enum import StrEnum
from pathlib import Path

from reasoncli.settings.keys import Key, Unit

Value = bool | int | float | str | Path | tuple[str, ...] | None

_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}
_NONE = {"none", "auto"}
_SIZES = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_TIMES = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?", re.IGNORECASE)
_TIME = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd]?)", re.IGNORECASE)


class BadValueError(ValueError):
    """The value is not what the setting takes; says what it takes."""


def read(raw: object, kind: type, optional: bool, key: Key, base: Path) -> Value:
    """Turn what a flag, a variable or TOML holds into a value of type `kind`.

    Args:
        raw: text (then parsed), or a value of TOML or a flag (then its type must fit).
        kind: bool, int, float, str, Path, tuple (of text), or a StrEnum.
        optional: whether "none" and "auto" (for text: the empty string) mean that nothing is set.
        key: its limits.
        base: folder that a relative path starts from.

    Raises:
        BadValueError: it doesn't fit.
    """
    if optional and (raw is None or (isinstance(raw, str) and _means_none(raw, kind))):
        return None
    if kind is bool:
        return _bool(raw)
    if kind in (int, float):
        return _number(raw, kind, key)
    if kind is tuple:
        return _checked(_texts(raw), key)
    if not isinstance(raw, str | Path) or not str(raw):
        raise BadValueError("text expected")
    if "\0" in str(raw):
        raise BadValueError("text without null characters expected")
    if issubclass(kind, StrEnum):
        choices = [member.value for member in kind]
        if raw not in choices:
            raise BadValueError(f"one of {', '.join(choices)} expected")
        return kind(raw)
    return base / Path(raw).expanduser() if kind is Path else _checked((str(raw),), key)[0]


def _checked(texts: tuple[str, ...], key: Key) -> tuple[str, ...]:
    if key.check is not None:
        for text in texts:
            try:
                key.check(text)
            except ValueError as error:
                raise BadValueError(str(error)) from error
    return texts


def _means_none(raw: str, kind: type) -> bool:
    return not raw.strip() or (raw.strip().lower() in _NONE and kind not in (str, Path))


def _bool(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.lower() in _TRUE | _FALSE:
        return raw.lower() in _TRUE
    raise BadValueError("true or false expected")


def _number(raw: object, kind: type, key: Key) -> int | float:
    what = {Unit.BYTES: "a size such as 512m or 2g", Unit.SECONDS: "a duration such as 90 or 5m"}.get(
        key.unit, "a whole number" if kind is int else "a number"
    )
    if isinstance(raw, str):
        value = _parsed(raw.strip(), kind, key.unit)
    elif isinstance(raw, int | float) and not isinstance(raw, bool) and (kind is float or isinstance(raw, int)):
        value = kind(raw)
    else:
        value = None
    if value is None or value != value:
        raise BadValueError(f"{what} expected")
    if key.minimum is not None and value < key.minimum:
        raise BadValueError(f"at least {key.minimum:g} expected")
    if key.maximum is not None and value > key.maximum:
        raise BadValueError(f"at most {key.maximum:g} expected")
    return value


def _parsed(text: str, kind: type, unit: Unit) -> int | float | None:
    if unit is not Unit.PLAIN:
        pattern, factors = (_SIZE, _SIZES) if unit is Unit.BYTES else (_TIME, _TIMES)
        match = pattern.fullmatch(text)
        if match is None:
            return None
        number: int | float = kind(float(match[1]) * factors[match[2].lower()])
        return number
    try:
        parsed: int | float = kind(text)
    except ValueError:
        return None
    return parsed


def _texts(raw: object) -> tuple[str, ...]:
    """A list; a variable holds it as words, quoted where they hold spaces."""
    if isinstance(raw, str):
        try:
            raw = shlex.split(raw)
        except ValueError as error:
            raise BadValueError(f"words expected, quoted where they hold spaces ({error})") from error
    if not isinstance(raw, list | tuple) or not all(isinstance(each, str) and each for each in raw):
        raise BadValueError("a list of texts expected")
    return tuple(raw)
