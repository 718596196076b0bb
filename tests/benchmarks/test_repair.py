"""`benchmarks.repair`: its programs are what they say, and its figures count what they should."""

import ast
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.repair.algorithms import Program, program_bugs, programs
from benchmarks.repair.bugs import Bug, read_bugs
from benchmarks.repair.figures import BUDGETS, coverage, shares_table
from benchmarks.repair.functions import answered, canonical, joined
from benchmarks.repair.judging import Judging
from benchmarks.repair.locating import located
from benchmarks.repair.measuring import BASELINE, RANKED, SAMPLED, Measured, Outcome, measure
from benchmarks.repair.model import Asked, Model
from reasoncli import python_source
from reasoncli.domain import Region, RepairContent
from reasoncli.edits import Edit
from reasoncli.edits.answers import anchored, answer
from reasoncli.patches.line_repair import apply_repair
from reasoncli.patches.tree import MemoryTree
from training.hunk import Hunk

CLAMP = (
    "def clamp(value, low, high):",
    "    if value < low:",
    "        return low",
    "    if value > high:",
    "        return high",
    "    return value",
)


@pytest.fixture(scope="module")
def judging() -> Iterator[Judging]:
    with Judging() as made:
        yield made


@pytest.mark.parametrize("program", programs(), ids=lambda program: program.name)
def test_programs_pass_their_tests_and_their_bugs_do_not(program: Program, judging: Judging) -> None:
    assert len(program.tests) >= 6
    assert 2 <= len(program.bugs) <= 4
    sources = [program.broken(bug) for bug in program.bugs]
    for source in sources:
        ast.parse(source)
    assert len(set(sources)) == len(sources)
    assert judging.passes([program.code, *sources], program.tests) == [True, *[False] * len(sources)]


def test_every_bug_is_repaired_by_the_right_function_in_its_place(judging: Judging) -> None:
    bugs = program_bugs(judging)
    assert len(bugs) >= 120
    assert all(next(bug.passes([joined(bug.after)])) for bug in bugs)
    assert all(bug.is_exact(joined(bug.after)) and not bug.is_exact(joined(bug.before)) for bug in bugs)
    assert all(0 <= bug.wrong[0] < bug.wrong[1] <= len(bug.before) for bug in bugs)


def test_what_failed_is_told_in_the_words_of_a_test_runner(judging: Judging) -> None:
    hints = {bug.id: bug.hints for bug in program_bugs(judging)}
    assert hints["add_months:0"] == (
        ("test", "assert add_months(date(2024, 1, 15), 1) == date(2024, 2, 15)"),
        ("got", "assert datetime.date(2024, 3, 15) == datetime.date(2024, 2, 15)"),
    )
    assert all(0 < len(told) <= 2 and told[0][0] == "test" for told in hints.values())


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("def f(x): return x if x else int('x')", (None, "")),
        ("def f(x): return x + 1", (0, "assert 2 == 1")),
        ("def f(x): return x if x < 2 else None", (1, "assert False")),
        ("def f(x): raise KeyError('a')", (0, "KeyError: 'a'")),
        ("def f(x): return x or 0", (2, "Failed: DID NOT RAISE <class 'ValueError'>")),
        ("def f(x):\n while x > 1: pass\n return x", (1, "")),
        ("import os\ndef f(x): os._exit(1)", (0, "")),
        ("f = 1 / 0", (0, "")),
    ],
)
def test_the_first_failure_is_found(judging: Judging, code: str, failure: tuple[int | None, str]) -> None:
    assert judging.failure(code, ("f(1) == 1", "f(2) is not None and f(2) > 1", "raises(ValueError, f, 0)")) == failure


def test_what_hangs_or_takes_memory_or_ends_the_process_is_judged_alone(judging: Judging) -> None:
    right = "def f():\n    return 1\n"
    broken = [
        "def f():\n    while True:\n        pass\n",
        "def f():\n    import os\n    os._exit(0)\n",
        "def f():\n    return len('x' * 10**10)\n",
        "def f():\n    return f()\n",
        "def f():\n    raise SystemExit\n",
        "def f(:\n",
    ]
    assert judging.passes([right, *broken, right + "\n"], ["f() == 1"]) == [True, *[False] * len(broken), True]


