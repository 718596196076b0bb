"""Runs one command for the local sandbox and outlives everything it starts. Executed, not imported.

`python -I -S launcher.py FD MEMORY FILE_SIZE PROGRAM ARGUMENT...`: FD is one end of a socket pair. When the program
ends, or the other end is closed (a timeout, or the driver is gone), every descendant is killed and reaped; then a line
of JSON tells how the program ended. On Linux daemons come back to us as their subreaper, so "no children left" means
none anywhere.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import sys
import time
from pathlib import Path

_SET_CHILD_SUBREAPER = 36
_PATIENCE = 10.0


def main() -> None:
    """Run, watch, clean up, report."""
    channel = int(sys.argv[1])
    memory, file_size = int(sys.argv[2]), int(sys.argv[3])
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    ready, ring = os.pipe()
    os.set_blocking(ring, False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(ring)
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)

    child = os.fork()
    if child == 0:
        os.close(channel)
        _become(sys.argv[4:], memory, file_size)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)  # the pipes belong to the program: their end is its end

    code = None
    while code is None:
        readable, _, _ = select.select([channel, ready], [], [])
        if channel in readable:
            break
        os.read(ready, 512)
        code = _reap(child)
    clean = _kill_everything(child)
    with contextlib.suppress(BrokenPipeError):
        os.write(channel, json.dumps({"code": code, "clean": clean}).encode() + b"\n")


def _become(argv: list[str], memory: int, file_size: int) -> None:
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for limit, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, file_size),
        (resource.RLIMIT_NOFILE, 4096),
    ):
        _, hard = resource.getrlimit(limit)
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (most, most))
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - no shell is the point
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
        os._exit(127 if isinstance(error, FileNotFoundError) else 126)


def _reap(child: int) -> int | None:
    """Collect whoever has ended; the program's exit code if it is among them, as a shell would give it."""
    code = None
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid == child:
                plain = os.waitstatus_to_exitcode(status)
                code = plain if plain >= 0 else 128 - plain
    return code


def _kill_everything(child: int) -> bool:
    """Whether, in the end, no descendant is left."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)
        for pid in _descendants():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0] != 0:
                pass
        except ChildProcessError:
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.002)


def _descendants() -> list[int]:
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            parents[int(folder.name)] = int(fields[1])
    mine = {os.getpid()}
    grown = True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in mine and pid not in mine}
        mine |= more
        grown = bool(more)
    return sorted(mine - {os.getpid()})


if __name__ == "__main__":
    main()
