from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from reasoncli.batch.book import Book, Order, begin, take_up
from reasoncli.batch.outcome import State, Trouble
from reasoncli.domain import Budget, Issue, WorkItem
from reasoncli.errors import StoreError, UsageError
from reasoncli.settings.kinds import SandboxKind

ITEM = WorkItem("a-1", Issue("It \ud800 breaks", "It breaks", "list"), "shop")


def order(folder: Path, *items: WorkItem, **flags: str) -> Order:
    return Order(items or (ITEM,), json.dumps(flags), folder, Budget(samples=9), 2, False, False, (folder,), ("x",))


def again(book: Book) -> Book:
    book.close()
    return take_up(book.folder.parent.parent, book.id)


def test_what_was_asked_for_is_read_as_it_was_written(tmp_path: Path) -> None:
    book = begin(tmp_path, order(tmp_path, samples="7"))
    taken = again(book)
    assert taken.order == book.order
    assert taken.order.settings().search.samples == 7
    assert taken.outcome(ITEM).state is State.WAITING


def test_a_batch_has_one_leader(tmp_path: Path) -> None:
    book = begin(tmp_path, order(tmp_path))
    with pytest.raises(StoreError, match="being worked on"):
        take_up(tmp_path, "last")
    again(book).close()


def test_trouble_is_kept_until_it_is_over(tmp_path: Path) -> None:
    book = begin(tmp_path, order(tmp_path))
    book.trouble("a-1", Trouble("SandboxUnavailable", "no engine", "start it", passing=True))
    taken = again(book)
    found = taken.outcome(ITEM)
    assert (found.state, found.reason, found.hint) == (State.FAILED, "no engine", "start it")
    assert not taken.is_done("a-1")
    taken.done("a-1")
    assert taken.trouble_of("a-1") is None
    assert not taken.is_done("a-1")  # no run was ever begun
    taken.begun("a-1", "261123-000000-abc")
    assert taken.run_of("a-1") == ""  # nor is one there
    (taken.place("a-1") / "trouble").write_text("{half")
    assert taken.outcome(ITEM).state is State.FAILED


def test_references(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no batch yet"):
        take_up(tmp_path, "last")
    book = begin(tmp_path, order(tmp_path))
    book.close()
    with pytest.raises(UsageError, match="no batch 'zzz'"):
        take_up(tmp_path, "zzz")
    assert take_up(tmp_path, book.id[:9]).id == book.id


@pytest.mark.parametrize("body", ["", "{", '{"version": 99, "order": {}}', '{"version": 1, "order": {"items": 3}}'])
def test_a_batch_that_can_not_be_read(tmp_path: Path, body: str) -> None:
    book = begin(tmp_path, order(tmp_path))
    (book.folder / "batch.json").write_text(body)
    with pytest.raises(StoreError, match="newer" if "99" in body else "can't be read"):
        again(book)
    with pytest.raises(StoreError, match="newer" if "99" in body else "can't be read"):
        take_up(tmp_path, "last")  # and its lock was let go


def test_what_an_issue_says_of_its_tests_is_nearer_than_what_is_said_for_all(tmp_path: Path) -> None:
    item = replace(ITEM, image="sweb:1", testbed=True, test_command="make check")
    sandbox = order(tmp_path, image="mine:1").settings(None, item).sandbox
    assert (sandbox.image, sandbox.workdir) == ("sweb:1", "/testbed")
    assert sandbox.python == "/opt/miniconda3/envs/testbed/bin/python"
    assert order(tmp_path, workdir="/else").settings(None, item).sandbox.workdir == "/else"
    local = order(tmp_path, sandbox="local").settings(None, item)
    assert (local.sandbox.image, local.sandbox.workdir) == (None, None)
    assert local.sandbox.sandbox is SandboxKind.LOCAL
    assert local.tests.test_command == "make check"
