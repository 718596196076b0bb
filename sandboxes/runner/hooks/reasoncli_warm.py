"""PYTEST_DONT_REWRITE

The waiting side of the warm lane (see ../warm.py): loads, then forks a child for each run.

A child has its own output, session, marks in the environment, import caches and numpy's random state. What else it
has from its parent, such as what a library did at its import, is what the driver tries out on the base.
"""

import array
import atexit
import ctypes
import gc
import importlib
import importlib.machinery
import inspect
import json
import os
import socket
import sys
import threading
import warnings

_DUMPABLE = 4  # PR_SET_DUMPABLE


def serve(pytest_config):
    """Say that all is ready, then fork whenever asked to; returns in each child, and nowhere else."""
    with open(os.environ.pop("REASONCLI_WARM")) as file:
        config = json.load(file)
    channel = socket.socket(fileno=config["channel"])
    os.set_inheritable(config["channel"], False)
    atexit.register(_leave)  # before a library registers anything, so that it comes last
    preload(config["load"]["modules"], config["root"])
    refusal = unfit(config["root"])
    if refusal:
        channel.send(json.dumps({"refusal": refusal[:500]}).encode("ascii"))
        os._exit(0)
    _compile_beforehand(config["load"], config["root"], pytest_config)
    _look_up_beforehand(pytest_config)
    gc.collect()
    gc.freeze()  # children neither look through what is there already nor copy it by doing so
    _set_dumpable(0)
    channel.send(b'{"ready": true}')
    while True:
        request, output = _receive(channel)
        pid = os.fork()
        if pid == 0:
            channel.close()
            _begin(request, output)
            return
        os.close(output)
        channel.send(json.dumps({"pid": pid}).encode("ascii"))
        _, status = os.waitpid(pid, 0)
        channel.send(json.dumps({"status": status}).encode("ascii"))


def preload(names, root):
    """Import what the base's run had imported; what can't be imported here, or could be the project's, is left out."""
    mine = [os.path.join(root, place) for place in ("", "src", "lib")]
    mine += [entry for entry in sys.path if entry.startswith(root + os.sep)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            top = name.partition(".")[0]
            if name in sys.modules or any(_holds(folder, top) for folder in mine):
                continue
            try:
                importlib.import_module(name)
            except BaseException:  # an import may do anything, exit included
                continue


def _holds(folder, name):
    return os.path.exists(os.path.join(folder, name)) or os.path.exists(os.path.join(folder, name + ".py"))


def unfit(root):
    """Why forking would not be the same as starting: a module of the project is loaded, or a thread runs."""
    import reasoncli_report

    for module in list(sys.modules.values()):
        _, path = reasoncli_report.origin(module, root)
        if path is not None:
            return "%s of the project is loaded before its tests begin" % path
    if threading.active_count() > 1 or len(os.listdir("/proc/self/task")) > 1:
        return "threads run before the tests begin"
    return ""


def _compile_beforehand(load, root, pytest_config):
    """Compile the repository's files once; a child takes the code of those that are the same byte for byte."""
    plain, rewritten = {}, {}
    for path in load["sources"]:
        _compile_one(plain, os.path.join(root, path), lambda full, data: compile(data, full, "exec", 0, True))
    loader = importlib.machinery.SourceFileLoader
    original = loader.source_to_code

    def source_to_code(self, data, path, *more, **options):
        known = None if options else plain.get(path)
        return known[1] if known and known[0] == data else original(self, data, path, *more, **options)

    loader.source_to_code = source_to_code
    try:
        from pathlib import Path

        from _pytest.assertion import rewrite

        rewrite_test = rewrite._rewrite_test
        for path in load["rewritten"]:
            _compile_one(
                rewritten, os.path.join(root, path), lambda full, data: rewrite_test(Path(full), pytest_config)[1]
            )
    except Exception:  # a pytest that is built otherwise rewrites anew in each child
        return

    def cached_rewrite_test(file, config):
        known = rewritten.get(str(file))
        if known and known[0] == file.read_bytes():
            return file.stat(), known[1]
        return rewrite_test(file, config)

    rewrite._rewrite_test = cached_rewrite_test


def _compile_one(codes, full, make):
    """Remember a file's bytes and code, unless compiling it fails or warns: then a child shall see that, too."""
    try:
        with open(full, "rb") as file:
            data = file.read()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            code = make(full, data)
        if not caught:
            codes[full] = data, code
    except Exception:
        pass


def _look_up_beforehand(pytest_config):
    """Fill caches that each child would fill for itself: a report of a failure and pytest's own heading need them."""
    try:
        inspect.getmodule(_look_up_beforehand.__code__)  # which module a file belongs to, of all that are loaded
    except Exception:  # a module that answers so: whoever looks later will see it, too
        pass
    for _, facade in pytest_config.pluginmanager.list_plugin_distinfo():
        try:
            facade._dist = _Distribution(facade._dist)
        except Exception:  # a pluggy that is built otherwise
            return


class _Distribution(object):
    """An installed distribution whose metadata are read once: they are parsed anew at each look otherwise."""

    def __init__(self, real):
        self._real = real
        self.metadata = real.metadata
        self.version = real.version

    def __getattr__(self, name):
        return getattr(self._real, name)


def _receive(channel):
    descriptors = array.array("i")
    request, extra, _, _ = channel.recvmsg(1 << 16, socket.CMSG_SPACE(descriptors.itemsize))
    if not request:
        os._exit(0)
    for level, kind, data in extra:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(data[: descriptors.itemsize])
    return json.loads(request.decode("ascii")), descriptors[0]


def _begin(marks, output):
    os.setsid()
    for stream in (1, 2):
        os.dup2(output, stream)
    os.close(output)
    _set_dumpable(1)
    try:  # the kernel's memory killer shall take this one first
        with open("/proc/self/oom_score_adj", "w") as score:
            score.write("1000")
    except OSError:
        pass
    os.environ.update(marks)
    importlib.invalidate_caches()
    if "linecache" in sys.modules:
        sys.modules["linecache"].clearcache()
    random = sys.modules.get("numpy.random")
    if random is not None:
        random.seed()


def _leave():
    """After the regular end of a session, spare the child the dismantling of everything that was loaded."""
    import reasoncli_report

    status = reasoncli_report.status()
    if status is not None:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (AttributeError, OSError, ValueError):  # a test may have closed it
                pass
        os._exit(status)


def _set_dumpable(value):
    ctypes.CDLL(None).prctl(_DUMPABLE, value, 0, 0, 0)
