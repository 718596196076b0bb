"""The files of fixes: one a repository while mining goes on, one of all of them at the end, each change once."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training.mine import patterns
from training.mine.mining import Mined

Record = dict[str, Any]

_LONG_HUNK = 60  # characters from which on the same hunk in a function of the same name is the same change

# Where equal changes come from sources of several splits, the held-out side keeps them.
_ORDER = {"test": 0, "dev": 1, "train": 2}


@dataclass(frozen=True, slots=True)
class Store:
    """The folder of per-repository files: what was mined from which commit of which repository."""

    folder: Path

    def path(self, repository: str) -> Path:
        """Where the fixes of "owner/name" stand."""
        return self.folder / f"{repository.replace('/', '+')}.jsonl.gz"

    def has(self, repository: str, head: str) -> bool:
        """Whether a repository was mined as far as this commit."""
        head_line = self._head(repository)
        return head_line is not None and head_line.get("head") == head

    def dropped(self, repository: str) -> Counter[str]:
        """Reason -> how many candidates it ruled out."""
        return Counter((self._head(repository) or {}).get("dropped", {}))

    def save(self, repository: str, head: str, mined: Mined) -> None:
        """Keep what a repository gave; an interruption leaves no half a file."""
        first = {"head": head, "dropped": dict(mined.dropped)}
        write(self.path(repository), [first, *(fix.as_json() for fix in mined.fixes)])

    def load(self, repository: str) -> Iterator[Record]:
        """The records of a repository, newest commit first."""
        records = read(self.path(repository))
        next(records, None)
        return records

    def _head(self, repository: str) -> Record | None:
        path = self.path(repository)
        return next(read(path), None) if path.exists() else None


def write(path: Path, records: Iterable[Record]) -> None:
    """JSON lines, gzip. Equal records give equal files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0, compresslevel=6) as packed:
        for record in records:
            packed.write(json.dumps(record, ensure_ascii=True).encode() + b"\n")
    part.replace(path)


def read(path: Path) -> Iterator[Record]:
    """The records of a file that `write` made."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


@dataclass(slots=True)
class Assembled:
    """All fixes, and how many records were left out for what reason."""

    fixes: list[Record] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)


def assemble(groups: Iterable[Sequence[Record]], excluded: Callable[[Record], str | None]) -> Assembled:
    """Put repositories together: no reverts nor what they took back, no change twice; each gets its pattern's name.

    Of equal changes (cherry-picks, vendored copies) a held-out one stays rather than one to train on, then the one
    whose commit changed tests, then the oldest.

    Args:
        groups: a repository's records each, newest commit first.
        excluded: why a record is kept out of the data, or `None`.
    """
    result = Assembled()
    everything = [(record, age) for group in groups for age, record in enumerate(reversed(group))]
    turned = {_pair(record["after"], record["before"]) for record, _ in everything}
    everything.sort(key=lambda entry: (_ORDER[entry[0]["split"]], not entry[0]["tests"], entry[1], entry[0]["source"]))
    seen: set[bytes] = set()
    for record, _ in everything:
        keys = _keys(record)
        if record["revert"] or keys[0] in turned:
            result.dropped["reverts"] += 1
        elif not seen.isdisjoint(keys):
            result.dropped["duplicates"] += 1
        elif why := excluded(record):
            result.dropped[why] += 1
        else:
            seen.update(keys)
            result.fixes.append(_public(record))
    result.fixes.sort(key=lambda record: (record["source"].lower(), record["commit"], record["name"]))
    return result


def _public(record: Record) -> Record:
    removed = record["before"][record["start"] : record["end"]]
    public = {name: value for name, value in record.items() if name != "revert"}
    return public | {"pattern": patterns.classify(removed, record["replacement"])}


def _keys(record: Record) -> list[bytes]:
    """What two equal changes have in common: the functions, or only their name where a long hunk is the same."""
    removed, name = record["before"][record["start"] : record["end"]], record["name"].rpartition(".")[2]
    keys = [_pair(record["before"], record["after"])]
    if sum(map(len, (*removed, *record["replacement"]))) >= _LONG_HUNK:
        keys.append(_pair([name, *map(str.strip, removed)], list(map(str.strip, record["replacement"]))))
    return keys


def _pair(before: Sequence[str], after: Sequence[str]) -> bytes:
    return hashlib.sha256("\0".join(["\n".join(before), "\n".join(after)]).encode("utf-8", "surrogatepass")).digest()
