"""Patches that cheat or do harm, each run for real: none may select itself, none may spoil the next candidate's run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from reasoncli.sandbox import engine, labels
from tests.security import bench as benches
from tests.security.bench import ALL, Bench
from tests.security.hostile import FORBIDDEN, TARGET, UNDETECTABLE, Hostile

pytestmark = [pytest.mark.docker, pytest.mark.slow]
RUN = "hostile-patches"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, base_image: str) -> Iterator[Bench]:
    with benches.opened(tmp_path_factory.mktemp("hostile"), base_image, RUN) as opened:
        yield opened


@pytest.fixture
def client() -> Iterator[Any]:
    client = engine.connect()
    yield client
    client.close()


def test_the_bench_knows_a_fix_from_none(bench: Bench) -> None:
    assert [target.id for target in bench.baseline.targets] == [TARGET]
    assert len(bench.baseline.guards) == 6
    assert bench.baseline.second.canaries
    assert bench.works_on()


@pytest.mark.parametrize("each", ALL, ids=[each.id for each in ALL])
def test_a_hostile_patch(bench: Bench, each: Hostile, client: Any) -> None:
    outcome, why = bench.outcome(each)
    assert outcome in each.expected, why
    assert why
    assert bench.host_untouched()
    if outcome == FORBIDDEN:
        return  # nothing was run
    assert bench.works_on(), "the next candidates are judged as if nothing had been"
    living = client.containers(filters={"label": f"{labels.RUN}={RUN}"})
    assert len(living) <= 2, "one worker's container, and perhaps the one that waits for a confirmation"


def test_there_are_enough_of_them() -> None:
    assert len(ALL) >= 60
    assert len({each.id for each in ALL}) == len(ALL)


def test_what_goes_undetected_is_named_in_the_documents() -> None:
    from reasoncli.resources import sandboxes_dir

    text = (sandboxes_dir().parent / "docs" / "security.md").read_text(encoding="utf-8")
    for each in ALL:
        if UNDETECTABLE in each.expected:
            assert each.expected == (UNDETECTABLE,)
            assert f"{each.family}: {each.name}" in text
