"""What the model is shown and asked, as tokens, and that it keeps on disk and in batches."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from reasoncli.domain import Suspect
from reasoncli.models.profile import read_profile
from reasoncli.models.resolve import resolve
from reasoncli.prompting.options import PromptOptions
from reasoncli.prompting.repair import Asking, repair_prompts
from training.examples import Example, Hint, make_example
from training.hunk import Hunk
from training.shards import read_shard, write_shard
from training.vocabulary import AT, BUG, CODE, CONTEXT, EOT, FIX, KEEP, SPECIAL, TEST, Vocabulary

LINES = ("def total(items):", "    result = 1", "    for item in items:", "        result += item", "    return result")
TEXT = "\n".join(LINES)
LONG = ("def long(a):", *(f"    a = call_{n}(a, {n})" for n in range(60)), "    return a")


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary.learn([TEXT, *LONG, "if x is None:\n    return result - 1"] * 20, 400)


def example(
    vocabulary: Vocabulary,
    *hunks: Hunk,
    lines: tuple[str, ...] = LINES,
    hints: tuple[Hint, ...] = (),
    longest: int = 500,
) -> Example:
    made = make_example(lines, hunks, hints, vocabulary, random.Random(0), longest)
    assert made is not None
    return made


def asked(example: Example, vocabulary: Vocabulary) -> dict[str, str]:
    """Lines asked about -> answer."""
    found = {}
    for question, answer in example.questions:
        ids = [int(token) for token in question]
        assert (ids[0], ids[-1]) == (BUG, FIX)
        says = [int(token) for token in answer]
        assert says == [KEEP] or says[-1] == EOT
        found[vocabulary.decode(ids[1:-1])] = "<keep>" if says == [KEEP] else vocabulary.decode(says[:-1])
    return found


def test_the_function_stands_as_one_text_and_its_fault_is_asked_for_among_right_lines(vocabulary: Vocabulary) -> None:
    made = example(vocabulary, Hunk(1, 2, ("    result = 0",)))
    assert [int(token) for token in made.code] == [CODE, *vocabulary.encode([TEXT])[0]], (
        "no trace of cutting it to lines"
    )
    questions = asked(made, vocabulary)
    assert questions.pop(" result = 1") == " result = 0"
    assert set(questions.values()) == {"<keep>"}
    assert set(questions) <= {f" {line.strip()}" for line in LINES}


def test_lines_of_a_hunk_keep_their_indentation_but_the_first(vocabulary: Vocabulary) -> None:
    made = example(vocabulary, Hunk(2, 4, ("    return result", "        result += 1")))
    answer = asked(made, vocabulary)[" for item in items:\n        result += item"]
    assert answer == " return result\n        result += 1"


def test_nothing_is_an_answer_too(vocabulary: Vocabulary) -> None:
    assert asked(example(vocabulary, Hunk(3, 4, ())), vocabulary)[" result += item"] == ""


def test_an_insertion_replaces_the_line_before_it(vocabulary: Vocabulary) -> None:
    made = example(vocabulary, Hunk(4, 4, ("    result += 1",)))
    assert asked(made, vocabulary)[" result += item"] == " result += item\n    result += 1"


def test_what_begins_in_another_column_is_asked_for_with_the_line_before(vocabulary: Vocabulary) -> None:
    made = example(vocabulary, Hunk(3, 4, ("    result += item",)))
    answer = asked(made, vocabulary)[" for item in items:\n        result += item"]
    assert answer == " for item in items:\n    result += item"


def test_what_is_wrong_is_not_to_be_learned_to_write(vocabulary: Vocabulary) -> None:
    made = example(vocabulary, Hunk(3, 4, ("        result -= item",)))
    wrong = vocabulary.decode([int(t) for t, fluent in zip(made.code, made.fluent, strict=True) if not fluent][1:])
    assert wrong == "\n        result += item"


def test_what_is_too_long_is_left_out(vocabulary: Vocabulary) -> None:
    assert make_example(LINES, [], [], vocabulary, random.Random(0), 20) is None


@pytest.mark.parametrize("fault", [0, 1, 20, 59, 60, 61])
def test_of_a_long_function_a_part_is_shown_with_the_fault_in_it(vocabulary: Vocabulary, fault: int) -> None:
    seen = set()
    for seed in range(20):
        right = LONG[fault].replace("a", "b")
        made = make_example(LONG, [Hunk(fault, fault + 1, (right,))], [], vocabulary, random.Random(seed), 400)
        assert made is not None
        assert len(made.code) + max(len(q) + len(a) for q, a in made.questions) <= 400
        first, *rest = vocabulary.decode([int(token) for token in made.code[1:]]).split("\n")
        assert first == LONG[0]
        start = LONG.index(rest[0])
        assert rest == list(LONG[start : start + len(rest)])
        seen.add(start)
        answers = {question: says for question, says in asked(made, vocabulary).items() if says != "<keep>"}
        assert any(right.strip() in says for says in answers.values())
        wrong = vocabulary.decode([int(t) for t, fluent in zip(made.code, made.fluent, strict=True) if not fluent][1:])
        assert wrong.strip("\n") == LONG[fault]
    assert len(seen) > 1 or fault != 20


def test_a_fault_that_a_part_cuts_is_never_taken_for_right(vocabulary: Vocabulary) -> None:
    faults = [Hunk(10, 11, ("    return a",)), *(Hunk(at, at + 3, ("    return None",)) for at in range(14, 56, 6))]
    wrong = {f" {LONG[line].strip()}" for hunk in faults for line in range(hunk.start, hunk.end)}
    kept = 0
    for seed in range(40):
        made = make_example(LONG, faults, [], vocabulary, random.Random(seed), 400)
        if made is not None:
            kept += 1
            right = [question for question, says in asked(made, vocabulary).items() if says == "<keep>"]
            assert wrong.isdisjoint(
                line for question in right for line in (f" {each.strip()}" for each in question.split("\n"))
            )
    assert kept > 5


def test_spared_lines_are_not_taken_for_right(vocabulary: Vocabulary) -> None:
    for lines, longest in ((LINES, 500), (LONG, 400)):
        for seed in range(30):
            made = make_example(lines, [], [], vocabulary, random.Random(seed), longest, spared={0, 3})
            assert made is not None
            told = asked(made, vocabulary)
            assert told
            assert not any(lines[at].strip() in question for question in told for at in (0, 3))


def test_lines_that_the_tool_has_no_place_of_are_not_asked_about(vocabulary: Vocabulary) -> None:
    lines = ("def f(a):", "    try:", "        g(a)", "    finally:", "        h(a)")
    for seed in range(30):
        made = make_example(lines, [], [], vocabulary, random.Random(seed), 500)
        assert made is not None
        for question in asked(made, vocabulary):
            assert question.split("\n")[0].strip() not in {"try:", "finally:"}
            assert question.split("\n")[-1].strip() not in {"try:", "finally:"}


def test_answers_that_are_too_long_are_neither_asked_for_nor_kept(vocabulary: Vocabulary) -> None:
    made = example(vocabulary, Hunk(1, 2, tuple(f"    result = {n} * 7" for n in range(40))))
    questions = asked(made, vocabulary)
    assert " result = 1" not in questions
    assert set(questions.values()) == {"<keep>"}


def test_special_tokens_in_a_text_are_text(vocabulary: Vocabulary) -> None:
    [ids] = vocabulary.encode(["<fix> <keep>"])
    assert not {FIX, KEEP} & set(ids)
    assert vocabulary.decode(ids) == "<fix> <keep>"


def test_examples_keep_on_disk(vocabulary: Vocabulary, tmp_path: Path) -> None:
    made = [
        example(vocabulary, Hunk(1, 2, ("    result = 0",))),
        example(vocabulary),
        example(vocabulary, Hunk(3, 4, ())),
    ]
    write_shard(tmp_path / "a.npz", made)
    read = read_shard(tmp_path / "a.npz")
    assert [len(each) for each in read] == [len(each) for each in made]
    for mine, theirs in zip(made, read, strict=True):
        assert mine.code.tolist() == theirs.code.tolist()
        assert mine.fluent.tolist() == theirs.fluent.tolist()
        assert [(q.tolist(), a.tolist()) for q, a in mine.questions] == [
            (q.tolist(), a.tolist()) for q, a in theirs.questions
        ]


def test_what_tests_check_and_what_is_called_stand_before_the_function(vocabulary: Vocabulary) -> None:
    hints = ((TEST, "assert total([1]) == 1"), (CONTEXT, "def item():"))
    made = example(vocabulary, Hunk(1, 2, ("    result = 0",)), hints=hints)
    ids = [int(token) for token in made.code]
    [test, context, code] = vocabulary.encode([hints[0][1], hints[1][1], TEXT])
    assert ids == [TEST, *test, CONTEXT, *context, CODE, *code]
    assert not made.fluent[: ids.index(CODE) + 1].any(), "hints are read, not learned to be written"
    assert made.fluent[ids.index(CODE) + 1 :].any()


def test_some_questions_ask_for_more_than_is_wrong_and_some_for_several_right_lines(vocabulary: Vocabulary) -> None:
    seen: set[tuple[str, str]] = set()
    for seed in range(200):
        made = make_example(LINES, [Hunk(3, 4, ("        result -= item",))], [], vocabulary, random.Random(seed), 500)
        assert made is not None
        seen |= asked(made, vocabulary).items()
    repairs = {question: answer for question, answer in seen if answer != "<keep>"}
    assert repairs == {question: question.replace("+=", "-=") for question in repairs}
    assert {
        " result += item",
        " result += item\n    return result",
        " for item in items:\n        result += item",
        " for item in items:\n        result += item\n    return result",
    } <= set(repairs)
    kept = {question for question, answer in seen if answer == "<keep>"}
    assert not any("result += item" in question for question in kept)
    assert {question.count("\n") + 1 for question in kept} == {1, 2, 3}


def test_hints_give_way_to_the_function(vocabulary: Vocabulary) -> None:
    hints = ((TEST, "assert total([1]) == 1 " * 60), (CONTEXT, "def item():"))
    made = example(vocabulary, Hunk(1, 2, ("    result = 0",)), hints=hints, longest=250)
    markers = {int(token) for token in made.code} & {TEST, CONTEXT, CODE}
    assert markers == {CONTEXT, CODE}, "the long one is left out, the short one has room"


def test_lines_that_stand_twice_are_told_apart_by_those_above(vocabulary: Vocabulary) -> None:
    lines = ("def f(x):", "    if x:", "        return x", "    x = 1", "    return x")
    made = example(vocabulary, Hunk(4, 5, ("    return -x",)), lines=lines)
    [question] = [q for q, answer in made.questions if int(answer[-1]) == EOT]
    ids = [int(token) for token in question]
    at = ids.index(AT)
    assert vocabulary.decode(ids[1:at]) == " x = 1"
    assert vocabulary.decode(ids[at + 1 : -1]) == " return x"
    others = [q for q, answer in made.questions if int(answer[-1]) == KEEP]
    assert [AT in q for q in others] == ["return x" in vocabulary.decode([int(t) for t in q[1:-1]]) for q in others]


def test_the_tool_asks_as_training_does(vocabulary: Vocabulary) -> None:
    weights = resolve("embedded").path
    assert weights is not None
    lines = ("def f(x):", "    if x:", "        return x", "    x = 1", "    return x")
    source = "\n".join(lines)
    made = make_example(
        lines,
        [Hunk(1, 3, ("    return 1",)), Hunk(4, 5, ())],
        [(TEST, "assert f(1)")],
        vocabulary,
        random.Random(0),
        500,
    )
    assert made is not None
    prompts = repair_prompts(
        [Suspect("m.py", None, "f", 1, 5, 1.0)], lambda _: source.encode(),
        count_tokens=lambda _: 1, context=1000, options=PromptOptions(),
        asking=Asking(hunks=True, hints=(("test", "assert f(1)"),)),
    )  # fmt: skip
    encoder = read_profile(weights).encoder
    asked = {tuple(token_ids(encoder.segments(prompt), vocabulary)) for prompt in prompts}
    for question, _ in made.questions:
        assert (*map(int, made.code), *map(int, question)) in asked


def token_ids(segments: Sequence[tuple[str, bool]], vocabulary: Vocabulary) -> list[int]:
    ids: list[int] = []
    for text, special in segments:
        ids += [SPECIAL.index(text)] if special else vocabulary.encode([text])[0]
    return ids
