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
