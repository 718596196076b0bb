"""The llama.cpp sampler on real files: the embedded weights, and small random models of other kinds."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import llama_cpp
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.random_gguf import CHAT_TEMPLATE, Shape, write
from reasoncli.domain import ChatContent, Completion, Form, InfillContent, Prompt, RepairContent
from reasoncli.errors import ModelError, ModelFileError, ModelMemoryError
from reasoncli.machine import free_memory
from reasoncli.models.interface import KEEP, Choices, SampleRequest
from reasoncli.models.llama_cpp import library, memory
from reasoncli.models.llama_cpp.decoder import Feed
from reasoncli.models.llama_cpp.prefixes import Prefixes
from reasoncli.models.llama_cpp.sampler import LlamaSampler, open_llama_sampler
from reasoncli.models.options import ModelOptions
from reasoncli.models.profile import read_profile
from reasoncli.resources import weights_path
from tests.models.test_llama_forest import g_test

FUNCTION = "def gcd(a, b):\n    if b == 0:\n        return a\n    else:\n        return gcd(a % b, b)\n"
SMALL = {"width": 64, "layers": 2, "heads": 2, "kv_heads": 1, "hidden": 128, "vocabulary": 600, "context": 512}


def repair(line: str = "return gcd(a % b, b)", *, stop: tuple[str, ...] = (), max_tokens: int = 32) -> Prompt:
    return Prompt(line, Form.LINE_REPAIR, RepairContent(FUNCTION, line), stop=stop, max_tokens=max_tokens)


def draw(sampler: LlamaSampler, *requests: SampleRequest) -> list[Completion]:
    return list(sampler.sample(requests, threading.Event()))


def counts(completions: list[Completion]) -> Counter[str]:
    total: Counter[str] = Counter()
    for each in completions:
        total[each.text] += each.count
    return total


@pytest.fixture(scope="module")
def embedded() -> Iterator[LlamaSampler]:
    with open_llama_sampler(weights_path(), ModelOptions(threads=1)) as sampler:
        yield sampler


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


def small(folder: Path, architecture: str, **changes: object) -> Path:
    shape = Shape(architecture=architecture, **{**SMALL, "sharpness": 6.0, **changes})  # type: ignore[arg-type]
    return write(folder / f"{architecture}-{abs(hash(shape))}.gguf", shape)


# ---------------------------------------------------------------- distribution


def test_it_has_the_distribution_of_the_model(embedded: LlamaSampler, exact: dict[str, float]) -> None:
    """Counts of whole short texts against the probabilities that the model itself gives them."""
    observed = counts(draw(embedded, SampleRequest(repair(max_tokens=3), 3000, seed=11)))
    assert 0.9 < sum(exact.values()) < 1.001
    assert g_test(observed, exact) > 0.01


def test_few_slots_give_the_same_distribution(exact: dict[str, float]) -> None:
    with open_llama_sampler(weights_path(), ModelOptions(threads=1, slots=3, context=128)) as narrow:
        observed = counts(draw(narrow, SampleRequest(repair(max_tokens=3), 3000, seed=12)))
    assert g_test(observed, exact) > 0.01


def test_the_test_would_find_a_tempered_sampler(embedded: LlamaSampler, exact: dict[str, float]) -> None:
    observed = counts(draw(embedded, SampleRequest(repair(max_tokens=3), 3000, seed=11, temperature=1.2)))
    assert g_test(observed, exact) < 1e-4


@pytest.fixture(scope="module")
def exact(embedded: LlamaSampler) -> dict[str, float]:
    """Probability of every likely text of up to 3 tokens: each prefix read by itself, from an empty cache."""
    tokens = embedded._vocabulary.prompt(embedded._profile.encoder.segments(repair()))
    banned = list(embedded._vocabulary.named(embedded._profile.encoder.banned_tokens(repair())))
    found: dict[str, float] = {}
    paths: list[tuple[tuple[int, ...], float]] = [((), 1.0)]
    for left in (3, 2, 1, 0):
        longer: list[tuple[tuple[int, ...], float]] = []
        for path, chance in paths:
            text = b"".join(embedded._vocabulary.piece(token) for token in path).decode(errors="replace")
            if not left:
                found[text] = found.get(text, 0) + chance
                continue
            logits = plain_logits(embedded, [*tokens, *path])[-1].astype(np.float64)
            logits[banned] = -np.inf
            chances = np.exp(logits - logits.max())
            chances /= chances.sum()
            ends = embedded._vocabulary.ends
            found[text] = found.get(text, 0) + chance * sum(float(chances[end]) for end in ends)
            likely = [token for token in np.flatnonzero(chance * chances > 1e-3).tolist() if token not in ends]
            longer += [((*path, token), chance * float(chances[token])) for token in likely]
        paths = longer
    return found


def plain_logits(sampler: LlamaSampler, tokens: list[int]) -> NDArray[np.float32]:
    """Logits after every token, by one sequence in an empty cache."""
    decoder = sampler._decoder
    decoder.clear()
    rows = []
    for at in range(0, len(tokens), decoder.outputs):
        feed = Feed()
        for position in range(at, min(len(tokens), at + decoder.outputs)):
            feed.add(tokens[position], position, (0,), True)
        logits = decoder.decode(feed)
        assert logits is not None
        rows.append(logits.copy())
    decoder.clear()
    sampler._prefixes = Prefixes(decoder)
    return np.concatenate(rows)


def test_greedy_is_what_llama_cpp_python_completes(embedded: LlamaSampler) -> None:
    prompt = repair(max_tokens=24)
    (only,) = draw(embedded, SampleRequest(prompt, 8, seed=1, temperature=0.0))
    model = llama_cpp.Llama(str(weights_path()), n_ctx=512, verbose=False, n_threads=1)
    tokens = embedded._vocabulary.prompt(embedded._profile.encoder.segments(prompt))
    reply = model.create_completion(tokens, max_tokens=24, temperature=0.0)
    model.close()
    assert only.text == reply["choices"][0]["text"]  # type: ignore[index]


# ---------------------------------------------------------------- scores


def test_scores_are_the_sums_of_the_samples_logprobs(embedded: LlamaSampler) -> None:
    """A score holds the end as well, which a completion's log-probabilities don't."""
    prompt = repair()
    completions = [each for each in draw(embedded, SampleRequest(prompt, 200, seed=3)) if each.finish == "stop"]
    texts = [each.text for each in sorted(completions, key=lambda each: -each.count)[:6]]
    scores = embedded.score(prompt, texts)
    for text, score in zip(texts, scores, strict=True):
        own = max(sum(each.logprobs) for each in completions if each.text == text)
        assert own - 0.4 < score < own + 0.02


def test_scores_do_not_depend_on_their_company(embedded: LlamaSampler) -> None:
    prompt = repair()
    texts = [f" return gcd(a, {name})" for name in "abcdefgh"] * 20
    alone = [embedded.score(prompt, [text])[0] for text in texts[:8]]
    together = embedded.score(prompt, texts)
    assert together[:8] == pytest.approx(alone, abs=0.02)
    assert together[8:16] == pytest.approx(alone, abs=0.02)


def test_the_likeliest_of_many_texts_are_those_with_the_highest_scores(embedded: LlamaSampler) -> None:
    prompts = [repair(), repair("if b == 0:")]
    texts = [
        f" return {f}({x}, {y})" for f in ("gcd", "max", "f") for x in ("a", "b", "a % b") for y in ("b", "a", "0")
    ]
    kept = [math.log(1 - math.exp(embedded.score(p, [KEEP])[0])) for p in prompts]  # a ranked text is none that stays
    every = [
        (i, j, each - i - kept[i]) for i, p in enumerate(prompts) for j, each in enumerate(embedded.score(p, texts))
    ]
    every.sort(key=lambda each: -each[2])
    choices = [Choices(prompts[0], lambda: texts), Choices(prompts[1], lambda: texts, offset=-1.0)]
    found = list(embedded.rank(choices).take(10, threading.Event()))
    assert [each.logprob for each in found] == pytest.approx([value for _, _, value in every[:10]], abs=0.05)
    likely = {(each.choice, texts.index(each.text)) for each in found if each.logprob > found[-1].logprob + 0.1}
    assert likely <= {(i, j) for i, j, _ in every[:10]}


def test_keep_can_be_scored_and_is_never_drawn(embedded: LlamaSampler) -> None:
    (keep,) = embedded.score(repair(), [KEEP])
    assert -8 < keep < 0
    # P(<keep>) is about 0.15 here: among 300 draws it would show
    assert all("keep" not in each.text for each in draw(embedded, SampleRequest(repair(max_tokens=1), 300, seed=2)))
    right = embedded.score(repair("if b == 0:"), [KEEP])[0]
    assert right > keep


# ---------------------------------------------------------------- reproducible, and in order


def test_equal_seeds_give_equal_samples(embedded: LlamaSampler) -> None:
    _, first, second = (draw(embedded, SampleRequest(repair(), 100, seed=5)) for _ in range(3))  # both find it read
    assert counts(first) == counts(second)


def test_few_slots_carry_the_full_counts() -> None:
    with open_llama_sampler(weights_path(), ModelOptions(threads=1, slots=2, context=100)) as sampler:
        completions = draw(
            sampler, SampleRequest(repair(), 300, seed=5), SampleRequest(repair("return a"), 300, seed=5)
        )
        assert sum(each.count for each in completions) == 600
        assert sampler._prefixes.free_sequences == 2


def test_no_room_is_made_by_parking() -> None:
    """llama.cpp finds no slot, against our own counting: nobody notices."""
    with open_llama_sampler(weights_path(), ModelOptions(threads=1, slots=8, context=200)) as sampler:
        sampler._decoder.cells = 10_000_000  # our own counting must not help here
        hold = sampler._prefixes.open(sampler._prefixes.root)
        _fill(sampler, hold, leave=120)
        completions = draw(sampler, SampleRequest(repair(), 200, seed=5))
    assert sum(each.count for each in completions) == 200


def _fill(sampler: LlamaSampler, sequence: int, leave: int) -> None:
    total = int(llama_cpp.llama_n_ctx(sampler._decoder._context)) - leave
    for at in range(0, total, 512):
        feed = Feed()
        for position in range(at, min(total, at + 512)):
            feed.add(7, position, (sequence,), False)
        assert sampler._decoder.decode(feed) is not None


def test_only_one_call_at_a_time(embedded: LlamaSampler) -> None:
    stream = embedded.sample([SampleRequest(repair(), 50, seed=1)], threading.Event())
    next(stream)
    with pytest.raises(ModelError, match="at work"):
        embedded.score(repair(), [KEEP])
    stream.close()  # type: ignore[attr-defined]
    assert embedded.score(repair(), [KEEP])


def test_cancel_from_another_thread_ends_it_soon(embedded: LlamaSampler) -> None:
    cancel = threading.Event()
    timer = threading.Timer(0.15, cancel.set)
    timer.start()
    done = list(embedded.sample([SampleRequest(repair(), 20_000, seed=1, temperature=3.0)], cancel))
    timer.join()
    assert sum(each.count for each in done) < 20_000


def test_stop_strings_are_found_across_tokens(embedded: LlamaSampler) -> None:
    plain = counts(draw(embedded, SampleRequest(repair(), 200, seed=4)))
    stopped = counts(draw(embedded, SampleRequest(repair(stop=("urn gc",)), 200, seed=4)))
    assert all("urn gc" not in text for text in stopped)
    expected: Counter[str] = Counter()
    for text, count in plain.items():
        expected[text.split("urn gc")[0]] += count
    assert stopped == expected


# ---------------------------------------------------------------- kinds of models


@pytest.mark.parametrize("architecture", ["llama", "qwen2", "mamba", "gemma2"])
def test_other_kinds_of_caches_give_each_path_its_own_probability(
    folder: Path, architecture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recurrent states and sliding windows: what many slots computed is what one sequence would."""
    path = small(folder, architecture, chat_template=CHAT_TEMPLATE, window=16 if architecture == "gemma2" else 0)
    prompt = Prompt("p", Form.SEARCH_REPLACE, ChatContent((("user", "for x in range(10): print(x)"),)), max_tokens=24)
    with open_llama_sampler(path, ModelOptions(threads=1, slots=4, gpu_layers=0)) as sampler:
        tokens = sampler._vocabulary.prompt(sampler._profile.encoder.segments(prompt))
        monkeypatch.setattr(sampler._vocabulary, "piece", lambda token, *, special=False: b"%d " % token)
        completions = draw(sampler, *(SampleRequest(prompt, 20, seed=seed, temperature=0.8) for seed in range(2)))
        assert sum(each.count for each in completions) == 40
        for each in completions[::4]:
            answer = [int(token) for token in each.text.split()]
            logits = plain_logits(sampler, [*tokens, *answer])[len(tokens) - 1 : -1].astype(np.float64)
            normalized = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
            own = normalized[np.arange(len(answer)), answer]
            assert each.logprobs == pytest.approx(own.tolist(), abs=0.1)


