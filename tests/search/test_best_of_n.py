from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reasoncli.search.interface import View
from reasoncli.search.strategies.best_of_n import BestOfN, derive_seed
from tests.search.scripted import prompt


def drain(strategy: BestOfN) -> list[dict[str, int]]:
    batches: list[dict[str, int]] = []
    asked = 0
    while requests := strategy.propose(View(len(batches), asked, (), 0)):
        batches.append({request.prompt.id: request.n for request in requests})
        asked += sum(request.n for request in requests)
    return batches


@given(st.integers(1, 400), st.lists(st.floats(0.01, 10), min_size=1, max_size=12), st.integers(1, 64))
def test_the_batches_add_up_to_the_budget_and_follow_the_shares(samples: int, shares: list[float], first: int) -> None:
    prompts = tuple(prompt(str(index), share) for index, share in enumerate(shares))
    batches = drain(BestOfN(prompts, samples, seed=1, first=first))
    total = {each.id: sum(batch.get(each.id, 0) for batch in batches) for each in prompts}
    assert sum(total.values()) == samples
    for each in prompts:
        fair = samples * each.share / sum(shares)
        assert abs(total[each.id] - fair) < 2


def test_batches_double() -> None:
    sizes = [sum(batch.values()) for batch in drain(BestOfN((prompt(),), 300, seed=1, first=32))]
    assert sizes == [32, 32, 64, 128, 44]


def test_a_resumed_strategy_proposes_what_it_would_have_proposed() -> None:
    strategy = BestOfN((prompt("a", 3), prompt("b", 1)), 128, seed=7)
    assert strategy.propose(View(2, 64, (), 0)) == BestOfN((prompt("a", 3), prompt("b", 1)), 128, seed=7).propose(
        View(2, 64, (), 5)
    )


def test_without_prompts_there_is_nothing_to_ask() -> None:
    assert drain(BestOfN((), 64, seed=1)) == []


def test_seeds_differ_by_run_prompt_and_batch_and_fit_sixty_three_bits() -> None:
    seeds = {derive_seed(run, prompt_id, batch) for run in (0, 1) for prompt_id in "ab" for batch in (0, 1)}
    assert len(seeds) == 8
    assert all(0 <= seed < 2**63 for seed in seeds)
