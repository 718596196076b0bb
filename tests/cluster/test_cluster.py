"""A real Ray cluster of three nodes, on this machine: nothing is lost with a node, counted twice or left behind."""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from reasoncli.cluster.cluster import Cluster, found
from reasoncli.errors import ClusterError
from reasoncli.runs.store import Store
from tests.cluster.nodes import Nodes, nodes
from tests.end_to_end.project import (
    FIX,
    ISSUE,
    NO_FIX,
    SOURCE,
    WRONG,
    Tool,
    edit,
    make_recording,
    make_repository,
    refused,
)
from tests.end_to_end.test_interruption import Started, containers, is_kind

SAMPLES = 48
is_judged = is_kind("candidate-judged")
PATIENCE = 60.0
SLOW = """\
import time
import unittest

from shop.prices import total


class PricesTest(unittest.TestCase):
    def test_total(self):
        time.sleep(0.2)
        self.assertEqual(total([1, 2, 3]), 6)

    def test_discount(self):
        time.sleep(0.2)
        self.assertEqual(total([50, 50], discount=10), 90)
"""


@pytest.fixture(scope="module")
def three() -> Iterator[Nodes]:
    with nodes(3, cpus=1) as cluster:
        yield cluster


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """The fix, and sixteen patches that are none."""
    wrong = {edit(WRONG, f"    return result * ({n} + discount) / 100"): 1.0 for n in range(101, 116)}
    return make_recording(tmp_path / "recording", {FIX: 8.0, NO_FIX: 1.0, **wrong})


def gone(run: str) -> bool:
    """Whether the run's containers have ended, soon."""
    deadline = time.monotonic() + PATIENCE
    while containers(run) and time.monotonic() < deadline:
        time.sleep(0.1)
    return containers(run) == []


@pytest.mark.ray
@pytest.mark.docker
@pytest.mark.slow
def test_a_node_that_is_killed_takes_no_result_with_it(
    tool: Tool, tmp_path: Path, base_image: str, recording: Path
) -> None:
    repository = make_repository(tmp_path / "shop", {"tests/test_prices.py": SLOW, "tests/__init__.py": ""})
    with nodes(3, cpus=1) as cluster:
        started = Started(
            tool,
            *("fix", repository, "--issue", ISSUE, "--seed", 1, "-n", SAMPLES, "--exhaustive", "--no-reuse"),
            *("--model", f"recorded:{recording}", "--image", base_image, "--dry-run"),
            *("--test-command", "python3 -m unittest discover -s tests -t ."),
            *("--engine", "ray", "--ray-address", cluster.address),
        ).wait_for(is_judged)
        run = started.run
        assert containers(run)
        cluster.kill(1)
        out, err = started.process.communicate(timeout=300)
        assert started.process.returncode == 0, err
        assert "was lost" in err or "has left" in err, err
        assert gone(run)
    record = Store(tool.state).read(run)
    assert record.head.samples == SAMPLES
    assert record.decision is not None
    assert record.decision.chosen is not None
    assert "100 - discount" in out
    verdicts = [(each["index"], each["verdict"]["clean"]) for each in started.events() if is_judged(each)]
    assert [each for each, times in Counter(verdicts).items() if times > 1] == []
    assert {index for index, clean in verdicts if not clean} == set(range(len(record.candidates)))
    assert len(record.candidates) > 8
    keys = [key for key, verdict in record.recorded.verdicts if not verdict.clean]
    assert sorted(keys) == sorted(set(keys))


@pytest.mark.ray
@pytest.mark.slow
def test_a_batch_loses_nothing_with_a_node(tool: Tool, tmp_path: Path, recording: Path) -> None:
    for name in ("one", "two", "three"):
        make_repository(tmp_path / "work" / name)
    rows = [{"id": name, "repo": name, "issue": ISSUE} for name in ("one", "two", "three")]
    listed = tmp_path / "work" / "issues.jsonl"
    listed.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with nodes(3, cpus=1) as cluster:
        process = tool.start(
            *("batch", listed, "--model", f"recorded:{recording}", "--sandbox", "local", "-n", 24, "--json"),
            *("--engine", "ray", "--ray-address", cluster.address),
        )
        deadline = time.monotonic() + PATIENCE
        while not [path for path in tool.state.glob("batches/*/issues/*/run") if begun(tool, path)]:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        cluster.kill(2)
        out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    states = {each["key"]: each["state"] for each in json.loads(out)["issues"]}
    assert states == dict.fromkeys(("one", "two", "three"), "verified"), err
    assert (tmp_path / "work/one/shop/prices.py").read_text() == SOURCE


def begun(tool: Tool, path: Path) -> bool:
    """Whether an issue's base is known."""
    return Store(tool.state).read(path.read_text().strip()).baseline is not None


@pytest.mark.ray
@pytest.mark.docker
@pytest.mark.slow
def test_a_killed_driver_leaves_no_container(
    three: Nodes, tool: Tool, tmp_path: Path, base_image: str, recording: Path
) -> None:
    repository = make_repository(tmp_path / "shop", {"tests/test_prices.py": SLOW, "tests/__init__.py": ""})
    started = Started(
        tool,
        *("fix", repository, "--issue", ISSUE, "-n", SAMPLES, "--exhaustive", "--model", f"recorded:{recording}"),
        *("--image", base_image, "--test-command", "python3 -m unittest discover -s tests -t ."),
        *("--engine", "ray", "--ray-address", three.address),
    ).wait_for(is_judged)
    assert containers(started.run)
    assert started.end(signal.SIGKILL)[0] == -signal.SIGKILL
    assert gone(started.run)


@pytest.mark.ray
@pytest.mark.slow
def test_a_cluster_that_is_not_there_is_said(tool: Tool, tmp_path: Path, recording: Path) -> None:
    repository = make_repository(tmp_path / "shop")
    ran = tool.fix(repository, recording, "--json", "--engine", "ray", "--ray-address", "127.0.0.1:1")
    refused(ran, 3, "127.0.0.1:1", "--ray-address")


@pytest.mark.ray
@pytest.mark.slow
def test_nodes_with_another_version_do_not_take_part(three: Nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reasoncli.cluster.cluster.__version__", "0.0.0")
    with pytest.raises(ClusterError, match=r"it has reasoncli .* this machine has 0\.0\.0") as raised:
        found(three.address, 1 << 30, None, lambda text: None)
    assert "0.0.0" in raised.value.hint


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ClusterError) as raised:
        found(None, 1 << 30, None, lambda text: None)
    assert "reasoncli[ray]" in raised.value.hint


@pytest.mark.ray
@pytest.mark.slow
def test_nothing_of_the_working_directory_is_imported_on_a_node(
    three: Nodes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("platformdirs", "docker", "reasoncli"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n")
    monkeypatch.chdir(tmp_path)
    cluster: Cluster = found(three.address, 1 << 30, None, lambda text: None)
    try:
        assert cluster.size == cluster.slots == 3
    finally:
        cluster.close()
    assert not (tmp_path / "ran").exists()
