"""When two functions are the same text, the same but for names, or nearly the same.

Near copies are found as in "On the Resemblance and Containment of Documents" (Broder, 1997): sets of shingles, compared
by Jaccard; candidates come from banded MinHash (Leskovec et al., Mining of Massive Datasets, 3.4).
"""

from __future__ import annotations

import hashlib
import keyword
import re
from collections.abc import Sequence
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


def text_key(lines: Sequence[str]) -> str:
    """Equal for functions that are printed alike, names and all. 32 hexadecimal digits."""
    return _digest("\n".join(lines))


def renamed_key(words: Sequence[str]) -> str | None:
    """Equal for functions (as `tokens`) that differ in names and literals alone; `None` for those too short to tell."""
    if len(words) < LONG:
        return None
    numbers: dict[str, str] = {}
    return _digest(" ".join(_plain(word) or numbers.setdefault(word, f"v{len(numbers)}") for word in words))


def nameless(words: Sequence[str]) -> list[str]:
    """Tokens with every name replaced by `v` and literals by their kind."""
    return [_plain(word) or "v" for word in words]


def shingles(words: Sequence[str]) -> Shingles:
    """The set of runs of `SHINGLE` tokens, hashed, sorted: shape (n,), n at least 1 unless there are no tokens."""
    ids = np.array([crc32(word.encode("utf-8", "surrogatepass")) for word in words], dtype=np.uint64)
    if len(ids) < SHINGLE:
        return np.unique(ids.astype(np.uint32))
    runs = np.lib.stride_tricks.sliding_window_view(ids + np.uint64(1), SHINGLE)
    mixed = (runs * _WEIGHTS).sum(axis=1, dtype=np.uint64)
    return np.unique((mixed >> np.uint64(29)).astype(np.uint32))


def jaccard(one: Shingles, other: Shingles) -> float:
    """The share of shingles in common, of all that either has: 0 to 1."""
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / max(1, len(one) + len(other) - common)


class NearIndex:
    """Finds functions whose shingles are near (Jaccard at least `NEAR`) to those of one added before."""

    def __init__(self) -> None:
        self._shingles: list[Shingles] = []
        self._labels: list[str] = []
        self._buckets: dict[bytes, int] = {}

    def near(self, own: Shingles) -> str | None:
        """The label of a function added before that is near, or `None`."""
        seen = {self._buckets[band] for band in _bands(own) if band in self._buckets}
        for index in sorted(seen):
            if jaccard(own, self._shingles[index]) >= NEAR:
                return self._labels[index]
        return None

    def add(self, own: Shingles, label: str) -> None:
        """Take a function in; where a band is taken already, the first one keeps it."""
        self._shingles.append(own)
        self._labels.append(label)
        for band in _bands(own):
            self._buckets.setdefault(band, len(self._shingles) - 1)


def _bands(own: Shingles) -> list[bytes]:
    hashes = (own.astype(np.uint64)[:, None] * _FACTORS[None, :]) >> np.uint64(32)
    least = hashes.min(axis=0).astype(np.uint32).reshape(_BANDS, _ROWS)
    return [bytes([number]) + row.tobytes() for number, row in enumerate(least)]


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
