"""What of a test is shown to a model: the check, and what its values were made by."""

from __future__ import annotations

import ast
import textwrap

from reasoncli.prompting.checks import Check, checks


def found(source: str) -> list[Check]:
    return list(checks(ast.parse(textwrap.dedent(source))))


def test_a_check_comes_with_what_made_its_values() -> None:
    [check] = found(
        """
        def test_it():
            unrelated = 1
            text = load("a")
            result = parse(text, strict=True)
            assert result == {"a": 1}
        """
    )
    assert check.text == "text = load('a')\nresult = parse(text, strict=True)\nassert result == {'a': 1}"
    assert check.calls == {"load", "parse"}
    assert (check.start, check.end) == (6, 6)


def test_the_latest_value_counts() -> None:
    first, second = found(
        """
        def test_it():
            x = f(1)
            assert x == 1
            x = f(2)
            assert x == 2
        """
    )
    assert first.text == "x = f(1)\nassert x == 1"
    assert second.text == "x = f(2)\nassert x == 2"


def test_the_checks_of_unittest_and_raises_are_checks() -> None:
    texts = [
        check.text
        for check in found(
            """
            class TestIt(TestCase):
                def test_it(self):
                    self.assertEqual(f(1), 2)
                    with self.assertRaises(ValueError):
                        f(-1)
                    with pytest.raises(KeyError):
                        g({})
                    f(2)
            """
        )
    ]
    assert texts == [
        "self.assertEqual(f(1), 2)",
        "with self.assertRaises(ValueError):\n    f(-1)",
        "with pytest.raises(KeyError):\n    g({})",
    ]


def test_checks_in_blocks_are_found_and_those_of_inner_functions_once() -> None:
    texts = [
        check.text
        for check in found(
            """
            def test_it():
                for n in range(3):
                    if n:
                        assert f(n)
                def inner():
                    assert g(1)
            """
        )
    ]
    assert sorted(texts) == ["assert f(n)", "assert g(1)"]


def test_assertions_are_not_among_the_calls() -> None:
    [check] = found("def test_it(self):\n    self.assertEqual(obj.method(1), Thing(2))")
    assert check.calls == {"method", "Thing"}


def test_what_is_too_long_is_left_out_and_before_it_what_made_its_values() -> None:
    [check] = found(f"def test_it():\n    x = f({'1, ' * 200})\n    assert x == 3")
    assert check.text == "assert x == 3"
    assert found(f"def test_it():\n    assert f() == '{'long ' * 100}'") == []


def test_what_makes_itself_ends() -> None:
    [check] = found("def test_it():\n    x = f(x)\n    x = g(x)\n    assert x")
    assert check.text == "x = g(x)\nassert x"


DEEP = " + ".join(f"f({number})" for number in range(1_200))


def test_what_is_too_deep_to_print_is_left_out() -> None:
    source = f"def test_it():\n    x = {DEEP}\n    assert x\n    assert g(2) == 1\n    assert {DEEP}"
    assert [check.text for check in found(source)] == ["assert g(2) == 1"]


def test_only_the_checks_of_a_line_are_made() -> None:
    source = """
        def test_it():
            x = f(1)
            assert x == 1
            for n in x:
                assert (
                    n
                    > 1
                )
            assert x
    """
    module = ast.parse(textwrap.dedent(source))
    every = list(checks(module))
    assert len(every) == 3
    for line in range(12):
        assert list(checks(module, line)) == [check for check in every if check.start <= line <= check.end]
