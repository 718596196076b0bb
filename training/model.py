"""A small Llama, written so that llama.cpp runs the exported weights, and so that few cores train it fast.

Projections of all layers stand in two tensors, since the optimizer takes them in batches. Embedding and head are tied.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a model; `head` is the width of one attention head."""

    vocabulary: int = 8192
    width: int = 256
    layers: int = 6
    head: int = 64
    hidden: int = 640
    context: int = 1024
    base: float = 10000.0
    epsilon: float = 1e-5

    @property
    def heads(self) -> int:
        """Attention heads."""
        return self.width // self.head

    def as_dict(self) -> dict[str, float]:
        """For a checkpoint."""
        return asdict(self)


class Model(torch.nn.Module):
    """The network. Parameters stay in single precision; a GPU trains in bfloat16, which most CPUs are slower in."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        d, n, h = shape.width, shape.layers, shape.hidden
        self.embedding = torch.nn.Parameter(torch.randn(shape.vocabulary, d) * 0.02)
        self.attention = torch.nn.Parameter(torch.randn(n, 4, d, d) / math.sqrt(d) * 0.7)  # q, k, v, output
        self.mlp = torch.nn.Parameter(torch.randn(n, 3, h, d) / math.sqrt(d) * 0.7)  # gate, up, down transposed
        self.attention.data[:, 3] = 0  # every layer begins as the identity
        self.mlp.data[:, 2] = 0
        self.norms = torch.nn.Parameter(torch.ones(2 * n + 1, d))  # before attention and mlp of each, and the last
        inverse = shape.base ** -(torch.arange(0, shape.head, 2).float() / shape.head)
        angles = torch.outer(torch.arange(shape.context).float(), inverse)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def forward(self, ids: Tensor, positions: Tensor, mask: Tensor, selected: Tensor) -> Tensor:
        """Logits (selected, vocabulary) at flat places of a batch.

        Args:
            ids: (batch, length).
            positions: (batch, length), for the rotation.
            mask: (batch, 1, length, length), added to attention scores.
            selected: indices into the flattened batch.
        """
        shape = self.shape
        d, eps = shape.width, shape.epsilon
        kind = torch.bfloat16 if self.training and ids.is_cuda else self.embedding.dtype
        attention, mlp = self.attention.to(kind), self.mlp.to(kind)
        norms, embedding = self.norms.to(kind), self.embedding.to(kind)
        batch, length = ids.shape
        x = functional.embedding(ids, embedding)
        cos: Tensor = self.cos[positions][:, :, None].to(kind)
        sin: Tensor = self.sin[positions][:, :, None].to(kind)
        mask = mask.to(kind)
        for layer in range(shape.layers):
            h = functional.rms_norm(x, (d,), norms[2 * layer], eps)
            qkv = functional.linear(h, attention[layer, :3].reshape(3 * d, d))
            qk = _rotate(qkv[..., : 2 * d].view(batch, length, 2 * shape.heads, shape.head), cos, sin).transpose(1, 2)
            v = qkv[..., 2 * d :].view(batch, length, shape.heads, shape.head).transpose(1, 2)
            mixed = functional.scaled_dot_product_attention(qk[:, : shape.heads], qk[:, shape.heads :], v, mask)
            x = x + functional.linear(mixed.transpose(1, 2).reshape(batch, length, d), attention[layer, 3])
            h = functional.rms_norm(x, (d,), norms[2 * layer + 1], eps)
            gate, up = functional.linear(h, mlp[layer, :2].reshape(2 * shape.hidden, d)).chunk(2, -1)
            x = x + (functional.silu(gate) * up) @ mlp[layer, 2]
        x = functional.rms_norm(x, (d,), norms[-1], eps)
        return functional.linear(x.reshape(batch * length, d)[selected], embedding)


def _rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary positions over two halves of a head; `export` rearranges them to the pairs that llama.cpp rotates."""
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, a * sin + b * cos), -1)
