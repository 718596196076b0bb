"""The forms of `--budget` and of prices."""

from __future__ import annotations

from pathlib import Path

import pytest

from reasoncli.domain import Budget, Money, TokenPrice
from reasoncli.errors import SettingsError
from reasoncli.settings.costs import parse_budget, parse_prices
from reasoncli.settings.loading import load_settings


@pytest.mark.parametrize(
    ("limit", "budget"),
    [
        ("500samples", Budget(samples=500)),
        ("1 sample", Budget(samples=1)),
        ("200000tokens", Budget(tokens=200_000)),
        ("1.5Mtokens", Budget(tokens=1_500_000)),
        ("50ktokens", Budget(tokens=50_000)),
        ("30m", Budget(seconds=1800)),
        ("90s", Budget(seconds=90)),
        ("2h", Budget(seconds=7200)),
        ("10cpu-m", Budget(cpu_seconds=600)),
        ("1.5cpu-h", Budget(cpu_seconds=5400)),
        ("5000J", Budget(joules=5000)),
        ("20Wh", Budget(joules=72_000)),
        ("0.5kWh", Budget(joules=1_800_000)),
        ("2.50usd", Budget(money=Money(2.5, "usd"))),
        (".5 EUR", Budget(money=Money(0.5, "eur"))),
    ],
)
def test_limits_are_read(limit: str, budget: Budget) -> None:
    assert parse_budget([limit]) == budget


@pytest.mark.parametrize(
    "limit",
    ["", "30", "usd", "-1usd", "0tokens", "0.4samples", "1e9tokens", "$2", "2.5", "ten usd", "5us", "inf usd", "3cpu"],
)
def test_what_is_no_limit_is_refused_with_the_forms(limit: str) -> None:
    with pytest.raises(SettingsError, match=r"expected"):
        load_settings({"budget": (limit,)}, environ={}, user_file=Path("none"))


def test_limits_add_up_and_the_later_one_holds() -> None:
    base = parse_budget(["2usd", "30m", "1usd"])
    assert base == Budget(seconds=1800, money=Money(1, "usd"))
    assert parse_budget(["5usd"], base) == Budget(seconds=1800, money=Money(5, "usd"))


def test_prices_are_found_by_the_entry_that_says_most() -> None:
    listed = ["1/2usd", "small=3/4usd", "http://a/v1/=5/6usd", "http://a/v1#small=7/0.7/8usd"]
    prices = parse_prices(listed, "1.20usd", "0.30 USD")
    assert (prices.currency, prices.hour, prices.kwh) == ("usd", 1.2, 0.3)
    assert prices.of("http://a/v1", "small") == TokenPrice("http://a/v1#small", 7, 0.7, 8)
    assert prices.of("http://a/v1", "other") == TokenPrice("http://a/v1", 5, 5, 6)
    assert prices.of("http://b/v1", "small") == TokenPrice("small", 3, 3, 4)
    assert prices.of("http://b/v1", "other") == TokenPrice("", 1, 1, 2)
    assert parse_prices(["small=3/4usd"], None, None).of("http://b/v1", "other") is None


def test_one_currency_for_all() -> None:
    with pytest.raises(ValueError, match="eur and usd"):
        parse_prices(["1/2usd"], "1eur", None)


@pytest.mark.parametrize(
    ("name", "value"), [("price", ("0.15usd",)), ("price", ("a=1/2/3/4usd",)), ("price_hour", "1"), ("price_kwh", "x")]
)
def test_what_is_no_price_is_refused(name: str, value: object) -> None:
    with pytest.raises(SettingsError, match="expected"):
        load_settings({name: value}, environ={}, user_file=Path("none"))


def test_a_repository_sets_neither(tmp_path: Path) -> None:
    for line in ('budget = ["1usd"]', 'price = ["0/0usd"]', 'price-hour = "0usd"'):
        (tmp_path / "pyproject.toml").write_text(f"[tool.reasoncli]\n{line}\n")
        with pytest.raises(SettingsError, match="not for a repository"):
            load_settings({}, repository=tmp_path, environ={}, user_file=tmp_path / "none")
