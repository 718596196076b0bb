"""Reports unittest, and every runner built on it, by wrapping TestResult's and TestSuite's methods.

`arm` costs nothing until unittest is imported: a finder on sys.meta_path waits for `unittest.main`, which the
package imports after `result`, `case`, `suite` and `loader`, wraps, and steps aside.

A session is a call of a suite's `run` that is not inside another one. Whatever result class the runner uses, it
inherits the wrapped methods. A class or module whose set-up fails never starts its tests: they get its outcome.
"""

import os
import sys

import reasoncli_canaries
import reasoncli_order
import reasoncli_report

_OUTCOMES = {"passed": 0, "skipped": 1, "xfailed": 1, "xpassed": 1, "failed": 2, "error": 3, "timeout": 4}


def arm():
    """Wrap unittest, now or when it is imported."""
    if "unittest.main" in sys.modules:
        _wrap()
    else:
        sys.meta_path.insert(0, _Waiting())


class _Waiting(object):
    """A finder that finds nothing, but notices that unittest is being imported.

    It stays where it is: Python 2 goes on by the length that the list of finders had before.
    """

    noticed = False

    def find_spec(self, name, path=None, target=None):
        if name == "unittest.main" and not self.noticed:
            self.noticed = True
            _wrap()

    find_module = find_spec  # Python 2


class Session(object):
    """What is known between the beginning and the end of a top-level suite."""

    def __init__(self, reporter, recorder):
        self.reporter = reporter
        self.recorder = recorder
        self.depth = 0
        self.pending = []  # collected, without an outcome yet
        self.running = None  # id of the running test
        self.owner = None  # the result object that started it
        self.state = {}
        self.shared = None, []  # a test class, and the lines of its set-up
        self.canaries = reasoncli_canaries.Canaries(reporter.config)
        self.canary = False  # whether a test of our own runs

    def opened(self, suite, result):
        """A top-level suite is about to run: narrow it to what is selected, tell what will run."""
        selected = self.reporter.config["tests"]
        if selected is not None:
            _narrow(suite, frozenset(name for each in selected for name in _dotted(each)))
        seed = self.reporter.config.get("shuffle")
        if seed is not None:
            reasoncli_order.Order(seed).unittest_suite(suite)
        if hasattr(result, "failfast"):
            result.failfast = self.reporter.config["stop_after"] == 1
        self.reporter.write(
            "session",
            kind="unittest",
            rootdir=".",
            cwd=os.path.relpath(os.getcwd(), self.reporter.root),
            python=reasoncli_report.version(),
            runner="unittest",
        )
        tests = [(test, test_id(test)) for test in _flat(suite)]
        self.pending = [name for _, name in tests]
        self.reporter.write("collected", ids=self.canaries.place(tests, _canary))

    def closed(self, result):
        """The suite ran to its end."""
        stopped = bool(getattr(result, "shouldStop", False))
        wanted = self.reporter.config["stop_after"] == 1
        if self.recorder is not None:
            self.recorder.close()
        self.reporter.write("closed", status=0, regular=wanted or not stopped, stopped=stopped)

    def start(self, test, result):
        """A test starts."""
        if not self.canary:
            self.run_canaries(self.canaries.before(test))
        self.running, self.owner = test_id(test), result
        self.state = {"outcome": "passed", "told": False}
        self.reporter.write("start", id=self.running)
        if self.recorder is not None and not self.canary:
            self.prepare(test)
        self.began = reasoncli_report.now()
        self.reporter.armed = True

    def run_canaries(self, canaries):
        """Run tests of our own with a result of their own: the project's runner doesn't see them."""
        for canary, _ in canaries:
            self.canary = True
            try:
                reasoncli_canaries.run_unittest_case(canary)
            finally:
                self.canary = False

    def prepare(self, test):
        """What ran since the last test set up a class or module: it belongs to all tests of the class."""
        lines = self.recorder.take()
        if self.shared[0] is type(test):
            lines = self.shared[1] + lines
        self.shared = type(test), lines

    def tell(self, outcome, message="", error=None):
        """The running test has an outcome; the worst of several counts."""
        self.state["told"] = True
        if _OUTCOMES[outcome] > _OUTCOMES[self.state["outcome"]]:
            self.state.update(_details(self.reporter, outcome, message, error))
            text = self.state["message"]
            if outcome == "error" and "Failed to import test module" in text:
                self.state["message"] = text.strip().splitlines()[-1]  # what the import raised

    def stop(self):
        """The running test is over."""
        self.reporter.armed = False
        duration = reasoncli_report.now() - self.began
        test, state = self.running, self.state
        self.running = self.owner = None
        if test in self.pending:
            self.pending.remove(test)
        if self.recorder is not None and not self.canary:
            self.recorder.write(test, self.recorder.take() + self.shared[1])
        if state.pop("told"):
            self.reporter.write("result", id=test, duration=duration, **state)

    def unstarted(self, test, outcome, message="", error=None):
        """A test has an outcome without being started: Python 3.12.1 skips so."""
        name = test_id(test)
        if name in self.pending:
            self.pending.remove(name)
            details = _details(self.reporter, outcome, message, error)
            self.reporter.write("result", id=name, duration=0.0, **details)

    def fixture(self, holder, outcome, message="", error=None):
        """A class's or a module's set-up or tear-down failed or skipped: the tests it holds share that."""
        where, _, name = holder.id().partition(" (")
        name = name.rstrip(")")
        details = _details(self.reporter, outcome, message, error)
        for test in [each for each in self.pending if each.startswith(name + ".")]:
            self.pending.remove(test)
            self.reporter.write("result", id=test, duration=0.0, **details)
        if outcome == "error" and where.startswith("tearDown"):
            self.reporter.write("result", id=name, duration=0.0, **details)


