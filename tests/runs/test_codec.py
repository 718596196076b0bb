from __future__ import annotations

import dataclasses
import inspect
import json
import math
import pathlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reasoncli import domain
from reasoncli.domain import Baseline, Candidate, ChatContent, Completion, Form, Prompt, TestReport
from reasoncli.runs.codec import CodecError, decode, encode

VALUES = [kind for _, kind in inspect.getmembers(domain, dataclasses.is_dataclass)]


def strategy(kind: Any) -> st.SearchStrategy[Any]:
    """Values of any type that the domain uses: hypothesis can't resolve frozen mappings by itself."""
    if getattr(kind, "__origin__", None) is Mapping:
        keys, values = kind.__args__
        return st.dictionaries(strategy(keys), strategy(values), max_size=2).map(MappingProxyType)
    if getattr(kind, "__origin__", None) is tuple and kind.__args__[-1] is ...:
        return st.lists(strategy(kind.__args__[0]), max_size=2).map(tuple)
    if dataclasses.is_dataclass(kind):
        return st.builds(kind, **{name: strategy(hint) for name, hint in get_type_hints(kind).items()})
    if kind is str:
        return st.text(st.characters(), max_size=8) | st.just("caf\udce9")  # a file name that is no UTF-8
    if kind is pathlib.Path:
        return st.just(pathlib.Path("/somewhere/else"))
    return st.from_type(kind)


def through(kind: Any, value: Any) -> Any:
    return decode(kind, json.loads(json.dumps(encode(kind, value), allow_nan=False)))


def same(one: Any, other: Any) -> bool:
    """Equal, with nan equal to itself; by what is written of both then, as equal sets may differ in their text."""
    return encode(type(one), one) == encode(type(other), other) if "nan" in repr(one) else bool(one == other)


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_value_of_the_domain_comes_back(kind: type, data: st.DataObject) -> None:
    value = data.draw(strategy(kind))
    assert same(through(kind, value), value)


@given(st.frozensets(st.integers(1, 60)))
def test_lines_come_back(lines: frozenset[int]) -> None:
    assert through(frozenset[int], lines) == lines


def test_covered_lines_are_written_as_runs() -> None:
    assert encode(frozenset[int], frozenset({1, 2, 3, 7, 9, 10})) == [[1, 3], 7, [9, 10]]


@pytest.mark.parametrize("number", [0.1, 1e300, math.inf, -math.inf])
def test_floats_come_back(number: float) -> None:
    assert through(float, number) == number


def test_nan_comes_back() -> None:
    assert math.isnan(through(float, math.nan))


def test_an_integer_in_a_float_field_is_one() -> None:
    assert through(float, 3) == 3.0


def test_bytes_come_back() -> None:
    assert through(bytes, bytes(range(256))) == bytes(range(256))


def test_members_of_a_union_are_told_apart() -> None:
    prompt = Prompt("p", Form.SEARCH_REPLACE, ChatContent((("user", "hi"),)))
    assert encode(Prompt, prompt)["content"]["$"] == "ChatContent"
    assert through(Prompt, prompt) == prompt


def test_mappings_come_back_frozen() -> None:
    report = TestReport({}, domain.Evidence.STRUCTURED, 0, 1.0, coverage={"t": {"a.py": frozenset({1})}})
    back = through(TestReport, report)
    assert back == report
    with pytest.raises(TypeError):
        back.coverage["t"] = {}


def test_a_field_added_later_takes_its_default() -> None:
    data = encode(Completion, Completion("p", "text", 1, (), 3, "stop", thinking="hm"))
    del data["thinking"]
    assert decode(Completion, data).thinking == ""


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (Completion, {"prompt": "p"}),
        (Completion, {**encode(Completion, Completion("p", "t", 1, (), 1, "stop")), "more": 1}),
        (Completion, []),
        (Candidate, None),
        (int, True),
        (int, 1.5),
        (float, "1.5"),
        (str, 5),
        (bool, 1),
        (bytes, "not base64!"),
        (Form, "sonnet"),
        (tuple[int, ...], {"0": 1}),
        (tuple[int, str], [1]),
        (frozenset[int], [[1, 2, 3]]),
        (frozenset[int], ["x"]),
        (Prompt, {"id": "p", "form": "infill", "content": {"$": "Baseline"}}),
        (Mapping[str, int], []),
    ],
)
def test_data_of_another_shape_is_refused(kind: Any, data: object) -> None:
    with pytest.raises(CodecError):
        decode(kind, data)


@pytest.mark.parametrize("kind", [complex, Mapping[int, str], object])
def test_a_type_without_a_rule_is_refused(kind: Any) -> None:
    with pytest.raises(CodecError):
        encode(kind, object())


def test_a_baseline_keeps_its_coverage() -> None:
    report = TestReport(
        MappingProxyType({"t": domain.TestResult("t", domain.Outcome.FAILED, frames=(("a.py", 3, "f"),))}),
        domain.Evidence.STRUCTURED,
        1,
        0.5,
        coverage=MappingProxyType({"t": MappingProxyType({"a.py": frozenset(range(1, 500))})}),
    )
    base = Baseline(report, report, (), ("g",), (), MappingProxyType({"e": "no network"}), ())
    assert through(Baseline, base) == base
    assert len(json.dumps(encode(Baseline, base))) < 1500
