"""Muon for matrices, Adam for the rest.

Muon: Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024: momentum made orthogonal by a
few Newton-Schulz steps. Learning rates are held after a warm-up and go down in a straight line at the end, which can be
decided late ("warmup-stable-decay", Hu et al., "MiniCPM", 2024).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from training.model import Model

_MATRICES = frozenset({"attention", "mlp"})


class Optimizer:
    """Takes the gradients that lie in a model's parameters, and clears them."""

    def __init__(self, model: Model, matrices: float = 0.015, others: float = 0.003, decay: float = 0.05) -> None:
        self._named = dict(model.named_parameters())
        self._rates = (matrices, others, decay)
        self._steps = 0
        self._first = {name: torch.zeros_like(value) for name, value in self._named.items()}
        self._second = {name: torch.zeros_like(v) for name, v in self._named.items() if name not in _MATRICES}

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"steps": self._steps, "first": self._first, "second": self._second}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self._steps = state["steps"]
        for mine, theirs in ((self._first, state["first"]), (self._second, state["second"])):
            for name, value in mine.items():
                value.copy_(theirs[name])

    def step(self, factor: float) -> None:
        """One step, with learning rates times the factor."""
        with torch.no_grad():
            self._step(factor)

    def _step(self, factor: float) -> None:
        matrices, others, decay = self._rates
        self._steps += 1
        for name, value in self._named.items():
            gradient, first = value.grad, self._first[name]
            assert gradient is not None
            if name in _MATRICES:
                first.mul_(0.95).add_(gradient, alpha=0.05)
                update = _orthogonal((gradient * 0.05 + first * 0.95).flatten(0, 1)).view_as(value)
                value.mul_(1 - matrices * factor * decay)
                value.add_(update, alpha=-matrices * factor * max(1.0, value.shape[-2] / value.shape[-1]) ** 0.5)
            else:
                second = self._second[name]
                first.mul_(0.9).add_(gradient, alpha=0.1)
                second.mul_(0.98).addcmul_(gradient, gradient, value=0.02)
                rate = others * factor * (1.0 if name == "embedding" else 0.5)
                scale = (second / (1 - 0.98**self._steps)).sqrt_().add_(1e-8)
                value.addcdiv_(first / (1 - 0.9**self._steps), scale, value=-rate)
            value.grad = None


def _orthogonal(matrices: Tensor) -> Tensor:
    """About the nearest orthogonal matrices to those of a batch (n, rows, columns)."""
    x = matrices.bfloat16()
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(5):
        square = x @ x.mT
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return (x.mT if tall else x).float()
