"""Calls that tell broken functions from right ones, made in a container that lets nothing out."""

from __future__ import annotations

import ast
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from reasoncli.prompting.checks import checks
from training.execute import guest
from training.execute.__main__ import run_part, words
from training.execute.selection import is_self_contained
from training.mix import Weights

CLAMP = ["def clamp(value, low, high):", "    if value < low:", "        return low", "    return min(value, high)"]
WEIGHTS = Weights({(1, 1): 1.0}, {})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("def f(a):\n    return a + 1", True),
        ("def f(a, b=2):\n    import math\n    return math.sqrt(a) + sum(b for b in range(3))", True),
        ("def f(a):\n    return sorted(Counter(a).items(), key=lambda item: item[1])", True),
        ("def f(n):\n    return 1 if n < 2 else n * f(n - 1)", True),
        ("def f(self, a):\n    return a", False),
        ("def f(a):\n    return helper(a)", False),
        ("def f(path):\n    return open(path).read()", False),
        ("def f(a):\n    import os\n    return os.listdir(a)", False),
        ("def f(a):\n    from subprocess import run\n    return run(a)", False),
        ("def f(a):\n    return a.__class__.__bases__", False),
        ("def f(a):\n    return eval(a)", False),
        ("def f(a):\n    yield a", False),
        ("def f(a, *, key):\n    return a", False),
        ("async def f(a):\n    return a", False),
        ("def f(a):\n    a.append(1)", False),
    ],
)
def test_what_can_be_called_by_itself(body: str, expected: bool) -> None:
    assert is_self_contained(body.split("\n")) is expected


def told(right: str, *broken: str) -> list[dict[str, Any]]:
    job = {"id": 0, "right": right, "broken": list(broken), "seed": "x"}
    command = [sys.executable, guest.__file__]
    answer = subprocess.run(command, input=f"{json.dumps(job)}\n", capture_output=True, text=True, check=True).stdout
    found: list[dict[str, Any]] = json.loads(answer)["told"]
    return found


def test_a_call_tells_a_broken_function_from_the_right_one() -> None:
    right = "\n".join(CLAMP)
    wrong, raises, same = right.replace("return low", "return high"), right.replace("min(", "minn("), right
    found = told(right, wrong, raises, same, "def clamp(value")
    assert [each["index"] for each in found] == [0, 1]
    first, second = found
    arguments = ast.literal_eval(f"({first['call']})")
    assert str(guest.function_of(right)(*arguments)) == first["value"]
    assert str(guest.function_of(wrong)(*arguments)) == first["got"] != first["value"]
    assert second["error"].startswith("NameError: name 'minn' is not defined")


def test_functions_that_hang_or_differ_from_call_to_call_are_told_nothing_of() -> None:
    endless = "def f(n):\n    while True:\n        pass\n    return n"
    assert told(endless, "def f(n):\n    return n") == []
    assert told("def f(n):\n    return n", endless) == []
    changing = "def f(n, seen=[]):\n    seen.append(n)\n    return len(seen)"
    assert told(changing, changing.replace("len(seen)", "n")) == []
    assert told("def f(n):\n    raise SystemExit", "def f(n):\n    return 1") == []
    assert told("def f(n):\n    return object()", "def f(n):\n    return 1") == []


def test_an_error_that_is_meant_is_something_to_check() -> None:
    right = "def f(n):\n    if n < 5:\n        raise ValueError(n)\n    return n"
    [told_] = told(right, right.replace("n < 5", "n < 0"))
    assert told_["raises"] == "ValueError"
    assert told_["got"] == told_["call"]
    assert told(right, right.replace("ValueError(n)", "ValueError(n + 1)")) == []
    assert [each["error"][:8] for each in told(right, right.replace("ValueError(n)", "KeyError(n)"))] == ["KeyError"]


@pytest.mark.parametrize(
    ("told", "possible"),
    [
        ({"raises": "KeyError", "got": "1"}, {"Failed: DID NOT RAISE <class 'KeyError'>", "KeyError not raised"}),
        (
            {"value": "True", "got": "None"},
            {"assert None", "None is not true", "assert None == True", "assert None is True", "None != True"},
        ),
        (
            {"value": "False", "got": "3"},
            {"assert not 3", "3 is not false", "assert 3 == False", "assert 3 is False", "3 != False"},
        ),
        ({"value": "[1]", "got": "[2]"}, {"assert [2] == [1]", "Lists differ: [2] != [1]"}),
        ({"value": "[1]", "got": "(2,)"}, {"assert (2,) == [1]", "(2,) != [1]"}),
    ],
)
def test_what_was_got_reads_as_test_runners_say_it(told: dict[str, str], possible: set[str]) -> None:
    seen = {words("f", {"call": "7", **told}, random.Random(seed))[1] for seed in range(200)}
    assert seen == possible


def test_long_sides_are_shortened_as_pytest_shortens_them(tmp_path: Path) -> None:
    right, wrong = list(range(20)), list(range(1, 21))
    (tmp_path / "test_x.py").write_text(f"def test_x():\n    assert {wrong} == {right}\n", "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path).stdout
    told = {"call": "", "value": f"{right}", "got": f"{wrong}"}
    [got] = {got for n in range(9) if (got := words("f", told, random.Random(n))[1]).startswith("assert")}
    assert "..." in got
    assert f"E       {got}\n" in said


@pytest.mark.parametrize("seed", range(12))
def test_checks_read_as_those_of_test_suites(seed: int) -> None:
    check, got = words("f", {"call": "[3, 1], 2", "value": "'a'", "got": "'b'"}, random.Random(seed))
    [found] = checks(ast.parse("def test(self):\n" + "\n".join(f"    {line}" for line in check.split("\n"))))
    assert found.text == check
    assert found.calls == {"f"}
    assert got in {"assert 'b' == 'a'", "'b' != 'a'"}
    assert ("self.assertEqual" in check) is (got == "'b' != 'a'")
    assert words("f", {"call": "", "value": "1", "error": "KeyError: 'x'"}, random.Random(seed))[1] == "KeyError: 'x'"


def test_functions_run_in_a_container_and_those_that_break_it_cost_only_themselves(base_image: str) -> None:
    where = {"source": "github:a/b", "licence": "MIT", "path": "x.py", "split": "train"}
    fork = ["def f(n):", "    import os", "    return os._exit(n + 1)"]
    memory = ["def f(n):", "    text = 'x' * 10 ** 10", "    return len(text) + n"]
    functions = [where | {"name": f"A.f{n}", "lines": lines} for n, lines in enumerate([fork, CLAMP, memory, CLAMP])]
    records = run_part(functions, WEIGHTS, base_image, "seed")
    assert {each["name"] for each in records} == {"A.f1", "A.f3"}
    assert records == run_part(functions, WEIGHTS, base_image, "seed")
    for each in records:
        assert each["before"][: each["start"]] + each["replacement"] + each["before"][each["end"] :] == each["after"]
        names: dict[str, Any] = {"f1": None, "f3": None}
        exec("\n".join(each["before"]), names)
        names["f1"] = names["f3"] = names["clamp"]
        if not each["check"].startswith("self."):
            with pytest.raises(Exception):  # noqa: B017
                exec(each["check"], names)
        assert each["got"]


def test_a_container_that_can_not_run_is_an_error(base_image: str) -> None:
    functions = [{"source": "s", "licence": "MIT", "path": "x", "name": "f", "split": "train", "lines": CLAMP}]
    with pytest.raises(RuntimeError, match="status"):
        run_part(functions, WEIGHTS, f"{base_image}-that-is-not-there", "seed")
