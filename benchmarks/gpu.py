"""Tokens per second at 1 to 128 sequences beside what memory bandwidth allows, on whatever device the build has.

    python -m benchmarks.gpu [--model FILE] [--bandwidth GB_PER_S]

Without a model, one of about 7 B shape (32 layers of width 4096, 8 key-value heads, vocabulary 152,064) is written with
random weights; that takes 8 GB of disk. A step can't be faster than reading the weights and the live cells once: the
ceiling printed is sequences x bandwidth / those bytes. `step` is the time of a whole step of the sampler's loop,
`drawing` the part of it outside llama.cpp.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from benchmarks.random_gguf import Shape, write
from benchmarks.sampling import prompt_of
from reasoncli.models.gguf import GgufMetadata, read_metadata
from reasoncli.models.interface import SampleRequest
from reasoncli.models.llama_cpp.decoder import Feed, LlamaDecoder
from reasoncli.models.llama_cpp.drawing import Logits
from reasoncli.models.llama_cpp.sampler import LlamaSampler, open_llama_sampler
from reasoncli.models.options import ModelOptions

SEQUENCES = (1, 8, 32, 64, 128)
SEVEN_B = Shape(width=4096, layers=32, heads=32, kv_heads=8, hidden=14336, vocabulary=152_064, context=8192, alike=True)


class Stopwatch:
    """Counts the tokens, steps and seconds of all decoding while it is `running`."""

    def __init__(self) -> None:
        self.seconds, self.tokens, self.steps = 0.0, 0, 0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Watch `LlamaDecoder.decode`."""
        plain = LlamaDecoder.decode

        def decode(decoder: LlamaDecoder, feed: Feed) -> Logits | None:
            started = time.perf_counter()
            logits = plain(decoder, feed)
            self.seconds += time.perf_counter() - started
            self.tokens += len(feed)
            self.steps += 1
            return logits

        with patch.object(LlamaDecoder, "decode", decode):
            yield


def measure(sampler: LlamaSampler, metadata: GgufMetadata, sequences: int, tokens: int, bandwidth: float) -> str:
    """One line of the table."""
    prompt = prompt_of(sampler, 1000, tokens)
    cells = sampler.count_tokens(prompt) + sequences * tokens / 2
    list(sampler.sample([SampleRequest(prompt, 1, seed=0)], threading.Event()))  # the prompt's cells stay
    watch = Stopwatch()
    started = time.perf_counter()
    with watch.running():
        list(sampler.sample([SampleRequest(prompt, sequences, seed=1)], threading.Event()))
    total = time.perf_counter() - started
    read = metadata.weights_bytes + cells * metadata.kv_bytes_per_token()
    ceiling = sequences * bandwidth * 1e9 / read if bandwidth else float("nan")
    step, drawing = 1e3 * total / watch.steps, 1e3 * (total - watch.seconds) / watch.steps
    return f"{sequences:10}{watch.tokens / total:12.1f}{ceiling:12.1f}{step:10.2f}{drawing:10.2f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--tokens", type=int, default=64, help="of each sample")
    parser.add_argument("--bandwidth", type=float, default=0.0, help="of the device's memory, GB/s (an H100's: 3350)")
    parser.add_argument("--sequences", type=int, nargs="+", default=SEQUENCES)
    parser.add_argument("--threads", type=int)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = arguments.model or write(Path(folder) / "random-7B.gguf", SEVEN_B)
        metadata = read_metadata(model)
        options = ModelOptions(threads=arguments.threads, slots=max(arguments.sequences) + 1, context=2048)
        with open_llama_sampler(model, options) as sampler:
            print(f"{model.name}: {metadata.weights_bytes / 1e9:.1f} GB, on {sampler.info.device}")
            print(f"{'sequences':>10}{'tokens/s':>12}{'ceiling':>12}{'step ms':>10}{'drawing':>10}")
            for sequences in arguments.sequences:
                print(measure(sampler, metadata, sequences, arguments.tokens, arguments.bandwidth), flush=True)


if __name__ == "__main__":
    main()
