"""PYTEST_DONT_REWRITE

Another order of the same tests, the same for the same seed on every Python: what changes with it depends on order.

Folders and modules are shuffled by the seed. Inside a module everything is turned around: so of two tests where one
needs the other before it, or is spoilt by it, the wrong one comes first for certain, and not by a coin's toss.
What holds tests together stays together (folders, modules, classes, the parameters of one test), so that a fixture of
a module, class or package is set up as often as before. A part of a suite keeps the relative order of the whole.
"""

import hashlib
import sys


class Order(object):
    """Places of tests under one seed."""

    def __init__(self, seed):
        self._seed = str(seed)
        self._known = {}

    def pytest_items(self, items):
        """Items of pytest in another order."""
        first = {}
        keys = {}
        for index, item in enumerate(items):
            path, _, rest = item.nodeid.partition("::")
            key, prefix = self._place(path.split("/")), path
            for name in _inner(rest):
                prefix += "::" + name
                key.append(_backwards(first.setdefault(prefix, index)))
            keys[id(item)] = key + [_backwards(index)]
        items.sort(key=lambda item: keys[id(item)])

    def unittest_suite(self, suite):
        """The tests of a suite, and of the suites in it, in another order; one that isn't loaded is left alone."""
        tests = getattr(suite, "_tests", None)
        if not isinstance(tests, list) or not all(hasattr(each, "id") or hasattr(each, "_tests") for each in tests):
            return
        for each in tests:
            if not hasattr(each, "id"):
                self.unittest_suite(each)
        tests.reverse()
        tests.sort(key=lambda each: (_rank(each), self._place(_module(each).split("."))))

    def _place(self, names):
        """A sort key for a folder or module whose holders, outermost first, and own name are these."""
        key, path = [], self._seed
        for name in names:
            path += "/" + name
            digest = self._known.get(path)
            if digest is None:
                data = path if isinstance(path, bytes) else path.encode("utf-8", "backslashreplace")
                digest = self._known[path] = hashlib.sha256(data).hexdigest()[:16]
            key.append(digest)
        return key


def as_listed(items, tests):
    """Sort pytest's items by file: a file's place is that of its first test in the list."""
    places = {}
    for place, test in enumerate(tests):
        places.setdefault(test.partition("::")[0], place)
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(places)))


def _backwards(index):
    """A text that sorts against the index; texts, so that whatever a plugin calls an item, keys can be compared."""
    return "%012d" % (10**11 - index)


def _inner(rest):
    """`C::d[x]` -> C, d: what holds a test inside its module; the parameters are the test itself."""
    return [name for name in rest.partition("[")[0].split("::") if name]


def _module(test):
    """The module of a test, or of the first one in a suite."""
    while not hasattr(test, "id"):
        inner = [each for each in test._tests if each is not None]
        if not inner:
            return ""
        test = inner[0]
    return type(test).__module__


def _rank(test):
    """Django runs its kinds of tests in a fixed order, since the later ones spoil the database for the earlier."""
    django = sys.modules.get("django.test")
    if django is None or not hasattr(test, "id"):
        return 0
    for rank, name in enumerate(("TestCase", "SimpleTestCase")):
        if isinstance(test, getattr(django, name, ())):
            return rank
    return 2
