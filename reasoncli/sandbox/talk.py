"""What is said between us and a command that runs in a local sandbox, from its start to its end."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import socket
import subprocess
import time
from typing import Any

from reasoncli.sandbox.capture import Capped


class Talk:
    """A running command's pipes, and the channel on which its launcher reports at the end."""

    def __init__(
        self, process: subprocess.Popen[bytes], channel: socket.socket, stdout: Capped, stderr: Capped
    ) -> None:
        self._stdin = process.stdin
        self._channel = channel
        self._said = bytearray()
        self._sinks: dict[Any, Capped] = {process.stdout: stdout, process.stderr: stderr}
        self.report: dict[str, Any] | None = None
        self.lost = False  # the launcher ended without a report

    def pump(self, stdin: bytes, deadline: float) -> bool:
        """Feed stdin, take output and report, until all of it has ended (true), or the deadline comes (false).

        A launcher that ends without a report was killed: nothing more is waited for then.
        """
        waiting = memoryview(stdin)
        with selectors.DefaultSelector() as selector:
            selector.register(self._channel, selectors.EVENT_READ)
            for stream in self._sinks:
                selector.register(stream, selectors.EVENT_READ)
            if stdin and self._stdin is not None:
                os.set_blocking(self._stdin.fileno(), False)
                selector.register(self._stdin, selectors.EVENT_WRITE)
            else:
                self._close_stdin()
            while not self.lost and len(selector.get_map()) and (left := deadline - time.monotonic()) > 0:
                for key, _ in selector.select(left):
                    if key.fileobj is self._stdin:
                        waiting = self._feed(key.fd, waiting)
                        done = not waiting
                    else:
                        done = not self._take(key.fileobj)
                    if done:
                        selector.unregister(key.fileobj)
                        if key.fileobj is self._stdin:
                            self._close_stdin()
            return self.lost or (self.report is not None and not self._sinks)

    def _feed(self, handle: int, waiting: memoryview) -> memoryview:
        try:
            return waiting[os.write(handle, waiting[:65536]) :]
        except BlockingIOError:
            return waiting
        except BrokenPipeError:
            return memoryview(b"")  # the program does not read its stdin: its right

    def _take(self, stream: Any) -> bool:
        """Read once; whether there may be more."""
        if stream is self._channel:
            data = self._channel.recv(4096)
            self._said += data
            if self._said.endswith(b"\n"):
                self.report = json.loads(self._said)
                return False
            self.lost = not data
            return bool(data)
        data = os.read(stream.fileno(), 1 << 16)
        self._sinks[stream].add(data)
        if not data:
            del self._sinks[stream]
        return bool(data)

    def _close_stdin(self) -> None:
        if self._stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._stdin.close()
            self._stdin = None
