"""One corpus of many sources: filtered, without copies, none of them in two splits."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from training import exclusions
from training.collect import likeness, store
from training.collect.gather import Gathered, gathered_file
from training.splits import split_of

_ORDER = ("train", "dev", "test")
_KINDS = ("stdlib", "github", "pypi")


@dataclass(slots=True)
class Corpus:
    """Decides, function by function, what is kept.

    Sources come in the order train, dev, test: of a cluster of copies that spans splits, the one in train is kept.

    Attributes:
        references: what must be kept out.
        texts: the text keys of what was kept.
        renamed: their keys without names and literals.
        near: their shingles.
    """

    references: exclusions.References
    texts: set[str] = field(default_factory=set)
    renamed: set[str] = field(default_factory=set)
    near: likeness.NearIndex = field(default_factory=likeness.NearIndex)

    def why_not(self, path: str, name: str, lines: Sequence[str]) -> str | None:
        """Why a function isn't taken; `None` if it is, and then no copy of it will be."""
        if why := exclusions.excluded_path(path) or exclusions.excluded_name(name):
            return why
        printed = likeness.Print(lines)
        if printed.text in self.texts:
            return "copy: the same text"
        if printed.renamed in self.renamed:
            return "copy: but for names and literals"
        if why := self.references.why_like(printed):
            return why
        if printed.renamed and self.near.near(printed.shingles, printed.bands):
            return "copy: near"
        self.texts.add(printed.text)
        if printed.renamed:
            self.renamed.add(printed.renamed)
            self.near.add(printed.shingles, printed.bands)
        return None


def merge(
    gathered: Sequence[Gathered], references: exclusions.References, data: Path, most: int
) -> Iterator[dict[str, Any]]:
    """Write functions.jsonl.gz, and give the manifest's record of each source as it is done.

    Args:
        gathered: the sources whose functions lie in the data folder.
        references: what must be kept out.
        data: the data folder.
        most: functions of one source, before copies are dropped; of a larger one that many are drawn by their text.
    """
    corpus = Corpus(references)
    with store.writing(data / "functions.jsonl.gz") as file:
        for source in sorted(gathered, key=_rank):
            yield _take(source, corpus, data, most, file)


def _take(source: Gathered, corpus: Corpus, data: Path, most: int, file: TextIO) -> dict[str, Any]:
    split = split_of(source.source)
    record = {"source": source.source, "version": source.version, "licence": source.licence, "split": split}
    dropped = Counter(source.dropped)
    if not source.licence:
        return record | {"kept": 0, "why": "no licence that is clearly permissive", "dropped": {}}
    if why := exclusions.excluded_source(source.source):
        return record | {"kept": 0, "why": why, "dropped": {why: source.functions}}
    kept = 0
    functions = store.read(gathered_file(data, source.source))
    next(functions)
    for function in functions:
        lines = function["lines"]
        if source.functions > most and int(likeness.Print(lines).text[:8], 16) >= most / source.functions * 2**32:
            dropped["function: enough of this source"] += 1
        elif why := corpus.why_not(function["path"], function["name"], lines):
            dropped[why] += 1
        else:
            kept += 1
            written = {"source": source.source, "licence": source.licence, **function, "split": split}
            file.write(json.dumps(written) + "\n")
    return record | {
        "files": source.files,
        "functions": source.functions,
        "kept": kept,
        "dropped": dict(sorted(dropped.items())),
    }


def _rank(source: Gathered) -> tuple[int, int, str]:
    return _ORDER.index(split_of(source.source)), _KINDS.index(source.source.partition(":")[0]), source.source.lower()
