"""What a model's name means: the embedded weights, a file, a pulled model, a server, a recording."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from reasoncli.errors import ModelNotFoundError
from reasoncli.models.catalogue import CatalogueEntry, catalogue, find_entry
from reasoncli.models.hub import HubModel, cached_files, cached_models, parse_hub_model
from reasoncli.resources import weights_path

EMBEDDED: Final = "embedded"
_RECORDED: Final = "recorded:"


class Kind(StrEnum):
    """Where a model is."""

    GGUF = "gguf"
    HTTP = "http"
    RECORDED = "recorded"


@dataclass(frozen=True, slots=True)
class Located:
    """A model that is there.

    Attributes:
        name: as the user would name it again.
        path: of the GGUF file (its first part) or recording; `None` for a server.
    """

    kind: Kind
    name: str
    path: Path | None = None


def resolve(spec: str, *, cache_dir: Path | None = None) -> Located:
    """Find a model by `embedded`, a path, a catalogue name, `hf:user/repo:QUANT` or `http://host/v1`.

    Nothing is downloaded: a model of a hub must have been pulled.

    Raises:
        ModelNotFoundError: there is no such model here, with names that are close.
    """
    spec = spec.strip()
    if spec == EMBEDDED:
        return Located(Kind.GGUF, EMBEDDED, _existing(weights_path(), EMBEDDED))
    if spec.startswith(("http://", "https://")):
        return Located(Kind.HTTP, spec)
    if spec.startswith(_RECORDED):
        return Located(Kind.RECORDED, spec, _existing(Path(spec.removeprefix(_RECORDED)).expanduser(), spec))
    if spec.startswith("hf:"):
        return _pulled(parse_hub_model(spec), spec, cache_dir)
    if _looks_like_path(spec):
        return Located(Kind.GGUF, spec, _existing(Path(spec).expanduser(), spec))
    if (entry := find_entry(spec)) is not None:
        return _pulled(entry.source, entry.name, cache_dir)
    known = [EMBEDDED, *(each.name for each in catalogue()), *(each.name for each in cached_models(cache_dir))]
    close = difflib.get_close_matches(spec.lower(), known, n=3, cutoff=0.5)
    raise ModelNotFoundError(
        f"no model {spec!r}",
        hint=f"Did you mean {' or '.join(close)}?" if close else "`reasoncli models list` shows what there is.",
    )


def source_of(spec: str) -> HubModel:
    """What to pull for a catalogue name or `hf:` name.

    Raises:
        ModelNotFoundError: neither of them.
    """
    if (entry := find_entry(spec)) is not None:
        return entry.source
    if spec.startswith("hf:"):
        return parse_hub_model(spec)
    close = difflib.get_close_matches(spec.lower(), [each.name for each in catalogue()], n=3, cutoff=0.5)
    raise ModelNotFoundError(
        f"no model {spec!r} to pull",
        hint=f"Did you mean {' or '.join(close)}?" if close else "Write a catalogue name, or hf:user/repo:Q4_K_M.",
    )


def not_pulled(spec: str, *, cache_dir: Path | None = None) -> CatalogueEntry | None:
    """The catalogue's entry of that name, `None` if there is none or the model is on this machine."""
    entry = find_entry(spec.strip())
    return None if entry is None or cached_files(entry.source, cache_dir) else entry


def _looks_like_path(spec: str) -> bool:
    return "/" in spec or spec.startswith((".", "~")) or spec.lower().endswith(".gguf")


def _existing(path: Path, spec: str) -> Path:
    if path.is_file():
        return path.absolute()
    if path.is_dir():
        raise ModelNotFoundError(f"{spec}: a folder, not a GGUF file", hint="Name the .gguf file in it.")
    folder = path.parent if path.parent.is_dir() else Path()
    files = [file.name for file in folder.iterdir() if file.suffix.lower() == ".gguf"]
    close = difflib.get_close_matches(path.name, files, n=3, cutoff=0.5)
    raise ModelNotFoundError(
        f"{spec}: no such file",
        hint=f"Did you mean {' or '.join(close)}?" if close else "Models of a hub are named hf:user/repo:Q4_K_M.",
    )


def _pulled(model: HubModel, name: str, cache_dir: Path | None) -> Located:
    files = cached_files(model, cache_dir)
    if not files:
        raise ModelNotFoundError(f"{name} is not on this machine", hint=f"Get it with `reasoncli models pull {name}`.")
    return Located(Kind.GGUF, name, files[0])