@pytest.mark.parametrize(
    ("index", "text"),
    [
        (1, " if value <= low:"),
        (2, ""),
        (2, " if low:\n            return low\n        return 0"),
        (3, " if value >= high and low:"),
        (5, " value += 1\n    return value\n"),
        (0, " def clamp(value, low=0, high=1):"),
    ],
)
def test_an_answer_stands_where_the_tool_puts_it(index: int, text: str) -> None:
    source = joined(CLAMP)
    module = python_source.parse(source)
    assert module is not None
    definition = module.body[0]
    assert isinstance(definition, ast.FunctionDef)
    span = python_source.unit_lines(definition, source)[index].span
    assert span is not None
    content = RepairContent(source, CLAMP[index].strip())
    region = Region("a.py", span.line, span.end_line)
    tree = MemoryTree({"a.py": f"{source}\n".encode()})
    lines = answered(CLAMP, index, index + 1, text)
    assert lines is not None
    assert apply_repair(text, content, region, tree) == {"a.py": f"{joined(lines)}\n".encode()}


def test_an_answer_that_changes_nothing_is_none() -> None:
    assert answered(CLAMP, 2, 3, "  return low\n") is None


@pytest.mark.parametrize(
    "after",
    [
        (*CLAMP[:3], *CLAMP[5:]),
        (*CLAMP[:1], "    value = int(value)", *CLAMP[1:]),
        (*CLAMP[:5], "    return 0", "    # never"),
        (*CLAMP[:1], "    if value <= low:", "        return value", *CLAMP[3:]),
    ],
)
def test_any_change_can_be_said_as_an_answer(after: tuple[str, ...]) -> None:
    change = Hunk.between(CLAMP, after)
    start, end, replacement = anchored(CLAMP, change.start, change.end, change.replacement)
    lines = answered(CLAMP, start, end, answer(replacement))
    assert lines is not None
    assert canonical(joined(lines)) == canonical(joined(after))


def test_equal_functions_differ_in_form_only() -> None:
    one = "def f(a):\n    '''Doc.'''\n    if a:\n        pass\n        return 'x'  # why\n    else:\n        pass\n"
    assert canonical(one) == canonical('def f(a):\n    if a:\n        return "x"')
    assert canonical(one) != canonical('def f(b):\n    if b:\n        return "x"')
    assert canonical("def f(:") is None


def test_coverage_counts_ranks_within_the_budget_and_groups_widen_its_error() -> None:
    ranks = [1, 8, None, 9]
    assert coverage(ranks, "abcd", 8)[0] == 0.5
    apart, together = coverage(ranks, "abcd", 8)[1], coverage(ranks, "aabb", 8)[1]
    assert 0 < apart < together
    assert coverage([1, 1], "ab", 1) == (1.0, 0.0)


def test_shares_tell_what_a_part_of_both_would_bring() -> None:
    def measured(name: str, ranked: int | None, drawn: int | None) -> Measured:
        bug = Bug(name, name, CLAMP, CLAMP, (4, 5))
        outcomes = [
            Outcome("w", way, False, rank, rank, 512, 0.0) for way, rank in ((RANKED, ranked), (SAMPLED, drawn))
        ]
        return Measured(bug, 1, {"w": 1}, True, tuple(outcomes))

    made = shares_table("x", [measured("a", 64, None), measured("b", None, 32), measured("c", None, None)])
    [weights, shares, *cells] = [list(column.cells) for column in made.columns]
    assert set(weights) == {"w"}
    assert shares == ["0", "0.25", "0.5", "0.75", "1"]
    assert cells[BUDGETS.index(64)] == ["33.3", "33.3", "33.3", "0.0", "33.3"]
    assert cells[BUDGETS.index(256)] == ["33.3", "66.7", "66.7", "66.7", "33.3"]


