"""What is known of one setting: its meaning, its limits, and what a repository's file may do with it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What `[tool.reasoncli]` of the repository that is to be repaired may do with a setting.

    That file is untrusted: it comes with the code. The user's own file, environment and flags may do anything.
    """

    ANY = "any"  # describes the project, or works inside the sandbox only
    NARROW = "narrow"  # may only ask for less than the user's own settings allow
    ADD = "add"  # may add to the user's entries, never take one away
    USER = "user"  # is the user's alone


class Unit(StrEnum):
    """How a number may be written besides plainly: `2g` for bytes, `5m` for seconds."""

    PLAIN = ""
    BYTES = "bytes"
    SECONDS = "seconds"


@dataclass(frozen=True, slots=True)
class Key:
    """One setting, stated beside its type and default in values.py.

    Attributes:
        help: one sentence for the README's table and `--help`.
        scope: what a repository's file may do.
        minimum, maximum: for numbers, both allowed.
        unit: how numbers may be written.
        order: for choices with `Scope.NARROW`, the narrowest first. Numbers are narrower the smaller they are, and
            nothing set ("no limit") is the widest.
        default: how a default that depends on the machine is described.
        check: reads a text (each one of a list) that has a form of its own, and raises `ValueError` if it has not.
    """

    help: str
    scope: Scope
    minimum: float | None = None
    maximum: float | None = None
    unit: Unit = Unit.PLAIN
    order: tuple[str, ...] = ()
    default: str = ""
    check: Callable[[str], object] | None = None


def closest(name: str, known: Iterable[str]) -> str:
    """A hint that names the settings closest to a misspelt one, or where to find them all."""
    spelt = name.lower().replace("_", "-")
    matches = difflib.get_close_matches(spelt, sorted(known), n=2, cutoff=0.6)
    if matches:
        return f"Did you mean {' or '.join(matches)}?"
    return "The README lists all settings."
