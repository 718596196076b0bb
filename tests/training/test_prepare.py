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
from training.hints import Hints, context
from training.shards import read_shard
from training.vocabulary import CODE, CONTEXT, FIX, KEEP, TEST, Vocabulary

COUNT = [
    "def count_{n}(items, limit={n}):",
    "    total = 0",
    "    if limit < 0:",
    "        return None",
    "    limit += 1",
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


def test_what_is_told_are_checks_of_the_function_itself() -> None:
    hints, rng = Hints([HELPER, TESTED, function(2)]), random.Random(0)
    drawn = [hints.told(TESTED, rng) for _ in range(200)]
    assert {len(each) for each in drawn} == {0, 1, 2}
    assert {hint for each in drawn for hint in each} == {(TEST, text) for text in TESTED["tests"]}
    assert [hints.told(TESTED | {"source": "github:c/d"}, rng) for _ in range(50)] == [()] * 50


def test_the_first_function_that_the_shown_lines_call_is_their_context() -> None:
    other = HELPER | {"name": "other", "lines": ["def other():", "    pass"]}
    hints, rng = Hints([HELPER, TESTED, other]), random.Random(0)
    lines = ["def count_1():", "    return helper(other(1)) + unknown(2)"]
    siblings = hints.siblings(TESTED, lines)
    assert siblings == {"helper": "\n".join(HELPER["lines"][:12]), "other": "def other():\n    pass"}
    drawn = {context(siblings, lines, rng) for _ in range(50)}
    assert drawn == {(), ((CONTEXT, siblings["helper"]),)}
    broken = ["def count_1():", "    return helper"]
    assert {context(siblings, broken, rng) for _ in range(50)} == {()}, "what the fault left out is not given away"
    assert hints.siblings(TESTED | {"path": "y.py"}, lines) == {}


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
    right = [each for each in examples if all(int(answer[0]) == KEEP for _, answer in each.questions)]
    assert 0.05 < len(right) / len(examples) < 0.5, "some functions stay right"
    assert all(each.fluent[list(each.code).index(CODE) + 1 :].all() for each in right)


def test_short_functions_come_more_seldom(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short = ["def count(items):", "    return len(items) + 1"]
    records = [function(n) for n in range(200)] + [function(n) | {"lines": short} for n in range(200)]
    store.write(data / "functions.jsonl.gz", records)
    [shard] = prepared(data, monkeypatch, 1)
    lines = [text(Vocabulary.load(data / "tokenizer.json"), each.code).count("\n") for each in read_shard(shard)]
    assert sum(each > 3 for each in lines) >= 200
    assert 5 < sum(each < 3 for each in lines) < 60


def test_bugs_that_a_call_shows_come_with_the_check_and_what_it_got(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug = function(3) | {"before": COUNT, "start": 1, "end": 2, "replacement": ["    total = 1"]}
    bug |= {"check": "assert count_3([]) == 1", "got": "assert 0 == 1"}
    easy = bug | {"got": "NameError: name 'EASY' is not defined"}
    bugs = [bug] * 60 + [easy] * 60 + [bug | {"split": "test", "got": "JUDGE"}]
    store.write(data / "executed" / "0-0000.jsonl.gz", bugs)
    shards = prepared(data, monkeypatch, 1)
    assert [path.name for path in shards] == ["executed-0-0000.npz", "round-000-0000.npz"]
    vocabulary = Vocabulary.load(data / "tokenizer.json")
    examples = read_shard(shards[0])
    right = [each for each in examples if all(int(answer[0]) == KEEP for _, answer in each.questions)]
    assert 75 < len(examples) - len(right) < 105, "errors that name the fault are fewer"
    assert 10 < len(right) < 50, "right functions stand under the check that another fails"
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
    assert numbers == list(range(numbers[0], numbers[-1] + 1)), "none left out, none twice"
    assert set(range(done, batches)) <= set(numbers)
    assert all(number < batches + world for number in numbers)
