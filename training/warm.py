"""Begin training from the weights of a GGUF file that this project made.

    python -m training.warm --data DIR MODEL.gguf

Writes DIR/checkpoint.pt and DIR/tokenizer.json, from which `training.prepare` and `training.train` go on. A file of
the form `line-repair-1` lacks the tokens that came with `line-repair-2`: they are put in behind the others that are
special, and mean at first what the token that begins a function does.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from training.model import Model, Shape
from training.optimizer import Optimizer
from training.train import Seen
from training.vocabulary import ALL_SPECIAL, CODE, Vocabulary


def read(path: Path) -> tuple[dict[str, Any], Vocabulary]:
    """A checkpoint that `train` goes on from, no step done, and the vocabulary that belongs to it.

    Raises:
        ValueError: the file's tokens do not begin with those that are special.
    """
    reader = gguf.GGUFReader(path)

    def field(key: str) -> Any:
        return reader.fields[key].contents()

    tokens, merges = list(field("tokenizer.ggml.tokens")), list(field("tokenizer.ggml.merges"))
    known = sum(kind == int(gguf.TokenType.CONTROL) for kind in field("tokenizer.ggml.token_type"))
    if tuple(tokens[:known]) != ALL_SPECIAL[:known]:
        raise ValueError(f"{path} has other special tokens: {tokens[:known]}")
    values = {tensor.name: gguf.quants.dequantize(tensor.data, tensor.tensor_type) for tensor in reader.tensors}
    rows = values["token_embd.weight"]
    fresh = np.repeat(rows[CODE : CODE + 1], len(ALL_SPECIAL) - known, axis=0)
    values["token_embd.weight"] = np.concatenate([rows[:known], fresh, rows[known:]])
    shape = Shape(
        vocabulary=len(values["token_embd.weight"]),
        width=field("llama.embedding_length"),
        layers=field("llama.block_count"),
        head=field("llama.rope.dimension_count"),
        hidden=field("llama.feed_forward_length"),
        base=field("llama.rope.freq_base"),
    )
    model = Model(shape)
    model.load_state_dict({name: torch.from_numpy(value) for name, value in _parameters(values, shape).items()})
    state = {
        "shape": shape.as_dict(),
        "model": model.state_dict(),
        "optimizer": Optimizer(model).state(),
        "seen": asdict(Seen()),
    }
    return state, _vocabulary([*ALL_SPECIAL, *tokens[known:]], merges)


def _parameters(values: dict[str, NDArray[np.float32]], shape: Shape) -> dict[str, NDArray[np.float32]]:
    """The tensors of a file as the parameters of `Model`: `export` backwards."""

    def layers(*names: str) -> list[list[NDArray[np.float32]]]:
        return [[values[f"blk.{layer}.{name}.weight"] for name in names] for layer in range(shape.layers)]

    attention = [
        [_halved(query, shape), _halved(key, shape), value, output]
        for query, key, value, output in layers("attn_q", "attn_k", "attn_v", "attn_output")
    ]
    mlp = [[gate, up, down.T] for gate, up, down in layers("ffn_gate", "ffn_up", "ffn_down")]
    norms = [norm for both in layers("attn_norm", "ffn_norm") for norm in both]
    return {
        "embedding": values["token_embd.weight"],
        "attention": np.array(attention),
        "mlp": np.array(mlp),
        "norms": np.array([*norms, values["output_norm.weight"]]),
    }


def _halved(matrix: NDArray[np.float32], shape: Shape) -> NDArray[np.float32]:
    """Rows for rotary positions over two halves of a head, from rows for positions over neighbouring pairs."""
    return matrix.reshape(shape.heads, shape.head // 2, 2, -1).swapaxes(1, 2).reshape(shape.width, -1)


def _vocabulary(tokens: list[str], merges: list[str]) -> Vocabulary:
    pairs = [(left, right) for left, right in (merge.split(" ") for merge in merges)]
    tokenizer = Tokenizer(models.BPE(vocab={token: index for index, token in enumerate(tokens)}, merges=pairs))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(list(ALL_SPECIAL))
    return Vocabulary(tokenizer)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("model", type=Path)
    arguments = parser.parse_args()
    checkpoint: Path = arguments.data / "checkpoint.pt"
    if checkpoint.exists():
        raise SystemExit(f"{checkpoint} is there, and would be lost: move it away, or take another folder")
    state, vocabulary = read(arguments.model)
    vocabulary.save(arguments.data / "tokenizer.json")
    torch.save(state, checkpoint)
    print(json.dumps(state["shape"]))


if __name__ == "__main__":
    main()
