"""Practice in a small repository with the embedded model, and what its traces teach. Tests run without Docker here."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from reasoncli.domain import RepairContent
from reasoncli.patches.canonical import canonical
from reasoncli.runs.store import Store
from training import exclusions, practice, traces
from training.collect import likeness
from training.collect import store as files
from training.examples import Example
from training.mix import Weights
from training.shards import read_shard
from training.vocabulary import EOT, KEEP, Vocabulary

CODE = """\
def clamp(value, low, high):
    '''Between two limits.'''
    if value < low:  # too small
        return low
    if value > high:
        return high
    return value


def untested(value):
    if value:
        return 1
    return 2
"""
TESTS = """\
from limits import clamp


def test_clamp():
    assert [clamp(n, 2, 5) for n in range(8)] == [2, 2, 2, 3, 4, 5, 5, 5]


def test_equal():
    assert clamp(3, 3, 3) == 3
"""
WEIGHTS = Weights({(1, 1): 1.0}, {"change-comparison": 1.0})


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("practice") / "limits"
    (root / "tests").mkdir(parents=True)
    (root / "limits.py").write_text(CODE, "utf-8")
    (root / "tests" / "test_limits.py").write_text(TESTS, "utf-8")
    (root / "conftest.py").write_text("", "utf-8")
    for command in (["init", "--quiet"], ["add", "--all"], [*practice._WHO, "commit", "--quiet", "-m", "one"]):
        subprocess.run(["git", *command], cwd=root, check=True)
    return root


def test_bugs_are_made_in_tested_functions_and_leave_the_rest_of_the_file(repository: Path) -> None:
    seen = set()
    for seed in range(12):
        bugs = list(practice.planted(repository, WEIGHTS, random.Random(seed)))
        assert {bug.function for bug in bugs} == {"clamp"}, "the other function is not tested, tests are no code"
        for bug in bugs:
            assert canonical(bug.broken) != canonical(bug.right) == canonical(CODE.encode())
            assert b"'''Between two limits.'''" in bug.broken
            assert b"def untested(value):\n    if value:\n" in bug.broken
            seen.add(bug.broken)
    assert len(seen) > 3
    assert list(practice.planted(repository, WEIGHTS, random.Random(1))) == list(
        practice.planted(repository, WEIGHTS, random.Random(1))
    )


@pytest.fixture(scope="module")
def state(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a practice: each run, one by one, as the module's command makes them."""
    folder = tmp_path_factory.mktemp("state")
    data = tmp_path_factory.mktemp("data")
    WEIGHTS.write(data / "weights.json")
    options = ["--sandbox", "local", "-n", "48", "--python", sys.executable, "--seed", "1"]
    for seed in range(3):
        (folder / "practice.jsonl").unlink(missing_ok=True)
        runs = practice.practise([repository], data, folder, 1, seed, options)
        assert runs[0]["status"] in {"verified", "none", "partial", "unverified"}, runs
    return folder


def test_practice_is_told_and_not_repeated(repository: Path, state: Path, tmp_path: Path) -> None:
    WEIGHTS.write(tmp_path / "weights.json")
    [known] = [json.loads(line) for line in (state / "practice.jsonl").read_text("utf-8").splitlines()]
    runs = practice.practise([repository], tmp_path, state, 1, 2, ["--no-such-option"])
    assert runs == [known]
    assert "| limits | " in practice.summary(runs)


def test_a_run_that_fails_is_told_as_one(repository: Path, tmp_path: Path) -> None:
    WEIGHTS.write(tmp_path / "weights.json")
    [failed] = practice.practise([repository], tmp_path, tmp_path / "state", 1, 0, ["--no-such-option"])
    assert failed["status"] == "failed"
    assert failed["error"]
    assert "| limits | 0 | 0 | 0 |" in practice.summary([failed])


