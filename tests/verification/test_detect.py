from __future__ import annotations

from pathlib import Path

import pytest

from reasoncli.errors import UsageError
from reasoncli.verification.detect import PYTEST, detect_command, plan_tests
from tests.verification.projects import snapshot_of

UNIT = "import unittest\n\n\nclass T(unittest.TestCase):\n    def test_a(self): pass\n"
FUNCTIONS = "def test_a(): assert 1\n"


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"tests/test_a.py": FUNCTIONS}, PYTEST),
        ({"pkg/tests.py": FUNCTIONS}, PYTEST),
        ({"tests/test_a.py": UNIT, "pytest.ini": "[pytest]\n"}, PYTEST),
        ({"tests/test_a.py": UNIT, "setup.cfg": "[tool:pytest]\n"}, PYTEST),
        ({"tests/test_a.py": UNIT, "tox.ini": "[pytest]\n"}, PYTEST),
        ({"tests/test_a.py": UNIT, "pyproject.toml": "[tool.pytest.ini_options]\n"}, PYTEST),
        ({"tests/test_a.py": UNIT, "pyproject.toml": "[[ broken"}, "python -m unittest discover -s tests"),
        ({"tests/test_a.py": UNIT, "tests/conftest.py": ""}, PYTEST),
        ({"tests/test_a.py": UNIT, "tests/__init__.py": ""}, "python -m unittest discover -s tests -t ."),
        ({"test_a.py": UNIT}, "python -m unittest discover"),
        ({"pkg/__init__.py": "", "pkg/test_a.py": UNIT, "test_b.py": UNIT}, "python -m unittest discover"),
        ({"manage.py": "", "app/tests.py": "from django.test import TestCase\n"}, "python manage.py test {tests}"),
        (
            {"tests/runtests.py": "", "django/test/runner.py": "", "tests/basic/tests.py": UNIT},
            "cd tests && python runtests.py --parallel 1 {tests}",
        ),
    ],
)
def test_detected(tmp_path: Path, files: dict[str, str], command: str) -> None:
    assert detect_command(snapshot_of(tmp_path, files)) == command


def test_nothing_that_looks_like_tests(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        detect_command(snapshot_of(tmp_path, {"pkg/core.py": "x = 1\n", "contest.py": FUNCTIONS}))
    assert "--test-command" in caught.value.hint


def test_what_the_user_says_comes_first(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path, {"pkg/core.py": "x = 1\n"})
    plan = plan_tests(snapshot, command="make check", selected=["a"], targets=["b"], timeout=3.0)
    assert (plan.command, plan.selected, plan.targets, plan.timeout) == ("make check", ("a",), ("b",), 3.0)
    with pytest.raises(UsageError, match="empty"):
        plan_tests(snapshot, command="  ")