def test_bugs_are_read_from_the_test_split_and_drawn_alike(tmp_path: Path) -> None:
    def row(name: str, split: str, before: tuple[str, ...] = CLAMP) -> dict[str, object]:
        after = [*CLAMP[:4], "        return low", CLAMP[5]]
        at = min(4, len(before) - 1)
        hunk = {"start": at, "end": at + 1, "replacement": after[4:5]}
        return {"source": "s", "path": name, "name": "clamp", "split": split, "before": before, "after": after, **hunk}

    rows = [row("a", "test"), row("b", "train"), row("c", "test"), row("d", "test", ("def f():", "  return 1", *"abc"))]
    path = tmp_path / "fixes.jsonl.gz"
    path.write_bytes(gzip.compress("".join(json.dumps(each) + "\n" for each in rows).encode()))
    bugs, long, unreadable = read_bugs([path])
    assert long == 0
    assert len(bugs) == 2
    assert unreadable == 1
    assert {bug.wrong for bug in bugs} == {(4, 5)}
    assert read_bugs([path], split="dev") == ([], 0, 0)
    assert [bug.id for bug in read_bugs([path], limit=1)[0]] == [bugs[0].id]
    assert read_bugs([path], longest=5) == ([], 2, 1)


def test_all_ways_are_measured_on_one_bug_and_again_alike() -> None:
    bug = Bug("x", "x", (*CLAMP[:4], "        return low", CLAMP[5]), CLAMP, (4, 5))
    measured = []
    for _ in range(2):  # opened anew: what the cache holds may turn the last bits of a draw
        model = Model("embedded", "embedded")
        try:
            measured.append(measure(bug, [model], most=64))
        finally:
            model.sampler.close()
    first, again = measured
    ways = {(outcome.weights, outcome.way, outcome.told) for outcome in first.outcomes}
    assert len(ways) == len(first.outcomes) == 10
    assert first.reachable
    assert first.sayable["embedded"] <= first.edits
    ranks = {(o.weights, o.way, o.told): o.exact for o in first.outcomes}
    assert ranks == {(o.weights, o.way, o.told): o.exact for o in again.outcomes}
    assert ranks["embedded", "ranked edits", True] is not None
    assert all(o.seconds > 0 for o in first.outcomes if o.weights != BASELINE)


def test_edits_that_just_fit_the_context_are_ranked_and_longer_ones_left_out() -> None:
    model = Model("embedded", "embedded")
    try:
        ranked = []
        for words in range(60, 90):
            line = f"    return a + [{', '.join(f'b{number}' for number in range(words))}]"
            lines = ("def f(a):", line)
            edits = [Edit(1, 2, (line.replace("a + ", "a - "),), "x"), Edit(1, 2, ("    return a",), "x")]
            ranked.append(len(Asked(model, lines, 0).ranked(edits, 8, (1, 2)).texts))
    finally:
        model.sampler.close()
    assert ranked == sorted(ranked, reverse=True)
    assert ranked[0] > ranked[-1]


def test_every_line_is_asked_about_and_the_most_doubted_comes_first() -> None:
    before = ("def mean(values):", "    total = sum(values)", "    return total * len(values)")
    after = (*before[:2], "    return total / len(values)")
    model = Model("embedded", "embedded")
    try:
        keeps = Asked(model, before, 0).keeps()
        found = located(Bug("b", "g", before, after, (2, 3)), model)
        missing = located(Bug("b", "g", before, after, (7, 8)), model)
    finally:
        model.sampler.close()
    assert set(keeps) == {(0, 1), (1, 2), (2, 3)}
    assert all(0 < keep < 1 for keep in keeps.values())
    assert found is not None
    assert found.wrong == keeps[2, 3]
    assert found.rank == 1 + sum(keep < found.wrong for keep in keeps.values())
    assert missing is None
