"""PYTEST_DONT_REWRITE

A pytest plugin that reports every test to run.py (see reasoncli_report for the records).

Works from pytest 4.6 on. It also makes a run say as much as it can and always the same: no early stop, collection
errors don't hide the other tests, no coverage of the project's own, no random order but ours, a fresh cache, and one
process (xdist stays loaded and is told not to distribute: a sandbox has one core, and order shall be fixed).
"""

import os
import sys

import pytest
import reasoncli_canaries
import reasoncli_order
import reasoncli_report

_RANK = {"passed": 0, "skipped": 1, "xfailed": 1, "xpassed": 1, "failed": 2, "error": 3, "timeout": 4}


class Watcher(object):
    """Sees each phase of each test: exceptions, frames and lines, which it ties to the phase's report."""

    def __init__(self, reporter, recorder, writer):
        self._reporter = reporter
        self._recorder = recorder
        self._writer = writer
        self._shared = {}  # id of a fixture that outlives its test -> the fixture, the lines of its set-up
        self._open = [[]]  # lines of the test, and of the fixtures being set up inside it

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item, nextitem):
        """A test begins: say so, and forget the lines that ran before it."""
        self._writer.run_canaries(self._writer.canaries.before(item))
        self._reporter.write("start", id=item.nodeid)
        if self._recorder is not None:
            self._recorder.take()
            self._open = [[]]
        yield

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef, request):
        """What the set-up of a module's or session's fixture executes belongs to every test that uses it."""
        if self._recorder is None or fixturedef.scope == "function":
            yield
            return
        self._open[-1].extend(self._recorder.take())
        self._open.append([])
        yield
        lines = self._open.pop() + self._recorder.take()
        self._shared[id(fixturedef)] = fixturedef, lines

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item):
        """From here on a time-out may interrupt."""
        self._reporter.armed = True
        yield
        self._reporter.armed = False

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item):
        """From here on a time-out may interrupt."""
        self._reporter.armed = True
        yield
        self._reporter.armed = False

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item, nextitem):
        """From here on a time-out may interrupt."""
        self._reporter.armed = True
        yield
        self._reporter.armed = False

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item, call):
        """A phase ended: tie its exception, frames and, at the last one, lines to its report."""
        self._reporter.armed = False
        outcome = yield
        report = outcome.get_result()
        found = {}
        if call.excinfo is not None:
            kind, value, trace = call.excinfo.type, call.excinfo.value, call.excinfo.tb
            found["message"], found["frames"] = self._reporter.describe(kind, value, trace)
            found["timeout"] = issubclass(kind, reasoncli_report.TestTimedOut)
        if call.when == "teardown" and self._recorder is not None:
            found["lines"] = self._lines(item)
        report.reasoncli = found

    def _lines(self, item):
        lines = self._open[0] + self._recorder.take()
        fixtures = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
        for definitions in fixtures.values():
            for definition in definitions:
                lines.extend(self._shared.get(id(definition), (None, ()))[1])
        return lines

    @pytest.hookimpl(hookwrapper=True)
    def pytest_make_collect_report(self, collector):
        """A module was collected or not: tie the exception to its report."""
        outcome = yield
        report = outcome.get_result()
        excinfo = getattr(getattr(report, "call", None), "excinfo", None)
        if excinfo is not None and not report.passed:
            value = excinfo.value
            if type(value).__name__ == "CollectError":  # wraps the ImportError it tells of
                value = value.__cause__ or value.__context__ or value
            trace = getattr(value, "__traceback__", None) or excinfo.tb
            message, frames = self._reporter.describe(type(value), value, trace)
            report.reasoncli = {"message": message, "frames": frames}


