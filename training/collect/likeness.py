"""When two functions are the same text, the same but for names, or nearly the same.

Near copies are found as in "On the Resemblance and Containment of Documents" (Broder, 1997): sets of shingles, compared
by Jaccard; candidates come from banded MinHash (Leskovec et al., Mining of Massive Datasets, 3.4).
"""

from __future__ import annotations

import hashlib
import keyword
import re
from collections.abc import Sequence
from functools import cached_property, lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Shingles = NDArray[np.uint32]

SHINGLE = 6  # tokens
LONG = 40  # tokens from which on equality but for names, and nearness, mean anything
NEAR = 0.7  # Jaccard
_BANDS, _ROWS = 8, 3  # finds 97 % of pairs at 0.7, 99.7 % at 0.8

_TOKEN = re.compile(r"""[rRbBfFuU]{0,2}(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|\d[\w.]*|\w+|[^\w\s]""", re.DOTALL)
_WEIGHTS = np.array([3_266_489_917 ** (i + 1) % 2**64 | 1 for i in range(SHINGLE)], dtype=np.uint64)
_GENERATOR = np.random.default_rng(20_150_821)
_FACTORS = _GENERATOR.integers(1, 2**63, size=_BANDS * _ROWS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)


def tokens(lines: Sequence[str]) -> list[str]:
    """The tokens of printed lines, strings whole; blanks and line ends are none."""
    return _TOKEN.findall("\n".join(lines))


class Print:
    """What is compared of a function, each computed once, when it is asked for.

    Attributes:
        lines: as printed.
        words: their tokens.
    """

    def __init__(self, lines: Sequence[str], words: Sequence[str] | None = None) -> None:
        self.lines = lines
        self.words = tokens(lines) if words is None else words

    @cached_property
    def text(self) -> str:
        """Equal for functions that are printed alike, names and all. 32 hexadecimal digits."""
        return _digest("\n".join(self.lines))

    @cached_property
    def renamed(self) -> str | None:
        """Equal for functions that differ in names and literals alone; `None` for those too short to tell."""
        if len(self.words) < LONG:
            return None
        names: dict[str, str] = {}
        return _digest(" ".join(_plain(word) or names.setdefault(word, f"v{len(names)}") for word in self.words))

    @cached_property
    def shingles(self) -> Shingles:
        """The set of runs of `SHINGLE` tokens, hashed and sorted: shape (n,)."""
        return _shingles(self.words)

    @cached_property
    def bands(self) -> list[bytes]:
        """What `NearIndex` looks functions up by."""
        return bands_of(self.shingles)

    @cached_property
    def nameless(self) -> Shingles:
        """The same of the tokens with every name replaced by one, and literals by their kind."""
        return _shingles([_plain(word) or "v" for word in self.words])


def jaccard(one: Shingles, other: Shingles) -> float:
    """The share of shingles in common, of all that either has: 0 to 1."""
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / max(1, len(one) + len(other) - common)


class NearIndex:
    """Finds functions whose shingles are near (Jaccard at least `NEAR`) to those of one added before."""

    def __init__(self) -> None:
        self._shingles: list[Shingles] = []
        self._buckets: dict[bytes, int] = {}

    def near(self, own: Shingles, bands: Sequence[bytes]) -> bool:
        """Whether a function added before is near."""
        seen = {self._buckets[band] for band in bands if band in self._buckets}
        return any(jaccard(own, self._shingles[index]) >= NEAR for index in seen)

    def add(self, own: Shingles, bands: Sequence[bytes]) -> None:
        """Take a function in; where a band is taken already, the first one keeps it."""
        self._shingles.append(own)
        for band in bands:
            self._buckets.setdefault(band, len(self._shingles) - 1)


def _shingles(words: Sequence[str]) -> Shingles:
    ids = np.array([_hash(word) for word in words], dtype=np.uint64)
    if len(ids) < SHINGLE:
        return np.unique(ids.astype(np.uint32))
    ids += np.uint64(1)
    mixed = np.zeros(len(ids) - SHINGLE + 1, dtype=np.uint64)
    for offset, weight in enumerate(_WEIGHTS):
        mixed += ids[offset : offset + len(mixed)] * weight
    return np.unique((mixed >> np.uint64(29)).astype(np.uint32))


def bands_of(own: Shingles) -> list[bytes]:
    """The bands of a set's MinHash: sets that share one may be near."""
    hashes = (own.astype(np.uint64)[:, None] * _FACTORS[None, :]) >> np.uint64(32)
    least = hashes.min(axis=0).astype(np.uint32).reshape(_BANDS, _ROWS)
    return [bytes([number]) + row.tobytes() for number, row in enumerate(least)]


@lru_cache(2**17)
def _hash(word: str) -> int:
    return crc32(word.encode("utf-8", "surrogatepass"))


@lru_cache(2**17)
def _plain(word: str) -> str | None:
    """What stands for a token whatever its name; `None` for a name."""
    first = word[0]
    if first.isdigit():
        return "0"
    if word[-1] in "'\"":
        return "''"
    return word if keyword.iskeyword(word) or not (first.isalpha() or first == "_") else None


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
