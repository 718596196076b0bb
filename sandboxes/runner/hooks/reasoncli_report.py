"""PYTEST_DONT_REWRITE

The channel from a test process to run.py: JSON lines appended to a file that run.py already holds open.

One process reports, and it is the outermost that runs tests: `claim` takes the hooks' marks out of the
environment, so that what the tests start (another pytest, a script) is left alone. Records, by `t`:

    claimed    kind: a test program is starting
    session    pid, kind, rootdir and cwd: a test session began
    collected  ids: what is going to run
    start      id
    result     id, outcome, duration, message, traceback, frames
    span       n, path, lines: a set of lines, referred to by number
    cover      id, spans
    value      n, data: see reasoncli_behaviour
    call       function, arguments, outcome, after: see reasoncli_behaviour
    replay     the same
    loaded     modules, sources, rewritten: see `loaded`
    closed     status, stopped: the session came to its regular end

Whoever patches the code under test shares this process and can write here too; run.py and the verifier
trust a report no further than that.
"""

import json
import os
import signal
import sys
import time

MESSAGE_LIMIT = 4000
TRACEBACK_LIMIT = 8000
FRAME_LIMIT = 60


class TestTimedOut(BaseException):
    """Raised inside a test that ran past its own limit, on run.py's signal; not for `except Exception` to swallow."""

    __test__ = False


class Reporter(object):
    """Writes records for one process."""

    def __init__(self, config):
        self.config = config
        self.root = config["root"]
        self.pid = os.getpid()
        self.armed = False
        self.status = None
        self._path = config["report"]
        self._fd = -1
        self._identity = None
        self._open()
        self._listen()

    def write(self, record, **fields):
        """Append one record. A forked child writes nothing; descriptors closed by a test are opened anew."""
        if os.getpid() != self.pid:
            return
        if record == "start":
            for watch in watching:
                watch.test_begins(self.write)
        fields["t"] = record
        fields["pid"] = self.pid
        line = json.dumps(fields, separators=(",", ":"), ensure_ascii=True).encode("ascii") + b"\n"
        try:
            status = os.fstat(self._fd)
            if (status.st_dev, status.st_ino) != self._identity:
                self._open()
        except OSError:
            self._open()
        while line:
            line = line[os.write(self._fd, line) :]

    def describe(self, kind, value, trace):
        """(message, frames) of an exception; frames inside the repository, outermost first: (path, line, function)."""
        frames = []
        while trace is not None:
            path = self.inside(trace.tb_frame.f_code.co_filename)
            if path is not None:
                frames.append((path, trace.tb_lineno, trace.tb_frame.f_code.co_name))
            trace = trace.tb_next
        if len(frames) > FRAME_LIMIT:
            frames = frames[:10] + frames[10 - FRAME_LIMIT :]
        try:
            text = str(value)
        except Exception as error:
            text = "(its text can't be had: %s)" % type(error).__name__
        name = getattr(kind, "__name__", str(kind))
        return cap(name + (": " + text if text else ""), MESSAGE_LIMIT), frames

    def inside(self, filename):
        """The path relative to the repository, or None for a file outside it or installed into it."""
        return relative(filename, self.root)

    def _open(self):
        flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
        self._fd = os.open(self._path, flags)
        status = os.fstat(self._fd)
        self._identity = (status.st_dev, status.st_ino)

    def _listen(self):
        number = self.config.get("signal")
        if number:
            try:
                signal.signal(number, self._interrupt)
            except (ValueError, OSError):  # not the main thread
                pass

    def _interrupt(self, number, frame):
        if self.armed and os.getpid() == self.pid:
            self.armed = False
            raise TestTimedOut("ran longer than %g s" % self.config["test_timeout"])


# What watches calls in this process, to be told which tests they belong to.
watching = []

# The reporter of this process, once claimed: there is one process-wide, as there is one environment.
_claimed = []


