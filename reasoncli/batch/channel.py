"""How a run's process talks with the one that has the model: calls over one connection, many at a time.

A message is (number of the call, what, value). Only our own two processes are on the line, so values are pickled.
"""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from reasoncli.errors import Interrupted

ITEM, ASK, END, FAILED = "item", "ask", "end", "failed"
"""What an answer is: one of several values, a question back, the last value, or an exception."""

_LOST = "lost"


@dataclass(slots=True)
class Call:
    """A call that is under way, on the side that made it."""

    number: int
    send: Callable[[int, str, Any], None]
    answers: queue.SimpleQueue[tuple[str, Any]]

    def next(self, patience: float | None = None) -> tuple[str, Any] | None:
        """The next answer, or `None` if there is none within so many seconds.

        Raises:
            Interrupted: the other process is gone.
            Exception: what the call ended in over there.
        """
        try:
            what, value = self.answers.get(timeout=patience)
        except queue.Empty:
            return None
        if what == FAILED:
            raise value
        if what == _LOST:
            raise Interrupted("the process that led the batch is gone")
        return what, value

    def say(self, what: str, value: Any = None) -> None:
        """Tell the other side something that belongs to this call."""
        self.send(self.number, what, value)


class Channel:
    """A run's end of the line. Calls can be made from any thread."""

    def __init__(self, connection: Connection, lost: Callable[[], None]) -> None:
        """`lost` is called, once and from another thread, when the other process has gone."""
        self._connection = connection
        self._lost = lost
        self._sending = threading.Lock()
        self._calls: dict[int, queue.SimpleQueue[tuple[str, Any]]] = {}
        self._numbers = itertools.count(1)
        self._gone = False
        threading.Thread(target=self._read, name="channel", daemon=True).start()

    def open(self, what: str, value: Any = None) -> Call:
        """Begin a call whose answers are taken one by one."""
        number = next(self._numbers)
        answers: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._calls[number] = answers
        if self._gone:
            answers.put((_LOST, None))
        self._send(number, what, value)
        return Call(number, self._send, answers)

    def close(self, call: Call) -> None:
        """Nothing more is expected of a call."""
        self._calls.pop(call.number, None)

    def call(self, what: str, value: Any = None) -> Any:
        """Ask for one value, and wait for it; raises what the other side raised."""
        call = self.open(what, value)
        try:
            answer = call.next()
            assert answer is not None  # noqa: S101 - it waits
            return answer[1]
        finally:
            self.close(call)

    def tell(self, what: str, value: Any = None) -> None:
        """Say something that has no answer."""
        self._send(0, what, value)

    def _send(self, number: int, what: str, value: Any) -> None:
        with self._sending, suppress(OSError):  # the reader finds out, and says so
            self._connection.send((number, what, value))

    def _read(self) -> None:
        try:
            while True:
                number, what, value = self._connection.recv()
                answers = self._calls.get(number)
                if answers is not None:
                    answers.put((what, value))
        except (EOFError, OSError):
            self._gone = True
            for answers in list(self._calls.values()):
                answers.put((_LOST, None))
            self._lost()
