"""Files of tests, in the ways in which models write them."""

from __future__ import annotations

import pytest

from reasoncli.domain import Completion
from reasoncli.reproduction.reading import file_of, read_tests

TEST = "from m import f\n\n\ndef test_f():\n    assert f(1) == 2\n"
CLASS = "import unittest\n\n\nclass T(unittest.TestCase):\n    def test_f(self):\n        self.assertEqual(1, 2)\n"


def answer(text: str, count: int = 1, finish: str = "stop") -> Completion:
    return Completion("p", text, count, (), 1, finish)


@pytest.mark.parametrize(
    "text",
    [
        TEST,
        f"It fails.\n\n```python\n{TEST}```\nThat is all.",
        f"```\n{TEST}\n```",
        f"``` py title=test_f.py\n\n\n{TEST}```",
        f"~~~python\n{TEST}~~~",
        f"````python\n{TEST}````",
        f"```python\n{TEST}```".replace("\n", "\r\n"),
        f"```python\n{TEST}",
        f"Run `pytest`:\n\n```sh\npytest -k 'test'\n```\n\nThe fault:\n```python\nf(1)\n```\n\n```python\n{TEST}```",
        f"```python\ndef test_(:\n```\nRather:\n```python\n{TEST}```",
    ],
)
def test_the_file_is_found(text: str) -> None:
    assert file_of(text) == TEST


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I can't write one.",
        "```python\ndef f():\n    pass\n```",
        "```python\ndef test_f(:\n    pass\n```",
        "```python\ndef helper():\n    def test_inner():\n        pass\n```",
        TEST.replace("2", "'\x1b[2J'"),
        "x = 1\n" * 20_000 + TEST,
        "```python\n" + "(" * 9_000 + "\n```",
        "\ud800 " + TEST,
    ],
)
def test_what_is_no_file_of_tests_is_left_out(text: str) -> None:
    assert file_of(text) is None


def test_a_block_cut_off_at_the_token_limit_is_not_whole() -> None:
    assert file_of(f"```python\n{TEST}", cut_off=True) is None
    assert file_of(TEST, cut_off=True) is None
    assert file_of(f"```python\n{TEST}```\nIt", cut_off=True) == TEST


def test_of_several_files_the_longest_is_meant() -> None:
    assert file_of(f"```python\n{TEST}```\nor better\n```python\n{CLASS}```") == CLASS


def test_a_fence_inside_of_a_longer_one_is_text() -> None:
    inner = f'def test_f():\n    assert """\n```python\n{TEST}```\n"""\n'
    assert file_of(f"````python\n{inner}````") == inner


def test_equal_tests_share_their_votes_whatever_they_are_called() -> None:
    same = TEST.replace("test_f", "test_regression").replace("== 2", "==  2  # as said")
    other = TEST.replace("2", "3")
    found = read_tests([answer(TEST, 2), answer(other, 4), answer("no", 9), answer(f"```\n{same}```", 3)])
    assert [(each.source, each.votes) for each in found] == [(TEST, 5), (other, 4)]
    assert len({each.id for each in found}) == 2


def test_methods_count_by_what_they_do_as_well() -> None:
    renamed = CLASS.replace("test_f", "test_other")
    (found,) = read_tests([answer(CLASS), answer(renamed)])
    assert found.votes == 2
    assert len(read_tests([answer(CLASS), answer(CLASS.replace("1, 2", "1, 3"))])) == 2
