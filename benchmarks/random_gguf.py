"""GGUF models with random weights, of any shape: for speed where real weights are out of reach.

Speed depends on shapes alone, so random weights show it as well as trained ones do. What they can't
show is low entropy: their output is close to uniform over the vocabulary, the worst case for tree
sampling. `sharpness` scales the output weights, which makes the same model as sure of itself as
wanted.

    python -m benchmarks.random_gguf OUT.gguf --width 768 --layers 12 --vocabulary 32000
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>")
CHAT_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a model is made of.

    Attributes:
        alike: all layers are copies of the first, which are written much faster.
        architecture: `llama`, `qwen2`, `gemma2` (sliding window in every other layer) or `mamba`.
        sharpness: factor on the output weights; 1 gives nearly uniform tokens, 40 nearly certain ones.
        quantization: `F16`, `Q8_0`, `Q4_0` or `F32` for the matrices.
    """

    architecture: str = "llama"
    width: int = 768
    layers: int = 12
    heads: int = 12
    kv_heads: int = 12
    hidden: int = 2048
    vocabulary: int = 32000
    context: int = 4096
    window: int = 0
    sharpness: float = 1.0
    quantization: str = "Q8_0"
    chat_template: str = ""
    alike: bool = False
    seed: int = 0

    @property
    def head(self) -> int:
        """Width of one head."""
        return self.width // self.heads


