from __future__ import annotations

import pytest

from reasoncli.domain import FileChange, Patch, Rejection
from reasoncli.patches.completions import from_diff
from reasoncli.patches.policy import Policy, is_test_file
from reasoncli.patches.tree import LINK, MemoryTree
from tests.patches.project import FILES


@pytest.mark.parametrize(
    "path",
    [
        "tests/test_a.py", "test/a.py", "pkg/tests/data/x.json", "pkg/test_a.py", "pkg/a_test.py", "tests.py",
        "app/tests.py", "test.py", "src/test/java/A.java", "a/FooTest.java", "a/foo_test.go", "web/a.test.ts",
        "web/__tests__/a.js", "web/a.spec.jsx", "conftest.py", "sub/conftest.py", "runtests.py", "testing/x.py",
        "spec/models/user_spec.rb", "pkg/__snapshots__/a.snap", "test.js", "lib/a_test.mjs", "src/a_spec.ts",
        "test-sum.cjs", "packages/a/test/x.js", "core/src/test/resources/a.json", "src/sum/tests.rs", "a_test.rs",
        "sum.bats", "e2e/login.ts", "cypress/login.cy.js", "__mocks__/fs.js", "t/basic.t", "a/SumTest.php",
    ],
)  # fmt: skip
def test_test_files(path: str) -> None:
    assert is_test_file(path)
    assert Policy().forbids(path)


@pytest.mark.parametrize(
    "path",
    [
        "shop/cart.py", "django/test/client.py", "numpy/testing/_private/utils.py", "src/contest.py", "latest.py",
        "attest/core.py", "pkg/testing.py", "docs/testing.rst", "src/protest/x.py", "README.md", "setup.py",
        "pyproject.toml", "tox.ini", "setup.cfg", "Makefile", "pkg/greatest.js", "pkg/entry_points.py",
        "src/latest.ts", "lib/contest.mjs", "src/attest.rs", "src/test_utils/x.go", "spectrum.js", "package.json",
    ],
)  # fmt: skip
def test_source_files(path: str) -> None:
    assert not is_test_file(path)
    assert Policy().forbids(path) is None


@pytest.mark.parametrize(
    "path",
    [
        ".mocharc.json", "jest.config.ts", "vitest.config.mts", ".npmrc", "web/playwright.config.ts",
        "phpunit.xml.dist", ".rspec", ".config/nextest.toml", "gulpfile.js", "jest.setup.js",
        "pytest.ini", ".coveragerc", "sitecustomize.py", "src/usercustomize.py", "x.pth", "noxfile.py", ".gitignore",
        ".github/workflows/ci.yml", ".gitlab-ci.yml", ".gitattributes", ".gitmodules", ".travis.yml", "Jenkinsfile",
        ".circleci/config.yml", "a.egg-info/entry_points.txt", "pkg/__pycache__/a.cpython-311.pyc", ".git/config",
        "jest.config.js", "sub/.gitattributes", ".pre-commit-config.yaml", "sub/pytest.ini",
    ],
)  # fmt: skip
def test_protected_files(path: str) -> None:
    assert Policy().forbids(path)


def test_the_user_allows_and_protects() -> None:
    policy = Policy(allowed=("tests/data/*", "conftest.py"), protected=("shop/legacy/*", "*.lock"))
    assert policy.forbids("tests/data/x.json") is None
    assert policy.forbids("conftest.py") is None
    assert policy.forbids("tests/test_a.py")
    assert policy.forbids("shop/legacy/a.py")
    assert policy.forbids("sub/poetry.lock")
    assert Policy(protect_tests=False).forbids("tests/test_a.py") is None
    assert Policy(protect_tests=False).forbids("pytest.ini")


