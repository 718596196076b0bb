"""Runs one shell command, drains its output, watches its tests, and leaves no process of it alive."""

import ctypes
import errno
import os
import select
import signal
import subprocess
import sys
import time

import reasoncli_progress

_clock = getattr(time, "monotonic", time.time)
_TICK = 0.05  # seconds between looks at the child and the report while nothing is printed
_GRACE = 5.0  # seconds a test has to end after it was interrupted
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
_DUMPABLE = 4  # PR_SET_DUMPABLE


def run(command, spec, environ, report, interrupt):
    """Run the command line.

    Args:
        command: for /bin/sh.
        spec: see run.py; used are root, timeout, test_timeout, output_limit, progress, nonce.
        environ: its environment.
        report: descriptor of the report file, to see which test runs.
        interrupt: signal number that ends one test.

    Returns:
        exit_code (None when killed), timed_out, hung (the test that could not be interrupted), duration, output, and
        spent: seconds until the process had started, and from its end on.
    """
    adopt_orphans()
    return attend(shell(command, spec["root"], environ), spec, report, interrupt)


def shell(command, folder, environ):
    """What starts a command line, for `attend`."""

    def start(write_end):
        null = os.open(os.devnull, os.O_RDONLY)
        try:
            return subprocess.Popen(
                ["/bin/sh", "-c", command],
                cwd=folder,
                env=environ,
                stdin=null,
                stdout=write_end,
                stderr=write_end,
                close_fds=True,
                preexec_fn=os.setsid,
            )
        finally:
            os.close(null)

    return start


def attend(start, spec, report, interrupt, spared=()):
    """Start a process that leads a group of its own and see to its end. Like `run`, but:

    `start` takes the descriptor for its output and returns what has `pid`, `poll` and `wait`, as a Popen; `spared`
    are ids of descendants that live on.
    """
    read_end, write_end = os.pipe()
    began = _clock()
    try:
        child = start(write_end)
    except Exception:
        os.close(read_end)
        raise
    finally:
        os.close(write_end)
    started = _clock()
    output = Output(spec["output_limit"])
    watch = Watch(report, spec["test_timeout"], interrupt)
    progress = reasoncli_progress.Progress(report, spec)
    deadline = began + spec["timeout"]
    timed_out = hung = None
    try:
        while child.poll() is None:
            now = _clock()
            if now >= deadline:
                timed_out = True
                break
            progress.look(now)
            hung = watch.look(now)
            if hung:
                break
            if not output.drain(read_end, min(_TICK, deadline - now)):
                if wait(child, deadline):
                    break
                timed_out = True
                break
        duration = _clock() - began
        code = child.poll()
    finally:
        ended = _clock()
        kill_all(child.pid, spared)
        while output.drain(read_end, 0.0, once=True):
            pass
        os.close(read_end)
        child.wait()
    return {
        "exit_code": code,
        "timed_out": bool(timed_out),
        "hung": hung,
        "duration": duration,
        "output": output.text(),
        "spent": {"start": started - began, "end": _clock() - ended},
    }


def wait(child, deadline):
    """Wait for a child that closed its output; False when the time ran out."""
    pause = 0.001
    while child.poll() is None:
        if _clock() >= deadline:
            return False
        time.sleep(pause)
        pause = min(pause * 2, _TICK)
    return True


class Output(object):
    """Both ends of what was printed, each at most half of the limit."""

    def __init__(self, limit):
        self._half = limit // 2
        self._head = b""
        self._tail = b""
        self._dropped = 0

    def drain(self, descriptor, timeout, once=False):
        """Take what is there; False at the end of the stream (or, with `once`, when nothing is there)."""
        try:
            ready, _, _ = select.select([descriptor], [], [], max(0.0, timeout))
            data = os.read(descriptor, 1 << 16) if ready else None
        except (OSError, select.error) as error:
            if error.args[0] == errno.EINTR:
                return True
            raise
        if data is None:
            return not once
        room = self._half - len(self._head)
        if room > 0:
            self._head += data[:room]
            data_left = data[room:]
        else:
            data_left = data
        self._tail += data_left
        if len(self._tail) > 2 * self._half + (1 << 16):
            self._dropped += len(self._tail) - self._half
            self._tail = self._tail[-self._half :]
        return bool(data)

    def text(self):
        """As text; says how much is missing in the middle."""
        if len(self._tail) > self._half:
            self._dropped += len(self._tail) - self._half
            self._tail = self._tail[-self._half :]
        gap = ("\n[... %d bytes left out ...]\n" % self._dropped).encode("ascii") if self._dropped else b""
        return (self._head + gap + self._tail).decode("utf-8", "replace")


