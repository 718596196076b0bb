"""Write a trained model as a GGUF file that llama.cpp runs.

python -m training.export --data DIR [--checkpoint trained.pt] [--kind Q8_0] OUT
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from numpy.typing import NDArray

from training.model import Shape
from training.vocabulary import ALL_SPECIAL, CODE, EOT, PAD, Vocabulary

FORM = "line-repair-2"
"""Name of the prompt form (see `examples`), as it stands in the file."""
_KINDS = {
    "F16": (gguf.GGMLQuantizationType.F16, gguf.LlamaFileType.MOSTLY_F16),
    "Q8_0": (gguf.GGMLQuantizationType.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
}


def export(state: dict[str, Any], vocabulary: Vocabulary, path: Path, kind: str = "Q8_0") -> None:
    """Write the weights of a checkpoint, their vocabulary, and how the model is asked.

    Args:
        state: what `train` saved.
        vocabulary: that it was trained with.
        path: of the new file.
        kind: `F16` or `Q8_0`, for the matrices.
    """
    shape = Shape(**state["shape"])
    weights = {name: value.float().numpy() for name, value in state["model"].items()}
    quantization, file_type = _KINDS[kind]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("reasoncli embedded repair model")
    writer.add_string("reasoncli.prompt_form", FORM)
    writer.add_license("apache-2.0")
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_rope_freq_base(shape.base)
    writer.add_rope_dimension_count(shape.head)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_file_type(file_type)
    _add_vocabulary(writer, vocabulary)

    def add(name: str, values: NDArray[np.float32]) -> None:
        values = np.ascontiguousarray(values)
        if values.ndim == 1:
            writer.add_tensor(name, values)
        else:
            writer.add_tensor(name, gguf.quants.quantize(values, quantization), raw_dtype=quantization)

    add("token_embd.weight", weights["embedding"])
    add("output_norm.weight", weights["norms"][-1])
    for layer in range(shape.layers):
        prefix = f"blk.{layer}"
        add(f"{prefix}.attn_norm.weight", weights["norms"][2 * layer])
        add(f"{prefix}.ffn_norm.weight", weights["norms"][2 * layer + 1])
        query, key, value, output = weights["attention"][layer]
        add(f"{prefix}.attn_q.weight", _paired(query, shape))
        add(f"{prefix}.attn_k.weight", _paired(key, shape))
        add(f"{prefix}.attn_v.weight", value)
        add(f"{prefix}.attn_output.weight", output)
        gate, up, down = weights["mlp"][layer]
        add(f"{prefix}.ffn_gate.weight", gate)
        add(f"{prefix}.ffn_up.weight", up)
        add(f"{prefix}.ffn_down.weight", down.T)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_vocabulary(writer: gguf.GGUFWriter, vocabulary: Vocabulary) -> None:
    tokens = vocabulary.tokens()
    control, normal = int(gguf.TokenType.CONTROL), int(gguf.TokenType.NORMAL)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([control if token in ALL_SPECIAL else normal for token in tokens])
    writer.add_token_merges(vocabulary.merges())
    writer.add_bos_token_id(CODE)
    writer.add_eos_token_id(EOT)
    writer.add_pad_token_id(PAD)
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)


def _paired(matrix: NDArray[np.float32], shape: Shape) -> NDArray[np.float32]:
    """Rows for rotary positions over neighbouring pairs, from rows for positions over two halves of a head."""
    return matrix.reshape(shape.heads, 2, shape.head // 2, -1).swapaxes(1, 2).reshape(shape.width, -1)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--checkpoint", default="trained.pt", help="file in the data folder")
    parser.add_argument("--kind", default="Q8_0", choices=sorted(_KINDS))
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    state = torch.load(arguments.data / arguments.checkpoint, map_location="cpu")
    export(state, Vocabulary.load(arguments.data / "tokenizer.json"), arguments.out, arguments.kind)


if __name__ == "__main__":
    main()