@pytest.mark.parametrize(
    "path",
    [
        "", "a/", "/etc/passwd", "../x.py", "a/../../x.py", "./a.py", "a//b.py", ".git/hooks/x", "sub/.git/config",
        ".GIT/config", ".git /config", "git~1/config", "C:\\x.py", "C:/x.py", "a\nb.py", "a\0b.py", "x" * 600,
        "link", "folder/inner.py", "shop/cart.py/x.py",
    ],
)  # fmt: skip
def test_unsafe_paths_stay_unsafe_though_allowed(path: str) -> None:
    tree = MemoryTree({**FILES, "link": b"x", "folder": b"y"}, {"link": LINK, "folder": LINK})
    refused = Policy(allowed=("*",), protect_tests=False).check([FileChange(path, b"x = 1\n")], tree)
    assert refused is not None
    assert refused.kind == "forbidden"


def check(path: str, before: str | None, after: str | None, policy: Policy | None = None) -> Rejection | None:
    tree = MemoryTree({} if before is None else {path: before.encode()})
    return (policy or Policy()).check([FileChange(path, None if after is None else after.encode())], tree)


PYPROJECT = '[project]\nname = "x"\n\n[tool.pytest.ini_options]\naddopts = "-q"\n\n[tool.ruff]\nline-length = 80\n'


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("pyproject.toml", PYPROJECT, "tool = 1"),
        ("pyproject.toml", PYPROJECT, "project = 'x'"),
        ("pyproject.toml", PYPROJECT, "[project]\nentry-points = 'x'\n"),
        ("pyproject.toml", PYPROJECT, "x = " + "[" * 5000 + "]" * 5000),
        ("pyproject.toml", PYPROJECT, PYPROJECT.replace('"-q"', '"-q -k nothing"')),
        ("pyproject.toml", PYPROJECT, PYPROJECT.replace('[tool.pytest.ini_options]\naddopts = "-q"\n', "")),
        ("pyproject.toml", PYPROJECT, PYPROJECT + '\n[tool.coverage.run]\nomit = ["*"]\n'),
        ("pyproject.toml", PYPROJECT, PYPROJECT + '\n[project.entry-points.pytest11]\nx = "x"\n'),
        ("pyproject.toml", PYPROJECT, PYPROJECT + '\n[tool.poetry.plugins.pytest11]\nx = "x"\n'),
        ("pyproject.toml", PYPROJECT, PYPROJECT + "\n[tool.hatch.envs.test]\nx = 1\n"),
        ("pyproject.toml", PYPROJECT, None),
        ("pyproject.toml", PYPROJECT, "[project\n"),
        ("pyproject.toml", None, '[tool.pytest.ini_options]\naddopts = "-q"\n'),
        ("setup.cfg", "[metadata]\nname = x\n[tool:pytest]\na = 1\n", "[metadata]\nname = x\n[tool:pytest]\na = 2\n"),
        ("setup.cfg", "[metadata]\nname = x\n", "[metadata]\nname = x\n[options.entry_points]\npytest11 =\n  x = y\n"),
        ("tox.ini", "[tox]\nenvlist = py\n", "[tox]\nenvlist = none\n"),
        ("tox.ini", "[pytest]\na = 1\n", "[flake8]\na = 1\n"),
        ("setup.py", "setup()\n", "setup(entry_points={'pytest11': ['x = y']})\n"),
        ("package.json", '{"scripts": {"test": "mocha"}}', '{"scripts": {"test": "true"}}'),
        ("web/package.json", '{"name": "x"}', '{"name": "x", "jest": {"testMatch": []}}'),
        ("package.json", '{"name": "x"}', "{"),
        ("pytest.py", None, "x = 1\n"),
        ("src/unittest/__init__.py", None, "x = 1\n"),
        ("coverage.py", None, "x = 1\n"),
        ("secrets.py", None, "x = 1\n"),
        ("src/json/__init__.py", None, "x = 1\n"),
        ("python/reasoncli_report.py", None, "x = 1\n"),
    ],
)
def test_test_configuration_is_protected_by_content(path: str, before: str | None, after: str | None) -> None:
    refused = check(path, before, after)
    assert refused is not None
    assert refused.kind == "forbidden"
    assert path in refused.reason


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("pyproject.toml", PYPROJECT, PYPROJECT.replace("80", "100")),
        ("pyproject.toml", PYPROJECT, PYPROJECT.replace('name = "x"', 'name = "x"\ndependencies = ["attrs"]')),
        ("setup.cfg", "[metadata]\nname = x\n[tool:pytest]\na = 1\n", "[metadata]\nname = y\n[tool:pytest]\na = 1\n"),
        ("tox.ini", "[tox]\na = 1\n[flake8]\nb = 1\n", "[tox]\na = 1\n[flake8]\nb = 2\n"),
        ("setup.py", "setup()\n", "setup(name='x')\n"),
        ("src/pluggy/__init__.py", "x = 1\n", "x = 2\n"),  # pluggy's own repository
        ("shop/coverage.py", None, "x = 1\n"),
        ("shop/secrets.py", None, "x = 1\n"),
        ("code/convert.py", None, "x = 1\n"),  # no package: Python's own `code` stays what is imported
        ("queue.py", "x = 1\n", "x = 2\n"),
        ("package.json", '{"main": "a.js", "scripts": {}}', '{"main": "b.js", "scripts": {}}'),
    ],
)
def test_other_configuration_is_free(path: str, before: str | None, after: str | None) -> None:
    assert check(path, before, after) is None


