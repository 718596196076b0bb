from __future__ import annotations

import dataclasses
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoncli.domain import Status
from reasoncli.reports.junit import to_junit
from reasoncli.reports.summary import Summary
from tests.reports.hostile import TEXTS, hostile
from tests.reports.replay import summary
from tests.reports.test_github import failed, status


def cases(*summaries: Summary) -> list[ET.Element]:
    text = to_junit(summaries)
    root = ET.fromstring(text.encode())
    assert root.tag == "testsuites"
    return list(root.iter("testcase"))


def test_a_case_for_each_issue() -> None:
    runs = (summary(), status(Status.UNVERIFIED), status(Status.NONE), status(Status.SUSPICIOUS), failed())
    found = cases(*runs)
    kinds = [next((each.tag for each in case if each.tag in ("failure", "error")), "passed") for case in found]
    assert kinds == ["passed", "failure", "failure", "failure", "error"]
    assert [each.get("name") for each in found] == ["divide() rounds down"] * 5
    assert found[1].find("failure").get("type") == "unverified"  # type: ignore[union-attr]
    assert found[4].find("error").get("message") == "Docker is gone"  # type: ignore[union-attr]
    suite = ET.fromstring(to_junit(runs).encode()).find("testsuite")
    assert suite is not None
    assert [suite.get(name) for name in ("tests", "failures", "errors")] == ["5", "3", "1"]


def test_a_passed_case_has_the_patch() -> None:
    (case,) = cases(summary())
    assert "+    return a / b" in (case.findtext("system-out") or "")


def test_verified_but_less_sure_than_was_asked_for_is_a_failure() -> None:
    (case,) = cases(dataclasses.replace(summary(), exit_code=1))
    assert case.find("failure") is not None


@pytest.mark.parametrize("text", TEXTS)
def test_it_is_xml_whatever_a_run_says(text: str) -> None:
    found = cases(hostile(text), failed(text))
    assert [each.tag for each in found] == ["testcase"] * 2
    assert {each.tag for case in found for each in case} <= {"failure", "error", "system-out"}
    assert "\x1b" not in to_junit([hostile(text)])


@given(st.text(st.characters(codec=None), max_size=50))
def test_any_text_at_all(text: str) -> None:
    assert len(cases(hostile(text), failed(text))) == 2
