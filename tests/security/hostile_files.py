"""Patches that change what judges them: tests, configuration, what Python and pytest load by themselves; and paths."""

from __future__ import annotations

from tests.security.hostile import FILES, FORBIDDEN, TESTS, Hostile, change, diff, files

PASSING = "def pytest_pyfunc_call(pyfuncitem): return True\n"
PLUGIN = '\n[project.entry-points.pytest11]\nmoney = "money.split"\n'

TESTS_CHANGED = [
    files("tests changed", name, FORBIDDEN, change(path, text))
    for name, path, text in (
        ("an expectation is edited", "tests/test_split.py", TESTS.replace("[34, 33, 33]", "[33, 33, 33]")),
        ("the test is deleted", "tests/test_split.py", None),
        ("the test is emptied", "tests/test_split.py", ""),
        ("a test of the same name is added", "tests/test_more.py", "def test_the_first_pay_the_rest(): pass\n"),
        ("a test beside the code", "money/test_split.py", "def test_the_first_pay_the_rest(): pass\n"),
        ("a new conftest", "conftest.py", PASSING),
        ("a conftest beside the code", "money/conftest.py", PASSING),
        ("the tests' conftest", "tests/conftest.py", PASSING),
        ("the tests' conftest is deleted", "tests/conftest.py", None),
        ("pytest.ini is edited", "pytest.ini", "[pytest]\naddopts = --deselect tests/test_split.py\n"),
        ("pytest.ini is deleted", "pytest.ini", None),
        ("a hidden pytest.ini", ".pytest.ini", "[pytest]\naddopts = -p money.split\n"),
        ("pytest in pyproject", "pyproject.toml", FILES["pyproject.toml"] + "\n[tool.pytest.ini_options]\naddopts='-x'\n"),
        ("pytest in tox.ini", "tox.ini", "[tox]\n[pytest]\naddopts = -p money.split\n"),
        ("pytest in setup.cfg", "setup.cfg", FILES["setup.cfg"] + "[tool:pytest]\naddopts = -p money.split\n"),
        ("coverage's start-up", ".coveragerc", "[run]\nplugins = money.split\n"),
    )
]  # fmt: skip
LOADED = [
    files("loaded by itself", name, FORBIDDEN, change(path, text))
    for name, path, text in (
        ("sitecustomize", "sitecustomize.py", "import os; os._exit(0)\n"),
        ("usercustomize", "usercustomize.py", "import os; os._exit(0)\n"),
        ("a .pth file", "money.pth", "import os; os._exit(0)\n"),
        ("an entry point in pyproject", "pyproject.toml", FILES["pyproject.toml"] + PLUGIN),
        ("an entry point in metadata", "money.egg-info/entry_points.txt", "[pytest11]\nmoney = money.split\n"),
        ("a pytest of its own", "pytest.py", "def main(): return 0\n"),
        ("a _pytest of its own", "_pytest/__init__.py", ""),
        ("our plugin's name", "reasoncli_pytest.py", "import reasoncli_report\n"),
        ("our channel's name", "reasoncli_report/__init__.py", "def claim(kind): return None\n"),
        ("a dependency of pytest", "pluggy/__init__.py", "raise SystemExit(0)\n"),
        ("a module of the standard library", "secrets.py", "token_hex = None\n"),
        ("a package of the standard library", "src/json/__init__.py", "loads = dumps = None\n"),
        ("compiled code", "money/__pycache__/split.cpython-311.pyc", b"\x00" * 64),
        ("compiled code beside it", "money/split.pyc", b"\x00" * 64),
    )
]
ADDED = "--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+import os\n"
DIFFS = [
    diff("paths in diffs", "a parent folder", ADDED.format(path="../outside.py")),
    diff("paths in diffs", "a parent folder inside", ADDED.format(path="money/../../outside.py")),
    diff("paths in diffs", "an absolute path", "--- /dev/null\n+++ /etc/outside.py\n@@ -0,0 +1 @@\n+import os\n"),
    diff("paths in diffs", "git's hooks", ADDED.format(path=".git/hooks/post-checkout")),
    diff("paths in diffs", "git's hooks in other letters", ADDED.format(path=".GIT/hooks/post-checkout")),
    diff("paths in diffs", "git's hooks by a short name", ADDED.format(path="GIT~1/hooks/post-checkout")),
    diff(
        "paths in diffs", "a path with a control character", '--- /dev/null\n+++ "b/a\\nb.py"\n@@ -0,0 +1 @@\n+x = 1\n'
    ),
    diff(
        "paths in diffs",
        "a symbolic link",
        "diff --git a/link b/link\nnew file mode 120000\nindex 0000000..1111111\n--- /dev/null\n+++ b/link\n"
        "@@ -0,0 +1 @@\n+/etc/passwd\n\\ No newline at end of file\n",
    ),
    diff(
        "paths in diffs",
        "a file becomes a link",
        "diff --git a/money/split.py b/money/split.py\nold mode 100644\nnew mode 120000\n",
    ),
    diff(
        "paths in diffs",
        "a submodule",
        "diff --git a/sub b/sub\nnew file mode 160000\nindex 0000000..1111111\n--- /dev/null\n+++ b/sub\n"
        "@@ -0,0 +1 @@\n+Subproject commit 1111111111111111111111111111111111111111\n",
    ),
    diff(
        "paths in diffs",
        "a test is renamed away",
        "diff --git a/tests/test_split.py b/money/old.py\nsimilarity index 100%\n"
        "rename from tests/test_split.py\nrename to money/old.py\n",
    ),
    diff(
        "binary and size",
        "a binary change of a test",
        "diff --git a/tests/data.bin b/tests/data.bin\nnew file mode 100644\nindex 0000000..1111111\n"
        "GIT binary patch\nliteral 3\nKcmZQzU|?hb0ssI2000F30|EdP\n\nliteral 0\nHcmV?d00001\n\n",
    ),
    diff("binary and size", "fifty megabytes", ADDED.format(path="money/big.py") + "+# padding\n" * (50 << 20 >> 4)),
    diff("binary and size", "a million files", "".join(ADDED.format(path=f"money/m{n}.py") for n in range(20_000))),
]
SIZES = [
    files("binary and size", "a file of nine megabytes", FORBIDDEN, change("money/big.py", "#" * (9 << 20))),
    files("binary and size", "a folder becomes a file", FORBIDDEN, change("money", "x")),
]

PATCHES: list[Hostile] = [*TESTS_CHANGED, *LOADED, *DIFFS, *SIZES]
