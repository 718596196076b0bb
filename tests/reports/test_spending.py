from __future__ import annotations

import pytest

from reasoncli.domain import Spending
from reasoncli.reports.spending import (
    energy,
    money,
    outlook,
    outlook_words,
    spending_object,
    spending_rows,
    spent_words,
)

ALL = Spending(
    seconds=60,
    tokens=1_000,
    prompt_tokens=5_000,
    cpu_seconds=30,
    gpu_seconds=12,
    joules=2_500,
    energy_of=("CPU package-0", "GPU 0"),
    money=0.0312,
    currency="usd",
)


def test_amounts_are_told_as_people_read_them() -> None:
    assert [money(each, "usd") for each in (0, 0.00031, 0.25, 1, 1234.5)] == [
        *("0.00 usd", "0.00031 usd", "0.25 usd"),
        *("1.00 usd", "1,234.50 usd"),
    ]
    assert [energy(each) for each in (0, 999, 12_345, 3_600_000)] == ["0 J", "999 J", "12.3 kJ", "1.00 kWh"]


def test_what_is_not_known_is_not_shown() -> None:
    assert spent_words(ALL) == ["30 s CPU", "12 s GPU", "2.5 kJ of the machine", "0.031 usd"]
    assert spent_words(Spending(tokens=5)) == []
    assert [row[0] for row in spending_rows(Spending(tokens=5))] == ["tokens"]
    assert spending_object(Spending())["joules"] is None
    assert spending_object(Spending())["money"] is None


def test_energy_is_said_to_be_the_machines() -> None:
    (row,) = [row for row in spending_rows(ALL) if row[0] == "energy"]
    assert row[1:] == ("2.5 kJ", "of CPU package-0, GPU 0; the machine's, others' work included")


def test_estimates_and_gaps_are_told_with_the_money() -> None:
    assert spent_words(Spending(money=2.0, currency="eur", estimated_tokens=9)) == ["about 2.00 eur"]
    assert spent_words(Spending(money=2.0, currency="eur", unpriced_tokens=9)) == ["2.00 eur without 9 unpriced tokens"]


def issue(paid: float) -> Spending:
    return Spending(tokens=100, money=paid, currency="usd")


def test_the_whole_is_expected_by_the_mean_of_what_ended() -> None:
    total = Spending(tokens=250, money=0.35, joules=1_000, currency="usd")
    expected = outlook(total, [issue(0.1), issue(0.2)], [issue(0.05)], 10)
    assert expected is not None
    assert expected.money == pytest.approx(1.5)
    assert expected.tokens == 1_000
    assert expected.joules == pytest.approx(4_000)
    assert outlook_words(total, expected) == "0.35 usd spent, about 1.50 usd expected"


def test_the_machines_hours_go_by_what_is_done() -> None:
    total = Spending(money=0.30 + 2.0, currency="usd")
    expected = outlook(total, [issue(0.1), issue(0.2)], [], 4)
    assert expected is not None
    assert expected.money == pytest.approx(0.6 + 4.0)


def test_no_less_is_expected_than_was_spent() -> None:
    total = Spending(tokens=900, money=9.0, currency="usd")
    expected = outlook(total, [issue(0.1)], [issue(8.9)], 2)
    assert expected is not None
    assert (expected.money, expected.tokens) == (9.0, 900)


def test_while_none_ended_it_is_at_least_what_was_spent() -> None:
    assert outlook(issue(0.1), [], [issue(0.1)], 4) is None
    assert outlook_words(issue(0.1), None) == "at least 0.1 usd"
    assert outlook_words(Spending(tokens=12_345), None) == "at least 12,345 tokens"
    assert outlook_words(Spending(joules=5.0), None) == "at least 5 J"
