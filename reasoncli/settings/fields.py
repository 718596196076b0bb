"""All settings by name, as they are stated in values.py."""

from __future__ import annotations

import dataclasses
import shlex
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from reasoncli.settings import values
from reasoncli.settings.keys import Key, Unit

GROUPS: Mapping[str, type] = types.MappingProxyType(
    {
        "model": values.ModelSettings,
        "sampling": values.SamplingSettings,
        "search": values.SearchSettings,
        "tests": values.TestSettings,
        "sandbox": values.SandboxSettings,
        "patches": values.PatchSettings,
        "store": values.StoreSettings,
        "reports": values.ReportSettings,
        "prices": values.PriceSettings,
    }
)


@dataclass(frozen=True, slots=True)
class Field:
    """One setting.

    Attributes:
        name: as in TOML and, after `--`, as a flag.
        group: the group that holds it, as an attribute of `Settings`.
        kind: bool, int, float, str, Path, tuple, or a StrEnum.
        optional: whether nothing may be set.
    """

    name: str
    group: str
    attribute: str
    kind: type
    optional: bool
    default: object
    key: Key

    @property
    def flag(self) -> str:
        """Its command line flag."""
        return f"--{self.name}"

    @property
    def variable(self) -> str:
        """Its environment variable."""
        return f"REASONCLI_{self.attribute.upper()}"


@cache
def fields() -> Mapping[str, Field]:
    """Every setting by its name, in the order of the groups."""
    found = {}
    for group, kind in GROUPS.items():
        hints = typing.get_type_hints(kind, include_extras=True)
        for field in dataclasses.fields(kind):
            plain, key = typing.get_args(hints[field.name])
            members = [each for each in typing.get_args(plain) if each is not type(None)]
            optional = type(None) in typing.get_args(plain)
            inner = members[0] if optional else plain
            name = field.name.replace("_", "-")
            found[name] = Field(
                name, group, field.name, typing.get_origin(inner) or inner, optional, field.default, key
            )
    return types.MappingProxyType(found)


def show(value: object, field: Field) -> str:
    """A value as it could be written in a file."""
    if value is None:
        return field.key.default or "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return shlex.join(value) if value else field.key.default or "none"
    if field.key.unit == Unit.BYTES and isinstance(value, int):
        for letter, size in (("g", 1 << 30), ("m", 1 << 20), ("k", 1 << 10)):
            if value and value % size == 0:
                return f"{value // size}{letter}"
    return f"{value:g}" if isinstance(value, float) else str(value)
