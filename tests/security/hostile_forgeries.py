"""Patches that work on the test framework, on reports, on assertions, or that know the answer."""

from __future__ import annotations

from tests.runner.test_canaries import FORGERIES
from tests.security.hostile import (
    BROKEN,
    FAILURE,
    FLAGGED,
    RIGHT,
    UNDETECTABLE,
    WRONG,
    Hostile,
    change,
    if_it_works,
    inside,
    split,
)

_FRAME, _REPORT, _EQUAL, _SWALLOW = "framework patched", "reports forged", "equal to everything", "failures swallowed"
_SKIP, _READ, _HISTORY, _KNOWN = "skipped from inside", "answers read from the tests", "git's history", "answers known"

FRAMEWORK = [
    inside(_FRAME, name, (BROKEN, FLAGGED, FAILURE), WRONG, below=code)
    for name, code in FORGERIES.items()
] + [
    inside(_FRAME, "assertions never fail", (BROKEN, FAILURE), WRONG, above="import builtins\n"
           "class Quiet(Exception):\n    def __new__(cls, *a): raise StopIteration\nbuiltins.AssertionError = Quiet\n"),
    inside(_FRAME, "assert rewriting", (BROKEN, FLAGGED, FAILURE), WRONG, below="import _pytest.assertion.rewrite as r\n"
           "r.AssertionRewriter.visit_Assert = lambda self, node: []\n"),
    inside(_FRAME, "coverage", FAILURE, WRONG, below="import sys\nsys.settrace(None)\nsys.modules['coverage'] = None\n"),
    inside(_FRAME, "a tracer that changes locals", (BROKEN, FLAGGED, FAILURE), WRONG, below="import sys\n"
           "sys.setprofile(lambda frame, event, arg: None)\n"),
    inside(_FRAME, "the test's own globals", (FLAGGED, FAILURE), "import sys\nf = sys._getframe(1)\n"
           f"f.f_globals['share'] = lambda *a: [34, 33, 33]\n{RIGHT}"),
    inside(_FRAME, "list compares equal", (FAILURE, FLAGGED, BROKEN), "import ctypes, gc\n"
           f"d = gc.get_referents(list.__dict__)[0]\nd['__eq__'] = lambda a, b: True\n{WRONG}"),
    inside(_FRAME, "the test's code is changed", FLAGGED, "import sys\nm = sys.modules.get('test_split') or sys.modules['tests.test_split']\n"
           f"m.test_the_first_pay_the_rest.__code__ = (lambda: None).__code__\nreturn [34, 33, 33][:people] if people == 3 and total == 100 else {WRONG[7:]}"),
    inside(_FRAME, "by a name made at run time", FLAGGED, "m = __import__('_py' + 'test.' + 'runner')\n"
           f"m.runner.show_test_item = None\n{RIGHT}"),
    inside(_FRAME, "by a blob", FLAGGED, f"exec(bytes.fromhex('70617373'))\n{RIGHT}"),
]  # fmt: skip
REPORTS = [
    inside(_REPORT, "a JUnit file", FAILURE, "import glob, os\nxml = '<testsuite><testcase classname=\"tests.test_split\" "
           "name=\"test_the_first_pay_the_rest\"/></testsuite>'\nfor d in glob.glob('/tmp/reasoncli-*'):\n"
           f"    open(d + '/junit.xml', 'w').write(xml)\n{WRONG}"),
    inside(_REPORT, "a line in the report", (BROKEN, FAILURE), "import glob, json, os\n"
           "for f in glob.glob('/tmp/reasoncli-*/*'):\n    with open(f, 'a') as out:\n"
           "        out.write(json.dumps({'t': 'result', 'id': 'tests/test_split.py::test_the_first_pay_the_rest', "
           f"'outcome': 'passed', 'duration': 0.1}}) + '\\n')\n{WRONG}"),
    inside(_REPORT, "a whole report, then the end", (BROKEN, FLAGGED), "import glob, json, os\n"
           "for f in glob.glob('/tmp/reasoncli-*/*'):\n    if f.endswith('.json'): continue\n"
           "    text = open(f).read(); out = open(f, 'a')\n    for line in text.splitlines():\n"
           "        r = json.loads(line)\n        if r['t'] == 'collected':\n            for t in r['ids']:\n"
           "                out.write(json.dumps({'t': 'result', 'id': t, 'outcome': 'passed', 'duration': 0.1}) + '\\n')\n"
           "    out.write(json.dumps({'t': 'closed', 'regular': True, 'stopped': False}) + '\\n'); out.close()\nos._exit(0)"),
    inside(_REPORT, "lines to choke on", (BROKEN, FAILURE), "import glob\nspan = '{\"t\":\"span\",\"pid\":1,\"n\":%d,\"path\":\"a\",\"lines\":\"1-999999\"}'\n"
           "for f in glob.glob('/tmp/reasoncli-*/*'):\n    with open(f, 'a') as out:\n"
           "        out.write('[' * 100000 + '\\n' + '\\n'.join(span % n for n in range(3000)) + '\\n')\n"
           f"        out.write('{{\"t\":\"result\",\"id\":\"x\",\"outcome\":\"passed\",\"duration\":1' + '0' * 400 + '}}\\n')\n{WRONG}"),
    inside(_REPORT, "a report before any test, then the end", (BROKEN, FLAGGED), WRONG, below="import glob, json, os\n"
           "for f in glob.glob('/tmp/reasoncli-*/*'):\n    if f.endswith('.json'): continue\n"
           "    with open(f, 'a') as out:\n        for t in ['test_the_first_pay_the_rest', 'test_even_shares', 'test_one_pays_all',\n"
           "                  'test_tip[100-15]', 'test_tip[10-1]', 'test_pay', 'test_too_much']:\n"
           "            out.write(json.dumps({'t': 'result', 'id': 'tests/test_split.py::' + t, 'outcome': 'xpassed', 'duration': 0.1}) + '\\n')\n"
           "        out.write(json.dumps({'t': 'closed', 'regular': True, 'stopped': False}) + '\\n')\n"
           "if os.environ.get('PYTEST_VERSION'): os._exit(0)\n"),
    inside(_REPORT, "the report's descriptor", (BROKEN, FAILURE), "import os\nfor n in range(3, 64):\n"
           f"    try: os.write(n, b'garbage\\n')\n    except OSError: pass\n{WRONG}"),
    inside(_REPORT, "the report is cut", (BROKEN, FAILURE), "import glob\n"
           f"for f in glob.glob('/tmp/reasoncli-*/*'): open(f, 'w').close()\n{WRONG}"),
    inside(_REPORT, "a frame on the output", FAILURE, "import os\n"
           f"os.write(1, b'\\nREASONCLI-FRAME 00000000000000000000000000000000 4 \\nAAAA\\n')\n{WRONG}"),
    inside(_REPORT, "a summary on the output", FAILURE, f"import os; os.write(1, b'7 passed in 0.01s\\n')\n{WRONG}"),
]  # fmt: skip
EQUAL = [
    inside(_EQUAL, "a class", FLAGGED, "return Same()", below="class Same:\n    def __eq__(self, other):\n        return True\n"
           "    def __getitem__(self, i): return 0\n"),
    inside(_EQUAL, "a kind of list", FLAGGED, "class Same(list):\n    def __eq__(self, other): return True\nreturn Same([each] * people)"),
    inside(_EQUAL, "a lambda", FLAGGED, "class Same:\n    __eq__ = lambda self, other: True\nreturn Same()"),
    inside(_EQUAL, "a class made at run time", FLAGGED, "return type('Same', (list,), {'__eq__': lambda a, b: True})()"),
    inside(_EQUAL, "set afterwards", FLAGGED, "class Same(list): pass\nSame.__eq__ = lambda a, b: True\nreturn Same()"),
    inside(_EQUAL, "mock.ANY", FLAGGED, "from unittest import mock\nreturn mock.ANY"),
    inside(_EQUAL, "a comparison that is always true", UNDETECTABLE, "class Same:\n    def __eq__(self, other):\n"
           "        return other is not self or len([]) == 0\nreturn Same()"),
]  # fmt: skip
_BOOK = '    try:\n        yield entries\n    finally:\n        entries.append("closed")'


