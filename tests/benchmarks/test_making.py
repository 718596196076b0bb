"""A pool made of a small project, and what can be known of its candidates; in the local sandbox, for speed."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.selection.facts import collect, instances
from benchmarks.selection.making import make
from benchmarks.selection.rules import chosen
from reasoncli.models.open import open_sampler
from reasoncli.models.resolve import EMBEDDED
from tests.end_to_end.project import LEAN, git

SOURCE = """\
def clamp(value, low, high):
    if value < low:
        return low
    if value > high:
        return high
    return value
"""
TESTS = """\
from limits import clamp


def test_below():
    assert clamp(1, 3, 5) == 3


def test_above():
    assert clamp(9, 3, 5) == 5


def test_inside():
    assert clamp(4, 3, 5) == 4


def test_far_below():
    assert clamp(-9, 3, 5) == 3
"""
WHERE = {"sandbox": "local"}


def test_a_pool_hides_tests_and_is_judged_without_them(tmp_path: Path) -> None:
    project = tmp_path / "limits"
    (project / "tests").mkdir(parents=True)
    files = {"limits.py": SOURCE, "tests/test_limits.py": TESTS, "conftest.py": "", "pytest.ini": LEAN}
    for path, text in files.items():
        (project / path).write_text(text)
    git(project, "init", "-q")
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "limits")
    sampler = open_sampler(EMBEDDED)
    try:
        assert make(project, WHERE, sampler, 1, tmp_path / "pools", tmp_path / "mirrors", 3) == 1
    finally:
        sampler.close()
    (instance,) = instances(tmp_path / "pools")
    tree = tmp_path / "mirrors" / "own+limits" / "repo"
    visible = git(tree, "show", f"{instance['base_commit']}:tests/test_limits.py")
    assert 0 < visible.count("def test_") < TESTS.count("def test_")
    assert git(tree, "show", f"{instance['base_commit']}:limits.py") != SOURCE
    rows = (tmp_path / "pools" / "candidates" / f"{instance['instance_id']}.jsonl").read_text().splitlines()
    candidates = [json.loads(row) for row in rows]
    assert len(candidates) == 16
    pool = collect(instance, candidates, tmp_path / "mirrors", WHERE)
    assert [fact.correct for fact in pool.candidates] == [each["correct"] for each in candidates]
    assert all(fact.kind for fact in pool.candidates), "all are patches, and judged"
    assert chosen(pool, pool.candidates).kind in {"fixes", "no-effect"}
