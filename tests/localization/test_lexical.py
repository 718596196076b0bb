from __future__ import annotations

import math

import pytest

from reasoncli.localization.functions import outline
from reasoncli.localization.lexical import Corpus, Query, function_documents, query
from reasoncli.localization.tokens import parts, words


@pytest.mark.parametrize(
    ("identifier", "found"),
    [
        ("parse", ("parse",)),
        ("parse_http_dates", ("parse_http_dates", "parse", "http", "date")),
        ("parseHTTPDate2", ("parsehttpdate2", "parse", "http", "date")),
        ("__init__", ("init",)),
        ("the", ()),
        ("x", ()),
        ("größe", ("größe",)),
        ("a" * 65, ()),
        ("queries", ("query",)),
        ("class_", ("class",)),
    ],
)
def test_words_of_an_identifier(identifier: str, found: tuple[str, ...]) -> None:
    assert parts(identifier) == found


def test_words_are_counted() -> None:
    assert words("flatten(flat_list)  # flattens 3 lists") == {
        "flatten": 2, "flat_list": 1, "flat": 1, "list": 2,
    }  # fmt: skip


def test_bm25_by_hand() -> None:
    corpus = Corpus([{"a": 2, "b": 2}, {"b": 2}, {"c": 3}])
    scores = corpus.scores(Query({"a": 1.0, "missing": 1.0}))
    rarity = math.log(1 + (3 - 1 + 0.5) / (1 + 0.5))
    norm = 1.2 * (1 - 0.75 + 0.75 * 4 / 3)
    assert scores == [pytest.approx(rarity * 2 * 2.2 / (2 + norm)), 0.0, 0.0]
    assert Corpus([]).scores(Query({"a": 1.0})) == []
    assert Corpus([{}]).scores(Query({"a": 1.0})) == [0.0]


def test_code_in_the_issue_weighs_more_than_prose() -> None:
    weights = query("The flatten thing uses `chunk` and\n\n```\nmerge(x)\n```\n\nalso sort_keys and Camel.case").weights
    assert min(weights[word] for word in ("chunk", "merge", "sort_keys", "camel")) > weights["flatten"] > 0


def test_a_line_belongs_to_the_innermost_function() -> None:
    source = "import alpha\n\ndef outer():\n    beta()\n    def inner():\n        gamma()\n    return inner\n"
    parsed = outline(source)
    module, outer, inner = function_documents("pkg/mod.py", source.splitlines(), parsed)
    assert [name for name in ("alpha", "beta", "gamma") if name in module] == ["alpha"]
    assert [name for name in ("alpha", "beta", "gamma") if name in outer] == ["beta"]
    assert [name for name in ("alpha", "beta", "gamma") if name in inner] == ["gamma"]
    assert all("mod" in document for document in (module, outer, inner))
    assert outer["outer"] > outer["beta"]
