"""The warm lane: a test program that has started, imported what all candidates need, and waits to be forked.

The program is started with the project's own command line. Our pytest plugin stops it where pytest has loaded its
plugins and nothing of the project yet (hooks/reasoncli_warm.py), imports the modules it is told to, and forks a
child for each run, which goes on as if nothing had happened. Standard library only; Python 3.7 or later.
"""

import array
import json
import os
import re
import select
import shlex
import signal
import socket
import subprocess
import tempfile

import reasoncli_process
import run

_PATIENCE = 120.0  # seconds for the program to start and to import
_OPERATORS = re.compile(r"[;&|<>()`$\n*?\[\]{}~!#\\]")
_PROGRAMS = ("pytest", "py.test")


def refusal(command):
    """Why a command line can't run warm, or an empty string: only a pytest that is all of the line can."""
    if _OPERATORS.search(command):
        return "the command is more than one program"
    try:
        words = shlex.split(command)
    except ValueError:
        return "the command can't be read"
    if not words:
        return "there is no command"
    name = os.path.basename(words[0])
    if name in _PROGRAMS or (re.match(r"python[0-9.]*$", name) and words[1:3] == ["-m", "pytest"]):
        return ""
    return "the command is not pytest alone"


class Warm(object):
    """The waiting program, or why there is none.

    Attributes:
        refusal: why it can't be used; empty if it can.
        pids: its processes.
    """

    def __init__(self, spec, loaded):
        self._key = spec["command"], spec["env"], loaded
        self.refusal = refusal(spec["command"])
        self.pids = ()
        self._process = self._channel = None
        self._heard = b""
        self._lost = False
        if not self.refusal:
            self._start(spec, loaded)

    def fits(self, spec, loaded):
        """Whether it is the one for this run."""
        return self._key == (spec["command"], spec["env"], loaded)

    def alive(self):
        """Whether it waits for the next run, or was refused and is remembered for that."""
        return bool(self.refusal) or not self._lost and self._process.poll() is None

    def end(self):
        """Kill it."""
        if self._process is not None:
            reasoncli_process.kill_all(self._process.pid)
            self._process.wait()
            self._channel.close()
        self.pids = ()

    def run(self, spec, environ, report, number):
        """One run in a fork of it; see `reasoncli_process.run`."""

        def start(write_end):
            marks = {name: environ[name] for name in ("REASONCLI_HOOKS", "REASONCLI_JUNIT")}
            request = json.dumps(marks).encode("ascii")
            descriptor = array.array("i", [write_end]).tobytes()
            self._channel.sendmsg([request], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptor)])
            return Forked(int(self._hear(_PATIENCE)["pid"]), self)

        return reasoncli_process.attend(start, spec, report, number, self.pids)

    def _start(self, spec, loaded):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environ, _ = run.environment(spec)
        descriptor, path = tempfile.mkstemp(prefix="reasoncli-")  # too much for a variable
        with os.fdopen(descriptor, "w") as file:
            json.dump({"channel": theirs.fileno(), "load": loaded, "root": spec["root"]}, file)
        environ["REASONCLI_WARM"] = path
        command = run.with_python(spec["command"], environ)
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            cwd=spec["root"],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
        theirs.close()
        self._channel = ours
        try:
            said = self._hear(_PATIENCE)
            self.refusal = said.get("refusal", "")
        except (OSError, ValueError) as error:
            self.refusal = "the test program did not come to the point where it waits (%s)" % error
        os.remove(path)
        if self.refusal:
            self.end()
        else:
            self.pids = tuple(reasoncli_process.descendants())

    def _hear(self, patience):
        """The program's next word.

        Raises:
            OSError: it has ended, or is silent.
        """
        if not self._heard:
            readable, _, _ = select.select([self._channel], [], [], patience)
            if not readable:
                raise OSError("it is silent")
            self._heard = self._channel.recv(1 << 16)
            if not self._heard:
                raise OSError("it ended")
        data, self._heard = self._heard, b""
        return json.loads(data.decode("ascii"))

    def status(self, patience):
        """The wait status of the run's process, or None if it still runs."""
        readable, _, _ = select.select([self._channel], [], [], patience)
        if not readable:
            return None
        try:
            return int(self._hear(0.0)["status"])
        except (OSError, ValueError):  # the waiting program was killed: so is what it started
            self._lost = True
            return signal.SIGKILL


class Forked(object):
    """A run's process, a grandchild of ours; as much of a Popen as is needed."""

    def __init__(self, pid, warm):
        self.pid = pid
        self._warm = warm
        self._code = None

    def poll(self):
        """Its exit code, or None while it runs."""
        return self._look(0.0)

    def wait(self):
        """Its exit code; it was killed by now."""
        return self._look(5.0)

    def _look(self, patience):
        if self._code is None:
            status = self._warm.status(patience)
            if status is not None:
                self._code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        return self._code
