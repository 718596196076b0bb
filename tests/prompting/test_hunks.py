"""Prompts for models that repair several lines: what they are asked about, and what stands before the function."""

from __future__ import annotations

import pytest

from reasoncli.domain import Outcome, Prompt, Region, RepairContent, Suspect, TestResult
from reasoncli.prompting.build import build_prompts
from tests.prompting.test_build import ISSUE, tokens

HUNKS = {"line-repair", "hunk-repair"}
TWICE = """\
def place(items, key):
    low = 0
    if not items:
        return low
    for item in items:
        if item == key:
            return low
        low += 1
    return low
"""


def hunk_prompts(source: str = TWICE, failures: list[TestResult] | None = None, context: int = 512) -> list[Prompt]:
    files = {
        "m.py": source.encode(),
        "tests/test_m.py": b"def test_place():\n    found = place([3], 3)\n    assert found == 0\n",
    }
    suspects = [Suspect("m.py", None, "place", 1, source.count("\n"), 1.0)]
    return build_prompts(HUNKS, ISSUE, suspects, files.get, failures or [], count_tokens=tokens, context=context)


def content_of(prompt: Prompt) -> RepairContent:
    assert isinstance(prompt.content, RepairContent)
    return prompt.content


def test_several_lines_may_be_asked_for_at_once() -> None:
    prompts = hunk_prompts()
    [one] = [p for p in prompts if content_of(p).line == "for item in items:"]
    [two] = [p for p in prompts if content_of(p).line == "for item in items:\n        if item == key:"]
    assert (one.region, two.region) == (Region("m.py", 5, 5), Region("m.py", 5, 6))
    assert one.share > two.share > 0
    assert max(content_of(p).line.count("\n") + 1 for p in prompts) == 5
    assert len({p.id for p in prompts}) == len(prompts)
    assert sum(p.share for p in prompts) == pytest.approx(1)


def test_equal_lines_are_told_apart_by_those_above() -> None:
    above = {
        p.region.start: content_of(p).above for p in hunk_prompts() if content_of(p).line == "return low" and p.region
    }
    assert above == {4: "if not items:", 7: "if item == key:", 9: "low += 1"}
    assert all(not content_of(p).above for p in hunk_prompts() if content_of(p).line == "low += 1")


def test_models_that_know_single_lines_are_asked_about_these_alone() -> None:
    prompts = build_prompts(
        {"line-repair"}, ISSUE, [Suspect("m.py", None, "place", 1, 9, 1.0)], {"m.py": TWICE.encode()}.get,
        [TestResult("t", Outcome.FAILED)], count_tokens=tokens, context=512,
    )  # fmt: skip
    assert {(content_of(p).line.count("\n"), content_of(p).above, content_of(p).hints) for p in prompts} == {
        (0, "", ())
    }


def test_the_check_that_failed_stands_before_the_function() -> None:
    frames = (("tests/test_m.py", 3, "test_place"), ("m.py", 6, "place"))
    failed = TestResult("t::test_place", Outcome.FAILED, message="AssertionError: assert 1 == 0\n  more", frames=frames)
    prompts = hunk_prompts(failures=[failed, failed])
    test, got = ("test", "found = place([3], 3)\nassert found == 0"), ("got", "assert 1 == 0")
    assert {content_of(p).hints for p in prompts} == {(test, got)}


def test_an_exception_is_told_by_its_name() -> None:
    failed = TestResult("t::test_place", Outcome.FAILED, message="IndexError: list index out of range\n\nmore")
    assert {content_of(p).hints for p in hunk_prompts(failures=[failed])} == {
        (("got", "IndexError: list index out of range"),)
    }


def test_failures_outside_of_checks_and_files_that_are_gone_give_no_hint() -> None:
    for frames in [(("tests/test_m.py", 2, "test_place"),), (("tests/gone.py", 1, "x"),), ()]:
        prompts = hunk_prompts(failures=[TestResult("t", Outcome.FAILED, frames=frames)])
        assert {content_of(p).hints for p in prompts} == {()}


