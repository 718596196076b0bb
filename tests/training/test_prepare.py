"""From a corpus to shards: bugs in every function, real fixes among them, and hints before both."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from training.collect import store
from training.examples import Example
from training.grouping import batched, next_group, turns
from training.hints import Hints
from training.shards import read_shard
from training.vocabulary import CODE, CONTEXT, FIX, KEEP, TEST, Vocabulary

COUNT = [
    "def count_{n}(items, limit={n}):",
    "    total = 0",
    "    for item in items:",
    "        if item > limit:",
    "            total += helper(item)",
    "    return total",
]


def function(number: int, **more: Any) -> dict[str, Any]:
    lines = [line.replace("{n}", str(number)) for line in COUNT]
    record = {"source": "github:a/b", "licence": "MIT", "path": "x.py", "name": f"C.count_{number}", "split": "train"}
    return record | {"lines": lines} | more


HELPER = function(0) | {"name": "helper", "lines": ["def helper(item):", *["    item += 1"] * 20, "    return item"]}
TESTED = function(1, tests=["assert count_1([1, 2]) == 3", "assert count_1([]) == 0"])


def test_hints_are_checks_and_a_called_function_of_the_file() -> None:
    hints, rng = Hints([HELPER, TESTED, function(2)]), random.Random(0)
    drawn = [hints.of(TESTED, TESTED["lines"], rng) for _ in range(200)]
    tests = [[text for kind, text in each if kind == TEST] for each in drawn]
    assert {len(each) for each in tests} == {0, 1, 2}
    assert {text for each in tests for text in each} == set(TESTED["tests"])
    called = {text for each in drawn for kind, text in each if kind == CONTEXT}
    assert called == {"\n".join(HELPER["lines"][:12])}
    assert any(not each for each in drawn)


def test_hints_are_of_the_function_itself() -> None:
    elsewhere = TESTED | {"source": "github:c/d"}
    hints, rng = Hints([HELPER | {"path": "y.py"}, TESTED]), random.Random(0)
    assert [hints.of(elsewhere, elsewhere["lines"], rng) for _ in range(50)] == [()] * 50
    assert not any(kind == CONTEXT for _ in range(50) for kind, _ in hints.of(TESTED, TESTED["lines"], rng))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    fix = function(9)
    mined = fix | {"before": fix["lines"], "start": 1, "end": 2, "replacement": ["    total = SENTINEL"]}
    store.write(tmp_path / "functions.jsonl.gz", [HELPER, *(function(n) for n in range(1, 60)), TESTED])
    store.write(tmp_path / "fixes.jsonl.gz", [mined, mined | {"split": "test", "replacement": ["    total = JUDGE"]}])
    (tmp_path / "weights.json").write_text(json.dumps({"shapes": {"1>1": 1}, "operators": {}}), "utf-8")
    return tmp_path


def prepared(data: Path, monkeypatch: pytest.MonkeyPatch, rounds: int) -> list[Path]:
    from training import prepare

    monkeypatch.setattr("sys.argv", ["prepare", "--data", str(data), "--rounds", str(rounds), "--vocabulary", "400"])
    prepare.main()
    return sorted((data / "shards").glob("*.npz"))


def test_shards_hold_bugs_fixes_and_hints_and_nothing_of_other_splits(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = prepared(data, monkeypatch, 2)
    vocabulary = Vocabulary.load(data / "tokenizer.json")
    examples = [example for batch in batched([first, second], 4096, 0) for example in batch]
    assert len(examples) >= 2 * 60
    answers = [text(vocabulary, answer) for each in examples for _, answer in each.questions]
    assert sum("SENTINEL" in answer for answer in answers) == 4, "each fix twice a round"
    assert not any("JUDGE" in answer for answer in answers)
    assert any(int(answer[0]) == KEEP for each in examples for _, answer in each.questions)
    assert any(int(each.code[0]) == TEST for each in examples)
    assert any(CONTEXT in each.code for each in examples)
    assert all(CODE in each.code and FIX not in each.code for each in examples)
    assert broken(vocabulary, first) != broken(vocabulary, second), "a round makes new bugs"


def test_bugs_that_a_call_shows_come_with_the_check_and_what_it_got(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug = function(3) | {"before": COUNT, "start": 1, "end": 2, "replacement": ["    total = 1"]}
    bug |= {"check": "assert count_3([]) == 1", "got": "assert 0 == 1"}
    store.write(data / "executed" / "0-0000.jsonl.gz", [bug] * 60 + [bug | {"split": "test", "got": "JUDGE"}])
    shards = prepared(data, monkeypatch, 1)
    assert [path.name for path in shards] == ["executed-0-0000.npz", "round-000-0000.npz"]
    vocabulary = Vocabulary.load(data / "tokenizer.json")
    examples = read_shard(shards[0])
    assert len(examples) == 60
    shown = {vocabulary.decode([int(t) for t in each.code[: list(each.code).index(CODE)]]) for each in examples}
    both, check, got = "assert count_3([]) == 1assert 0 == 1", "assert count_3([]) == 1", "assert 0 == 1"
    assert shown >= {both, check, got}
    assert not any("JUDGE" in text for text in shown)


def test_what_is_there_is_not_made_again_and_comes_out_the_same(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [first] = prepared(data, monkeypatch, 1)
    content, made = first.read_bytes(), first.stat().st_mtime_ns
    [kept, second] = prepared(data, monkeypatch, 2)
    assert (kept, kept.stat().st_mtime_ns) == (first, made)
    first.unlink()
    [again, _] = prepared(data, monkeypatch, 2)
    assert again.read_bytes() == content
    assert second != first


def text(vocabulary: Vocabulary, ids: Any) -> str:
    return vocabulary.decode([int(token) for token in ids])


def broken(vocabulary: Vocabulary, shard: Path) -> list[str]:
    examples: list[Example] = [example for batch in batched([shard], 4096, 0) for example in batch]
    return sorted(text(vocabulary, example.code) for example in examples)


def test_an_epoch_sees_every_shard_once_and_those_that_come_while_it_goes_on() -> None:
    shards = [Path(f"{n}.npz") for n in range(10)]
    done: list[str] = []
    while group := next_group(shards, done, 3):
        if not done:
            shards += [Path("late.npz")]
        done += [path.name for path in group]
    assert sorted(done) == sorted(path.name for path in shards)
    orders = [[path.name for path in next_group(shards, (), epoch)] for epoch in range(8)]
    assert len({tuple(order) for order in orders}) > 4


@pytest.mark.parametrize(
    ("batches", "done", "world"), [(7, 0, 2), (8, 3, 2), (5, 5, 2), (6, 1, 4), (3, 0, 1), (2, 0, 5)]
)
def test_processes_take_turns_as_many_each_wherever_they_go_on(batches: int, done: int, world: int) -> None:
    taken = [turns(batches, done, rank, world) for rank in range(world)]
    assert len({len(each) for each in taken}) == 1, "or one would wait for another that has come to its end"
    numbers = sorted(number for each in taken for number in each)
    assert numbers == list(range(numbers[0] if numbers else 0, numbers[0] + len(numbers) if numbers else 0))
    assert set(range(done, batches)) <= set(numbers)
    assert all(number < batches + world for number in numbers)
