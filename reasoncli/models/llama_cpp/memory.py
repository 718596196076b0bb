"""What fits: how much memory there is, and how large a context to ask for, before any is taken."""

from __future__ import annotations

from dataclasses import dataclass

from reasoncli.errors import ModelMemoryError
from reasoncli.models.gguf import GgufMetadata

MIB = 1 << 20
GIB = 1 << 30

_BASE = 96 * MIB  # the library itself, and what is too small to count one by one
_SHARE = 0.85  # of what is free; others live on the machine too
_ACTIVATIONS = 24  # values of embedding width that a token of a batch takes while it is computed
_OWN_TOKENS = 256  # cells planned for the answer of each sequence
_LEAST_OWN_TOKENS = 64
_WANTED_CONTEXT = 16384
_LEAST_CONTEXT = 2048
_MOST_SEQUENCES = 256  # LLAMA_MAX_SEQ
_CPU_SEQUENCES = 64
_BATCH = 512
_PAD = 256  # llama.cpp rounds contexts up to this
_LARGE_SCORES = 256 * MIB


@dataclass(frozen=True, slots=True)
class Plan:
    """Sizes of a context.

    Attributes:
        context: tokens of one sequence, prompt and answer together.
        cells: tokens of all sequences together; shared ones count once.
        sequences: decoded side by side.
        batch: tokens of one decoding step.
        flash: fused attention. On a CPU it saves memory but takes longer and rounds to half precision
            on the way, so there it is only for scores that would be large.
        bytes: estimate for weights, cells and buffers.
    """

    context: int
    cells: int
    sequences: int
    batch: int
    flash: bool
    bytes: int


def plan(
    metadata: GgufMetadata,
    free: int,
    *,
    context: int | None = None,
    sequences: int | None = None,
    batch: int | None = None,
    gpu: bool = False,
) -> Plan:
    """Choose sizes for a model: as many sequences as pay, then as long a context as fits.

    Args:
        metadata: of the model's file.
        free: bytes it may take, weights included.
        context: tokens of one sequence; `None` to choose, as for the next two.
        sequences: side by side.
        batch: tokens of one step.
        gpu: the model runs on a GPU, where more sequences at once pay.

    Raises:
        ModelMemoryError: it doesn't fit even at the least.
    """
    usable = int(free * _SHARE)
    longest = min(metadata.context_length, context or _WANTED_CONTEXT)
    shortest = longest if context else min(longest, _LEAST_CONTEXT)
    most = min(_MOST_SEQUENCES, sequences or (_MOST_SEQUENCES if gpu else _CPU_SEQUENCES))
    least_bytes = 0
    for lanes in [most] if sequences else _halvings(most):
        step = max(batch or _BATCH, lanes)
        least = _padded(shortest + lanes * _LEAST_OWN_TOKENS)
        wanted = _padded(longest + lanes * _OWN_TOKENS)
        least_bytes = _bytes(metadata, least, lanes, step, gpu)
        if least_bytes > usable:
            continue
        cells = wanted
        while _bytes(metadata, cells, lanes, step, gpu) > usable:
            cells = max(least, _padded(cells * 7 // 8 - _PAD))
        flash = gpu or _scores(metadata, cells, step) > _LARGE_SCORES
        room = cells - lanes * _LEAST_OWN_TOKENS
        return Plan(min(longest, room), cells, lanes, step, flash, _bytes(metadata, cells, lanes, step, gpu))
    raise _too_large(metadata, least_bytes, usable)


def _bytes(metadata: GgufMetadata, cells: int, sequences: int, batch: int, gpu: bool) -> int:
    """All that a model takes."""
    scores = _scores(metadata, cells, batch)
    mask = 6 * cells * batch  # float32 and half precision
    logits = 2 * 4 * sequences * metadata.vocab_size  # on both sides of the library
    activations = 4 * batch * metadata.embedding_length * _ACTIVATIONS
    states = sequences * _state_bytes(metadata) if metadata.recurrent else 0
    attention = mask if gpu or scores > _LARGE_SCORES else scores + mask
    cache = cells * metadata.kv_bytes_per_token()
    return metadata.weights_bytes + _BASE + cache + attention + logits + activations + states


def _scores(metadata: GgufMetadata, cells: int, batch: int) -> int:
    """The attention scores of one layer, where they are written out."""
    heads = metadata.embedding_length // max(1, metadata.key_length)
    return 4 * heads * cells * batch


def _state_bytes(metadata: GgufMetadata) -> int:
    """Generous: a Mamba state is (16 to 128) x 2 x embedding values a layer, in float32."""
    return metadata.block_count * metadata.embedding_length * 2 * 132 * 4


def _too_large(metadata: GgufMetadata, needed: int, usable: int) -> ModelMemoryError:
    fits = (usable - (needed - metadata.weights_bytes)) / GIB
    hint = (
        f"Weights of up to {fits:.1f} GiB would fit: take a smaller model or quantization, or a smaller context."
        if fits >= 0.1
        else "Free some memory, or ask for a smaller context."
    )
    return ModelMemoryError(
        f"{metadata.name} needs about {needed / GIB:.1f} GiB ({metadata.weights_bytes / GIB:.1f} for its weights); "
        f"{usable / GIB:.1f} GiB may be taken",
        hint=hint,
    )


def _halvings(most: int) -> list[int]:
    return [most >> shift for shift in range(most.bit_length())]


def _padded(cells: int) -> int:
    return max(_PAD, -(-cells // _PAD) * _PAD)