def test_texts_are_scored_alike_alone_and_together_with_recurrent_states(folder: Path) -> None:
    path = small(folder, "mamba", chat_template=CHAT_TEMPLATE)
    prompt = Prompt("p", Form.SEARCH_REPLACE, ChatContent((("user", "for x in range(10): print(x)"),)))
    with open_llama_sampler(path, ModelOptions(threads=1, slots=4)) as sampler:
        texts = [" print", " pass", "xyz", " print(x)", "a", "b"]
        together, alone = sampler.score(prompt, texts), [sampler.score(prompt, [text])[0] for text in texts]
        assert together == pytest.approx(alone, abs=0.1)


def test_infilling_ends_at_the_models_own_marks(folder: Path) -> None:
    path = small(folder, "llama")
    prompt = Prompt("i", Form.INFILL, InfillContent("def f(x):\n", "    return y\n", "a.py"), max_tokens=8)
    with open_llama_sampler(path, ModelOptions(threads=1, slots=8)) as sampler:
        assert sampler.count_tokens(prompt) > 10
        completions = draw(sampler, SampleRequest(prompt, 50, seed=1))
        assert sum(each.count for each in completions) == 50
        assert not any("<|fim" in each.text for each in completions)


def test_a_deleted_line_is_as_likely_as_the_end_at_once(embedded: LlamaSampler) -> None:
    texts = ["", " return gcd(b, a % b)"]
    found = {each.text: each for each in embedded.rank([Choices(repair(), lambda: texts)]).take(2, threading.Event())}
    [value] = found[""].logprobs
    assert value == pytest.approx(embedded.score(repair(), [""])[0], abs=0.05)
    assert len(found[texts[1]].logprobs) == len(embedded._vocabulary.tokens(texts[1], special=False))


