"""Samples per second: our batched tree sampler, `Llama.create_completion` in a loop, and llama.cpp's own server.

    python -m benchmarks.sampling [--samples 32] [--prompt 1000] [--tokens 48] [--server PATH | --build-server]

Same GGUF, same prompt, same settings (temperature 1, nothing truncated), one after the other in one run. The
models have random weights (see `benchmarks.random_gguf`), at two degrees of certainty: *flat*, where no two samples
share a token and the tree can't help, and *sharp*, where a sample is about as surprising as a fix by the embedded
weights (5 nats; what was met stands beside the figures). Then the distribution check, and what a step costs outside
llama.cpp.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks.distribution import check_distribution
from benchmarks.llama_server import build, serve
from benchmarks.random_gguf import Shape, write
from benchmarks.step_cost import print_step_cost
from reasoncli.domain import Completion, Form, InfillContent, Prompt
from reasoncli.models.interface import SampleRequest
from reasoncli.models.llama_cpp.bindings import llama_cpp
from reasoncli.models.llama_cpp.sampler import LlamaSampler, open_llama_sampler
from reasoncli.models.options import ModelOptions

GOALS = {"loop, each anew": 10.0, "server, cold": 5.0, "server, warm": 1.5}
SHARPNESS = {"flat": 1.0, "sharp": 60.0}
CODE = """
def total(items, start=0):
    result = start
    for index, item in enumerate(items):
        if item is None:
            continue
        result = result + item.price * item.count
    return result
"""


@dataclass(slots=True)
class Table:
    """Prints a line as soon as it is known: seconds for `n` samples, cold beside our cold, warm beside our warm."""

    n: int
    ours: dict[str, float] = field(default_factory=dict)

    def begin(self, title: str) -> None:
        """The title and the names of the columns."""
        print(f"\n{title}\n  {'':18}{'seconds':>9}{'samples/s':>11}{'x ours':>8}  goal", flush=True)

    def add(self, name: str, taken: float, note: str, timed: int | None = None) -> None:
        """A line; `timed` of the samples were, if not all."""
        kind = "warm" if "warm" in name else "cold"
        reference = self.ours.setdefault(kind, taken)
        goal = f">= {GOALS[name]:g}  " if name in GOALS else ""
        partly = f" ({timed} of {self.n} timed)" if timed is not None else ""
        speed = f"{taken:9.2f}{self.n / taken:11.2f}{taken / reference:8.1f}"
        print(f"  {name:18}{speed}  {goal}{note}{partly}", flush=True)


def prompt_of(sampler: LlamaSampler, tokens: int, max_tokens: int) -> Prompt:
    """An infilling prompt of about so many tokens."""
    lines = (CODE * (tokens // 10)).splitlines(keepends=True)

    def cut(count: int) -> Prompt:
        return Prompt("bench", Form.INFILL, InfillContent("".join(lines[:count]), "\n", "a.py"), max_tokens=max_tokens)

    low, high = 1, len(lines)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if sampler.count_tokens(cut(middle)) <= tokens else (low, middle - 1)
    return cut(low)


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock seconds of a call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure(model: Path, arguments: argparse.Namespace) -> None:
    """Print the table for one model."""
    n, most, threads = arguments.samples, arguments.tokens, arguments.threads
    context = arguments.prompt + most + 64
    table = Table(n)
    options = ModelOptions(threads=threads, context=context, slots=max(n, 2), gpu_layers=arguments.gpu_layers)
    with open_llama_sampler(model, options) as sampler:
        prompt = prompt_of(sampler, arguments.prompt, most)
        tokens = sampler.prompt_tokens(prompt)
        drawn: list[Completion] = []

        def ours(seed: int) -> None:
            drawn[:] = sampler.sample([SampleRequest(prompt, n, seed)], threading.Event())

        cold, warm = seconds(lambda: ours(1)), seconds(lambda: ours(2))
        surprise = -sum(sum(each.logprobs) * each.count for each in drawn) / n
        table.begin(
            f"{model.name}: {len(tokens)} prompt tokens, {n} samples of up to {most} tokens; {sampler.info.device}, "
            f"{threads} threads; {surprise:.1f} nats a sample, {len(drawn)} distinct"
        )
    table.add("ours, cold", cold, "prompt read once")
    table.add("ours, warm", warm, "prompt's cells kept from before")
    measure_loop(model, tokens, arguments, context, table)
    if arguments.server:
        run = partial(serve, arguments.server, model, slots=n, context=context, threads=threads)
        with run(gpu_layers=arguments.gpu_layers) as server:
            table.add("server, cold", seconds(lambda: server.complete(tokens, n, most)), f"{n} slots")
            table.add("server, warm", seconds(lambda: server.complete(tokens, n, most, seed=99)), f"{n} slots")
        with run(gpu_layers=arguments.gpu_layers) as server:
            table.add("server, n_cmpl", seconds(lambda: server.complete_in_one(tokens, n, most)), "one request, cold")


def measure_loop(model: Path, tokens: list[int], arguments: argparse.Namespace, context: int, table: Table) -> None:
    """`Llama.create_completion`, one sample after the other, with its reuse of a prefix and without."""
    llama = llama_cpp.Llama(
        str(model),
        n_ctx=context,
        n_batch=512,
        n_threads=arguments.threads,
        n_threads_batch=arguments.threads,
        n_gpu_layers=arguments.gpu_layers,
        verbose=False,
    )

    def one(seed: int, *, fresh: bool) -> None:
        if fresh:
            llama.n_tokens = 0  # what `reset` does: no prefix is known
        llama.create_completion(
            tokens, max_tokens=arguments.tokens, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0, seed=seed
        )

    n, timed = arguments.samples, min(arguments.samples, arguments.loop_samples)
    anew = [seconds(partial(one, seed, fresh=True)) for seed in range(timed)]
    reused = [seconds(partial(one, seed, fresh=False)) for seed in range(timed)]
    table.add("loop, each anew", mean_of(anew) * n, "prompt read for each", timed)
    table.add("loop", mean_of(anew) + mean_of(reused) * (n - 1), "prefix reused, read by the first", timed)
    llama.close()


def mean_of(values: list[float]) -> float:
    """Arithmetic mean."""
    return sum(values) / len(values)


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=32)
    parser.add_argument("--prompt", type=int, default=1000, help="tokens")
    parser.add_argument("--tokens", type=int, default=48, help="of each sample")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--gpu-layers", type=int, default=0)
    parser.add_argument("--loop-samples", type=int, default=6, help="how many of the loop's samples are timed")
    parser.add_argument("--server", type=Path, help="a llama-server binary")
    parser.add_argument("--build-server", type=Path, metavar="FOLDER", help="build one there, if it isn't yet")
    parser.add_argument("--model", type=Path, action="append", help="measure these in place of random weights")
    parser.add_argument("--only", choices=("speed", "distribution", "steps"), help="one part")
    arguments = parser.parse_args()
    if arguments.build_server:
        arguments.server = build(arguments.build_server)
    if arguments.only in (None, "speed"):
        with tempfile.TemporaryDirectory() as folder:
            models = arguments.model or [
                write(Path(folder) / f"random-80M-{name}.gguf", Shape(sharpness=sharpness, context=8192))
                for name, sharpness in SHARPNESS.items()
            ]
            for model in models:
                measure(model, arguments)
    if arguments.only in (None, "distribution"):
        check_distribution()
    if arguments.only in (None, "steps"):
        print_step_cost()


if __name__ == "__main__":
    main()