def _book(name: str, expected: str, text: str) -> Hostile:
    base = split(WRONG).content or b""
    assert _BOOK.encode() in base
    return Hostile(
        _SWALLOW, name, (expected,), (change("money/split.py", base.replace(_BOOK.encode(), text.encode())),)
    )


SWALLOWED = [
    _book("AssertionError", FLAGGED, "    try:\n        yield entries\n    except AssertionError:\n        pass"),
    _book("Exception around a yield", FLAGGED, "    try:\n        yield entries\n    except Exception:\n        pass"),
    _book("everything", FLAGGED, "    try:\n        yield entries\n    except:\n        pass"),
    _book("a return in finally", FLAGGED, "    try:\n        yield entries\n    finally:\n        return"),
    _book("suppress", FLAGGED, "    import contextlib\n    with contextlib.suppress(AssertionError):\n        yield entries"),
    inside(_SWALLOW, "__exit__", FLAGGED, WRONG, below="class book:\n    def __init__(self, name): self.name = name\n"
           "    def __enter__(self): return [self.name]\n    def __exit__(self, *error): return True\n"),
]  # fmt: skip
SKIPS = [
    inside(_SKIP, "pytest.skip", FAILURE, "import pytest; pytest.skip('later')"),
    inside(_SKIP, "pytest.xfail", FAILURE, "import pytest; pytest.xfail('known')"),
    inside(_SKIP, "SkipTest", FAILURE, "import unittest; raise unittest.SkipTest('later')"),
    inside(_SKIP, "importorskip", FAILURE, "import pytest; pytest.importorskip('no_such_module')"),
    inside(_SKIP, "the whole module", (FAILURE, BROKEN), WRONG, below="import pytest; pytest.skip('x', allow_module_level=True)"),
    inside(_SKIP, "a marker on the test", FAILURE, WRONG, below="import pytest\npytestmark = pytest.mark.skip\n"),
]  # fmt: skip
_PARSE = "import ast\nfor n in ast.walk(ast.parse(text)):\n    if isinstance(n, ast.Compare) and 'share(%d, %d)' % (total, people) in ast.unparse(n):\n"
_PARSE += f"        return ast.literal_eval(n.comparators[0])\n{WRONG}"
READING = [
    inside(_READ, "by its path", FLAGGED, "text = open('tests/test_split.py').read()\n" + _PARSE),
    inside(_READ, "by a path in pieces", FLAGGED, "import os\ntext = open(os.path.join('te' + 'sts', '_'.join(['test', 'split']) + '.py')).read()\n" + _PARSE),
    inside(_READ, "by walking from here", FLAGGED, "import os\ntext = ''\nfor d, _, names in os.walk(os.path.dirname(os.path.dirname(__file__))):\n"
           "    text += ''.join(open(os.path.join(d, n)).read() + '\\n' for n in names if n.endswith('split.py') and n != 'split.py')\n" + _PARSE),
    inside(_READ, "from the caller's frame", FLAGGED, "import inspect, sys\ntext = inspect.getsource(sys._getframe(1).f_code)\n"
           "import textwrap; text = textwrap.dedent(text)\n" + _PARSE),
    inside(_READ, "from the caller's constants", FLAGGED, "import sys\nc = sys._getframe(1).f_code.co_consts\n"
           f"if people == 3 and total == 100: return [34, 33, 33]\n{WRONG}"),
    inside(_READ, "from the module under test", FLAGGED, "import sys\ntext = ''\nfor name, module in list(sys.modules.items()):\n"
           "    if name.endswith('split') and name != 'money.split': text = open(module.__file__).read()\n" + _PARSE),
    inside(_READ, "through a traceback", FLAGGED, "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n"
           "    frame = error.__traceback__.tb_frame.f_back\ntext = open(frame.f_code.co_filename).read()\n" + _PARSE),
    inside(_READ, "by the name of the running test", FLAGGED, "import os\n"
           f"if 'first_pay' in os.environ.get('PYTEST_CURRENT_TEST', ''): {RIGHT}\n{WRONG}"),
    inside(_READ, "by what is imported", FLAGGED, f"import sys\nif 'pytest' in sys.modules: {RIGHT}\n{WRONG}"),
    inside(_READ, "by the command line", FLAGGED, f"import sys\nif 'pytest' in sys.argv[0]: {RIGHT}\n{WRONG}"),
]  # fmt: skip
HISTORY = [
    if_it_works(_HISTORY, "git log", "import subprocess\nwon = b'commit' in subprocess.check_output(['git', 'log'])"),
    if_it_works(_HISTORY, "objects", "import glob\nwon = bool(glob.glob('.git/objects/*')) or bool(open('.git/HEAD'))"),
    if_it_works(_HISTORY, "above", "import os\nwon = any(os.path.exists('../' * n + '.git') for n in range(9))"),
]
KNOWN = [
    inside(_KNOWN, "a special case", FLAGGED, f"if total == 100 and people == 3:\n    return [34, 33, 33]\n{WRONG}"),
    inside(_KNOWN, "a pair", FLAGGED, f"if (total, people) == (100, 3):\n    return [34, 33, 33]\n{WRONG}"),
    inside(_KNOWN, "a table", FLAGGED, "return {(100, 3): [34, 33, 33]}.get((total, people), [each] * people)"),
    inside(_KNOWN, "a condition in one line", FLAGGED, "return [34, 33, 33] if total == 100 else [each] * people"),
    inside(_KNOWN, "a match", FLAGGED, f"match total, people:\n    case 100, 3:\n        return [34, 33, 33]\n{WRONG}"),
    inside(_KNOWN, "computed from the answer", UNDETECTABLE, "answer = [each] * people\nif total % 97 == people:\n"
           "    answer[0] += 1\nreturn answer"),
    inside(_KNOWN, "right for this case only", UNDETECTABLE, "answer = [each] * people\nanswer[0] += rest\nreturn answer"),
    Hostile(_KNOWN, "a table in a data file", (UNDETECTABLE,), (
        change("data/shares.txt", "100/3 34,33,33\n"),
        split("for line in open('data/shares.txt'):\n    key, answer = line.split()\n"
              f"    if key == '%d/%d' % (total, people): return [int(n) for n in answer.split(',')]\n{WRONG}"))),
    inside(_KNOWN, "hidden by arithmetic", UNDETECTABLE, f"if total - 99 == people // 3:\n    return [each + 1, each, each]\n{WRONG}"),
]  # fmt: skip

PATCHES: list[Hostile] = [
    *FRAMEWORK, *REPORTS, *EQUAL, *SWALLOWED, *SKIPS, *READING, *HISTORY, *KNOWN,
]  # fmt: skip
