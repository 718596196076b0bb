"""Whether a model recites its corpus: long stretches in its answers that it was trained on and was not shown.

    python -m training.recitation --data DIR MODEL.gguf [--functions N] [--samples N] [--length WORDS]

Asks about lines of functions that it was trained on, as if they were wrong, where remembering them is easiest, and
looks each run of so many words (names, numbers, strings, operators) of an answer up among those of all training
functions. Runs that also stand in what was shown don't count. Ends with status 1 where more than `--most` of the
answers recite.
"""

from __future__ import annotations

import argparse
import random
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from reasoncli.domain import Suspect
from reasoncli.models.interface import Ability, Sampler, SampleRequest
from reasoncli.models.open import open_sampler
from reasoncli.prompting.options import PromptOptions
from reasoncli.prompting.repair import Asking, repair_prompts
from training.collect import likeness, store

_PRIME = np.uint64(1_099_511_628_211)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model wrote for lines of a function."""

    shown: str
    text: str
    count: int


def runs(words: Sequence[str], length: int) -> NDArray[np.uint64]:
    """Hashes of all runs of `length` words, shape (words - length + 1,); none of fewer words."""
    if len(words) < length:
        return np.zeros(0, np.uint64)
    codes = np.array([crc32(word.encode("utf-8", "surrogatepass")) for word in words], dtype=np.uint64)
    value = np.zeros(len(words) - length + 1, np.uint64)
    with np.errstate(over="ignore"):
        for offset in range(length):
            value = value * _PRIME + codes[offset : offset + len(value)]
    return value


def corpus_runs(functions: Iterable[Sequence[str]], length: int) -> NDArray[np.uint64]:
    """All runs of functions given as lines, each once, sorted."""
    parts = [runs(likeness.tokens(lines), length) for lines in functions]
    return np.unique(np.concatenate([np.zeros(0, np.uint64), *parts]))


def recites(answer: Answer, corpus: NDArray[np.uint64], length: int) -> bool:
    """Whether a run of an answer stands in the corpus, but not in what was shown."""
    own = runs(likeness.tokens(answer.text.split("\n")), length)
    shown = runs(likeness.tokens(answer.shown.split("\n")), length)
    new = own[~np.isin(own, shown)]
    return bool(np.isin(new, corpus, assume_unique=False).any())


def answers(sampler: Sampler, functions: Iterable[Sequence[str]], samples: int, seed: int) -> Iterator[Answer]:
    """What a model writes for the first lines of functions below the header, as if they were wrong."""
    for lines in functions:
        text = "\n".join(lines)
        source = (text + "\n").encode("utf-8", "surrogatepass")
        prompts = repair_prompts(
            [Suspect("f.py", None, "f", 1, len(lines), 1.0)],
            lambda _, source=source: source,  # type: ignore[misc]
            count_tokens=sampler.count_tokens,
            context=sampler.info.context,
            options=PromptOptions(functions=1),
            asking=Asking(hunks=Ability.HUNK_REPAIR in sampler.info.abilities),
        )
        asked = [each for each in prompts if each.region is not None and each.region.start == 2]
        requests = [SampleRequest(each, samples, seed, batch=0) for each in asked]
        for completion in sampler.sample(requests, threading.Event()):
            yield Answer(text, completion.text, completion.count)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--functions", type=int, default=300, help="that are asked about")
    parser.add_argument("--samples", type=int, default=16, help="answers of each question")
    parser.add_argument("--length", type=int, default=20, help="words of a run")
    parser.add_argument("--most", type=float, default=0.01, help="share of answers that may recite")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("model", metavar="MODEL")
    arguments = parser.parse_args()
    records = store.read(arguments.data / "functions.jsonl.gz")
    functions = [tuple(each["lines"]) for each in records if each["split"] == "train"]
    corpus = corpus_runs(functions, arguments.length)
    asked = random.Random(arguments.seed).sample(functions, min(arguments.functions, len(functions)))
    sampler = open_sampler(arguments.model)
    try:
        found = list(answers(sampler, asked, arguments.samples, arguments.seed))
    finally:
        sampler.close()
    reciting = [each for each in found if recites(each, corpus, arguments.length)]
    total, recited = sum(each.count for each in found), sum(each.count for each in reciting)
    print(
        f"{len(functions):,} functions, {len(corpus):,} runs of {arguments.length} words; {total:,} answers to "
        f"questions about {len(asked)} of them, {recited} ({recited / max(total, 1):.2%}) with a run of the corpus "
        "that was not shown"
    )
    for each in sorted(reciting, key=lambda each: -len(each.text))[:5]:
        print(f"---\n{each.text}")
    if recited > arguments.most * total:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
