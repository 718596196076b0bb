"""The in-sandbox runner: runs a test command, sees to its end, and prints one framed result.

    python run.py < spec.json
    python run.py --read PATH OFFSET LENGTH     the rest of a frame too long for one answer

The spec, as JSON: command (a shell line), tests (ids, or null for all), root, env, timeout, test_timeout, coverage,
coverage_limit, watched (path -> functions, or null), watched_limit, unhooked (whether no session of tests will
begin), seeds (texts and integers to call them with), stop_after (failures; 0: never), listed
(whether in the order of `tests`), shuffle (a seed, or null), loaded (whether to list what is loaded), canaries,
compile (paths), junit (globs), output_limit, report_limit, frame_limit, nonce.

The result, as base64 of zlib of JSON, stands between a line with the nonce and the length, and a line that ends
it. Nothing that the command prints can stand there: its output goes through a pipe of its own.

Numerical libraries are held to one thread in every lane: a sandbox has one core, and a process in which their pool
of threads runs can't be forked (numpy's starts with its import, so that no project that needs it could run warm).
Standard library only; Python 2.7 and 3.4 or later.
"""

import base64
import errno
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import reasoncli_junit  # noqa: E402
import reasoncli_process  # noqa: E402

HOOKS = os.path.join(HERE, "hooks")
_SET = re.compile(r"(?<![\w$])PYTHONPATH=(?=([^\s;&|)]?))")
FIXED = {
    "TZ": "UTC",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
}


def main(arguments):
    """Run what stdin asks for, or hand out a part of an earlier frame."""
    if arguments[:1] == ["--read"]:
        with open(arguments[1], "rb") as file:
            file.seek(int(arguments[2]))
            _print(file.read(int(arguments[3])))
        return
    reasoncli_process.shut_in()
    spec = json.loads(getattr(sys.stdin, "buffer", sys.stdin).read().decode("utf-8"))
    answer(spec, check(spec) or run(spec))


def check(spec):
    """A result that says which of the named files don't compile under this Python; None when all do."""
    for path in spec["compile"]:
        try:
            with open(os.path.join(spec["root"], path), "rb") as file:
                compile(file.read(), path, "exec", 0, True)
        except (SyntaxError, ValueError, OverflowError, MemoryError, RuntimeError) as error:
            reason = "%s: %s" % (type(error).__name__, error)
            return result(spec, invalid=path, output=reason)
        except (OSError, IOError):
            continue
    return None


