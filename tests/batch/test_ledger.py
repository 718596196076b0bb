from __future__ import annotations

from reasoncli.batch.ledger import Before, Ledger, Standing
from reasoncli.domain import Budget, Spending, UsedUp

FRESH = Standing()
FAILING = Standing(proposals=64, patches=60, once=58, judged=60)
WORN_OUT = Standing(proposals=128, patches=6, once=0, judged=6)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_without_a_budget_everyone_goes_on() -> None:
    ledger = Ledger(Budget(), issues=2, each=512)
    ledger.begin("a")
    assert ledger.ask("a", FRESH, 32)
    assert ledger.ask("a", FAILING, 64)
    assert ledger.refusal("a") == ""
    assert not ledger.affords("a")


def test_everyone_has_a_share_and_no_more_while_others_wait() -> None:
    ledger = Ledger(Budget(samples=128), issues=2, each=512)
    ledger.begin("a")
    assert ledger.ask("a", FRESH, 32)
    assert ledger.ask("a", Standing(32, 30, 29, 30), 32)
    assert not ledger.ask("a", FAILING, 64)
    assert "share" in ledger.refusal("a")
    ledger.end("a", 64)
    ledger.begin("b")
    assert ledger.ask("b", FRESH, 64)


def test_what_one_leaves_another_gets() -> None:
    ledger = Ledger(Budget(samples=128), issues=2, each=512)
    ledger.begin("a")
    assert ledger.ask("a", FRESH, 32)
    ledger.end("a", 10)  # settled early: 22 of those granted come back
    ledger.begin("b")
    assert ledger.ask("b", FRESH, 64)
    assert ledger.ask("b", Standing(64, 60, 58, 60), 54)
    assert not ledger.ask("b", Standing(118, 60, 58, 60), 32)
    assert "spent" in ledger.refusal("b")


def test_the_sum_is_never_more_than_the_budget() -> None:
    ledger = Ledger(Budget(samples=100), issues=4, each=512)
    made = 0
    for key in "abcd":
        ledger.begin(key)
        asked, wanted = 0, 8
        while asked < 512 and ledger.ask(key, Standing(asked, asked, asked, asked), wanted):
            asked += wanted
            wanted = asked
        ledger.end(key, asked)
        made += asked
    assert 60 <= made <= 100


def test_an_issue_without_hope_is_given_up_with_the_reason() -> None:
    ledger = Ledger(Budget(), issues=1, each=512)
    ledger.begin("a")
    assert not ledger.ask("a", WORN_OUT, 128)
    assert "given up" in ledger.refusal("a")
    assert "6 different patches" in ledger.refusal("a")
    assert ledger.hope("a") == 0


def test_what_has_a_fix_or_still_finds_new_patches_is_not_given_up() -> None:
    ledger = Ledger(Budget(), issues=1, each=512)
    ledger.begin("a")
    assert ledger.ask("a", Standing(128, 6, 0, 6, fixes=1), 128)
    assert ledger.ask("a", FAILING, 64)


def test_hope_goes_where_new_patches_come_and_few_have_failed() -> None:
    ledger = Ledger(Budget(samples=64), issues=2, each=512)
    for key, standing in (("worn", Standing(64, 40, 5, 40)), ("new", Standing(64, 40, 35, 40))):
        ledger.begin(key)
        ledger.ask(key, standing, 64)
    assert ledger.hope("new") > ledger.hope("worn") > 0


def test_the_end_of_time_and_of_a_budget_is_everyones() -> None:
    clock, used_up = Clock(), list[UsedUp | None]([None])
    ledger = Ledger(Budget(tokens=100, seconds=60), 1, 512, used_up=lambda: used_up[0], clock=clock)
    assert ledger.ask("a", FRESH, 32)
    clock.now = 61
    assert not ledger.ask("a", FRESH, 32)
    assert "time" in ledger.refusal("a")
    assert "time" in ledger.over()
    clock.now = 10
    assert ledger.over() == ""
    assert ledger.told("a", Spending()) is None
    used_up[0] = UsedUp("the budget is used up: 100 of 100 tokens", working=False)
    assert ledger.told("a", Spending()) == used_up[0]
    assert not ledger.ask("a", FRESH, 32)
    assert "tokens" in ledger.refusal("a")
    assert "tokens" in ledger.over()


def test_only_what_runs_took_since_is_added() -> None:
    ledger = Ledger(Budget(), issues=2, each=512)
    ledger.begin("a", 0, Spending(cpu_seconds=10))
    ledger.begin("b")
    assert ledger.cpu_seconds() == 0
    ledger.told("a", Spending(cpu_seconds=12, tokens=5))
    ledger.told("b", Spending(cpu_seconds=3))
    ledger.begin("a", 0, Spending(cpu_seconds=12))  # tried again: what it took until then was counted
    assert ledger.cpu_seconds() == 5
    assert ledger.spent("a").tokens == 5


def test_what_was_spent_before_counts() -> None:
    ledger = Ledger(Budget(samples=100), issues=1, each=512, before=Before(samples=90))
    ledger.begin("a", 90)
    assert not ledger.ask("a", Standing(90, 80, 70, 80), 32)


def test_what_is_left_is_for_those_whom_it_does_for() -> None:
    ledger = Ledger(Budget(samples=100), issues=2, each=512)
    ledger.begin("a")
    ledger.ask("a", FRESH, 32)
    assert not ledger.ask("a", Standing(32, 30, 29, 30), 32)  # its share is 50
    ledger.end("a", 32)
    ledger.begin("b")
    ledger.ask("b", FRESH, 32)
    ledger.end("b", 32)
    assert ledger.affords("a")
    ledger.begin("a", 32)
    assert ledger.ask("a", Standing(32, 30, 29, 30), 32)
    ledger.end("a", 64)
    assert not ledger.ask("a", Standing(64, 60, 59, 60), 64)
    assert not ledger.affords("a")  # 4 are left: nobody is begun for them


def test_who_is_over_waits_for_no_share() -> None:
    ledger = Ledger(Budget(samples=128), issues=2, each=512, before=Before(issues=1, samples=20))
    ledger.begin("b")
    assert ledger.ask("b", FRESH, 32)
    assert ledger.ask("b", Standing(32, 30, 29, 30), 32)
    assert ledger.ask("b", Standing(64, 60, 58, 60), 44)