def test_untrusted_text_makes_no_special_tokens(folder: Path) -> None:
    path = small(folder, "llama", chat_template=CHAT_TEMPLATE)
    with open_llama_sampler(path, ModelOptions(threads=1, slots=2)) as sampler:
        chat = ChatContent((("user", "a<|im_end|>b"),))
        segments = sampler._profile.encoder.segments(Prompt("p", Form.SEARCH_REPLACE, chat))
        tokens = sampler._vocabulary.prompt(segments)
        (end,) = sampler._vocabulary.named(["<|im_end|>"])
        assert tokens.count(end) == 1


# ---------------------------------------------------------------- what can't be


def test_half_a_file_is_an_error(tmp_path: Path) -> None:
    whole = weights_path().read_bytes()
    half = tmp_path / "half.gguf"
    half.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelFileError):
        open_llama_sampler(half, ModelOptions(threads=1))


def test_what_llama_cpp_refuses_is_an_error(tmp_path: Path) -> None:
    """The pre-check knows nothing of missing tensors; llama.cpp does, and says which."""
    profile = read_profile(weights_path())
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(weights_path().read_bytes().replace(b"output_norm.weight", b"output_nrom.weight"))
    with pytest.raises(ModelFileError, match="output_norm"):
        open_llama_sampler(broken, ModelOptions(threads=1), profile=profile)


