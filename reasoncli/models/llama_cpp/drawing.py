"""Drawing tokens from rows of logits: the work outside llama.cpp that every step pays.

At a vocabulary of 150,000 and 128 rows a step reads 77 MB of logits, so passes over the whole row
are counted: one for the maximum, one that exponentiates, and one that sums chunks. The inverse of
the distribution function is then searched in the chunk sums and inside one chunk a draw, and the
truncations look only at the few logits within reach of the maximum. Rows are handled in blocks that
stay in the cache, several blocks at once on threads (numpy lets go of the GIL).

The distribution is the one of "The Curious Case of Neural Text Degeneration" (Holtzman et al., 2020)
for top-p and "Turning Up the Heat: Min-p Sampling" (Nguyen et al., 2024) for min-p: the temperature
is applied first, then min-p, then top-p over the whole tempered mass; what remains is renormalized.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reasoncli.errors import ModelError

Logits = NDArray[np.float32]

_CHUNK = 256
_BLOCK_BYTES = 1 << 20
_THREAD_BYTES = 4 << 20
_DRAWS_AT_ONCE = 2048
_REACH = (10.0, 20.0, np.inf)


@dataclass(frozen=True, slots=True)
class Law:
    """How tokens are drawn from logits.

    Attributes:
        temperature: 0 takes the most likely token; otherwise logits are divided by it.
        top_p: smallest set of most likely tokens with at least this mass; 1.0 is off.
        min_p: tokens at least this likely relative to the most likely one; 0.0 is off.
        banned: token ids that are never drawn.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    min_p: float = 0.0
    banned: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Draw:
    """A wish: tokens from the logits in `row`, one for each of the `uniforms` (shape (count,))."""

    row: int
    law: Law
    uniforms: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Drawn:
    """What came of a `Draw`: distinct tokens, how often each, and their untempered log-probabilities."""

    tokens: tuple[int, ...]
    counts: tuple[int, ...]
    logprobs: tuple[float, ...]