def test_a_function_that_is_called_is_shown_too() -> None:
    source = (
        TWICE.replace("low += 1", "low = advance(low)")
        + "\n\n@cache\ndef advance(low):\n    # up\n    return low + 1\n"
    )
    files = {"m.py": source.encode()}
    prompts = build_prompts(
        HUNKS, ISSUE, [Suspect("m.py", None, "place", 1, 9, 1.0)], files.get, [], count_tokens=tokens, context=512
    )
    assert {content_of(p).hints for p in prompts} == {(("context", "def advance(low):\n    return low + 1"),)}
    alone = build_prompts(
        HUNKS, ISSUE, [Suspect("m.py", None, "advance", 12, 15, 1.0)], files.get, [], count_tokens=tokens, context=512
    )
    assert {content_of(p).hints for p in alone} == {()}


def test_windows_of_a_long_function_hold_what_is_asked_about() -> None:
    source = "def place(items, key):\n" + "".join(f"    value_{n} = items[{n}] + key\n" for n in range(60))
    prompts = hunk_prompts(source, context=400)
    assert {content_of(p).line.count("\n") for p in prompts} >= {0, 1}
    for each in prompts:
        shown = content_of(each)
        lines = shown.function.split("\n")[shown.index :]
        assert [line.strip() for line in lines[: shown.line.count("\n") + 1]] == [
            t.strip() for t in shown.line.split("\n")
        ]


def test_no_prompt_is_longer_than_the_context() -> None:
    body = "".join(f"    value = items[{n}]{' + key' * 20}\n" for n in range(30))
    prompts = hunk_prompts(f"def place(items, key):\n{body}", context=500)
    assert {content_of(p).line.count("\n") for p in prompts} >= {0, 1}
    assert max(tokens(p) + p.max_tokens for p in prompts) <= 500


def test_a_whole_function_comes_before_what_it_calls_and_a_second_check() -> None:
    lines = "".join(f"    low = advance(low, {n})\n" for n in range(20))
    files = {
        "m.py": f"def place(low):\n{lines}    return low\n\n\ndef advance(low, n):\n    return low - n\n".encode(),
        "tests/test_m.py": b"def test_place():\n    assert place(0) == 190\n    assert place(1) == 191\n",
    }
    failures = [
        TestResult(
            f"t::{line}", Outcome.FAILED, message="assert 1 == 2", frames=(("tests/test_m.py", line, "test_place"),)
        )
        for line in (2, 3)
    ]
    suspects = [Suspect("m.py", None, "place", 1, 22, 1.0)]

    def told(context: int) -> tuple[list[str], bool]:
        prompts = build_prompts(HUNKS, ISSUE, suspects, files.get, failures, count_tokens=tokens, context=context)
        [hints] = {content_of(p).hints for p in prompts}
        whole = {content_of(p).function.count("\n") for p in prompts} == {21}
        return [kind for kind, _ in hints], whole

    seen = [told(context) for context in range(700, 250, -4)]
    assert list(dict.fromkeys((tuple(kinds), whole) for kinds, whole in seen)) == [
        (("test", "got", "test", "got", "context"), True),
        (("test", "got", "test", "got"), True),
        (("test", "got"), True),
        (("test", "got"), False),
    ]


def test_the_first_function_called_is_shown_and_never_an_inner_one() -> None:
    source = (
        "def place(items):\n    def inner(item):\n        return first(item)\n"
        "    value = inner(items)\n    return second(value)\n\n\n"
        "def second(item):\n    return 2\n\n\ndef first(item):\n    return 1\n"
    )
    suspects = [Suspect("m.py", None, "place", 1, 5, 1.0)]
    prompts = build_prompts(HUNKS, ISSUE, suspects, {"m.py": source.encode()}.get, [], count_tokens=tokens, context=512)
    assert {content_of(p).hints for p in prompts} == {(("context", "def first(item):\n    return 1"),)}