class Writer(object):
    """Writes what is going to run, each test's result, and the end."""

    def __init__(self, reporter, recorder, selected, order):
        self._reporter = reporter
        self._recorder = recorder
        self._selected = selected
        self._order = order
        self._running = {}
        self.canaries = reasoncli_canaries.Canaries(reporter.config)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, session, config, items):
        """Before every other plugin: change the order, which theirs overrules. After them: keep what is selected."""
        if self._order is not None:
            self._order.pytest_items(items)
        yield
        if self._selected is not None:
            dropped = [item for item in items if not is_selected(item.nodeid, self._selected)]
            if dropped:
                items[:] = [item for item in items if is_selected(item.nodeid, self._selected)]
                config.hook.pytest_deselected(items=dropped)
        if self._reporter.config["listed"] and self._selected is not None:
            reasoncli_order.as_listed(items, self._reporter.config["tests"])

    def pytest_collection_finish(self, session):
        """Say what is going to run."""
        tests = [(item, item.nodeid) for item in session.items]
        self._reporter.write("collected", ids=self.canaries.place(tests, reasoncli_canaries.pytest_item))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session):
        """Canaries that no test came after."""
        yield
        self.run_canaries(self.canaries.rest())

    def run_canaries(self, canaries):
        """Run tests of our own; they are written like any other, and seen by nobody else."""
        for canary, name in canaries:
            self._reporter.write("start", id=name)
            for report in reasoncli_canaries.run_pytest_item(canary):
                self.pytest_runtest_logreport(report)

    def pytest_collectreport(self, report):
        """A module that could not be collected is an error under its own path."""
        if report.failed:
            found = getattr(report, "reasoncli", {})
            self._reporter.write(
                "result",
                id=report.nodeid or "<collection>",
                outcome="error",
                duration=0.0,
                message=found.get("message") or reasoncli_report.cap(_text(report), reasoncli_report.MESSAGE_LIMIT),
                traceback=reasoncli_report.cap(_text(report), reasoncli_report.TRACEBACK_LIMIT),
                frames=found.get("frames", []),
            )

    def pytest_runtest_logreport(self, report):
        """Gather a test's phases; the worst outcome counts, and the last phase writes it."""
        if report.outcome == "rerun":
            return
        if report.when == "setup" or report.nodeid not in self._running:
            self._running[report.nodeid] = {"outcome": "passed", "duration": 0.0}
        state = self._running[report.nodeid]
        found = getattr(report, "reasoncli", {})
        state["duration"] += getattr(report, "duration", 0.0)
        outcome = "timeout" if found.get("timeout") else _outcome(report)
        if _RANK[outcome] > _RANK[state["outcome"]]:
            state["outcome"] = outcome
            if outcome in ("skipped", "xfailed", "xpassed"):
                state["message"] = reasoncli_report.cap(_reason(report), reasoncli_report.MESSAGE_LIMIT)
            else:
                text = _text(report)
                state["message"] = found.get("message") or reasoncli_report.cap(text, reasoncli_report.MESSAGE_LIMIT)
                state["traceback"] = reasoncli_report.cap(text, reasoncli_report.TRACEBACK_LIMIT)
                state["frames"] = found.get("frames", [])
        if report.when == "teardown":
            del self._running[report.nodeid]
            if "lines" in found and self._recorder is not None:
                self._recorder.write(report.nodeid, found["lines"])
            self._reporter.write("result", id=report.nodeid, **state)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session, exitstatus):
        """The regular end, after every other plugin's."""
        yield
        if self._recorder is not None:
            self._recorder.close()
        self._reporter.status = int(exitstatus)
        if self._reporter.config["loaded"]:
            self._reporter.write("loaded", **reasoncli_report.loaded(self._reporter.root))
        self._reporter.write(
            "closed", status=int(exitstatus), regular=int(exitstatus) in (0, 1, 5), stopped=bool(session.shouldfail)
        )


