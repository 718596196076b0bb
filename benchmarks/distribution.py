"""Whether the tree draws from the same distribution as one sample after the other does."""

from __future__ import annotations

import math
import threading
from collections import Counter

from reasoncli.domain import Form, Prompt, RepairContent
from reasoncli.models.interface import SampleRequest
from reasoncli.models.llama_cpp.bindings import llama_cpp
from reasoncli.models.llama_cpp.sampler import open_llama_sampler
from reasoncli.models.options import ModelOptions
from reasoncli.resources import weights_path

FUNCTION = "def gcd(a, b):\n    if b == 0:\n        return a\n    else:\n        return gcd(a % b, b)\n"
PROMPT = Prompt("gcd", Form.LINE_REPAIR, RepairContent(FUNCTION, "return gcd(a % b, b)"), max_tokens=24)


def same_distribution(first: Counter[str], second: Counter[str]) -> tuple[float, int, float]:
    """G-test that two samples of texts come from one distribution: (G, degrees of freedom, p-value).

    Texts seen less than ten times in all are one class. The p-value is by Wilson and Hilferty's cube root.
    """
    frequent = [text for text, count in (first + second).items() if count >= 10]
    table = [(first[text], second[text]) for text in frequent]
    table.append((first.total() - sum(a for a, _ in table), second.total() - sum(b for _, b in table)))
    table = [(a, b) for a, b in table if a + b]
    share = first.total() / (first.total() + second.total())
    g = 0.0
    for a, b in table:
        for count, mean in ((a, (a + b) * share), (b, (a + b) * (1 - share))):
            g += 2 * count * math.log(count / mean) if count else 0.0
    freedom = len(table) - 1
    spread = 2 / (9 * freedom)
    z = ((g / freedom) ** (1 / 3) - (1 - spread)) / math.sqrt(spread)
    return g, freedom, 0.5 * math.erfc(z / math.sqrt(2))


def tree(n: int, seed: int, temperature: float = 1.0) -> tuple[Counter[str], list[int], list[int]]:
    """Texts of the tree sampler; also the prompt's tokens and those that are never drawn."""
    texts: Counter[str] = Counter()
    with open_llama_sampler(weights_path(), ModelOptions(slots=32)) as sampler:
        for each in sampler.sample([SampleRequest(PROMPT, n, seed, temperature=temperature)], threading.Event()):
            texts[each.text] += each.count
        return texts, sampler.prompt_tokens(PROMPT), sampler.banned_tokens(PROMPT)


def loop(n: int, tokens: list[int], banned: list[int]) -> Counter[str]:
    """Texts of `create_completion`, one after the other."""
    llama = llama_cpp.Llama(str(weights_path()), n_ctx=512, n_threads=1, verbose=False)
    texts: Counter[str] = Counter()
    for seed in range(n):
        reply = llama.create_completion(
            tokens, max_tokens=PROMPT.max_tokens, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0, seed=seed,
            logit_bias=dict.fromkeys(banned, -1e9),
        )  # fmt: skip
        texts[reply["choices"][0]["text"]] += 1  # type: ignore[index]
    llama.close()
    return texts


def check_distribution(n: int = 500) -> None:
    """Print the test: the tree against the loop, and against itself at another temperature (must be told apart)."""
    ours, tokens, banned = tree(n, seed=1)
    theirs = loop(n, tokens, banned)
    print(f"\nDistribution of whole texts, {n} samples each (embedded weights)")
    g, freedom, p = same_distribution(ours, theirs)
    print(f"  tree and loop                  G = {g:6.1f}, {freedom} degrees of freedom, p = {p:.3f}  {_verdict(p)}")
    g, freedom, p = same_distribution(tree(n, seed=2, temperature=1.4)[0], theirs)
    print(f"  tree at temperature 1.4, loop  G = {g:6.1f}, {freedom} degrees of freedom, p = {p:.1e}  {_verdict(p)}")


def _verdict(p: float) -> str:
    return "no difference found" if p > 0.001 else "different"