class Drawer:
    """Draws tokens; keeps the threads and the buffers it does so with."""

    def __init__(self, threads: int = 1) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="drawing") if threads > 1 else None
        self._buffers = threading.local()  # fresh memory for every block would cost more than the arithmetic

    def draw(self, logits: Logits, wishes: Sequence[Draw]) -> list[Drawn]:
        """Draw tokens for every wish, in order.

        Args:
            logits: shape (rows, vocabulary), left as they are.
            wishes: any number for a row, or none.

        Raises:
            ModelError: logits aren't numbers.
        """
        drawn: list[Drawn | None] = [None] * len(wishes)
        by_law: dict[Law, list[int]] = {}
        for index, wish in enumerate(wishes):
            by_law.setdefault(wish.law, []).append(index)
        rows_a_block = max(1, _BLOCK_BYTES // (4 * logits.shape[1]))
        blocks: list[tuple[Law, list[int]]] = []
        for law, indices in by_law.items():
            blocks += [(law, indices[at : at + rows_a_block]) for at in range(0, len(indices), rows_a_block)]

        def handle(block: tuple[Law, list[int]]) -> None:
            law, indices = block
            for index, result in zip(indices, self._block(logits, [wishes[i] for i in indices], law), strict=True):
                drawn[index] = result

        if self._threads is None or len(blocks) < 2 or 4 * logits.shape[1] * len(wishes) < _THREAD_BYTES:
            for block in blocks:
                handle(block)
        else:
            list(self._threads.map(handle, blocks))
        return [result for result in drawn if result is not None]

    def close(self) -> None:
        """End the threads. Idempotent."""
        if self._threads is not None:
            self._threads.shutdown()

    def _block(self, logits: Logits, wishes: Sequence[Draw], law: Law) -> list[Drawn]:
        rows = np.array([wish.row for wish in wishes])
        if (np.diff(rows) == 1).all():
            block = logits[rows[0] : rows[-1] + 1]
        else:
            block = np.take(logits, rows, axis=0, out=self._buffer("rows", len(rows), logits.shape[1]), mode="clip")
        weights = self._buffer("weights", *block.shape)
        top = block.max(axis=1)
        _exponentiate(block, top, 1.0, weights)
        sums = _chunk_sums(weights)
        normalizers = top + np.log(sums.sum(axis=1))
        if not np.isfinite(normalizers).all():
            raise ModelError(
                "the model computes nonsense: its logits aren't numbers", hint="Its weights may be damaged."
            )
        counts = [len(wish.uniforms) for wish in wishes]
        owner = np.repeat(np.arange(len(wishes)), counts)
        if law.temperature <= 0:
            tokens = np.repeat(_most_likely(block, weights, law.banned), counts)
        else:
            if law.banned:  # the peak may be among them, and what is left too small beside it
                np.copyto(weights, block)
                weights[:, law.banned] = -np.inf
                _exponentiate(weights, weights.max(axis=1), law.temperature, weights)
                sums = _chunk_sums(weights)
            elif law.temperature != 1.0:
                _exponentiate(block, top, law.temperature, weights)
                sums = _chunk_sums(weights)
            if law.min_p > 0 or law.top_p < 1:
                masses = sums.sum(axis=1)
                choices = [
                    _truncated(w, m, wish.uniforms, law) for w, m, wish in zip(weights, masses, wishes, strict=True)
                ]
                tokens = np.concatenate(choices)
            else:
                tokens = _invert(weights, sums, owner, np.concatenate([wish.uniforms for wish in wishes]))
        logprobs = block[owner, tokens].astype(np.float64) - normalizers[owner]
        return _gather(counts, tokens, logprobs)

    def _buffer(self, name: str, rows: int, columns: int) -> Logits:
        """Memory of that name that belongs to the thread, shape (rows, columns)."""
        flat: Logits | None = getattr(self._buffers, name, None)
        if flat is None or flat.size < rows * columns:
            flat = np.empty(rows * columns, dtype=np.float32)
            setattr(self._buffers, name, flat)
        return flat[: rows * columns].reshape(rows, columns)


def log_softmax(logits: Logits) -> NDArray[np.float64]:
    """Untempered log-probabilities of all tokens, in the shape of the logits."""
    values = logits.astype(np.float64)
    values -= values.max(axis=1, keepdims=True)
    values -= np.log(np.exp(values).sum(axis=1, keepdims=True))
    return values


def log_probabilities(logits: Logits, rows: NDArray[np.intp], tokens: NDArray[np.intp]) -> NDArray[np.float64]:
    """Untempered log-probability of `tokens[i]` in row `rows[i]`; all three of shape (n,) but the logits."""
    normalizers = np.empty(logits.shape[0])
    step = max(1, _BLOCK_BYTES // (4 * logits.shape[1]))
    for at in range(0, logits.shape[0], step):
        block = logits[at : at + step]
        top = block.max(axis=1)
        _exponentiate(block, top, 1.0, weights := np.empty_like(block))
        normalizers[at : at + step] = top + np.log(_chunk_sums(weights).sum(axis=1))
    return logits[rows, tokens].astype(np.float64) - normalizers[rows]


def _exponentiate(logits: Logits, top: NDArray[np.float32], temperature: float, out: Logits) -> None:
    """exp((logits - top) / temperature), rows at a time; `out` may be `logits`."""
    np.subtract(logits, top[:, None], out=out)
    if temperature != 1.0:
        np.multiply(out, np.float32(1 / temperature), out=out)
    np.exp(out, out=out)


def _most_likely(logits: Logits, spare: Logits, banned: tuple[int, ...]) -> NDArray[np.intp]:
    if banned:
        np.copyto(spare, logits)
        spare[:, banned] = -np.inf
        logits = spare
    tokens: NDArray[np.intp] = logits.argmax(axis=1)
    return tokens


def _chunk_sums(weights: Logits) -> NDArray[np.float64]:
    """Sums over chunks of the vocabulary, shape (rows, chunks)."""
    starts = np.arange(0, weights.shape[1], _CHUNK)
    return np.add.reduceat(weights, starts, axis=1).astype(np.float64)


def _invert(
    weights: Logits, sums: NDArray[np.float64], owner: NDArray[np.intp], uniforms: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Token of each draw by inversion: first its chunk, then its place in the chunk."""
    heights = np.cumsum(sums, axis=1)
    targets = uniforms * heights[owner, -1]
    chunks = np.empty(len(targets), dtype=np.intp)
    for row in np.unique(owner):
        mine = owner == row
        chunks[mine] = heights[row].searchsorted(targets[mine], side="right")
    rest = targets - heights[owner, chunks] + sums[owner, chunks]
    slices = [slice(at, at + _DRAWS_AT_ONCE) for at in range(0, len(targets), _DRAWS_AT_ONCE)]
    return np.concatenate([_within(weights, owner[part], chunks[part], rest[part]) for part in slices])


def _within(
    weights: Logits, owner: NDArray[np.intp], chunks: NDArray[np.intp], rest: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Token of each draw, whose chunk is known, and what of its target is left there."""
    vocabulary = weights.shape[1]
    places = chunks[:, None] * _CHUNK + np.arange(_CHUNK)
    inside = places < vocabulary
    values = weights[owner[:, None], np.minimum(places, vocabulary - 1)].astype(np.float64) * inside
    steps = np.cumsum(values, axis=1)
    # rounding may carry a target past the end of its chunk: it then means the last token with any weight
    last = _CHUNK - 1 - np.argmax(values[:, ::-1] > 0, axis=1)
    within = np.minimum((steps <= rest[:, None]).sum(axis=1), last)
    tokens: NDArray[np.intp] = chunks * _CHUNK + within
    return tokens


def _truncated(weights: Logits, mass: float, uniforms: NDArray[np.float64], law: Law) -> NDArray[np.intp]:
    """Tokens by inversion over the tokens that min-p and top-p leave, most likely first."""
    peak = float(weights.max())
    for reach in _REACH:
        floor = max(peak * law.min_p, peak * float(np.exp(-reach)))
        kept = np.flatnonzero(weights >= floor) if floor > 0 else np.flatnonzero(weights)
        values = weights[kept].astype(np.float64)
        if floor <= peak * law.min_p or values.sum() >= law.top_p * mass:
            break
    order = np.argsort(-values, kind="stable")
    kept, heights = kept[order], np.cumsum(values[order])
    if law.top_p < 1:
        size = int(heights.searchsorted(law.top_p * mass, side="left")) + 1
        kept, heights = kept[:size], heights[:size]
    picks = heights.searchsorted(uniforms * heights[-1], side="right")
    tokens: NDArray[np.intp] = kept[np.minimum(picks, len(kept) - 1)]
    return tokens


def _gather(counts: Sequence[int], tokens: NDArray[np.intp], logprobs: NDArray[np.float64]) -> list[Drawn]:
    """Merge equal tokens of one wish."""
    drawn = []
    at = 0
    for count in counts:
        if count == 1:
            drawn.append(Drawn((int(tokens[at]),), (1,), (float(logprobs[at]),)))
        else:
            own = tokens[at : at + count]
            distinct, first, times = np.unique(own, return_index=True, return_counts=True)
            drawn.append(
                Drawn(
                    tuple(distinct.tolist()),
                    tuple(times.tolist()),
                    tuple(logprobs[at : at + count][first].tolist()),
                )
            )
        at += count
    return drawn
