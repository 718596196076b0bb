"""JSON lines in gzip: read as a stream, written whole or not at all."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO


@contextmanager
def writing(path: Path) -> Iterator[TextIO]:
    """A text file that takes the name `path` (gzip if that ends in `.gz`) when the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if path.suffix == ".gz":
            with gzip.open(part, "wt", encoding="utf-8", compresslevel=4) as file:
                yield file
        else:
            with part.open("w", encoding="utf-8") as plain:
                yield plain
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write(path: Path, records: Iterable[Any]) -> None:
    """Write records, one a line."""
    with writing(path) as file:
        for record in records:
            file.write(json.dumps(record) + "\n")


def read(path: Path) -> Iterator[Any]:
    """The records of a file.

    Raises:
        OSError, EOFError, ValueError: it is damaged.
    """
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
