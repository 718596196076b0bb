"""Lexical match: BM25 of the issue's words over functions.

Source: Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reasoncli.localization.functions import Function, Outline
from reasoncli.localization.tokens import words

_K1, _B = 1.2, 0.75
_CODE_WEIGHT = 3.0
_NAME_WEIGHT, _PATH_WEIGHT = 4, 1

_CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]+`|^(?: {4}|\t|>>>|\.\.\. ).*$", re.DOTALL | re.MULTILINE)
_CODE_LIKE = re.compile(r"\b\w+(?:\.\w+)+\b|\b\w+\(|\b[a-z0-9]+_\w+\b|\b[a-z]+[A-Z]\w*\b|\b[A-Z][a-z0-9]+[A-Z]\w*\b")


@dataclass(frozen=True, slots=True)
class Query:
    """Weighted words to look for."""

    weights: Mapping[str, float]


def query(issue: str, code: Sequence[str] = ()) -> Query:
    """The words of an issue; those in its code spans, or that look like identifiers, weigh more.

    Args:
        issue: its text.
        code: other code that tells of the fault, as the failing tests' source; weighs as prose does.
    """
    weights: defaultdict[str, float] = defaultdict(float)
    for text, weight in (
        (issue, 1.0),
        (" ".join(_CODE.findall(issue)), _CODE_WEIGHT - 1),
        (" ".join(_CODE_LIKE.findall(issue)), _CODE_WEIGHT - 1),
        ("\n".join(code), 1.0),
    ):
        for word, times in words(text).items():
            weights[word] += weight * math.log1p(times)
    return Query(dict(weights))


class Corpus:
    """Documents as word counts, scored by BM25; lengths may be given where the counts are not of all words."""

    def __init__(self, documents: Sequence[Mapping[str, int]], lengths: Sequence[int] | None = None) -> None:
        self._documents = documents
        self._lengths = lengths or [sum(document.values()) for document in documents]
        self._mean = sum(self._lengths) / len(self._lengths) if documents else 0.0
        self._holding = Counter(word for document in documents for word in document)

    def scores(self, wanted: Query) -> list[float]:
        """One score for each document, 0 for one without any of the words."""
        total = len(self._documents)
        weights = {
            word: weight * math.log(1 + (total - holding + 0.5) / (holding + 0.5))
            for word, weight in wanted.weights.items()
            if (holding := self._holding[word])
        }
        return [
            self._score(document, length, weights)
            for document, length in zip(self._documents, self._lengths, strict=True)
        ]

    def _score(self, document: Mapping[str, int], length: int, weights: Mapping[str, float]) -> float:
        norm = _K1 * (1 - _B + _B * length / self._mean) if self._mean else _K1
        score = 0.0
        for word, weight in weights.items():
            times = document.get(word)
            if times:
                score += weight * times * (_K1 + 1) / (times + norm)
        return score


def function_documents(path: str, lines: Sequence[str], outline: Outline) -> list[Counter[str]]:
    """The words of each function of a file, in `outline.functions`' order; its name and the file's path count extra.

    A line belongs to the innermost function that holds it.
    """
    own: dict[Function, list[str]] = {function: [] for function in outline.functions}
    for number, line in enumerate(lines, start=1):
        own[outline.function_at(number)].append(line)
    place = words(path.rpartition(".")[0])
    found = []
    for function, text in own.items():
        document = words("\n".join(text))
        for word, times in words(function.name).items():
            document[word] += _NAME_WEIGHT * times
        for word, times in place.items():
            document[word] += _PATH_WEIGHT * times
        found.append(document)
    return found
