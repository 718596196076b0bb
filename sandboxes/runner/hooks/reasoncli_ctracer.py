"""PYTEST_DONT_REWRITE

coverage.py's C tracer, driven directly: its own API keeps contexts in a database, at milliseconds a switch.

Fits coverage 5 to 7, whose Collector sets up a tracer in the same way. The tracer tells lines by file and not by
code object, so what belongs to `<import>` is found by compiling each file once.
"""

import dis
import sys
import threading

_FUNCTION = 0x1  # CO_OPTIMIZED


class CTracerTracer(object):
    """See reasoncli_coverage for what a tracer is.

    Raises:
        ImportError: coverage isn't installed, has no C extension, or shapes its tracer in another way.
    """

    name = "coverage.CTracer"

    def __init__(self, inside):
        from coverage.tracer import CFileDisposition, CTracer

        for attribute in ("data", "trace_arcs", "should_trace", "should_trace_cache", "warn", "should_start_context"):
            if not hasattr(CTracer, attribute):
                raise ImportError("a C tracer without " + attribute)
        self._class = CTracer
        self._inside = inside
        self._paths = {}
        self._kinds = {}
        self._imported = {}
        self._lock = threading.Lock()
        self._fields = {
            "data": {},
            "trace_arcs": False,
            "should_trace": self._decision(CFileDisposition),
            "should_trace_cache": {},
            "warn": _ignore,
            "concur_id_func": None,
            "file_tracers": {},
            "check_include": _yes,
            "should_start_context": None,
            "switch_context": None,
            "disable_plugin": _ignore,
            "lock_data": self._lock.acquire,
            "unlock_data": self._lock.release,
        }

    def start(self):
        """Begin to record, in every thread that starts from now on as well."""
        threading.settrace(self._in_thread)
        self._start()

    def take(self):
        """Path -> lines executed since the last call, without what belongs to `<import>`."""
        with self._lock:
            data = self._fields["data"]
            hits = [(name, set(lines)) for name, lines in data.items()]
            data.clear()
        found = {}
        for name, lines in hits:
            path = self._paths.get(name)
            if path is None or not lines:
                continue
            module, function = self._lines(name)
            own = lines - module | lines & function
            if own:
                found[path] = own
            if lines & module:
                self._imported.setdefault(path, set()).update(lines & module)
        if sys.gettrace() is None:  # a test took the trace function away
            self._start()
        return found

    def imported(self):
        """Path -> lines of modules and class bodies seen so far."""
        return self._imported

    def _start(self):
        tracer = self._class()
        for field, value in self._fields.items():
            if hasattr(tracer, field):
                setattr(tracer, field, value)
        return tracer.start()

    def _in_thread(self, frame, event, argument):
        sys.settrace(None)
        trace = self._start()
        return trace(frame, event, argument) if trace else trace

    def _decision(self, disposition_class):
        def decide(filename, frame):
            path = self._inside(filename)
            disposition = disposition_class()
            disposition.original_filename = disposition.canonical_filename = disposition.source_filename = filename
            disposition.trace = path is not None
            disposition.reason = ""
            disposition.file_tracer = None
            disposition.has_dynamic_filename = False
            if path is not None:
                self._paths[filename] = path
            return disposition

        return decide

    def _lines(self, filename):
        """(lines of modules and class bodies, lines of functions that share one with those) of a file."""
        if filename not in self._kinds:
            module, function = set(), set()
            try:
                with open(filename, "rb") as file:
                    _sort_lines(compile(file.read(), filename, "exec", 0, True), module, function)
            except (OSError, SyntaxError, ValueError):
                pass
            self._kinds[filename] = module, function & module
        return self._kinds[filename]


def _sort_lines(code, module, function):
    lines = {line for _, line in dis.findlinestarts(code) if line}
    if not code.co_flags & _FUNCTION:
        module |= lines
    elif lines == {code.co_firstlineno}:  # a function in one line
        function |= lines
    else:
        function |= lines - {code.co_firstlineno}
    for constant in code.co_consts:
        if hasattr(constant, "co_consts"):
            _sort_lines(constant, module, function)


def _ignore(*arguments, **keywords):
    """What the tracer has to say is of no use to anybody here."""


def _yes(*arguments):
    return True