def run(spec, start=None):
    """Run the command to its end and gather what it left.

    Args:
        spec: see above.
        start: (environment, report descriptor, interrupting signal) -> what `reasoncli_process.run` returns, where
            the command is to be run in some other way.
    """
    private = tempfile.mkdtemp(prefix="reasoncli-")
    try:
        report_path = os.path.join(private, base64.b16encode(os.urandom(8)).decode("ascii"))
        report = os.open(report_path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            junit = os.path.join(private, "junit.xml")
            environ, before = environment(spec, junit)
            environ["REASONCLI_HOOKS"] = write_config(spec, private, report_path, before)
            written = reasoncli_junit.Reports(spec["root"], spec["junit"], junit)
            if start is None:
                command = prepared(spec["command"].replace("{junit}", junit), environ)
                ended = reasoncli_process.run(command, spec, environ, report, _signal_number())
            else:
                ended = start(environ, report, _signal_number())
            records, cut = read_report(report, spec["report_limit"])
            documents = [base64.b64encode(data).decode("ascii") for data in written.read(spec["report_limit"])]
            return result(spec, records=records, records_cut=cut, junit=documents, **ended)
        finally:
            os.close(report)
    finally:
        shutil.rmtree(private, ignore_errors=True)


def environment(spec, junit=""):
    """(the command's environment: ours, the fixed part, the spec's, and the hooks' way in; how to take that out)."""
    environ = dict(os.environ)
    environ.update(FIXED)
    environ.update(spec["env"])
    here = os.path.dirname(sys.executable)
    environ["PATH"] = os.pathsep.join([here] + [part for part in [environ.get("PATH")] if part])
    hooks = {
        "REASONCLI_JUNIT": junit,
        "PYTHONPATH": os.pathsep.join([HOOKS] + [part for part in [environ.get("PYTHONPATH")] if part]),
        "PYTEST_PLUGINS": ",".join(["reasoncli_pytest"] + [part for part in [environ.get("PYTEST_PLUGINS")] if part]),
    }
    before = {name: environ.get(name) for name in hooks}
    environ.update(hooks)
    return environ, before


def write_config(spec, private, report_path, before):
    """The hooks' own settings, in a file; its path."""
    config = {
        "report": report_path,
        "root": os.path.realpath(spec["root"]),
        "cache": os.path.join(private, "pytest-cache"),
        "environ": before,
        "signal": _signal_number() if spec["test_timeout"] else None,
    }
    names = ("tests", "coverage", "coverage_limit", "stop_after", "listed", "shuffle", "loaded", "test_timeout")
    for name in names + ("canaries", "watched", "watched_limit", "unhooked", "seeds"):
        config[name] = spec[name]
    path = os.path.join(private, "hooks.json")
    with open(path, "w") as file:
        json.dump(config, file)
    return path


def prepared(command, environ):
    """The command line, with the hooks on every PYTHONPATH that it sets itself, and with `python` made to mean this
    interpreter where a system calls it only `python3`.
    """
    command = _SET.sub(lambda found: found.group(0) + _quoted(HOOKS) + (os.pathsep if found.group(1) else ""), command)
    if python(environ) == "python":
        return command
    return 'python() { %s "$@"; }\n%s' % (_quoted(sys.executable), command)


def _quoted(text):
    """For a shell."""
    return "'%s'" % text.replace("'", "'\\''")


def python(environ):
    """What `python` is called in an environment: that, or this interpreter's path where there is none of that name."""
    for folder in environ["PATH"].split(os.pathsep):
        if os.access(os.path.join(folder, "python"), os.X_OK):
            return "python"
    return sys.executable


def read_report(descriptor, limit):
    """The report's text, and whether it was longer than the limit."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    parts, size = [], 0
    while size <= limit:
        part = os.read(descriptor, 1 << 20)
        if not part:
            break
        parts.append(part)
        size += len(part)
    return b"".join(parts)[:limit].decode("ascii", "replace"), size > limit


def result(spec, **fields):
    """A whole result; what isn't given has its neutral value."""
    whole = {
        "exit_code": None,
        "timed_out": False,
        "hung": None,
        "duration": 0.0,
        "output": "",
        "records": "",
        "records_cut": False,
        "junit": [],
        "invalid": None,
        "spent": {},
        "python": list(sys.version_info[:3]),
    }
    whole.update(fields)
    return whole


def answer(spec, whole):
    """Print the frame, or its beginning and where the rest lies."""
    text = json.dumps(whole, separators=(",", ":")).encode("ascii")
    body = base64.b64encode(zlib.compress(text, 3))
    limit = spec["frame_limit"]
    rest = ""
    if len(body) > limit:
        descriptor, rest = tempfile.mkstemp(prefix="reasoncli-frame-")
        with os.fdopen(descriptor, "wb") as file:
            file.write(body)
    head = "\nREASONCLI-FRAME %s %d %s\n" % (spec["nonce"], len(body), rest)
    _print(head.encode("utf-8") + body[:limit] + ("\nREASONCLI-END %s\n" % spec["nonce"]).encode("utf-8"))


def _signal_number():
    """The signal that interrupts one test: one that programs hardly use for themselves."""
    realtime = getattr(signal, "SIGRTMIN", None)
    return realtime + 7 if realtime else signal.SIGUSR2


def _print(data):
    while data:
        try:
            data = data[os.write(1, data) :]
        except OSError as error:
            if error.errno not in (errno.EINTR, errno.EAGAIN):
                raise
            time.sleep(0.01)


if __name__ == "__main__":
    main(sys.argv[1:])