def claim(kind):
    """The process's reporter for a session of this kind, or None when there is nothing to report to or it is taken.

    Args:
        kind: `pytest` or `unittest`, or `calls` where there are no sessions; the first to claim a process keeps it.
    """
    if _claimed:
        return _claimed[0][1] if _claimed[0][0] == kind and kind != "pytest" else None
    path = os.environ.pop("REASONCLI_HOOKS", None)
    if path is None:
        return None
    try:
        with open(path) as file:
            config = json.load(file)
        for name, value in config["environ"].items():
            if name == "PYTHONPATH":
                value = _without_hooks(os.environ.get(name, ""), value)
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        reporter = Reporter(config)
    except (OSError, IOError, ValueError, KeyError):
        return None
    _claimed.append((kind, reporter))
    if kind != "calls":
        reporter.write("claimed", kind=kind)
    return reporter


def _without_hooks(path, before):
    """A search path as it would be without ours; the command may have set it, so what it was before is not enough."""
    here = os.path.dirname(os.path.abspath(__file__))
    parts = [part for part in path.split(os.pathsep) if os.path.abspath(part or ".") != here]
    return os.pathsep.join(parts) if parts or before is not None else None


def status():
    """The exit status of the session that came to its end in this process; None before that, and in its children."""
    reporter = _claimed[0][1] if _claimed else None
    return reporter.status if reporter is not None and reporter.pid == os.getpid() else None


def peek():
    """The hooks' settings if nobody claimed them yet, else None."""
    path = os.environ.get("REASONCLI_HOOKS")
    if _claimed or path is None:
        return None
    try:
        with open(path) as file:
            return json.load(file)
    except (OSError, IOError, ValueError):
        return None


def relative(filename, root):
    """`filename` relative to `root` with forward slashes; None outside it, for installed packages and for non-files."""
    if not filename or filename[0] == "<":
        return None
    if not os.path.isabs(filename):
        filename = os.path.join(root, filename)
    if not filename.startswith(root + os.sep):
        filename = os.path.realpath(filename)
        if not filename.startswith(root + os.sep):
            return None
    path = os.path.normpath(filename)[len(root) + 1 :].replace(os.sep, "/")
    parts = path.split("/")
    if "site-packages" in parts or "dist-packages" in parts or "__pypackages__" in parts:
        return None
    return path


def loaded(root):
    """What is loaded in the end, in order of import, for the warm lane.

    `modules`: names of those outside the repository, but not plugins whose assertions pytest rewrites; `sources` and
    `rewritten`: files of the repository, loaded as they are and with rewritten assertions.
    """
    found = {"modules": [], "sources": [], "rewritten": []}
    for name, module in list(sys.modules.items()):
        file, path = origin(module, root)
        if not isinstance(name, str) or not file:
            continue
        rewritten = _loader(module) == "AssertionRewritingHook"
        if path is not None and path.endswith(".py"):
            found["rewritten" if rewritten else "sources"].append(path)
        elif path is None and not rewritten:
            found["modules"].append(name)
    return found


def origin(module, root):
    """(the file that a module says it is from, as `relative` has it); nothing where it says nothing that makes sense.

    Anything may stand among the modules, and may answer anything.
    """
    try:
        file = module.__file__
        file = file if isinstance(file, str) else os.fsdecode(file)
        return file, relative(file, root)
    except Exception:
        return None, None


def _loader(module):
    try:
        return type(module.__loader__).__name__
    except Exception:
        return ""


def cap(text, limit):
    """The text, or its two ends when it is longer than `limit` characters; bytes (Python 2's) as text."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if len(text) <= limit:
        return text
    return text[: limit // 3] + "\n[...]\n" + text[len(text) - limit * 2 // 3 :]


def now():
    """Seconds on a clock that tests are unlikely to patch."""
    return _clock()


_clock = getattr(time, "monotonic", time.time)


def version():
    """The version of the running Python."""
    return "%d.%d.%d" % sys.version_info[:3]
