"""GGUF files made for tests: real ones with random weights, and heads with whatever is wrong in them."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import gguf
import numpy as np

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
QWEN_FIM = ("<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>")
STRING, ARRAY, UINT32, UINT64 = 8, 9, 4, 10


def byte_tokens() -> list[str]:
    """The 256 byte tokens of a GPT-2 vocabulary, by byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    table = {byte: chr(byte) for byte in printable} | {byte: chr(256 + index) for index, byte in enumerate(others)}
    return [table[byte] for byte in range(256)]


def write_model(
    path: Path,
    *,
    template: str | None = CHATML,
    special: tuple[str, ...] = ("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
    eos: str = "<|im_end|>",
    name: str = "Random-Coder",
    context: int = 512,
    metadata: dict[str, Any] | None = None,
    seed: int = 0,
) -> Path:
    """A small Llama with random weights that llama.cpp can load: 2 layers of width 32."""
    width, heads, layers, hidden = 32, 2, 2, 64
    tokens = [*special, *byte_tokens()]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(name)
    writer.add_context_length(context)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(hidden)
    writer.add_head_count(heads)
    writer.add_head_count_kv(heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // heads)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([3] * len(special) + [1] * 256)
    writer.add_token_merges(["a b", "c d"])
    writer.add_eos_token_id(tokens.index(eos))
    writer.add_bos_token_id(0)
    writer.add_add_bos_token(False)
    if template is not None:
        writer.add_chat_template(template)
    for key, value in (metadata or {}).items():
        if isinstance(value, bool):
            writer.add_bool(key, value)
        elif isinstance(value, int):
            writer.add_uint32(key, value)
        else:
            writer.add_string(key, value)
    random = np.random.default_rng(seed)

    def add(tensor: str, *shape: int) -> None:
        writer.add_tensor(tensor, random.normal(0, 0.3, shape).astype(np.float32))

    add("token_embd.weight", len(tokens), width)
    writer.add_tensor("output_norm.weight", np.ones(width, np.float32))
    for layer in range(layers):
        for norm in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{norm}.weight", np.ones(width, np.float32))
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            add(f"blk.{layer}.{part}.weight", width, width)
        add(f"blk.{layer}.ffn_gate.weight", hidden, width)
        add(f"blk.{layer}.ffn_up.weight", hidden, width)
        add(f"blk.{layer}.ffn_down.weight", width, hidden)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def text(value: str | bytes) -> bytes:
    """A GGUF string."""
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(data)) + data


def pair(key: str, kind: int, value: bytes) -> bytes:
    """A metadata entry from a value that is encoded already."""
    return text(key) + struct.pack("<I", kind) + value


def strings(values: list[str]) -> bytes:
    """The value of a string array."""
    return struct.pack("<IQ", STRING, len(values)) + b"".join(map(text, values))


def tensor(name: str, shape: list[int], kind: int = 0, offset: int = 0) -> bytes:
    """A tensor's record."""
    return text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)


def head(
    pairs: list[bytes],
    tensors: list[bytes] | None = None,
    *,
    data: int = 0,
    version: int = 3,
    tensor_count: int | None = None,
    pair_count: int | None = None,
) -> bytes:
    """A whole file: header, entries, tensor records, and `data` bytes of weights on the next 32-byte mark."""
    tensors = tensors or []
    counts = struct.pack(
        "<IQQ",
        version,
        len(tensors) if tensor_count is None else tensor_count,
        len(pairs) if pair_count is None else pair_count,
    )
    front = b"GGUF" + counts + b"".join(pairs) + b"".join(tensors)
    return front + b"\0" * (-len(front) % 32 if data else 0) + b"\0" * data


def smallest_pairs(architecture: str = "llama") -> list[bytes]:
    """The entries that a model must have."""
    number = struct.Struct("<I").pack
    return [
        pair("general.architecture", STRING, text(architecture)),
        pair(f"{architecture}.context_length", UINT32, number(128)),
        pair(f"{architecture}.embedding_length", UINT32, number(8)),
        pair(f"{architecture}.block_count", UINT32, number(1)),
        pair(f"{architecture}.attention.head_count", UINT32, number(2)),
        pair("tokenizer.ggml.tokens", ARRAY, strings(["a", "b"])),
    ]
