"""What a step of decoding costs outside llama.cpp: drawing tokens from the logits of many sequences."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from reasoncli.models.llama_cpp import seeds
from reasoncli.models.llama_cpp.drawing import Draw, Drawer, Law

VOCABULARY = 150_000
ROWS = (1, 32, 128)


def logits_like_a_model(rows: int, vocabulary: int) -> NDArray[np.float32]:
    """Logits with the long flat tail and the few high peaks that language models give."""
    random = np.random.default_rng(0)
    logits = random.standard_normal((rows, vocabulary), dtype=np.float32) * 2
    peaks = random.integers(0, vocabulary, (rows, 20))
    logits[np.arange(rows)[:, None], peaks] += random.exponential(4.0, (rows, 20)).astype(np.float32) + 10
    return logits


def plain(logits: NDArray[np.float32], uniforms: NDArray[np.float64]) -> NDArray[np.intp]:
    """The obvious way: a whole softmax in double precision, cumulative sums, one search a row."""
    weights = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    heights = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    return np.array([row.searchsorted(u) for row, u in zip(heights, uniforms, strict=True)])


def milliseconds(work: Callable[[], object], rounds: int = 5) -> float:
    """The fastest of some calls."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return 1e3 * min(times)


def print_step_cost() -> None:
    """Print milliseconds a step, by rows and by law."""
    laws = {
        "temperature 1": Law(),
        "temperature 0.7": Law(temperature=0.7),
        "min-p 0.05": Law(min_p=0.05),
        "top-p 0.95": Law(top_p=0.95),
        "greedy": Law(temperature=0.0),
    }
    cores = len(os.sched_getaffinity(0))
    print(f"\nA step outside llama.cpp, vocabulary {VOCABULARY}, {cores} threads: milliseconds")
    print(f"  {'rows':18}" + "".join(f"{rows:>9}" for rows in ROWS))
    everything = logits_like_a_model(max(ROWS), VOCABULARY)
    drawer = Drawer(cores)
    for name, law in laws.items():
        cells = []
        for rows in ROWS:
            wishes = [Draw(row, law, seeds.uniforms(seeds.root(row, ""), 1)) for row in range(rows)]
            logits = everything[:rows]
            cells.append(milliseconds(lambda logits=logits, wishes=wishes: drawer.draw(logits, wishes)))  # type: ignore[misc]
        print(f"  {name:18}" + "".join(f"{cell:9.2f}" for cell in cells))
    drawer.close()
    cells = []
    for rows in ROWS:
        uniforms = np.random.default_rng(1).random(rows)
        logits = everything[:rows]
        cells.append(milliseconds(lambda logits=logits, uniforms=uniforms: plain(logits, uniforms), 2))  # type: ignore[misc]
    print(f"  {'plain numpy':18}" + "".join(f"{cell:9.2f}" for cell in cells))