def test_too_little_memory_is_said_before_it_is_taken() -> None:
    with pytest.raises(ModelMemoryError) as caught:
        open_llama_sampler(weights_path(), ModelOptions(memory=20_000_000))
    assert caught.value.hint


def test_a_prompt_beyond_the_context_is_an_error(embedded: LlamaSampler) -> None:
    with pytest.raises(ModelError, match="leaves no room"):
        draw(embedded, SampleRequest(repair("x" + " + y" * 600), 1, seed=1))
    with pytest.raises(ModelError, match="leaves no room"):
        embedded.score(repair(), ["x" + " + y" * 600])


def test_the_device_is_named_truly(embedded: LlamaSampler) -> None:
    assert (embedded.info.device == "CPU") == (not llama_cpp.llama_supports_gpu_offload())
    assert bool(library.gpus()) <= bool(llama_cpp.llama_supports_gpu_offload())


# ---------------------------------------------------------------- sizes


def test_sizes_follow_from_model_and_memory() -> None:
    metadata = read_profile(weights_path()).metadata
    plenty, scarce = memory.plan(metadata, 16 * memory.GIB), memory.plan(metadata, 210 * memory.MIB)
    assert plenty.context == metadata.context_length
    assert scarce.bytes <= 210 * memory.MIB * 0.85
    assert (scarce.sequences, scarce.cells) < (plenty.sequences, plenty.cells)
    assert memory.plan(metadata, 16 * memory.GIB, gpu=True).sequences == 256
    asked = memory.plan(metadata, 16 * memory.GIB, context=200, sequences=5, batch=32)
    assert (asked.context, asked.sequences, asked.batch) == (200, 5, 32)
    with pytest.raises(ModelMemoryError, match="may be taken"):
        memory.plan(metadata, 80 * memory.MIB)


def test_free_memory_is_a_number() -> None:
    assert 0 < free_memory() < 1 << 50
