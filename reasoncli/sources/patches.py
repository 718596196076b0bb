"""Where patches to choose from come from: diffs, folders of them, and predictions in SWE-bench's form.

They are other people's and other programs' texts. Here they are only told apart; whether one is a patch, and of what,
is for `patches/` to say. A text that is none stays an attempt: it counts, and the report says what is wrong with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from reasoncli.domain import GivenPatch
from reasoncli.errors import PatchesError
from reasoncli.sources.text import decode

MAX_BYTES = 256 << 20
"""Of one file; a file of predictions for a whole benchmark has some tens of MiB."""

MOST = 100_000
"""Patches of one run."""

_DIFFS = (".diff", ".patch")
_ROWS = (".jsonl", ".json")
_TEXT_KEYS = ("model_patch", "patch", "diff", "text")
_SOURCE_KEYS = ("model_name_or_path", "model", "source", "name")
_NAMES_SHOWN = 5
_LONGEST_NAME = 200  # characters
_FORMS = 'Each is an object with the diff as "model_patch" (or "patch", "diff", "text"); "model_name_or_path" names it.'


@dataclass(frozen=True, slots=True)
class _Attempt:
    patch: GivenPatch
    instance: str | None


def load_patches(places: Sequence[str], *, instance: str | None, cwd: Path, stdin: TextIO) -> tuple[GivenPatch, ...]:
    """Read the patches that places name, in their order.

    A place is a diff; a file of JSON lines or a JSON file with predictions (`model_patch`, and if they are of several
    issues `instance_id`; SWE-bench's form, and a mapping by instance as SWE-agent writes it); a folder, of which all
    `.diff`, `.patch`, `.jsonl` and `.json` files are read; or `-` for standard input.

    Args:
        places: what the user gave.
        instance: which issue's predictions are meant, where a file has those of several.
        cwd: relative paths start here.
        stdin: what `-` reads.

    Raises:
        PatchesError: something can't be read or is malformed, several issues are meant, or there is no patch.
    """
    attempts = [attempt for place in places for attempt in _read(place, cwd, stdin)]
    instances = sorted({attempt.instance for attempt in attempts if attempt.instance is not None})
    if instance is None and len(instances) > 1:
        names = ", ".join(instances[:_NAMES_SHOWN]) + (", …" if len(instances) > _NAMES_SHOWN else "")
        raise PatchesError(
            f"the patches are for {len(instances)} issues", hint=f"Choose one: --instance ID with ID in {names}."
        )
    chosen = tuple(each.patch for each in attempts if each.instance in (None, instance) or instance is None)
    if not chosen:
        raise PatchesError(f"there is no patch for {instance}" if attempts else "there are no patches to choose from")
    if len(chosen) > MOST:
        raise PatchesError(f"there are {len(chosen):,} patches; {MOST:,} can be taken at once")
    return chosen


def _read(place: str, cwd: Path, stdin: TextIO) -> Iterator[_Attempt]:
    if place == "-":
        if stdin.isatty():
            raise PatchesError(
                "the patches are to be read from standard input, which is a terminal",
                hint="Pipe them in: reasoncli select . --issue issue.md --patches - < attempts.jsonl",
            )
        buffer = getattr(stdin, "buffer", None)
        data = stdin.read().encode("utf-8", "surrogatepass") if buffer is None else buffer.read(MAX_BYTES + 1)
        yield from _of_data(data, "standard input", "")
        return
    path = cwd / Path(place).expanduser()
    try:
        if not path.is_dir():
            yield from _of_file(path, place)
            return
        found = sorted(each for each in path.rglob("*") if each.suffix.lower() in _DIFFS + _ROWS and each.is_file())
    except OSError as error:
        raise PatchesError(f"can't read {place}: {error.strerror}") from error
    if not found:
        raise PatchesError(f"{place} holds no patches", hint="Files named .diff, .patch, .jsonl or .json are read.")
    for each in found:
        yield from _of_file(each, each.relative_to(path).as_posix())


def _of_file(path: Path, name: str) -> Iterator[_Attempt]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise PatchesError(f"can't read {name}: {reason}") from error
    yield from _of_data(data, name, path.suffix.lower())


def _of_data(data: bytes, name: str, suffix: str) -> Iterator[_Attempt]:
    if len(data) > MAX_BYTES:
        raise PatchesError(f"{name} is larger than {MAX_BYTES >> 20} MiB")
    text = decode(data)
    if suffix in _ROWS or (suffix not in _DIFFS and text.lstrip()[:1] in ("{", "[")):
        yield from _attempts(_rows(text, name), name)
    else:
        yield _Attempt(GivenPatch(_short(name), text), None)


def _rows(text: str, name: str) -> Iterator[tuple[str, Any]]:
    """Objects with their place in the file: one JSON value, or JSON lines."""
    try:
        whole = json.loads(text)
    except ValueError:
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip():
                yield f"line {number} of {name}", _value(line, f"line {number} of {name}")
        return
    if isinstance(whole, list):
        for number, row in enumerate(whole, start=1):
            yield f"entry {number} of {name}", row
    elif isinstance(whole, dict) and whole and all(isinstance(row, dict) for row in whole.values()):
        for key, row in whole.items():
            yield f"{key!r} in {name}", {"instance_id": key, **row}
    else:
        yield name, whole


def _value(line: str, where: str) -> object:
    try:
        return json.loads(line)
    except ValueError as error:
        raise PatchesError(f"{where} is not JSON: {error}", hint=_FORMS) from error


def _attempts(rows: Iterable[tuple[str, Any]], name: str) -> Iterator[_Attempt]:
    for where, row in rows:
        if not isinstance(row, Mapping):
            raise PatchesError(f"{where} is not an object", hint=_FORMS)
        keys = [key for key in _TEXT_KEYS if key in row]
        text = row[keys[0]] if keys else None
        if not keys or not (text is None or isinstance(text, str)):
            raise PatchesError(f"{where} holds no patch", hint=_FORMS)
        named = next((str(row[key]) for key in _SOURCE_KEYS if row.get(key)), where if where != name else name)
        instance = row.get("instance_id")
        yield _Attempt(GivenPatch(_short(named), text or ""), None if instance is None else str(instance))


def _short(name: str) -> str:
    return " ".join(name.split())[:_LONGEST_NAME] or "?"