class Watch(object):
    """Interrupts a test that runs past its own limit, by a signal to the process that reports it."""

    def __init__(self, report, limit, interrupt):
        self._report = report
        self._limit = limit
        self._interrupt = interrupt
        self._offset = 0
        self._since = None
        self._warned = None
        self._test = None

    def look(self, now):
        """The running test if it can't be interrupted, else None."""
        if not self._limit:
            return None
        size = os.fstat(self._report).st_size
        if size != self._offset:
            self._offset, self._since, self._warned = size, now, None
            return None
        if self._since is None:
            return None
        if self._warned is None and now - self._since > self._limit:
            self._test, pid = running(self._report, size)
            if self._test is None:
                self._since = now
                return None
            self._warned = now
            try:
                os.kill(pid, self._interrupt)
            except OSError:
                pass
        elif self._warned is not None and now - self._warned > _GRACE:
            return self._test
        return None


def running(report, size):
    """(test id, pid) of the last `start` record when nothing follows it; (None, None) otherwise."""
    import json

    os.lseek(report, max(0, size - (1 << 16)), os.SEEK_SET)
    lines = os.read(report, 1 << 16).splitlines()
    try:
        last = json.loads(lines[-1].decode("ascii"))
        if last["t"] == "start" and int(last["pid"]) > 1:
            return last["id"], int(last["pid"])
    except (IndexError, KeyError, TypeError, ValueError):
        pass
    return None, None


def adopt_orphans():
    """Make this process the parent of orphaned descendants, so that daemons can be found (Linux only)."""
    if sys.platform.startswith("linux"):
        try:
            ctypes.CDLL(None, use_errno=True).prctl(_SUBREAPER, 1, 0, 0, 0)
        except (OSError, AttributeError):
            pass


def shut_in():
    """Keep this user's other processes, such as the tests, out of this one's memory and descriptors (Linux only)."""
    if sys.platform.startswith("linux"):
        try:
            ctypes.CDLL(None, use_errno=True).prctl(_DUMPABLE, 0, 0, 0, 0)
        except (OSError, AttributeError):
            pass


def kill_all(leader=None, spared=()):
    """Kill the leader's group, if one is given, and every descendant that isn't spared, until none is left (or 5 s).

    The spared go on, whoever stopped them.
    """
    try:
        if leader:
            os.killpg(leader, signal.SIGKILL)
    except OSError:
        pass
    _kill_descendants(leader, spared)
    for pid in spared:  # only now is nobody left who could stop them again
        _signal(pid, signal.SIGCONT)


def _kill_descendants(leader, spared):
    give_up = _clock() + 5.0
    pause = 0.001
    while _clock() < give_up:
        found = [pid for pid in descendants() if pid not in spared]
        reap(leader)
        if not found:
            return
        for number in (signal.SIGSTOP, signal.SIGKILL):  # stopped first: what forks faster than it dies gets no chance
            for pid in found:
                _signal(pid, number)
        time.sleep(pause)
        pause = min(pause * 2, _TICK)


def _signal(pid, number):
    try:
        os.kill(pid, number)
    except OSError:
        pass


def reap(leader=None):
    """Collect dead children that nobody waits for, all but the one that `subprocess` waits for."""
    for pid, parent, state in processes():
        if parent == os.getpid() and pid != leader and state == "Z":
            try:
                os.waitpid(pid, os.WNOHANG)
            except OSError:
                pass


def descendants():
    """Ids of all living descendants of this process."""
    children = {}
    for pid, parent, state in processes():
        if state not in "ZX":
            children.setdefault(parent, []).append(pid)
    found, heads = [], [os.getpid()]
    while heads:
        heads = [pid for head in heads for pid in children.get(head, ())]
        found.extend(heads)
    return found


def processes():
    """(pid, parent, state) of the processes that can be seen; nothing where there is no /proc."""
    try:
        names = os.listdir("/proc")
    except OSError:
        return
    for name in names:
        if not name.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % name) as file:
                fields = file.read().rpartition(")")[2].split()
            yield int(name), int(fields[1]), fields[0]
        except (OSError, IOError, IndexError, ValueError):
            continue
