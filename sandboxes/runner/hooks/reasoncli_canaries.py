"""PYTEST_DONT_REWRITE

Two tests of our own in every session, one that must fail and one that must pass, under names drawn for the run.

Whoever makes failing tests look passed, by patching assertions, reports or this channel, makes the failing canary
pass, too; the reader of the report knows which must fail, and takes both out of it.

A canary is run by the same code as the project's tests (assertion rewriting, `Function.runtest`, the runner's protocol,
`TestCase.run`), but nobody else sees it: it is no item of the session, it has no fixtures and no marks, and hooks of
conftests and installed plugins are not called for it. Nothing is counted, printed or written for it but our records.
"""

import os
import sys
import types

import reasoncli_report

_BODY = "def %s():\n    left, right = %d, %d\n    assert left == right\n"
_TRIES = 64  # tests to try to stand beside; the reader of the report sees when none will do
_PROGRAM_STATE = ("last_type", "last_value", "last_traceback", "last_exc")  # what pytest leaves in `sys` on a failure


class Canaries(object):
    """The canaries of one session, and before which of its tests they run."""

    def __init__(self, config):
        self._spec = config.get("canaries") or {"names": (), "places": ()}
        self._waiting = []  # (index of the test they run before, canary, id), in order
        self._indexes = {}

    def place(self, tests, make):
        """Set the canaries among the tests, and return all ids in the order in which they are going to run.

        Args:
            tests: (test, id) in order.
            make: (test, name, whether it fails) -> (canary, id) beside that test.
        """
        self._indexes = {id(test): index for index, (test, _) in enumerate(tests)}
        self._waiting = []
        for fails, name in enumerate(self._spec["names"]):
            for place in range(self._spec["places"][fails], self._spec["places"][fails] + min(len(tests), _TRIES)):
                index = place % len(tests)
                try:
                    self._waiting.append((index,) + make(tests[index][0], name, bool(fails)))
                    break
                except Exception:  # a kind of test that nothing can stand beside
                    continue
        self._waiting.sort(key=lambda each: each[0])
        ids = [name for _, name in tests]
        for index, _, name in reversed(self._waiting):
            ids.insert(index, name)
        return ids

    def before(self, test):
        """(canary, id) of those that shall have run before this test and did not yet."""
        index = self._indexes.get(id(test), -1)
        return self._take(index)

    def rest(self):
        """(canary, id) of those that no test came after."""
        return self._take(len(self._indexes))

    def _take(self, index):
        taken = [each[1:] for each in self._waiting if each[0] <= index]
        self._waiting = [each for each in self._waiting if each[0] > index]
        return taken


def numbers(fails):
    """Two numbers to compare."""
    left = ord(os.urandom(1))
    return left, left + 1 if fails else left


# ---------------------------------------------------------------- pytest


def pytest_item(item, name, fails):
    """A canary beside a test of pytest, and its id."""
    import pytest
    from _pytest.fixtures import FuncFixtureInfo

    made = _item_class(pytest)
    space = {"__name__": item.parent.name}
    exec(_rewritten(_BODY % ((name,) + numbers(fails)), item), space)
    callobj, fixtures = space[name], FuncFixtureInfo((), (), [], {})
    if hasattr(pytest.Function, "from_parent"):
        canary = made.from_parent(item.parent, name=name, callobj=callobj, fixtureinfo=fixtures)
    else:
        canary = made(name, item.parent, callobj=callobj, fixtureinfo=fixtures)
    canary.reasoncli_place = item.reportinfo()[0]
    return canary, canary.nodeid


def run_pytest_item(canary):
    """The reports of a canary's phases; none if it can't be run."""
    from _pytest.runner import runtestprotocol

    state = {name: getattr(sys, name) for name in _PROGRAM_STATE if hasattr(sys, name)}
    try:
        return runtestprotocol(canary, log=False, nextitem=None)
    except Exception:  # its place stays empty, which the reader of the report sees
        return []
    finally:
        for name in _PROGRAM_STATE:
            if name in state:
                setattr(sys, name, state[name])
            elif hasattr(sys, name):
                delattr(sys, name)


def _item_class(pytest):
    class Canary(pytest.Function):
        """A function without fixtures and marks, whose hooks are pytest's own."""

        @property
        def ihook(self):
            return _Hooks(self.config)

        def iter_markers(self, name=None):
            return iter(())

        def iter_markers_with_node(self, name=None):
            return iter(())

        def reportinfo(self):
            return self.reasoncli_place, 0, self.name

        def repr_failure(self, excinfo, style=None):
            return "%s: %s" % (excinfo.type.__name__, excinfo.value)

    Canary.__name__ = "Function"
    return Canary


class _Hooks(object):
    """pytest's hooks without those of conftests and installed plugins; nothing of the project is set up."""

    def __init__(self, config):
        self._config = config

    def __getattr__(self, name):
        manager = self._config.pluginmanager
        root = str(getattr(self._config, "rootpath", None) or self._config.rootdir)
        left_out = [plugin for plugin in manager.get_plugins() if not _called(plugin, name, root)]
        return manager.subset_hook_caller(name, left_out)


def _called(plugin, hook, root):
    """Whether a plugin's hook runs for canaries.

    pytest's and ours; and objects that the project's own code registered, for they may be there to change reports.
    """
    module = isinstance(plugin, types.ModuleType)
    name = plugin.__name__ if module else type(plugin).__module__
    if name.startswith("reasoncli_"):
        return True
    if name.startswith("_pytest."):
        if hook in ("pytest_runtest_setup", "pytest_runtest_teardown"):
            return name in ("_pytest.logging", "_pytest.capture", "_pytest.skipping")
        return hook != "pytest_exception_interact"
    if module:
        return False
    file = getattr(sys.modules.get(name), "__file__", None)
    inside = reasoncli_report.relative(file, os.path.realpath(root)) if file else None
    return inside is not None and os.path.basename(inside) != "conftest.py"


def _rewritten(source, item):
    """The code as pytest would make it of a test module: with assertions that explain themselves."""
    import ast

    from _pytest.assertion.rewrite import rewrite_asserts

    tree = ast.parse(source)
    if "source" in rewrite_asserts.__code__.co_varnames[:2]:
        rewrite_asserts(tree, source.encode("ascii"))
    else:  # before pytest 5
        rewrite_asserts(tree, item.fspath)
    return compile(tree, "<canary>", "exec", 0, True)


# ---------------------------------------------------------------- unittest


def unittest_case(test, name, fails):
    """A canary beside a test of unittest."""
    import unittest

    left, right = numbers(fails)

    def body(self):
        self.assertEqual(left, right)  # noqa: PT009 - this is the way that is tested

    body.__name__ = name
    place = type(test)
    space = {name: body, "__module__": place.__module__, "__qualname__": getattr(place, "__qualname__", place.__name__)}
    return type(place.__name__, (unittest.TestCase,), space)(name)


def run_unittest_case(canary):
    """Run it with a result of its own: our hooks see it, the project's runner doesn't."""
    import unittest

    canary.run(unittest.TestResult())