def write(path: Path, shape: Shape) -> Path:
    """Write a model; returns the path."""
    writer = gguf.GGUFWriter(path, shape.architecture)
    _write_metadata(writer, shape)
    _write_vocabulary(writer, shape)
    for name, tensor, plain in _tensors(replace(shape, layers=1) if shape.alike else shape):
        names = [name]
        if shape.alike and name.startswith("blk.0."):
            names = [name.replace("blk.0.", f"blk.{layer}.") for layer in range(shape.layers)]
        _add(writer, names, tensor, "F32" if plain else shape.quantization)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _write_metadata(writer: gguf.GGUFWriter, shape: Shape) -> None:
    writer.add_name(f"random-{shape.architecture}-{shape.width}x{shape.layers}")
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(shape.vocabulary)
    if shape.architecture == "mamba":
        writer.add_feed_forward_length(0)
        writer.add_head_count(0)
        writer.add_ssm_conv_kernel(4)
        writer.add_ssm_inner_size(2 * shape.width)
        writer.add_ssm_state_size(16)
        writer.add_ssm_time_step_rank(-(-shape.width // 16))
        return
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head)
    writer.add_value_length(shape.head)
    writer.add_rope_freq_base(10000.0)
    writer.add_rope_dimension_count(shape.head)
    if shape.window:
        writer.add_sliding_window(shape.window)
        writer.add_attn_logit_softcapping(50.0)
        writer.add_final_logit_softcapping(30.0)


def _write_vocabulary(writer: gguf.GGUFWriter, shape: Shape) -> None:
    """Byte-level BPE: all bytes, the special tokens, then pairs and triples of letters as merges."""
    alphabet = list(_byte_letters().values())
    tokens = [*SPECIAL, *alphabet]
    merges: list[str] = []
    known = set(tokens)
    pool: Sequence[str] = [*"abcdefghijklmnopqrstuvwxyz_ĠĊ()=,.:0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
    for left, right in itertools.chain(
        itertools.product(pool, pool), ((a + b, c) for a, b, c in itertools.product(pool, pool, pool))
    ):
        if len(tokens) >= shape.vocabulary:
            break
        if left + right not in known and left in known:
            known.add(left + right)
            tokens.append(left + right)
            merges.append(f"{left} {right}")
    if len(tokens) != shape.vocabulary:
        raise ValueError(f"a vocabulary has {len(SPECIAL) + 256} to {len(tokens)} tokens, not {shape.vocabulary}")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([3] * len(SPECIAL) + [1] * (len(tokens) - len(SPECIAL)))
    writer.add_token_merges(merges)
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(2 if shape.chat_template else 0)
    writer.add_add_bos_token(False)
    if shape.chat_template:
        writer.add_chat_template(shape.chat_template)


def _tensors(shape: Shape) -> Iterator[tuple[str, NDArray[np.float32], bool]]:
    """(name, values, keep in float32)."""
    random = np.random.default_rng(shape.seed)

    def matrix(rows: int, columns: int, scale: float = 1.0) -> NDArray[np.float32]:
        values = random.standard_normal((rows, columns), dtype=np.float32)
        values *= np.float32(scale / np.sqrt(columns))
        return values

    def ones(size: int) -> NDArray[np.float32]:
        return np.ones(size, dtype=np.float32)

    yield "token_embd.weight", matrix(shape.vocabulary, shape.width, np.sqrt(shape.width)), False
    yield "output_norm.weight", ones(shape.width), True
    if shape.architecture != "gemma2":  # gemma2 ties its output to its input
        yield "output.weight", matrix(shape.vocabulary, shape.width, shape.sharpness), False
    for layer in range(shape.layers):
        prefix = f"blk.{layer}"
        yield f"{prefix}.attn_norm.weight", ones(shape.width), True
        if shape.architecture == "mamba":
            inner, rank = 2 * shape.width, -(-shape.width // 16)
            yield f"{prefix}.ssm_in.weight", matrix(2 * inner, shape.width), False
            yield f"{prefix}.ssm_conv1d.weight", matrix(inner, 4), True
            yield f"{prefix}.ssm_conv1d.bias", np.zeros(inner, dtype=np.float32), True
            yield f"{prefix}.ssm_x.weight", matrix(rank + 32, inner), False
            yield f"{prefix}.ssm_dt.weight", matrix(inner, rank), True
            yield f"{prefix}.ssm_dt.bias", np.zeros(inner, dtype=np.float32), True
            yield f"{prefix}.ssm_a", -np.tile(np.arange(1, 17, dtype=np.float32), (inner, 1)), True
            yield f"{prefix}.ssm_d", ones(inner), True
            yield f"{prefix}.ssm_out.weight", matrix(shape.width, inner), False
            continue
        kv = shape.kv_heads * shape.head
        yield f"{prefix}.attn_q.weight", matrix(shape.width, shape.width), False
        yield f"{prefix}.attn_k.weight", matrix(kv, shape.width), False
        yield f"{prefix}.attn_v.weight", matrix(kv, shape.width), False
        yield f"{prefix}.attn_output.weight", matrix(shape.width, shape.width), False
        if shape.architecture == "qwen2":
            yield f"{prefix}.attn_q.bias", np.zeros(shape.width, dtype=np.float32), True
            yield f"{prefix}.attn_k.bias", np.zeros(kv, dtype=np.float32), True
            yield f"{prefix}.attn_v.bias", np.zeros(kv, dtype=np.float32), True
        if shape.architecture == "gemma2":
            yield f"{prefix}.post_attention_norm.weight", ones(shape.width), True
            yield f"{prefix}.post_ffw_norm.weight", ones(shape.width), True
        yield f"{prefix}.ffn_norm.weight", ones(shape.width), True
        yield f"{prefix}.ffn_gate.weight", matrix(shape.hidden, shape.width), False
        yield f"{prefix}.ffn_up.weight", matrix(shape.hidden, shape.width), False
        yield f"{prefix}.ffn_down.weight", matrix(shape.width, shape.hidden), False


def _add(writer: gguf.GGUFWriter, names: Sequence[str], values: NDArray[np.float32], kind: str) -> None:
    """Write the values under each of the names."""
    stored: NDArray[np.generic] = values
    quantization = None
    if kind == "F16" and values.ndim > 1:
        stored = values.astype(np.float16)
    elif kind != "F32" and values.ndim > 1:
        quantization = gguf.GGMLQuantizationType[kind]
        stored = gguf.quants.quantize(values, quantization)
    for name in names:
        writer.add_tensor(name, stored, raw_dtype=quantization)


def _byte_letters() -> dict[int, str]:
    """GPT-2's printable letter for each byte."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    letters = {byte: chr(byte) for byte in printable}
    for shift, byte in enumerate(byte for byte in range(256) if byte not in letters):
        letters[byte] = chr(256 + shift)
    return letters


def main() -> None:
    """Write one model, as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--architecture", default="llama", choices=("llama", "qwen2", "gemma2", "mamba"))
    for name in ("width", "layers", "heads", "kv-heads", "hidden", "vocabulary", "context", "window", "seed"):
        parser.add_argument(f"--{name}", type=int, default=getattr(Shape(), name.replace("-", "_")))
    parser.add_argument("--sharpness", type=float, default=1.0)
    parser.add_argument("--quantization", default="Q8_0", choices=("F16", "F32", "Q8_0", "Q4_0"))
    arguments = vars(parser.parse_args())
    path = write(arguments.pop("path"), Shape(**arguments))
    print(f"{path}: {path.stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
