"""The forms of `--budget` and of prices: `2.50usd`, `50ktokens`, `30m`, `0.15/0.075/0.60usd`."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

from reasoncli.domain import Budget, Money, Prices, TokenPrice

_NUMBER = r"(\d+(?:\.\d+)?|\.\d+)"
_AMOUNT = re.compile(_NUMBER + r"\s*([a-z]{3})", re.IGNORECASE)
_LIMIT = re.compile(_NUMBER + r"\s*([a-z-]+)", re.IGNORECASE)
_PRICE = re.compile(rf"{_NUMBER}/(?:{_NUMBER}/)?{_NUMBER}\s*([a-z]{{3}})", re.IGNORECASE)
_TIMES = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}
_CPU = {f"cpu-{unit}": seconds for unit, seconds in _TIMES.items()}
_ENERGY = {"j": 1.0, "kj": 1e3, "mj": 1e6, "wh": 3600.0, "kwh": 3.6e6}
_NO_CURRENCIES = {"cpu", "gpu", "day", "hrs"}
_COUNTS = {"": 1, "k": 1_000, "m": 1_000_000}
_COUNTED = re.compile(r"(k|m|)(samples?|tokens?)")
_FORMS = "500samples, 50ktokens, 30m, 90cpu-m, 5000J, 20Wh or 2.50usd expected"


def parse_budget(limits: Sequence[str], base: Budget | None = None) -> Budget:
    """Limits of one budget, `base` where they say nothing; of two of a kind the later one holds.

    Raises:
        ValueError: one is none.
    """
    budget = base or Budget()
    for limit in limits:
        budget = _with(budget, limit)
    return budget


def parse_prices(tokens: Sequence[str], hour: str | None, kwh: str | None) -> Prices:
    """All prices.

    Raises:
        ValueError: one is none, or they are in several currencies.
    """
    listed = [_price(each) for each in tokens]
    amounts = [None if each is None else _money(each) for each in (hour, kwh)]
    currencies = {currency for _, currency in listed} | {each.currency for each in amounts if each is not None}
    if len(currencies) > 1:
        raise ValueError(f"prices in one currency expected, these are in {' and '.join(sorted(currencies))}")
    by_hour, by_kwh = (None if each is None else each.amount for each in amounts)
    return Prices(next(iter(currencies), ""), tuple(price for price, _ in listed), by_hour, by_kwh)


def check_budget(limit: str) -> None:
    """Raise `ValueError` unless it is a limit."""
    _with(Budget(), limit)


def check_price(price: str) -> None:
    """Raise `ValueError` unless it is a price of tokens."""
    _price(price)


def check_money(amount: str) -> None:
    """Raise `ValueError` unless it is an amount of money."""
    _money(amount)


def _with(budget: Budget, limit: str) -> Budget:
    match = _LIMIT.fullmatch(limit.strip())
    if match is None:
        raise ValueError(_FORMS)
    value, unit = float(match[1]), match[2].lower()
    if not 0 < value < math.inf:
        raise ValueError("more than nothing expected")
    if counted := _COUNTED.fullmatch(unit):
        count = int(value * _COUNTS[counted[1]])
        if count < 1:
            raise ValueError("at least one expected")
        return replace(budget, samples=count) if counted[2].startswith("s") else replace(budget, tokens=count)
    if unit in _TIMES:
        return replace(budget, seconds=max(value * _TIMES[unit], 1.0))
    if unit in _CPU:
        return replace(budget, cpu_seconds=value * _CPU[unit])
    if unit in _ENERGY:
        return replace(budget, joules=value * _ENERGY[unit])
    if len(unit) == 3 and unit.isalpha() and unit not in _NO_CURRENCIES:
        return replace(budget, money=Money(value, unit))
    raise ValueError(_FORMS)


def _money(text: str) -> Money:
    match = _AMOUNT.fullmatch(text.strip())
    if match is None or not math.isfinite(float(match[1])):
        raise ValueError("an amount with its currency expected, such as 1.20usd")
    return Money(float(match[1]), match[2].lower())


def _price(text: str) -> tuple[TokenPrice, str]:
    place, _, price = text.rpartition("=")
    match = _PRICE.fullmatch(price.strip())
    if match is None:
        raise ValueError("PROMPT[/CACHED]/COMPLETION and a currency expected, such as 0.15/0.075/0.60usd")
    prompt, completion = float(match[1]), float(match[3])
    cached = prompt if match[2] is None else float(match[2])
    address = place.strip().partition("#")
    where = address[0].rstrip("/") + address[1] + address[2]
    return TokenPrice(where, prompt, cached, completion), match[4].lower()
