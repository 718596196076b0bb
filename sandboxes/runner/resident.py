"""The resident: one process that lives as long as its sandbox, keeps the tree and runs the tests.

    python -I -S -B resident.py

It answers requests in the keeper's framing, one after another, so that a candidate costs neither a start of this
interpreter nor an entry into the container. Requests, by `op`:

    keep      root, manifest, empty: what `restore` brings back
    run       spec (see run.py), items (files to write first), warm (null, or what to load: modules, sources,
              rewritten), untouched (whether nothing was written and nothing ran since the tree was the base's)
    restore   undo whatever was written, by whomever

An answer begins with `ok` or `error`. Those to `keep` and `run` go on with the number of processes that live on
between two requests, this one included.

What is tested runs as the same user. It can kill this process, which costs the sandbox; it can't read, write or
trace it, because it isn't dumpable. What a user may do to a process all the same (limits, priorities) is compared
after each run. Standard library only; Python 3.7 or later.
"""

import json
import os
import resource
import select
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
sys.dont_write_bytecode = True

import keeper  # noqa: E402
import reasoncli_process  # noqa: E402
import run  # noqa: E402
import warm  # noqa: E402


def main():
    """Answer until the driver hangs up."""
    keeper.CHANNEL[:] = [os.dup(0), os.dup(1)]  # not inheritable: what is tested gets none of them
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    os.umask(0o022)
    reasoncli_process.shut_in()
    reasoncli_process.adopt_orphans()
    resident = Resident()
    while True:
        try:
            request = keeper.receive()
        except EOFError:
            return
        try:
            getattr(resident, "do_" + request["op"])(request)
        except (OSError, ValueError) as error:
            keeper.answer(["error", "%s: %s" % (type(error).__name__, error)])


class Resident(object):
    """What is known between two requests."""

    def __init__(self):
        self._root = self._manifest = self._places = None
        self._warm = None
        self._rights = {os.getpid(): rights(os.getpid())}

    def do_keep(self, request):
        """Take in what `restore` shall bring back."""
        self._root, self._places = request["root"], request["empty"]
        self._manifest = keeper.unflatten(request["manifest"])
        keeper.answer(["ok", self._living()])

    def do_run(self, request):
        """Write, compile, run; the answer's last field is the result as JSON, with its lane and what was spent."""
        began = time.monotonic()
        spec = json.loads(request["spec"])
        why = self._prepare(spec, request["warm"], request["untouched"])
        prepared = time.monotonic()
        keeper.put_all(self._root, request["items"])
        written = time.monotonic()
        whole = check(spec)
        compiled = time.monotonic()
        if whole is None:
            whole = self._run(spec, why)
        whole["spent"].update(writing=written - prepared, compiling=compiled - written, whole=time.monotonic() - began)
        keeper.answer(["ok", self._living(), json.dumps(whole, separators=(",", ":"))])

    def do_restore(self, request):
        """See `keeper.restore`; between its answers the driver sends originals."""
        reasoncli_process.kill_all(spared=self._spared())
        keeper.restore(self._root, self._manifest, self._places)

    def _prepare(self, spec, loaded, untouched):
        """Why the run can't be warm, or an empty string: then the waiting program is there.

        It is started only from the base's own tree, before the candidate's files are written: whatever it loads
        stays with it for all candidates to come.
        """
        if loaded is None:
            return "not asked for"
        if self._warm is None or not self._warm.fits(spec, loaded):
            if not untouched:
                return "the tree is not the base's"
            if self._warm is not None:
                self._warm.end()
            self._warm = warm.Warm(spec, loaded)
            self._rights.update((pid, rights(pid)) for pid in self._warm.pids)
        return self._warm.refusal

    def _run(self, spec, why):
        if why:
            whole = run.run(spec, lambda environ, report, number: self._cold(spec, environ, report, number))
            whole["lane"] = "cold: " + why
            return whole
        whole = run.run(spec, lambda environ, report, number: self._warm.run(spec, environ, report, number))
        if not self._warm.alive():  # by whose hand can't be told, so that this run proves nothing
            raise OSError("the waiting test program was killed")
        whole["lane"] = "warm"
        return whole

    def _cold(self, spec, environ, report, number):
        command = run.prepared(spec["command"].replace("{junit}", environ["REASONCLI_JUNIT"]), environ)
        command = "echo 1000 > /proc/self/oom_score_adj 2> /dev/null\n" + command  # rather than this process
        return reasoncli_process.attend(
            reasoncli_process.shell(command, spec["root"], environ), spec, report, number, self._spared()
        )

    def _spared(self):
        return () if self._warm is None else self._warm.pids

    def _living(self):
        """How many processes live on, as text; one that waits no longer is ended first.

        Raises:
            OSError: somebody tampered with one of them.
        """
        if self._warm is not None and not self._warm.alive():
            self._warm.end()
            self._warm = None
        pids = [os.getpid()]
        pids.extend(self._spared())
        for pid in pids:
            if rights(pid) != self._rights[pid]:
                raise OSError("the limits of process %d were changed" % pid)
        return str(len(pids))


def rights(pid):
    """What any process of the same user can change of another one; None for what can't be had on this system."""
    limits = [
        reading(resource, "prlimit", pid, getattr(resource, name))
        for name in sorted(dir(resource))
        if name.startswith("RLIMIT_")
    ]
    return (
        limits,
        reading(os, "getpriority", os.PRIO_PROCESS, pid),
        reading(os, "sched_getscheduler", pid),
        reading(os, "sched_getaffinity", pid),
    )


def reading(module, name, *arguments):
    """What a system call answers; None where there is none (musl has no schedulers)."""
    try:
        return getattr(module, name)(*arguments)
    except (AttributeError, OSError):
        return None


def check(spec):
    """As `run.check`, each file in a process of its own: what it compiles can crash a compiler, or keep it busy."""
    deadline = time.monotonic() + spec["timeout"]
    for path in spec["compile"]:
        try:
            whole = in_child(run.check, dict(spec, compile=[path]), deadline)
        except ChildProcessError as error:
            return run.result(spec, invalid=path, output="the compiler %s" % error)
        if whole is not None:
            return whole
    return None


def in_child(function, argument, deadline):
    """What a function returns (as JSON can say it) in a process of its own.

    Raises:
        ChildProcessError: it died over it, or was not done by the deadline.
    """
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            data = json.dumps(function(argument)).encode("ascii") + b"\n"
            while data:
                data = data[os.write(write_end, data) :]
        finally:
            os._exit(0)
    os.close(write_end)
    data, more, late = b"", True, False
    with os.fdopen(read_end, "rb", 0) as stream:
        while more and not late:
            readable, _, _ = select.select([stream], [], [], max(0.0, deadline - time.monotonic()))
            late = not readable
            if readable:
                more = stream.read(1 << 16)
                data += more
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    if data.endswith(b"\n"):
        return json.loads(data.decode("ascii"))
    raise ChildProcessError("took too long over it" if late else "died over it")


if __name__ == "__main__":
    main()
