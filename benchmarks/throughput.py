"""Tokens per second of our sampler by number of sequences, beside what the memory's bandwidth allows.

    python -m benchmarks.throughput MODEL.gguf [--gpu-layers -1] [--bandwidth GB_PER_SECOND]

Every sequence continues the same prompt with tokens of its own (take a model of flat random weights, or the tree
merges them). A step reads all weights once, and the cells of each sequence; what bandwidth allows is the
sequences over the time for that. With few sequences the reading is the limit, with many the arithmetic is.
"""

from __future__ import annotations

import argparse
import threading
import time
from pathlib import Path

from benchmarks.sampling import prompt_of
from reasoncli.models.gguf import read_metadata
from reasoncli.models.interface import SampleRequest
from reasoncli.models.llama_cpp.sampler import open_llama_sampler
from reasoncli.models.options import ModelOptions

SEQUENCES = (1, 8, 32, 64, 128)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--prompt", type=int, default=1000, help="tokens")
    parser.add_argument("--tokens", type=int, default=128, help="of each sample")
    parser.add_argument("--gpu-layers", type=int, default=-1)
    parser.add_argument("--bandwidth", type=float, help="of the memory that holds the weights, GB/s")
    arguments = parser.parse_args()
    metadata = read_metadata(arguments.model)
    options = ModelOptions(
        context=arguments.prompt + arguments.tokens + 64, slots=max(SEQUENCES), gpu_layers=arguments.gpu_layers
    )
    with open_llama_sampler(arguments.model, options) as sampler:
        prompt = prompt_of(sampler, arguments.prompt, arguments.tokens)
        size = sampler.count_tokens(prompt)
        list(sampler.sample([SampleRequest(prompt, 2, 0)], threading.Event()))  # reads the prompt, warms up
        print(f"{arguments.model.name}: {metadata.weights_bytes / 1e9:.1f} GB of weights, {size} prompt tokens, "
              f"{arguments.tokens} new ones each; {sampler.info.device}")  # fmt: skip
        print(f"{'sequences':>10}{'tokens/s':>10}{'ms a step':>11}{'allowed/s':>11}{'share':>7}")
        for n in SEQUENCES:
            started = time.perf_counter()
            drawn = list(sampler.sample([SampleRequest(prompt, n, n)], threading.Event()))
            seconds = time.perf_counter() - started
            tokens = sum(each.tokens * each.count for each in drawn)
            rate, step = tokens / seconds, 1e3 * seconds * n / max(tokens, 1)
            allowed = share = ""
            if arguments.bandwidth:
                cells = size + arguments.tokens / 2
                read = metadata.weights_bytes + n * cells * metadata.kv_bytes_per_token()
                bound = n * arguments.bandwidth * 1e9 / read
                allowed, share = f"{bound:.0f}", f"{rate / bound:.0%}"
            print(f"{n:>10}{rate:>10.0f}{step:>11.2f}{allowed:>11}{share:>7}", flush=True)


if __name__ == "__main__":
    main()
