from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from reasoncli.domain import Budget, Money, Prices, Spending, TokenPrice, Usage, UsedUp
from reasoncli.metering.energy import Energy, packages
from reasoncli.metering.meter import Meter
from tests.metering.test_energy import count, zone

HOUSE = "http://host/v1"
PRICES = Prices("usd", (TokenPrice("", 1.0, 0.5, 4.0), TokenPrice(f"{HOUSE}#big", 10.0, 10.0, 40.0)))


def usage(model: str = "small", prompt: int = 1_000, cached: int = 0, completion: int = 500) -> Usage:
    return Usage(HOUSE, model, prompt, cached, completion)


def wait_for(done: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_tokens_cost_what_their_server_and_model_ask() -> None:
    meter = Meter(prices=PRICES)
    meter.answered(500, usage())
    meter.answered(500, usage(cached=400))
    meter.answered(500, usage("big"))
    meter.answered(7)  # a further answer of a request, or a model of this machine
    spent = meter.spent
    assert spent.money == pytest.approx((1000 + 2000 + 600 + 200 + 2000 + 10_000 + 20_000) / 1e6)
    assert (spent.tokens, spent.prompt_tokens, spent.cached_tokens) == (1_507, 3_000, 400)
    assert (spent.currency, spent.unpriced_tokens) == ("usd", 0)


def test_what_has_no_price_is_told_and_costs_nothing_known() -> None:
    meter = Meter(prices=Prices("eur", (TokenPrice("small", 1.0, 1.0, 1.0),)))
    meter.answered(500, usage("other"))
    assert (meter.spent.money, meter.spent.unpriced_tokens) == (None, 1_500)
    meter.answered(500, usage())
    assert (meter.spent.money, meter.spent.currency) == (pytest.approx(0.0015), "eur")


def test_what_was_spent_before_counts_against_the_budget() -> None:
    budget = Budget(money=Money(0.01, "usd"))
    earlier = Spending(money=0.009, currency="usd", tokens=3)
    meter = Meter(budget=budget, prices=PRICES, earlier=earlier)
    meter.look()
    assert meter.used_up is None
    meter.answered(500, usage())
    meter.look()
    assert meter.used_up is not None
    assert not meter.used_up.working  # tests cost no money
    assert "0.012 of 0.01 usd" in meter.used_up.reason


def test_hours_and_energy_have_a_price_and_then_work_itself_costs_money(tmp_path: Path) -> None:
    folder = zone(tmp_path, "intel-rapl:0", "package-0", "0")
    prices = Prices("usd", (), hour=3_600.0, kwh=3.6)
    budget = Budget(money=Money(0.5, "usd"))
    meter = Meter(budget=budget, prices=prices, energy=Energy(packages(tmp_path)))
    count(folder, 900_000_000)  # 900 J: 0.0009 usd
    wait_for(lambda: meter.spent.seconds > 0.6)
    meter.look()
    assert meter.used_up is not None
    assert meter.used_up.working
    assert meter.spent.joules == pytest.approx(900)
    assert meter.spent.money == pytest.approx(meter.spent.seconds + 0.0009, abs=0.05)


def test_energy_that_can_not_be_read_is_not_there() -> None:
    meter = Meter(prices=Prices("usd", (), kwh=0.3))
    meter.look()
    assert (meter.spent.joules, meter.spent.money, meter.spent.gpu_seconds) == (None, None, None)


def test_the_time_of_processes_that_ended_is_counted() -> None:
    meter = Meter()
    meter.count_beside(lambda: 100.0)
    before = meter.spent.cpu_seconds
    subprocess.run([sys.executable, "-c", "import time\nwhile time.process_time() < 0.5: pass"], check=True)
    assert 0.4 < meter.spent.cpu_seconds - before < 10
    assert before >= 100


def test_a_gpu_works_while_its_model_does() -> None:
    meter = Meter()
    with meter.model_works(on_gpu=False):
        assert meter.spent.gpu_seconds is None
    with meter.model_works(on_gpu=True):
        wait_for(lambda: (meter.spent.gpu_seconds or 0) > 0.05)
    after = meter.spent.gpu_seconds
    assert after is not None
    time.sleep(0.05)
    assert meter.spent.gpu_seconds == after


def test_it_looks_by_itself_and_keeps_what_it_saw() -> None:
    kept: list[Spending] = []
    told: list[UsedUp | None] = [None]
    with Meter(keep=kept.append, elsewhere=lambda spent: told[0], every=0.01) as meter:
        assert meter.used_up is None
        told[0] = UsedUp("the budget is used up", working=True)
        wait_for(lambda: meter.used_up)
        meter.answered(9)
    assert kept[-1].tokens == 9


def test_two_currencies_are_not_added() -> None:
    with pytest.raises(ValueError, match="usd and eur"):
        Spending(money=1.0, currency="usd").plus(Spending(money=1.0, currency="eur"))
