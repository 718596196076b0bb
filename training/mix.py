"""In what mix bugs are made: how often which shape, and which operator."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

Shape = tuple[int, int]
"""Lines that a fix takes away, and lines that it puts in."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How often fixes have a shape, and one-line fixes an operator; numbers need not sum to one.

    What is left out is drawn now and then all the same.
    """

    shapes: Mapping[Shape, float]
    operators: Mapping[str, float]

    @classmethod
    def read(cls, path: Path) -> Weights:
        """From the JSON that `write` leaves."""
        data = json.loads(path.read_text("utf-8"))
        shapes = {(int(key.split(">")[0]), int(key.split(">")[1])): float(n) for key, n in data["shapes"].items()}
        return cls(shapes, {key: float(n) for key, n in data["operators"].items()})

    def write(self, path: Path) -> None:
        """As JSON: shapes as `1>2`, operators by name."""
        shapes = {f"{a}>{b}": n for (a, b), n in self.shapes.items()}
        path.write_text(json.dumps({"shapes": shapes, "operators": dict(self.operators)}, indent=1), "utf-8")


LOGIC = Weights(
    {(1, 1): 1.0},
    {"change-name": 4.0}
    | dict.fromkeys(
        (
            *("change-comparison", "change-operator", "change-augmented", "change-boolean-operator"),
            *("add-not", "drop-not", "add-minus", "drop-minus", "off-by-one", "add-operand", "drop-operand"),
            *("swap-operands", "regroup-operands", "regroup-clauses", "add-clause", "drop-clause", "change-test"),
            *("change-number", "flip-boolean", "change-none", "change-empty", "change-default", "change-index"),
            *("add-index", "drop-index", "index-to-slice", "slice-to-index", "add-bound", "drop-bound"),
            *("swap-arguments", "drop-argument", "add-argument", "swap-values", "swap-elements", "swap-branches"),
            *("change-return", "change-target", "change-assigned", "change-exit", "if-to-while", "while-to-if"),
            *("wrap-call", "unwrap-call", "add-limit", "change-function", "change-method"),
        ),
        1.0,
    ),
)
"""Slips in one line of what a function computes: the operators of mutation testing (Offutt et al., "An Experimental
Determination of Sufficient Mutant Operators", 1996), misused variables (Allamanis et al., "Learning to Represent
Programs with Graphs", 2018) and other slips in one statement (Karampatsis and Sutton, "How Often Do
Single-Statement Bugs Occur?", 2020), all alike."""
