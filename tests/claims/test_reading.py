"""Issues as people write them, taken apart."""

from __future__ import annotations

import pytest

from reasoncli.claims.reading import Code, Output, Prose, pieces, raised


def code(*statements: tuple[str, str | None]) -> Code:
    return Code(statements)


def test_a_session_has_statements_with_what_each_shows() -> None:
    text = """\
It fails:

```pycon
>>> from m import f
>>> for x in (1, 2):
...     print(f(x))
1
4
>>> f(-1)
Traceback (most recent call last):
  File "<stdin>", line 1, in <module>
ValueError: negative
```

So it does."""
    assert pieces(text) == [
        Prose("It fails:"),
        code(
            ("from m import f", None),
            ("for x in (1, 2):\n    print(f(x))", "1\n4"),
            (
                "f(-1)",
                'Traceback (most recent call last):\n  File "<stdin>", line 1, in <module>\nValueError: negative',
            ),
        ),
        Prose("So it does."),
    ]


def test_a_session_without_a_fence_ends_where_the_prose_goes_on() -> None:
    text = ">>> f(1)\n2\n\n>>> f(2)\n3\n\nBut I want 4."
    assert pieces(text) == [code(("f(1)", "2"), ("f(2)", "3")), Prose("But I want 4.")]


def test_an_ipython_session() -> None:
    text = "    In [1]: import m\n\n    In [2]: m.f(1)\n    Out[2]: 3\n"
    assert pieces(text) == [code(("import m", None), ("m.f(1)", "3"))]


def test_code_and_its_output_in_fences_of_their_own() -> None:
    text = "```python\nimport m\nm.f(\n    1)\n```\nprints\n```\n3\n```\n"
    assert pieces(text) == [code(("import m", None), ("m.f(\n    1)", None)), Prose("prints"), Output("3")]


def test_code_that_stands_in_the_text() -> None:
    text = 'Example:\nfrom m import slug\nslug("_a_")\noutput: _a_\nThis is not code (at all).'
    assert pieces(text) == [
        Prose("Example:"),
        code(("from m import slug", None), ('slug("_a_")', None)),
        Prose("output:"),
        Output("_a_"),
        Prose("This is not code (at all)."),
    ]


def test_tracebacks_are_output_wherever_they_stand() -> None:
    trace = "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\n    f()\nKeyError: 'x'"
    assert pieces(f"Look:\n{trace}\nWhy?") == [Prose("Look:"), Output(trace), Prose("Why?")]
    assert pieces(f"```\nf()\n{trace}\n```") == [code(("f()", None)), Output(trace)]


def test_other_languages_and_logs_are_no_code() -> None:
    assert pieces("```bash\npip install m\n```\n```json\n{}\n```") == []
    assert pieces("```\nTotal 3 of 4\n```") == [Output("Total 3 of 4")]


@pytest.mark.parametrize(
    ("text", "exception"),
    [
        ("ValueError: bad value", ("ValueError", "bad value")),
        ("Traceback (most recent call last):\n  ...\nm.errors.FooError", ("FooError", "")),
        ("json.decoder.JSONDecodeError: Expecting value: line 1", ("JSONDecodeError", "Expecting value: line 1")),
        ("42", None),
        ("An Error: of some kind", None),
    ],
)
def test_the_exception_that_a_text_ends_with(text: str, exception: tuple[str, str] | None) -> None:
    assert raised(text) == exception


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n" * 10_000,
        "(" * 20_000,
        "```\n" * 500,
        ">>> " * 5_000,
        "x = 1\n" * 3_000,
        "f(" * 3_000 + "\n" * 10,
        "\0\ud800",
    ],
)
def test_nothing_that_somebody_writes_breaks_it(text: str) -> None:
    assert len(pieces(text)) <= 200
