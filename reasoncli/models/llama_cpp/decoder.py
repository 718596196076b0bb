"""The door to the model: tokens in, logits out; sequences copied, cut and freed.

`Decoder` is all that the sampling knows of llama.cpp, so that its logic is tested against a model
of five tokens whose distribution is known in closed form. `LlamaDecoder` is the real one.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from reasoncli.errors import ModelError
from reasoncli.models.llama_cpp.bindings import llama_cpp
from reasoncli.models.llama_cpp.drawing import Logits

_NO_SLOT = 1


@dataclass(slots=True)
class Feed:
    """Tokens to decode together.

    Attributes:
        tokens, positions: one entry a token; positions of a sequence are consecutive.
        sequences: for each token the sequences whose cells it joins, most often one.
        wants: whether the logits after the token are needed.
    """

    tokens: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    sequences: list[tuple[int, ...]] = field(default_factory=list)
    wants: list[bool] = field(default_factory=list)

    def add(self, token: int, position: int, sequences: tuple[int, ...], want: bool) -> None:
        """Append one token."""
        self.tokens.append(token)
        self.positions.append(position)
        self.sequences.append(sequences)
        self.wants.append(want)

    def __len__(self) -> int:
        return len(self.tokens)


class Decoder(Protocol):
    """A model with a cache of cells that sequences share.

    Attributes:
        vocabulary: width of a row of logits.
        cells: how many tokens the cache holds, over all sequences.
        sequences: how many sequences there are; ids count from 0.
        batch: most tokens of one `decode`.
        outputs: most rows of logits of one `decode`.
        whole: a sequence can only be copied as it is and never cut (recurrent states).
    """

    vocabulary: int
    cells: int
    sequences: int
    batch: int
    outputs: int
    whole: bool

    def decode(self, feed: Feed) -> Logits | None:
        """Logits of the wanted tokens in order, shape (wanted, vocabulary), valid until the next call.

        `None` says that the cache has no room for the tokens; nothing has changed then.

        Raises:
            ModelError: anything else went wrong.
        """
        ...

    def copy(self, source: int, target: int, length: int) -> None:
        """Let an empty sequence share the first `length` tokens of another."""
        ...

    def cut(self, sequence: int, length: int) -> None:
        """Keep the first `length` tokens of a sequence; 0 empties it."""
        ...

    def clear(self) -> None:
        """Empty all sequences."""
        ...


class LlamaDecoder:
    """`Decoder` over a llama.cpp context, which it owns."""

    def __init__(
        self, context: int, *, vocabulary: int, sequences: int, outputs: int, whole: bool, complaint: Callable[[], str]
    ) -> None:
        """Take over a context.

        Args:
            context: from `llama_init_from_model`.
            vocabulary: width of a row of logits.
            sequences: as the context was made with.
            outputs: as the context was made with.
            whole: see `Decoder`.
            complaint: gives llama.cpp's last error message.
        """
        self._context = context
        self._memory = llama_cpp.llama_get_memory(context)
        self._complaint = complaint
        self.vocabulary = vocabulary
        self.cells = int(llama_cpp.llama_n_ctx(context))
        self.sequences = sequences
        self.batch = int(llama_cpp.llama_n_batch(context))
        self.outputs = min(outputs, self.batch)
        self.whole = whole
        self._tokens = np.zeros(self.batch, dtype=np.int32)
        self._positions = np.zeros(self.batch, dtype=np.int32)
        self._counts = np.zeros(self.batch, dtype=np.int32)
        self._pointers = np.zeros(self.batch + 1, dtype=np.uintp)
        self._wants = np.zeros(self.batch, dtype=np.int8)

    def decode(self, feed: Feed) -> Logits | None:
        """See `Decoder.decode`."""
        size = len(feed)
        if not 0 < size <= self.batch:
            raise ValueError(f"a feed of {size} tokens; the batch holds 1 to {self.batch}")
        wanted = sum(feed.wants)
        if wanted > self.outputs:
            raise ValueError(f"{wanted} rows of logits wanted; at most {self.outputs} fit")
        status = llama_cpp.llama_decode(self._context, self._fill(feed))
        if status == _NO_SLOT:
            return None
        if status != 0:
            raise ModelError(f"llama.cpp failed to decode (status {status}): {self._complaint() or 'no message'}")
        if not wanted:
            return np.empty((0, self.vocabulary), dtype=np.float32)
        logits: NDArray[np.float32] = np.ctypeslib.as_array(
            llama_cpp.llama_get_logits(self._context), shape=(wanted, self.vocabulary)
        )
        return logits

    def copy(self, source: int, target: int, length: int) -> None:
        """See `Decoder.copy`."""
        end = -1 if self.whole else length
        llama_cpp.llama_memory_seq_cp(self._memory, source, target, -1, end)

    def cut(self, sequence: int, length: int) -> None:
        """See `Decoder.cut`."""
        if not llama_cpp.llama_memory_seq_rm(self._memory, sequence, length or -1, -1):
            raise ModelError(f"llama.cpp can't cut a sequence of this model at token {length}")

    def clear(self) -> None:
        """See `Decoder.clear`."""
        llama_cpp.llama_memory_clear(self._memory, False)

    def free(self) -> None:
        """Free the context. Idempotent."""
        if self._context:
            llama_cpp.llama_free(self._context)
            self._context = 0

    def _fill(self, feed: Feed) -> llama_cpp.llama_batch:
        """The feed as a `llama_batch` over our own arrays, which live as long as this object."""
        size = len(feed)
        self._tokens[:size] = feed.tokens
        self._positions[:size] = feed.positions
        self._wants[:size] = feed.wants
        counts = [len(owners) for owners in feed.sequences]
        self._counts[:size] = counts
        self._owners = np.fromiter((owner for owners in feed.sequences for owner in owners), dtype=np.int32)
        starts = np.concatenate(([0], np.cumsum(counts[:-1]))) if size > 1 else np.zeros(1, dtype=np.int64)
        self._pointers[:size] = self._owners.ctypes.data + starts * self._owners.itemsize
        self._pointers[size] = 0
        batch = llama_cpp.llama_batch()
        batch.n_tokens = size
        batch.token = _pointer(self._tokens, ctypes.c_int32)
        batch.pos = _pointer(self._positions, ctypes.c_int32)
        batch.n_seq_id = _pointer(self._counts, ctypes.c_int32)
        batch.seq_id = _pointer(self._pointers, ctypes.POINTER(ctypes.c_int32))
        batch.logits = _pointer(self._wants, ctypes.c_int8)
        return batch


def _pointer(array: NDArray[np.generic], kind: type) -> Any:
    """The array's memory as a C pointer to `kind`."""
    return ctypes.cast(array.ctypes.data, ctypes.POINTER(kind))
