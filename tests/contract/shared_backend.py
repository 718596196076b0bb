"""The embedded model as a run of a batch sees it: at the other end of a pipe, where others ask as well."""

from __future__ import annotations

import multiprocessing
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from reasoncli.batch.channel import Channel
from reasoncli.batch.driver import Board, Labourer
from reasoncli.batch.guest import RemoteSampler
from reasoncli.batch.ledger import Ledger
from reasoncli.batch.serving import ModelServer
from reasoncli.batch.slots import Slots
from reasoncli.domain import Budget, Issue, WorkItem
from reasoncli.models.interface import Sampler
from reasoncli.models.llama_cpp.sampler import open_llama_sampler
from reasoncli.models.options import ModelOptions
from reasoncli.resources import weights_path


@contextmanager
def shared_model() -> Iterator[ModelServer]:
    """The model, to be asked by any number."""
    options = ModelOptions(threads=1, slots=16)
    server = ModelServer(lambda: open_llama_sampler(weights_path(), options))
    try:
        yield server
    finally:
        server.close()


@contextmanager
def asking(server: ModelServer) -> Iterator[Sampler]:
    """One who asks."""
    item = WorkItem("one", Issue("text", "title", "list"), "shop")
    ours, theirs = multiprocessing.Pipe()
    labourer = Labourer(item, None, ours, server, Ledger(Budget(), 1, 1), Slots(1), Board())
    labourer.listen()
    gone = threading.Event()
    channel = Channel(theirs, gone.set)
    try:
        yield RemoteSampler(channel, channel.call("model"))
    finally:
        with socket.socket(fileno=os.dup(theirs.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)  # as the end of a process would: who reads at either end is told
        gone.wait(10)
        labourer.close()
        theirs.close()


@contextmanager
def shared_sampler() -> Iterator[Sampler]:
    """The only one who asks."""
    with shared_model() as server, asking(server) as sampler:
        yield sampler
