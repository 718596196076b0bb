"""Talking to our own program inside, over a connection that misbehaves."""

from __future__ import annotations

import socket
import struct
import threading

import pytest

from reasoncli.errors import SandboxFailure
from reasoncli.sandbox.container import Conversation


def frame(data: bytes) -> bytes:
    """One piece of stdout in the engine's stream."""
    return struct.pack(">BxxxL", 1, len(data)) + data


def test_an_answer_that_trickles_does_not_outlast_its_limit() -> None:
    ours, theirs = socket.socketpair()
    enough = threading.Event()

    def trickle() -> None:
        theirs.sendall(frame(struct.pack(">Q", 10_000)))
        for _ in range(400):
            if enough.wait(0.01):
                break
            theirs.sendall(frame(b"x"))
        theirs.close()

    thread = threading.Thread(target=trickle)
    thread.start()
    talk = Conversation(ours)
    with pytest.raises(SandboxFailure, match="did not answer in time"):
        talk.ask({"op": "run"}, timeout=0.3)
    enough.set()
    thread.join()
    talk.close()


def test_hanging_up_wakes_who_waits_in_another_thread() -> None:
    ours, theirs = socket.socketpair()
    talk = Conversation(ours)
    failures: list[SandboxFailure] = []

    def ask() -> None:
        try:
            talk.ask({"op": "run"}, timeout=60)
        except SandboxFailure as failure:
            failures.append(failure)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    theirs.recv(1 << 16)  # the question: from now on it waits
    talk.close()
    thread.join(10)
    assert not thread.is_alive()
    assert len(failures) == 1
    theirs.close()
