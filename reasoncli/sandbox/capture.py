"""Output of a program, kept within a limit while it streams in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

_FRAME_HEADER = 8
_STDERR = 2


@dataclass(slots=True)
class Capped:
    """The first and the last half of a stream, within `limit` bytes; never holds much more than that."""

    limit: int
    truncated: bool = False
    listener: Callable[[bytes], None] | None = None
    _head: bytearray = field(default_factory=bytearray)
    _tail: bytearray = field(default_factory=bytearray)

    def add(self, data: bytes | memoryview) -> None:
        """Take the next piece; the listener gets it whole."""
        if self.listener is not None:
            self.listener(bytes(data))
        room = self.limit // 2 - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        if data:
            self._tail += data
            keep = self.limit - self.limit // 2
            if len(self._tail) > 2 * keep + 65536:
                del self._tail[:-keep]
                self.truncated = True

    def value(self) -> bytes:
        """What was kept."""
        keep = self.limit - self.limit // 2
        if len(self._tail) > keep:
            del self._tail[: len(self._tail) - keep]
            self.truncated = True
        return bytes(self._head + self._tail)


@dataclass(slots=True)
class Collected:
    """A stream kept whole, for programs of our own."""

    data: bytearray = field(default_factory=bytearray)

    def add(self, data: bytes | memoryview) -> None:
        """Take the next piece."""
        self.data += data

    def take(self, length: int) -> bytes:
        """Remove and return the first bytes."""
        taken = bytes(self.data[:length])
        del self.data[:length]
        return taken


class Sink(Protocol):
    """Whatever takes a stream in pieces."""

    def add(self, data: bytes | memoryview) -> None:
        """Take the next piece."""
        ...


@dataclass(slots=True)
class Frames:
    """Takes the engine's multiplexed stream apart: eight bytes of header (stream, length), then the payload."""

    stdout: Sink
    stderr: Sink
    _header: bytearray = field(default_factory=bytearray)
    _left: int = 0
    _kind: int = 0

    def feed(self, data: bytes) -> None:
        """Take the next piece as it came from the socket; frames may begin and end anywhere in it."""
        view = memoryview(data)
        while view:
            if self._left == 0:
                need = _FRAME_HEADER - len(self._header)
                self._header += view[:need]
                view = view[need:]
                if len(self._header) == _FRAME_HEADER:
                    self._kind = self._header[0]
                    self._left = int.from_bytes(self._header[4:], "big")
                    self._header.clear()
                continue
            piece = view[: self._left]
            view = view[len(piece) :]
            self._left -= len(piece)
            (self.stderr if self._kind == _STDERR else self.stdout).add(piece)