class Settings(object):
    """Holds the run to what its report needs."""

    def __init__(self, reporter):
        self._reporter = reporter
        self._config = reporter.config

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_load_initial_conftests(self, early_config, parser, args):
        """Before pytest-cov decides whether to start."""
        _without_coverage(early_config.known_args_namespace)
        yield

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_cmdline_main(self, config):
        """With all options known and nothing collected yet: set what a report needs, and say that a session begins."""
        option = config.option
        option.maxfail = self._config["stop_after"]
        option.continue_on_collection_errors = True
        _without_coverage(option)
        if hasattr(option, "numprocesses"):
            option.numprocesses, option.dist, option.tx = 0, "no", []
        if hasattr(option, "randomly_reorganize"):
            option.randomly_reorganize, option.randomly_seed = False, 0
        if hasattr(option, "random_order_seed"):
            option.random_order_seed = "0"
        if isinstance(getattr(config, "_inicache", None), dict):
            config._inicache["cache_dir"] = self._config["cache"]
        root = str(getattr(config, "rootpath", None) or config.rootdir)
        selected = self._config["tests"]
        if selected is not None:
            files = sorted({os.path.join(root, each.split("::")[0]) for each in selected})
            files = [file for file in files if os.path.exists(file)]
            if files:
                config.args = files
        self._reporter.write(
            "session",
            kind="pytest",
            rootdir=os.path.relpath(root, self._reporter.root),
            cwd=os.path.relpath(os.getcwd(), self._reporter.root),
            python=reasoncli_report.version(),
            runner=pytest.__version__,
        )
        yield


def is_selected(nodeid, selected):
    """Whether the test or something that holds it (class, module, folder) is selected."""
    if nodeid in selected:
        return True
    name = nodeid.split("[", 1)[0]
    for separator in ("::", "/"):
        while separator in name:
            name = name.rsplit(separator, 1)[0]
            if name in selected:
                return True
    return False


def _outcome(report):
    if report.when == "call":
        if hasattr(report, "wasxfail"):
            return "xpassed" if report.outcome == "passed" else "xfailed"
        return report.outcome
    if report.outcome == "failed":
        return "error"
    if report.outcome == "skipped":
        return "xfailed" if hasattr(report, "wasxfail") else "skipped"
    return "passed"


def _text(report):
    try:
        return report.longreprtext
    except Exception as error:  # a project's own exception representation
        return "(its traceback can't be rendered: %s)" % type(error).__name__


def _reason(report):
    if hasattr(report, "wasxfail"):
        return report.wasxfail
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2]
    return _text(report)


def _without_coverage(option):
    """pytest-cov would trace in our place, and fail a run for its threshold."""
    if getattr(option, "cov_source", None):
        option.cov_source = []
    if hasattr(option, "no_cov"):
        option.no_cov = True


class Warm(object):
    """Stops before the first conftest is imported, and lets each fork go on from there."""

    def __init__(self, manager):
        self._manager = manager

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_load_initial_conftests(self, early_config, parser, args):
        """Wait here; outermost, so that not even pytest's capturing has begun."""
        import reasoncli_warm

        reasoncli_warm.serve(early_config)
        _report(self._manager)
        _without_coverage(early_config.known_args_namespace)
        yield


def pytest_plugin_registered(plugin, manager):
    """As soon as this module is known to pytest, before any conftest is imported, its parts follow."""
    if plugin is sys.modules[__name__]:
        if "REASONCLI_WARM" in os.environ:
            manager.register(Warm(manager))
        else:
            _report(manager)


def _report(manager):
    reporter = reasoncli_report.claim("pytest")
    if reporter is None:  # a pytest inside a test: not ours to report
        return
    recorder = None
    if reporter.config["coverage"]:
        import reasoncli_coverage

        recorder = reasoncli_coverage.Recorder(reporter)
    tests, seed = reporter.config["tests"], reporter.config.get("shuffle")
    order = None if seed is None else reasoncli_order.Order(seed)
    manager.register(Settings(reporter))
    writer = Writer(reporter, recorder, None if tests is None else frozenset(tests), order)
    manager.register(Watcher(reporter, recorder, writer))
    manager.register(writer)
