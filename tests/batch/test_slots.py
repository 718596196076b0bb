from __future__ import annotations

from reasoncli.batch.slots import Slots


def test_so_many_at_once_first_come_first_served() -> None:
    slots, has = Slots(2), []
    for name in "abcd":
        slots.ask(name, lambda name=name: has.append(name))  # type: ignore[misc]
    assert has == ["a", "b"]
    slots.free("a")
    assert has == ["a", "b", "c"]
    slots.free("b")
    assert has == ["a", "b", "c", "d"]


def test_who_waits_no_longer_gets_none_and_nothing_is_lost() -> None:
    slots, has = Slots(1), []
    for name in "abc":
        slots.ask(name, lambda name=name: has.append(name))  # type: ignore[misc]
    slots.free("b")
    slots.free("a")
    assert has == ["a", "c"]
    slots.free("c")
    slots.free("c")  # twice is once
    slots.ask("d", lambda: has.append("d"))
    slots.ask("e", lambda: has.append("e"))
    assert has == ["a", "c", "d"]


def test_what_a_dead_process_held_comes_back() -> None:
    slots, has = Slots(2), []
    for name in (("dead", 1), ("dead", 2), ("dead", 3), ("live", 1), ("live", 2)):
        slots.ask(name, lambda name=name: has.append(name))  # type: ignore[misc]
    slots.free_all(lambda holder: holder[0] == "dead")  # type: ignore[index]
    assert [name for name in has if name[0] == "live"] == [("live", 1), ("live", 2)]
    slots.ask(("live", 3), lambda: has.append(("live", 3)))
    assert ("live", 3) not in has
