"""The catalogue: GGUF code models that this tool knows by name, with what they need and can do."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reasoncli.models.hub import HubModel, parse_hub_model
from reasoncli.models.interface import Ability

_FILE: Final = Path(__file__).with_name("catalogue.toml")
_GB: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A model that can be pulled.

    Attributes:
        size: bytes to download; memory: bytes it takes with 8,192 tokens of context and 32 sequences.
    """

    name: str
    source: HubModel
    size: int
    memory: int
    context: int
    abilities: frozenset[Ability]
    reasoning: bool
    licence: str
    note: str


def catalogue() -> list[CatalogueEntry]:
    """All entries, from small to large."""
    with _FILE.open("rb") as file:
        rows = tomllib.load(file)["model"]
    return [
        CatalogueEntry(
            name=row["name"],
            source=parse_hub_model(row["source"]),
            size=int(row["size"] * _GB),
            memory=int(row["memory"] * _GB),
            context=row["context"],
            abilities=frozenset(Ability(name) for name in row["abilities"]),
            reasoning=row.get("reasoning", False),
            licence=row["licence"],
            note=row["note"],
        )
        for row in rows
    ]


def find_entry(name: str) -> CatalogueEntry | None:
    """The entry of that name, whatever its case."""
    return next((entry for entry in catalogue() if entry.name == name.lower()), None)


def suggest(memory: int) -> CatalogueEntry | None:
    """The largest model that takes instructions and fits into so many bytes, `None` if none does."""
    fitting = [entry for entry in catalogue() if entry.memory <= memory and Ability.CHAT in entry.abilities]
    return max(fitting, key=lambda entry: entry.memory, default=None)
