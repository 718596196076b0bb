"""Which messages speak of a fix, and which paths are code under repair."""

from __future__ import annotations

import pytest

from training.mine import rules


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Fix crash on empty input", True),
        ("fixes #12", True),
        ("[core] Bugfix: wrong offset", True),
        ("Avoid KeyError in lookup", True),
        ("Support ALL_PROXY\n\nCloses #345", True),
        ("Don't loop\n\nFixes: https://example.org/issues/1", True),
        ("Add a prefix option", False),
        ("Fix typo in message", False),
        ("Fix docstring", False),
        ("fix lint", False),
        ("Fixed failing tests", False),
        ("Bump version, fix release", False),
        ("Merge branch fix-12", False),
        ("Add an option\n\nAlso fix lint on the way", False),
    ],
)
def test_messages(message: str, expected: bool) -> None:
    subject, _, body = message.partition("\n\n")
    assert rules.is_fix(subject, body) is expected


def test_reverts() -> None:
    assert rules.is_revert('Revert "Fix it"', "")
    assert rules.is_revert("Back to before", "This reverts commit 1234.")
    assert not rules.is_revert("Fix how lines are reverted", "")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("package/module.py", ""),
        ("package/latest.py", ""),
        ("package/contest.py", ""),
        ("tests/helpers.py", "test"),
        ("package/test_module.py", "test"),
        ("package/module_test.py", "test"),
        ("conftest.py", "test"),
        ("docs/conf.py", "aside"),
        ("setup.py", "aside"),
        ("tool/patched/pip/module.py", "aside"),
        ("nova/openstack/common/log.py", "aside"),
        ("package/fast.pyx", "other"),
        ("CHANGES.rst", ""),
    ],
)
def test_paths(path: str, kind: str) -> None:
    kinds = {"test": rules.is_test(path), "aside": rules.is_aside(path), "other": rules.is_other_code(path)}
    assert [name for name, is_it in kinds.items() if is_it] == ([kind] if kind else [])
