"""The tree sampler against a model whose distribution is known in closed form."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoncli.domain import Completion, Form, Prompt, RepairContent
from reasoncli.errors import ModelError
from reasoncli.models.interface import SampleRequest
from reasoncli.models.llama_cpp.drawing import Drawer, Law
from reasoncli.models.llama_cpp.forest import Forest
from reasoncli.models.llama_cpp.growth import Rules
from reasoncli.models.llama_cpp.lanes import Job
from reasoncli.models.llama_cpp.prefixes import Prefixes
from tests.models.llama_fake import FakeDecoder, FakeLexicon, exact

PROMPT = (1, 2, 3)


def job(
    n: int,
    seed: int = 0,
    tokens: Sequence[int] = PROMPT,
    max_tokens: int = 4,
    limit: int = 1000,
    stop: bytes = b"",
    **law: float,
) -> Job:
    prompt = Prompt(str(tuple(tokens)), Form.LINE_REPAIR, RepairContent("", ""), max_tokens=max_tokens)
    rules = Rules(stops=(stop,) if stop else (), max_tokens=max_tokens)
    return Job(SampleRequest(prompt, n, seed), tokens, Law(**law), rules, frozenset({0}), limit)


def grow(decoder: FakeDecoder, *jobs: Job, prefixes: Prefixes | None = None) -> list[Completion]:
    forest = Forest(decoder, prefixes or Prefixes(decoder), FakeLexicon(), jobs, Drawer())
    return list(forest.completions(threading.Event()))


def counts(completions: Sequence[Completion]) -> Counter[str]:
    total: Counter[str] = Counter()
    for each in completions:
        total[each.text] += each.count
    return total


def g_test(observed: Counter[str], expected: dict[str, float]) -> float:
    """p-value of a G-test; texts expected less than five times are pooled."""
    n = observed.total()
    large = {text for text, chance in expected.items() if chance * n >= 5}
    cells = [(observed[text], expected[text] * n) for text in large]
    rest = n - sum(mean for _, mean in cells)  # also what `expected` leaves out as unlikely
    cells.append((n - sum(count for count, _ in cells), rest))
    g = 2 * sum(count * math.log(count / mean) for count, mean in cells if count)
    freedom = len(cells) - 1
    # Wilson-Hilferty: chi-square to normal
    z = ((g / freedom) ** (1 / 3) - (1 - 2 / (9 * freedom))) / math.sqrt(2 / (9 * freedom))
    return 0.5 * math.erfc(z / math.sqrt(2))


@pytest.mark.parametrize(
    "decoder",
    [
        FakeDecoder(sequences=64),
        FakeDecoder(sequences=3),
        FakeDecoder(sequences=1),
        FakeDecoder(sequences=5, whole=True),
        FakeDecoder(sequences=8, cells=14),
    ],
    ids=["room", "three", "one", "states", "few-cells"],
)
def test_the_tree_has_the_distribution_of_independent_samples(decoder: FakeDecoder) -> None:
    expected = exact(PROMPT, decoder.vocabulary, 3)
    assert sum(expected.values()) == pytest.approx(1)
    observed = counts(grow(decoder, job(20_000, seed=7, max_tokens=3)))
    assert observed.total() == 20_000
    assert g_test(observed, expected) > 0.01


def test_many_small_requests_have_the_same_distribution() -> None:
    decoder = FakeDecoder(sequences=16)
    expected = exact(PROMPT, decoder.vocabulary, 3)
    observed = counts(grow(decoder, *(job(1, seed=seed, max_tokens=3) for seed in range(4000))))
    assert g_test(observed, expected) > 0.01


def test_the_test_finds_a_biased_sampler(monkeypatch: pytest.MonkeyPatch) -> None:
    from reasoncli.models.llama_cpp import seeds

    honest = seeds.uniforms
    monkeypatch.setattr(seeds, "uniforms", lambda digest, count: honest(digest, count) ** 1.1)
    decoder = FakeDecoder(sequences=64)
    observed = counts(grow(decoder, job(20_000, seed=7, max_tokens=3)))
    assert g_test(observed, exact(PROMPT, decoder.vocabulary, 3)) < 1e-6


@settings(deadline=None, max_examples=60)
@given(
    sequences=st.integers(1, 12),
    spare=st.integers(0, 40),
    batch=st.integers(1, 40),
    whole=st.booleans(),
    refuse=st.sets(st.integers(1, 60), max_size=12),
    requests=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 40), st.integers(0, 3)), min_size=1, max_size=5),
)
def test_outcomes_do_not_depend_on_slots_cells_or_batches(
    sequences: int, spare: int, batch: int, whole: bool, refuse: set[int], requests: list[tuple[int, int, int]]
) -> None:
    prompts = [(1, 2, 3), (1, 2, 4, 4), (1, 2), (5, 1)]
    longest = 4 + 5

    def jobs() -> list[Job]:
        return [job(n, seed, prompts[which], max_tokens=5) for which, n, seed in requests]

    plenty = FakeDecoder(sequences=200, batch=256)
    narrow = FakeDecoder(
        sequences=sequences, cells=longest + spare, batch=max(batch, sequences), whole=whole, refuse=refuse
    )

    def outcome(decoder: FakeDecoder) -> list[tuple[str, str, int]]:
        return sorted((each.prompt, each.text, each.count) for each in grow(decoder, *jobs()))

    if whole:  # a state is read again where cells would be shared: it takes more of them
        narrow.cells = 10_000
    assert outcome(narrow) == outcome(plenty)
    assert narrow.most_sequences <= sequences


def test_equal_prefixes_are_decoded_once() -> None:
    decoder = FakeDecoder(sequences=200, batch=256)
    completions = grow(decoder, job(500, max_tokens=3))
    prefixes = {text[:end] for text in counts(completions) for end in range(len(text) + 1)}
    unread = {each.text for each in completions if each.finish == "length"}
    assert decoder.decoded == len(PROMPT) + len(prefixes - unread) - 1  # the empty prefix is the prompt itself


def test_parked_subtrees_cost_little() -> None:
    wide, narrow = FakeDecoder(sequences=400, batch=512), FakeDecoder(sequences=4, batch=512)
    assert counts(grow(wide, job(1000, max_tokens=6))) == counts(grow(narrow, job(1000, max_tokens=6)))
    assert narrow.decoded < 1.02 * wide.decoded
    assert narrow.most_cells <= len(PROMPT) + 4 * 6


def test_as_many_slots_as_samples_take_no_extra_steps() -> None:
    decoder = FakeDecoder(sequences=40, batch=64, vocabulary=16)
    completions = grow(decoder, job(40, max_tokens=6))
    assert sum(each.count for each in completions) == 40
    assert decoder.calls <= 1 + 5


def test_prompts_share_what_they_have_in_common() -> None:
    decoder = FakeDecoder(sequences=64, batch=256)
    function = (1, 2, 3, 4, 5) * 10
    lines = [(*function, line, 5) for line in range(1, 5)]
    grow(decoder, *(job(1, tokens=tokens, max_tokens=1) for tokens in lines), job(1, tokens=function, max_tokens=1))
    # the last token of the shared part may be read twice, where its logits are wanted
    assert decoder.decoded <= len(function) + 4 * 2 + 1


def test_a_prompt_read_before_is_not_read_again() -> None:
    decoder = FakeDecoder(sequences=16)
    prefixes = Prefixes(decoder)
    long = (1, 2, 3, 4, 5) * 8
    grow(decoder, job(3, tokens=long), prefixes=prefixes)
    before = decoder.decoded
    grow(decoder, job(1, seed=9, tokens=long, max_tokens=1), prefixes=prefixes)
    assert decoder.decoded == before + 1
    assert prefixes.free_sequences == 16


def test_equal_seeds_give_equal_samples_and_others_do_not() -> None:
    first, again, other = (counts(grow(FakeDecoder(), job(50, seed=seed))) for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_a_request_does_not_depend_on_its_neighbours() -> None:
    alone = counts(grow(FakeDecoder(), job(50, seed=3)))
    among = grow(FakeDecoder(), job(20, seed=1), job(50, seed=3, tokens=(1, 2)), job(50, seed=3))
    mine = counts([each for each in among if each.prompt == str(PROMPT)])
    twenty = counts(grow(FakeDecoder(), job(20, seed=1)))
    assert mine == alone + twenty


def test_temperature_zero_takes_the_most_likely_path() -> None:
    (only,) = grow(FakeDecoder(), job(64, temperature=0.0))
    assert only.count == 64
    best = max(exact(PROMPT, 6, 1).items(), key=lambda item: item[1])[0]
    assert only.text[:1] == best


def test_cancel_ends_between_steps_without_the_unfinished() -> None:
    cancel = threading.Event()
    decoder = FakeDecoder(sequences=16)
    prefixes = Prefixes(decoder)
    forest = Forest(decoder, prefixes, FakeLexicon(), [job(500, max_tokens=8)], Drawer())
    seen = []
    for completion in forest.completions(cancel):
        seen.append(completion)
        cancel.set()
    assert 0 < sum(each.count for each in seen) < 500
    assert all(each.finish in {"stop", "length"} for each in seen)
    assert prefixes.free_sequences == 16
    calls = decoder.calls
    assert list(Forest(decoder, prefixes, FakeLexicon(), [job(5)], Drawer()).completions(cancel)) == []
    assert decoder.calls == calls


def test_a_closed_iterator_gives_its_sequences_back() -> None:
    decoder = FakeDecoder(sequences=16)
    prefixes = Prefixes(decoder)
    stream = Forest(decoder, prefixes, FakeLexicon(), [job(500, max_tokens=8)], Drawer()).completions(threading.Event())
    next(stream)
    stream.close()
    assert prefixes.free_sequences == 16


def test_stop_strings_end_the_text_before_them() -> None:
    plain = grow(FakeDecoder(), job(300, max_tokens=6))
    stopped = grow(FakeDecoder(), job(300, max_tokens=6, stop=b"bc"))
    expected: Counter[str] = Counter()
    for each in plain:
        expected[each.text.split("bc")[0] if "bc" in each.text else each.text] += each.count
    assert counts(stopped) == expected
    assert all(len(each.logprobs) == len(each.text) for each in stopped if each.text)


def test_logprobs_are_untempered() -> None:
    expected = exact(PROMPT, 6, 2)
    for each in grow(FakeDecoder(), job(200, max_tokens=2, temperature=3.0, min_p=0.05)):
        if each.finish == "length":
            assert math.exp(sum(each.logprobs)) == pytest.approx(expected[each.text], rel=1e-5)


def test_an_empty_text_has_the_log_probability_of_its_end() -> None:
    found = [each for each in grow(FakeDecoder(), job(200, max_tokens=2, temperature=3.0)) if not each.text]
    assert [math.exp(sum(each.logprobs)) for each in found] == [pytest.approx(exact(PROMPT, 6, 2)[""], rel=1e-5)]


def test_a_sequence_ends_at_the_context() -> None:
    completions = grow(FakeDecoder(), job(100, max_tokens=50, limit=len(PROMPT) + 2))
    assert max(len(each.text) for each in completions) == 2
    assert sum(each.count for each in completions) == 100


def test_what_can_not_fit_is_an_error() -> None:
    decoder = FakeDecoder(cells=4)
    with pytest.raises(ModelError, match="doesn't fit"):
        grow(decoder, job(10, tokens=(1, 2, 3, 4, 5, 1)))
