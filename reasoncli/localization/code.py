"""The source files that may hold the fault, read once, and parsed where it matters."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Mapping
from pathlib import PurePosixPath
from typing import Protocol

from reasoncli.localization.blocks import outline_of
from reasoncli.localization.functions import Function, Outline, outline, source_lines
from reasoncli.localization.lexical import Corpus, Query, function_documents
from reasoncli.localization.tokens import words_among

_MAX_BYTES = 1 << 20
_PYTHON = frozenset((".py", ".pyi", ".pyw"))
_OTHER = frozenset(
    (
        *(".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".vue", ".go", ".rs", ".java", ".kt", ".scala", ".clj"),
        *(".c", ".h", ".cc", ".cpp", ".hpp", ".cs", ".m", ".swift", ".dart", ".pyx", ".pxd", ".jl", ".r"),
        *(".rb", ".php", ".ex", ".exs", ".erl", ".hs", ".ml", ".lua", ".pl", ".pm", ".sh"),
    )
)


class Reader(Protocol):
    """The files of a snapshot (`patches.tree.Tree` is one)."""

    def read(self, path: str) -> bytes | None:
        """Bytes of a file, `None` where there is none."""
        ...

    def paths(self) -> Collection[str]:
        """All files."""
        ...


class Code:
    """Source files apart from tests, by function; in other languages than Python these are estimates.

    Attributes:
        outlines: of the files that were parsed, by path.
        match: BM25 score of each function of these, relative to the best, by (path, function).
    """

    def __init__(self, tree: Reader, is_test: Callable[[str], bool]) -> None:
        self._tree = tree
        self.texts: dict[str, str] = {}
        for path in sorted(tree.paths()):
            if PurePosixPath(path).suffix.lower() not in _PYTHON | _OTHER or is_test(path):
                continue
            raw = tree.read(path)
            if raw is not None and len(raw) <= _MAX_BYTES and b"\0" not in raw:
                self.texts[path] = raw.decode("utf-8", "replace")
        self.outlines: dict[str, Outline] = {}
        self.match: Mapping[tuple[str, Function], float] = {}

    def excluded(self, path: str) -> bool:
        """Whether a path can't hold the fault: a test, or no source file."""
        return path not in self.texts

    def parse(self, wanted: Query, needed: Collection[str], limit: int) -> None:
        """Parse the needed files and the `limit` that match the words best, and match their functions.

        Words are rare or common relative to the functions parsed.
        """
        paths = list(self.texts)
        if len(paths) > limit:
            known: dict[str, tuple[str, ...]] = {}
            counted = [words_among(text, wanted.weights, known) for text in self.texts.values()]
            scores = Corpus([found for found, _ in counted], [length for _, length in counted]).scores(wanted)
            best = heapq.nlargest(limit, range(len(paths)), key=lambda index: (scores[index], -index))
            paths = sorted({paths[index] for index in best} | {path for path in needed if path in self.texts})
        documents = []
        functions: list[tuple[str, Function]] = []
        for path in paths:
            text = self.texts[path]
            parsed = self.outlines[path] = _outline(path, text)
            documents += function_documents(path, source_lines(text), parsed)
            functions += [(path, function) for function in parsed.functions]
        scores = Corpus(documents).scores(wanted)
        highest = max(scores, default=0.0)
        self.match = {place: score / highest for place, score in zip(functions, scores, strict=True) if score > 0}


def _outline(path: str, text: str) -> Outline:
    if PurePosixPath(path).suffix.lower() in _PYTHON:
        return outline(text)
    return outline_of(path, text)
