"""The repair prompts with the real weights: the model must know its own form again."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator

import pytest

from reasoncli import python_source
from reasoncli.domain import Issue, Patch, Prompt, Suspect
from reasoncli.models.interface import Sampler, SampleRequest
from reasoncli.models.open import open_sampler
from reasoncli.patches.canonical import canonical
from reasoncli.patches.completions import parse
from reasoncli.patches.policy import Policy
from reasoncli.patches.tree import MemoryTree
from reasoncli.prompting.build import build_prompts
from reasoncli.prompting.prompts import reweigh

BUGS = {
    "find_max": (
        "def find_max(items):\n    '''Largest.'''\n    best = items[0]\n    for item in items:\n"
        "        if item > best:  # larger\n            best = item\n    return best\n",
        "item > best",
        "item < best",
    ),
    "count_words": (
        "def count_words(text):\n    counts = {}\n    for word in text.split():\n        if word not in counts:\n"
        "            counts[word] = 0\n        counts[word] += 1\n    return counts\n",
        "counts[word] += 1",
        "counts[word] -= 1",
    ),
    "pop": (
        "class Stack:\n    def pop(self):\n        if not self.items:\n            raise IndexError('empty')\n"
        "        return self.items.pop()\n",
        "if not self.items",
        "if self.items",
    ),
    "average": (
        "def average(values):\n    total = 0\n    for value in values:\n        total += value\n"
        "    return total / len(values)\n",
        "total / len(values)",
        "total * len(values)",
    ),
    "read_lines": (
        'def read_lines(path):\n    with open(path,\n              encoding="utf-8") as handle:\n'
        "        return [line.strip() for line in handle if line.strip()]\n",
        "for line in handle",
        "for line in path",
    ),
}


@pytest.fixture(scope="module")
def sampler() -> Iterator[Sampler]:
    opened = open_sampler("embedded")
    yield opened
    opened.close()


def prompts_for(source: str, sampler: Sampler) -> list[Prompt]:
    tree = MemoryTree({"m.py": source.encode()})
    module = python_source.parse(source)
    assert module is not None
    name, node = next(iter(python_source.definitions(module)))
    suspects = [Suspect("m.py", None, name, python_source.first_line(node), node.end_lineno or 0, 1.0)]
    prompts = build_prompts(
        sampler.info.abilities, Issue("", "", ""), suspects, tree.read, [],
        count_tokens=sampler.count_tokens, context=sampler.info.context,
    )  # fmt: skip
    return reweigh(prompts, [min(1.0, math.exp(sampler.score(each, ["<keep>"])[0])) for each in prompts])


def test_doubt_falls_on_planted_bugs(sampler: Sampler) -> None:
    ranks = []
    for right, good, bad in BUGS.values():
        source = right.replace(good, bad)
        line = source[: source.index(bad)].count("\n") + 1
        ranked = prompts_for(source, sampler)
        ranks.append(
            [each.region is not None and each.region.start <= line <= each.region.end for each in ranked].index(True)
        )
    assert sum(rank < 2 for rank in ranks) >= 4, ranks  # by chance about 2 of 5


def test_answers_become_patches_and_one_is_the_fix(sampler: Sampler) -> None:
    right, good, bad = BUGS["count_words"]
    tree = MemoryTree({"m.py": right.replace(good, bad).encode()})
    prompts = prompts_for(right.replace(good, bad), sampler)
    by_id = {each.id: each for each in prompts}
    requests = [SampleRequest(each, max(1, round(each.share * 256)), seed=1) for each in prompts]
    fixed = patches = 0
    for completion in sampler.sample(requests, threading.Event()):
        result = parse(completion, by_id[completion.prompt], tree, Policy())
        if isinstance(result, Patch):
            patches += completion.count
            content = result.changes[0].content
            fixed += content is not None and canonical(content) == canonical(right.encode())
    assert patches >= 64
    assert fixed
