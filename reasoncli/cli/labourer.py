"""The process that works on one issue of a batch."""

from __future__ import annotations

import os
import signal
import sys
from multiprocessing.connection import Connection

from reasoncli.batch.book import Book
from reasoncli.batch.channel import Channel
from reasoncli.batch.labour import labour
from reasoncli.cli import signals
from reasoncli.domain import WorkItem
from reasoncli.errors import Interrupted


def work(connection: Connection, book: Book, item: WorkItem) -> None:
    """Work on the issue; ends with the status of an interruption where it was told to stop, or its leader has gone."""
    os.setsid()  # Ctrl-C in the terminal is the leader's to hear
    signals.install()
    try:
        channel = Channel(connection, lambda: os.kill(os.getpid(), signal.SIGTERM))
        labour(book, item, channel)
    except (Interrupted, KeyboardInterrupt):
        sys.exit(Interrupted.exit_code)