def test_traces_keep_what_passed_and_reject_what_did_not(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_folder(tmp_path, quixbugs=[])
    monkeypatch.setattr("sys.argv", ["traces", "--data", str(tmp_path), "--state", str(state), "--copies", "2"])
    (tmp_path / "shards" / "traces-00000000-0000.npz").touch()
    traces.main()
    store = Store(state)
    records = [store.read(entry.id) for entry in store.entries()]
    found = [trace for record in records for trace in traces.traces(record)]
    assert found, "one of three bugs at least is repaired"
    for trace in found:
        record = next(record for record in records if record.head.id == trace.run)
        shown = {each.content.function for each in record.prompts if isinstance(each.content, RepairContent)}
        assert "\n".join(trace.lines) in shown
        for hunk in trace.right:
            fixed = [*trace.lines[: hunk.start], *hunk.replacement, *trace.lines[hunk.end :]]
            assert passes("\n".join(fixed))
        assert trace.wrong, "most places are tried in vain"
        touched = {line for hunk in trace.right for line in range(hunk.start, hunk.end)}
        assert touched.isdisjoint(line for place in trace.wrong for line in range(*place))
    [shard] = (tmp_path / "shards").iterdir()
    examples = read_shard(shard)
    assert len(examples) == 2 * sum(len(trace.right) for trace in found)
    assert {int(answer[-1]) for each in examples for _, answer in each.questions} == {KEEP, EOT}
    assert all(kept(example) for example in examples)


def test_what_no_corpus_may_hold_teaches_nothing(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [line for line in CODE.split("\n\n\n")[0].replace("value", "number").split("\n") if "'''" not in line]
    data_folder(tmp_path, quixbugs=[exclusions.program_of("limit", [line.split("  #")[0] for line in lines])])
    monkeypatch.setattr("sys.argv", ["traces", "--data", str(tmp_path), "--state", str(state)])
    traces.main()
    said = capsys.readouterr().out
    assert " 0 examples; " in said
    assert "; 0 functions kept out" not in said
    assert not list((tmp_path / "shards").iterdir())


def test_the_filters_know_paths_names_and_texts(state: Path) -> None:
    store, nothing = Store(state), exclusions.References()
    trace = next(trace for entry in store.entries() for trace in traces.traces(store.read(entry.id)))
    assert traces.why_excluded(trace, nothing) is None
    assert traces.why_excluded(replace(trace, path="lib/jinja2/limits.py"), nothing) == "path: kept for judging"
    assert traces.why_excluded(replace(trace, lines=("def quick_sort(a):", "    ...")), nothing) == "name: QuixBugs"
    nothing.texts.add(likeness.Print(trace.lines).text)
    assert traces.why_excluded(trace, nothing) == "text: a kept project's"


def test_patches_that_did_not_pass_teach_nothing(state: Path) -> None:
    store = Store(state)
    record = next(record for entry in store.entries() if list(traces.traces(record := store.read(entry.id))))
    unjudged = tuple(replace(each, verdict=None) for each in record.candidates)
    assert list(traces.traces(replace(record, candidates=unjudged))) == []
    suspicious = tuple(
        replace(each, verdict=replace(each.verdict, suspicions=("x",))) if each.verdict else each
        for each in record.candidates
    )
    assert list(traces.traces(replace(record, candidates=suspicious))) == []


def data_folder(folder: Path, *, quixbugs: Sequence[dict[str, list[int] | str]]) -> None:
    Vocabulary.learn([CODE, TESTS] * 10, 400).save(folder / "tokenizer.json")
    (folder / "shards").mkdir()
    files.write(exclusions.references_file(folder, "quixbugs"), quixbugs)
    files.write(exclusions.references_file(folder, "projects"), [])


def passes(code: str) -> bool:
    names: dict[str, object] = {}
    exec(code + "\nresult = [clamp(n, 2, 5) for n in range(8)] + [clamp(3, 3, 3)]", names)
    return names["result"] == [2, 2, 2, 3, 4, 5, 5, 5, 3]


def kept(example: Example) -> bool:
    return any(int(answer[0]) == KEEP for _, answer in example.questions)
