"""What fits: how much memory there is, and how large a context to ask for, before any is taken."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from reasoncli.errors import ModelMemoryError
from reasoncli.models.gguf import GgufMetadata

MIB = 1 << 20
GIB = 1 << 30

_BASE = 96 * MIB  # the library itself, and what is too small to count one by one
_SHARE = 0.85  # of what is free; others live on the machine too
_OWN_TOKENS = 256  # cells planned for the answer of each sequence
_LEAST_CONTEXT = 2048
_WANTED_CONTEXT = 16384
_MOST_SEQUENCES = 256  # LLAMA_MAX_SEQ
_PAD = 256  # llama.cpp rounds contexts up to this


@dataclass(frozen=True, slots=True)
class Plan:
    """Sizes of a context.

    Attributes:
        context: tokens of one sequence, prompt and answer together.
        cells: tokens of all sequences together; shared ones count once.
        sequences: decoded side by side.
        batch: tokens of one decoding step.
        bytes: estimate for weights, cells and buffers.
    """

    context: int
    cells: int
    sequences: int
    batch: int
    bytes: int


def free_memory() -> int:
    """Bytes that this process can still take: the machine's free memory, or less inside a cgroup."""
    limits = [_machine_free()]
    for limit, used in (
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ):
        most, now = _number(Path(limit)), _number(Path(used))
        if most is not None and now is not None:
            limits.append(max(0, most - now))
    return min(limits)


def plan(
    metadata: GgufMetadata,
    free: int,
    *,
    context: int | None = None,
    sequences: int | None = None,
    batch: int | None = None,
    roomy: bool = False,
    states: bool = False,
) -> Plan:
    """Choose sizes for a model.

    Args:
        metadata: of the model's file.
        free: bytes it may take, weights included.
        context: tokens of one sequence; `None` to choose, as for the next two.
        sequences: side by side.
        batch: tokens of one step.
        roomy: on a GPU, where more sequences at once pay.
        states: the model keeps a recurrent state a sequence.

    Raises:
        ModelMemoryError: it doesn't fit even at the least.
    """
    usable = int(free * _SHARE)
    wanted = min(metadata.context_length, context or _WANTED_CONTEXT)
    least = min(wanted, context or _LEAST_CONTEXT)
    lanes = min(_MOST_SEQUENCES, sequences or (_MOST_SEQUENCES if roomy else 64))
    step = max(batch or 512, lanes)
    while True:
        fixed = metadata.weights_bytes + _BASE + _buffers(metadata, lanes, step)
        if states:
            fixed += lanes * _state_bytes(metadata)
        cells = wanted + lanes * _OWN_TOKENS
        cell_bytes = max(1, metadata.kv_bytes_per_token() + 2 * step)
        room = (usable - fixed) // cell_bytes
        if room >= least + lanes * min(64, _OWN_TOKENS) or (lanes == 1 and room >= least):
            cells = _round_up(min(cells, room))
            return Plan(min(wanted, cells), cells, lanes, step, fixed + cells * cell_bytes)
        if lanes == 1 or (sequences is not None and lanes <= sequences and room >= least):
            break
        lanes //= 2
        step = max(batch or min(step, 512), lanes)
    raise _too_large(metadata, fixed + least * cell_bytes, usable)


def _too_large(metadata: GgufMetadata, needed: int, usable: int) -> ModelMemoryError:
    fits = max(0.0, (usable - (needed - metadata.weights_bytes)) / GIB)
    hint = (
        f"A file of up to {fits:.1f} GiB would fit: take a smaller model or quantization."
        if fits >= 0.05
        else "Free some memory, or ask for a smaller context."
    )
    return ModelMemoryError(
        f"{metadata.name} needs about {needed / GIB:.1f} GiB (weights {metadata.weights_bytes / GIB:.1f}); "
        f"{usable / GIB:.1f} GiB may be taken",
        hint=hint,
    )


def _buffers(metadata: GgufMetadata, sequences: int, batch: int) -> int:
    """Logits on both sides of the library, and the widest activations of a batch."""
    logits = 2 * 4 * sequences * metadata.vocab_size
    return logits + 4 * batch * metadata.embedding_length * 24


def _state_bytes(metadata: GgufMetadata) -> int:
    """Generous: a Mamba state is (16 to 128) x 2 x embedding values a layer, in float32."""
    return metadata.block_count * metadata.embedding_length * 2 * 132 * 4


def _round_up(cells: int) -> int:
    return max(_PAD, cells // _PAD * _PAD)


def _machine_free() -> int:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass  # no Linux
    return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * 0.7)


def _number(path: Path) -> int | None:
    try:
        text = path.read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None