def test_id(test):
    """The test's dotted name; for a module that could not be imported, the module's."""
    name = test.id()
    for prefix in (
        "unittest.loader._FailedTest.",
        "unittest.loader.ModuleImportFailure.",
        "unittest.loader.LoadTestsFailure.",
    ):
        if name.startswith(prefix):
            return name[len(prefix) :]
    return name


def _canary(test, name, fails):
    canary = reasoncli_canaries.unittest_case(test, name, fails)
    return canary, test_id(canary)


def _details(reporter, outcome, message, error):
    if error is None:
        return {"outcome": outcome, "message": reasoncli_report.cap(message, reasoncli_report.MESSAGE_LIMIT)}
    import traceback

    kind, value, trace = error
    if isinstance(kind, type) and issubclass(kind, reasoncli_report.TestTimedOut):
        outcome = "timeout"
    text, frames = reporter.describe(kind, value, trace)
    try:
        rendered = "".join(traceback.format_exception(kind, value, trace))
    except Exception as failure:  # an exception that can't be printed
        rendered = "(its traceback can't be rendered: %s)" % type(failure).__name__
    return {
        "outcome": outcome,
        "message": message + text,
        "traceback": reasoncli_report.cap(rendered, reasoncli_report.TRACEBACK_LIMIT),
        "frames": frames,
    }


def _flat(suite):
    for each in getattr(suite, "_tests", None) or suite:
        if each is None:
            continue
        if hasattr(each, "id"):
            yield each
        else:
            for test in _flat(each):
                yield test


def _narrow(suite, selected):
    """Keep the selected tests, those whose class or module is, and modules that can't be imported."""
    kept = []
    for each in getattr(suite, "_tests", ()):
        if each is None:
            continue
        if not hasattr(each, "id"):
            _narrow(each, selected)
            kept.append(each)
        elif _is_selected(test_id(each), selected) or _holds(test_id(each), selected):
            kept.append(each)
    if hasattr(suite, "_tests"):
        suite._tests[:] = kept


def _dotted(name):
    """Names under which a selection may be known: a path's are dotted, from whatever folder discovery starts in."""
    if "/" not in name and not name.endswith(".py"):
        return [name]
    parts = (name[:-3] if name.endswith(".py") else name).split("/")
    return [".".join(parts[first:]) for first in range(len(parts))]


