"""What a node does, without a cluster around it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from reasoncli.cluster.node import Node, NotPrepared, Opened, Prepared
from reasoncli.cluster.parcel import pack, unpack
from reasoncli.domain import FileChange
from reasoncli.errors import MachineLost, SandboxFailure, SandboxUnavailable
from reasoncli.sandbox.config import LocalConfig
from reasoncli.sandbox.interface import Command
from tests.sandbox.snapshots import make_snapshot, snapshot_of

GIB = 1 << 30


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Node]:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    node = Node(2.0, GIB, 1)
    yield node
    node.end()
    assert list((tmp_path / "tmp").iterdir()) == []


def opened(node: Node, root: Path) -> Opened:
    parcel = pack(make_snapshot(root / "tree", {"a.txt": "a\n"}))
    assert isinstance(node.prepare("run", parcel, LocalConfig()).value, Prepared)
    value = node.open("run").value
    assert isinstance(value, Opened)
    return value


def test_a_snapshot_is_the_same_after_its_travel(tmp_path: Path) -> None:
    make_snapshot(tmp_path / "tree", {"a.txt": b"\0\xff", "deep/b \xe4.sh": "#!/bin/sh\n"})
    (tmp_path / "tree/deep/b \xe4.sh").chmod(0o755)
    (tmp_path / "tree/link").symlink_to("deep")
    (tmp_path / "tree/out").symlink_to("/nowhere")
    snapshot = snapshot_of(tmp_path / "tree")
    there = unpack(pack(snapshot), tmp_path / "there")
    assert snapshot_of(tmp_path / "there").files == there.files == snapshot.files
    assert (tmp_path / "there/deep/b \xe4.sh").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "there/a.txt").stat().st_mode & 0o777 == 0o644


def test_a_sandbox_is_worked_in_by_its_number(node: Node, tmp_path: Path) -> None:
    sandbox = opened(node, tmp_path)
    assert node.load() == 1
    assert node.write(sandbox.number, (FileChange("a.txt", b"b\n"),)).error is None
    ran = node.run(sandbox.number, Command(("sh", "-c", "cat a.txt; echo seen >&2")), True)
    assert ran.value.stdout == b"b\n"
    assert node.heard(sandbox.number) == b"seen\n"
    assert node.heard(sandbox.number) == b""
    assert node.restore(sandbox.number).error is None
    assert node.run(sandbox.number, Command(("cat", "a.txt")), False).value.stdout == b"a\n"
    assert isinstance(node.write(sandbox.number, (FileChange("../a", b""),)).error, ValueError)
    node.release("run")
    assert node.load() == 0
    assert isinstance(node.run(sandbox.number, Command(("true",)), False).error, MachineLost)


def test_a_run_that_it_does_not_know_is_said(node: Node, tmp_path: Path) -> None:
    assert isinstance(node.open("run").error, NotPrepared)
    parcel = pack(make_snapshot(tmp_path / "tree", {"a.txt": "a\n"}))
    problem = node.prepare("run", parcel, LocalConfig(python="/nowhere/python")).error
    assert isinstance(problem, SandboxUnavailable)
    assert "/nowhere/python" in str(problem)
    assert isinstance(node.open("run").error, NotPrepared)


def test_no_more_work_at_once_than_it_has_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    node = Node(1.0, GIB, 1)
    try:
        assert node.introduce().slots == 1
        first, second = opened(node, tmp_path), node.open("run").value
        began = threading.Thread(target=node.run, args=(first.number, Command(("sleep", "30"), timeout=60), False))
        began.start()
        waiting: list[object] = []
        other = threading.Thread(target=lambda: waiting.append(node.run(second.number, Command(("true",)), False)))
        other.start()
        other.join(0.7)
        assert waiting == []
        node.close(first.number)  # ends what runs in it
        other.join(20)
        began.join(20)
        assert len(waiting) == 1
    finally:
        node.end()


def test_what_runs_in_a_sandbox_that_is_closed_failed(node: Node, tmp_path: Path) -> None:
    sandbox = opened(node, tmp_path)
    answers = []
    command = Command(("sleep", "30"), timeout=60)
    thread = threading.Thread(target=lambda: answers.append(node.run(sandbox.number, command, False)))
    thread.start()
    while not threading.active_count() > 1:
        pass
    thread.join(0.3)
    node.close(sandbox.number)
    thread.join(20)
    assert isinstance(answers[0].error, SandboxFailure)
