"""PYTEST_DONT_REWRITE

Which lines of the repository each test executes, by the fastest means this Python has.

- `sys.monitoring` (3.12 and later): a global PY_START event finds the repository's code objects and is disabled
  for every other; only the repository's get LINE events, each disabled once hit. Between tests the events of the
  code objects that the test touched are set anew, so that nothing else pays (restart_events would re-arm every
  function of every library).
- `sys.settrace` otherwise: a local trace function for the repository's frames alone. coverage.py's C tracer does
  the recording instead where it can be imported.

Lines of modules and class bodies belong to the context `<import>`, whichever test caused the import first.
"""

import sys
import threading

IMPORT = "<import>"
_FUNCTION = 0x1  # CO_OPTIMIZED: set for functions, not for modules and class bodies


def tracer(inside):
    """The best tracer for this Python.

    Args:
        inside: filename -> path relative to the repository, or None.
    """
    if hasattr(sys, "monitoring"):
        free = [number for number in (4, 3, 0, 2) if sys.monitoring.get_tool(number) is None]
        if free:
            return MonitoringTracer(inside, free[0])
    try:
        from reasoncli_ctracer import CTracerTracer

        return CTracerTracer(inside)
    except ImportError:
        return SettraceTracer(inside)


def ranges(lines):
    """`{1, 2, 3, 7}` -> `"1-3,7"`."""
    parts = []
    first = last = None
    for line in sorted(lines):
        if last is not None and line == last + 1:
            last = line
            continue
        if first is not None:
            parts.append(str(first) if first == last else "%d-%d" % (first, last))
        first = last = line
    if first is not None:
        parts.append(str(first) if first == last else "%d-%d" % (first, last))
    return ",".join(parts)


class MonitoringTracer(object):
    """`sys.monitoring`, with a tool of its own."""

    name = "sys.monitoring"

    def __init__(self, inside, tool):
        self._inside = inside
        self._monitoring = sys.monitoring
        self._tool = tool
        self._paths = {}
        self._hits = []
        self._imported = {}

    def start(self):
        """Begin to record."""
        monitoring = self._monitoring
        monitoring.use_tool_id(self._tool, "reasoncli")
        monitoring.register_callback(self._tool, monitoring.events.PY_START, self._begin())
        monitoring.register_callback(self._tool, monitoring.events.LINE, self._line())
        monitoring.set_events(self._tool, monitoring.events.PY_START)

    def take(self):
        """Path -> lines executed since the last call, without what belongs to `<import>`."""
        hits = self._hits[:]
        del self._hits[: len(hits)]
        found = {}
        touched = {}
        for code, line in hits:
            path = self._paths.get(code.co_filename)
            if path is None:
                continue
            if code.co_flags & _FUNCTION:
                touched[id(code)] = code
                target = found
            else:
                target = self._imported
            lines = target.get(path)
            if lines is None:
                lines = target[path] = set()
            lines.add(line)
        set_local_events = self._monitoring.set_local_events
        line_event = self._monitoring.events.LINE
        for code in touched.values():
            set_local_events(self._tool, code, 0)
            set_local_events(self._tool, code, line_event)
        return found

    def imported(self):
        """Path -> lines of modules and class bodies seen so far."""
        return self._imported

    def _begin(self):
        inside, paths = self._inside, self._paths
        set_local_events, line_event = self._monitoring.set_local_events, self._monitoring.events.LINE
        disable, tool = self._monitoring.DISABLE, self._tool

        def begin(code, offset):
            filename = code.co_filename
            try:
                path = paths[filename]
            except KeyError:
                path = paths[filename] = inside(filename)
            if path is not None:
                set_local_events(tool, code, line_event)
            return disable

        return begin

    def _line(self):
        append, disable = self._hits.append, self._monitoring.DISABLE

        def line(code, number):
            if number:  # 0: the frame of an empty module
                append((code, number))
            return disable

        return line


class SettraceTracer(object):
    """`sys.settrace` in every thread; frames outside the repository are left untraced."""

    name = "sys.settrace"

    def __init__(self, inside):
        self._inside = inside
        self._paths = {}
        self._touched = []  # (code, lines) of the code that ran since the last look
        self._imported = {}
        self._trace = self._tracer()

    def start(self):
        """Begin to record."""
        threading.settrace(self._trace)
        sys.settrace(self._trace)

    def take(self):
        """Path -> lines executed since the last call; arms this thread again if a test took the trace function away."""
        found = {}
        touched = self._touched[:]
        del self._touched[: len(touched)]
        for code, lines in touched:
            path = self._paths.get(code.co_filename)
            target = found if code.co_flags & _FUNCTION else self._imported
            target.setdefault(path, set()).update(lines)
            lines.clear()
        if sys.gettrace() is not self._trace:
            sys.settrace(self._trace)
        return found

    def imported(self):
        """Path -> lines of modules and class bodies seen so far."""
        return self._imported

    def _tracer(self):
        paths, inside, touch = self._paths, self._inside, self._touched.append
        locals_of = {}  # by identity: equal code objects hash slowly and may be of two files
        seen = []  # code that is kept alive, so that its id stays its own

        def recorder(code):
            lines = set()
            entry = code, lines
            add = lines.add

            def local(frame, event, argument):
                if event == "line":
                    if not lines:
                        touch(entry)
                    add(frame.f_lineno)
                return local

            return local

        def trace(frame, event, argument):
            code = frame.f_code
            try:
                return locals_of[id(code)]
            except KeyError:
                filename = code.co_filename
                try:
                    path = paths[filename]
                except KeyError:
                    path = paths[filename] = inside(filename)
                seen.append(code)
                local = locals_of[id(code)] = None if path is None else recorder(code)
                return local

        return trace


class Recorder(object):
    """Turns a tracer's findings into records; equal sets of lines are written once and referred to by number."""

    def __init__(self, reporter, running=None):
        self._reporter = reporter
        self._tracer = running or tracer(reporter.inside)
        self._spans = {}
        self._left = reporter.config["coverage_limit"]
        if running is None:
            self._tracer.start()

    def take(self):
        """The lines executed since the last call, as [(path, ranges)]."""
        return [(path, ranges(lines)) for path, lines in self._tracer.take().items()]

    def write(self, test, found):
        """Write the lines of one test, [(path, ranges)]; past the size limit no record (which is not an empty one)."""
        numbers = []
        for key in sorted(set(found)):
            number = self._spans.get(key)
            if number is None:
                self._left -= len(key[0]) + len(key[1])
                if self._left < 0:
                    return
                number = self._spans[key] = len(self._spans)
                self._reporter.write("span", n=number, path=key[0], lines=key[1])
            numbers.append(number)
        self._reporter.write("cover", id=test, spans=numbers)

    def close(self):
        """Write the lines of modules and class bodies; what ran since the last test is nobody's."""
        self._tracer.take()
        self.write(IMPORT, [(path, ranges(lines)) for path, lines in self._tracer.imported().items()])