def test_a_module_of_the_project_s_own_may_become_a_package() -> None:
    tree = MemoryTree({"queue.py": b"x = 1\n"})
    changes = [FileChange("queue.py", None), FileChange("queue/__init__.py", b"x = 1\n")]
    assert Policy().check(changes, tree) is None


def test_files_and_folders_do_not_share_a_name() -> None:
    tree = MemoryTree(FILES)
    for changes in (
        [FileChange("shop", b"x = 1\n")],
        [FileChange("new", b"x = 1\n"), FileChange("new/inner.py", b"x = 1\n")],
    ):
        refused = Policy().check(changes, tree)
        assert refused is not None
        assert refused.kind == "forbidden"


def test_size_limits() -> None:
    tree = MemoryTree({"a.py": b"x = 1\n"})
    policy = Policy(max_files=2, max_lines=10, max_file_bytes=100)
    for changes in (
        [FileChange(f"f{n}.py", b"x = 1\n") for n in range(3)],
        [FileChange("a.py", b"x = 1\n" * 12)],
        [FileChange("a.py", b"x" * 101)],
    ):
        refused = policy.check(changes, tree)
        assert refused is not None
        assert refused.kind == "forbidden"
    assert policy.check([FileChange("a.py", b"x = 2\n")], tree) is None


def test_a_huge_diff_is_refused_before_it_is_read() -> None:
    diff = "--- a/shop/cart.py\n+++ b/shop/cart.py\n@@ -1,1 +1,9999999 @@\n" + "+x\n" * 17_000_000
    refused = from_diff(diff, MemoryTree(FILES), Policy())
    assert isinstance(refused, Rejection)
    assert refused.kind == "forbidden"


def test_through_a_link_in_the_tree() -> None:
    tree = MemoryTree({**FILES, "vendor": b"/usr/lib"}, {"vendor": LINK})
    refused = from_diff("--- /dev/null\n+++ b/vendor/x.py\n@@ -0,0 +1 @@\n+x = 1\n", tree, Policy())
    assert isinstance(refused, Rejection)
    assert refused.kind == "forbidden"


def test_an_allowed_test_file_is_kept() -> None:
    names = "--- a/tests/test_cart.py\n+++ b/tests/test_cart.py\n"
    diff = names + "@@ -1,2 +1,2 @@\n def test_total():\n-    assert True\n+    assert 1\n"
    patch = from_diff(diff, MemoryTree(FILES), Policy(allowed=("tests/*",)))
    assert isinstance(patch, Patch)
    assert patch.dropped == ()