def _is_selected(name, selected):
    while name:
        if name in selected:
            return True
        name = name.rpartition(".")[0]
    return False


def _holds(name, selected):
    return any(each.startswith(name + ".") for each in selected)


def _early_tracer():
    """A running tracer, so that what the tests import is seen too; None under pytest, whose plugin has its own."""
    config = None if "_pytest" in sys.modules else reasoncli_report.peek()
    if not config or not config["coverage"]:
        return None
    import reasoncli_coverage

    tracer = reasoncli_coverage.tracer(lambda filename: reasoncli_report.relative(filename, config["root"]))
    tracer.start()
    return tracer


def _wrap():
    """Wrap the base classes."""
    result_class = sys.modules["unittest.result"].TestResult
    suite_class = sys.modules["unittest.suite"].TestSuite
    holder_class = sys.modules["unittest.suite"]._ErrorHolder
    sessions = []  # at most one: the process's
    tracer = _early_tracer()

    def session(result, test):
        """The session this call belongs to; None for a result object that a running test made for itself."""
        if not sessions or sessions[0].depth == 0:
            return None
        found = sessions[0]
        return found if found.owner is None or found.owner is result else None

    def wrap_run(original):
        def run(self, result, *arguments, **keywords):
            if not sessions:
                reporter = reasoncli_report.claim("unittest")
                if reporter is None:
                    return original(self, result, *arguments, **keywords)
                recorder = None
                if reporter.config["coverage"]:
                    import reasoncli_coverage

                    recorder = reasoncli_coverage.Recorder(reporter, tracer)
                sessions.append(Session(reporter, recorder))
            found = sessions[0]
            if found.running is not None:
                return original(self, result, *arguments, **keywords)
            if found.depth == 0:
                found.opened(self, result)
            found.depth += 1
            try:
                value = original(self, result, *arguments, **keywords)
                if found.depth == 1:
                    found.run_canaries(found.canaries.rest())
            finally:
                found.depth -= 1
            if found.depth == 0:
                found.closed(result)
            return value

        return run

    def wrap_start(original):
        def start_test(self, test):
            original(self, test)
            found = session(self, test)
            if found is not None and found.running is None:
                found.start(test, self)

        return start_test

    def wrap_stop(original):
        def stop_test(self, test):
            found = session(self, test)
            if found is not None and found.running is not None:
                found.stop()
            original(self, test)

        return stop_test

    def wrap_add(original, outcome, describe):
        def add(self, test, *arguments):
            found = session(self, test)
            if found is not None:
                details = describe(*arguments)
                if isinstance(test, holder_class):
                    found.fixture(test, outcome, *details)
                elif found.running is not None:
                    found.tell(outcome, *details)
                elif hasattr(test, "id"):
                    found.unstarted(test, outcome, *details)
            return original(self, test, *arguments)

        return add

    def wrap_subtest(original):
        def add_subtest(self, test, subtest, error):
            found = session(self, test)
            if found is not None and found.running is not None and error is not None:
                failed = issubclass(error[0], test.failureException)
                description = getattr(subtest, "_subDescription", str)()
                found.tell("failed" if failed else "error", description + " ", error)
            return original(self, test, subtest, error)

        return add_subtest

    suite_class.run = wrap_run(suite_class.run)
    result_class.startTest = wrap_start(result_class.startTest)
    result_class.stopTest = wrap_stop(result_class.stopTest)
    for name, outcome, describe in (
        ("addSuccess", "passed", lambda *_: ()),
        ("addFailure", "failed", lambda error: ("", error)),
        ("addError", "error", lambda error: ("", error)),
        ("addSkip", "skipped", lambda reason: (str(reason),)),
        ("addExpectedFailure", "xfailed", lambda error: ("", error)),
        ("addUnexpectedSuccess", "xpassed", lambda *_: ("unexpected success",)),
    ):
        setattr(result_class, name, wrap_add(getattr(result_class, name), outcome, describe))
    if hasattr(result_class, "addSubTest"):
        result_class.addSubTest = wrap_subtest(result_class.addSubTest)
