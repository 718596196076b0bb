"""The README says what is so."""

from __future__ import annotations

import re

import pytest

from reasoncli import errors
from reasoncli.cli.app import READER_GONE
from tests.packaging.conftest import CHECKOUT

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")


def exit_codes(error: type[errors.ReasoncliError]) -> set[int]:
    return {error.exit_code}.union(*(exit_codes(kind) for kind in error.__subclasses__()))


def test_every_exit_code_is_explained() -> None:
    explained = {int(code) for code in re.findall(r"^\| (\d+) \| ", README, re.MULTILINE)}
    assert explained == {0, READER_GONE} | exit_codes(errors.ReasoncliError)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_links_lead_somewhere(name: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (CHECKOUT / name).read_text(encoding="utf-8"))
    assert [link for link in links if not (CHECKOUT / link).exists()] == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_make_targets_that_are_named_exist(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^ *|`)make ([a-z]+)\b", (CHECKOUT / name).read_text(encoding="utf-8"), re.MULTILINE))
    assert named <= targets
    assert {"demo", "test"} <= targets
