"""The warm lane: a test program that has started, imported what all candidates need, and waits to be forked.

The program is started with the project's own command line. Our pytest plugin stops it where pytest has loaded its
plugins and nothing of the project yet (hooks/reasoncli_warm.py), imports the modules it is told to, and forks a
child for each run, which goes on as if nothing had happened.

It must be started in a tree that is the base's, before anything of a candidate is written or has run: what it loads
serves all candidates. And it must be one process, without a shell or a helper beside it: what waits can't be traced
or read by the tests, but only because it says so of itself. Standard library only; Python 3.7 or later.
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

_PATIENCE = 120.0  # seconds for the program to start and to import, at most
_OPERATORS = re.compile(r"[;&|<>()`$\n*?\[\]{}~!#\\]")
_PROGRAMS = ("pytest", "py.test")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


def refusal(command):
    """Why a command line can't run warm, or an empty string: only a pytest that is all of the line can, with variables
    set before it.
    """
    if _OPERATORS.search(command):
        return "the command is more than one program"
    try:
        _, words = taken_apart(command)
    except ValueError:
        return "the command can't be read"
    if not words:
        return "there is no command"
    name = os.path.basename(words[0])
    if name in _PROGRAMS or (re.match(r"python[0-9.]*$", name) and words[1:3] == ["-m", "pytest"]):
        return ""
    return "the command is not pytest alone"


def taken_apart(command):
    """(the variables that a command line sets, its words).

    Raises:
        ValueError: a quote is not closed.
    """
    words = shlex.split(command)
    number = next((at for at, word in enumerate(words) if not _ASSIGNMENT.match(word)), len(words))
    return dict(word.split("=", 1) for word in words[:number]), words[number:]


class Warm(object):
    """The waiting program, or why there is none.

    Attributes:
        refusal: why it can't be used; empty if it can.
        pids: its processes.
        lost: whether it was killed, or is out of step.
    """

    def __init__(self, spec, loaded):
        self._key = spec["command"], spec["env"], loaded
        self.refusal = refusal(spec["command"])
        self.pids = ()
        self._process = self._channel = None
        self.lost = False
        if not self.refusal:
            self._start(spec, loaded)

    def fits(self, spec, loaded):
        """Whether it is the one for this run."""
        return self._key == (spec["command"], spec["env"], loaded)

    def alive(self):
        """Whether it waits for the next run, or was refused and is remembered for that."""
        return bool(self.refusal) or not self.lost and self._process.poll() is None

    def end(self):
        """Kill it."""
        if self._process is not None:
            reasoncli_process.kill_all(self._process.pid)
            self._process.wait()
        if self._channel is not None:
            self._channel.close()
        self.pids = ()

    def run(self, spec, environ, report, number):
        """One run in a fork of it; see `reasoncli_process.run`."""

        def start(write_end):
            marks = {name: environ[name] for name in ("REASONCLI_HOOKS", "REASONCLI_JUNIT")}
            request = json.dumps(marks).encode("ascii")
            descriptor = array.array("i", [write_end]).tobytes()
            self._channel.sendmsg([request], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptor)])
            return Forked(int(self._hear(spec["timeout"])["pid"]), self)

        return reasoncli_process.attend(start, spec, report, number, self.pids)

    def status(self, patience):
        """The wait status of the run's process, or None if it still runs."""
        try:
            said = self._look(patience)
            return None if said is None else int(said["status"])
        except (OSError, KeyError, ValueError):  # the waiting program was killed: so is what it started
            self.lost = True
            return signal.SIGKILL

    def _start(self, spec, loaded):
        descriptor, path = tempfile.mkstemp(prefix="reasoncli-")  # too much for a variable
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with os.fdopen(descriptor, "w") as file:
                json.dump({"channel": theirs.fileno(), "load": loaded, "root": spec["root"]}, file)
            self._process = self._launch(spec, path, theirs.fileno())
            theirs.close()
            self.refusal = self._hear(min(_PATIENCE, spec["timeout"])).get("refusal", "")
            self.pids = tuple(reasoncli_process.descendants())
            if not self.refusal and self.pids != (self._process.pid,):
                self.refusal = "the test program starts others before its tests begin"
        except TimeoutError:
            self.refusal = "the test program is too slow to start"
        except (OSError, ValueError) as error:
            self.refusal = "the test program did not come to the point where it waits (%s)" % error
        finally:
            theirs.close()
            os.remove(path)
        if self.refusal:
            self.end()

    def _launch(self, spec, path, channel):
        environ, _ = run.environment(spec)
        environ["REASONCLI_WARM"] = path
        variables, words = taken_apart(spec["command"])
        if "PYTHONPATH" in variables:  # the hooks come first, as in `run.prepared`
            variables["PYTHONPATH"] = os.pathsep.join(filter(None, [run.HOOKS, variables["PYTHONPATH"]]))
        environ.update(variables)
        if words[0] == "python":
            words[0] = run.python(environ)
        return subprocess.Popen(
            words,
            cwd=spec["root"],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[channel],
            start_new_session=True,
        )

    def _hear(self, patience):
        """The program's next word.

        Raises:
            TimeoutError: it is silent.
            OSError: it has ended.
        """
        said = self._look(patience)
        if said is None:
            raise TimeoutError("it is silent")
        return said

    def _look(self, patience):
        readable, _, _ = select.select([self._channel], [], [], patience)
        if not readable:
            return None
        data = self._channel.recv(1 << 16)
        if not data:
            raise OSError("it ended")
        return json.loads(data.decode("ascii"))


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
        code = self._look(5.0)
        if code is None:
            self._warm.lost = True
        return code

    def _look(self, patience):
        if self._code is None:
            status = self._warm.status(patience)
            if status is not None:
                self._code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        return self._code
