"""`reasoncli models`, from an empty machine to a model that was pulled from a hub."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reasoncli.models.catalogue import find_entry
from tests.end_to_end.project import Ran, Tool
from tests.models.gguf_files import write_model
from tests.models.hub_server import Hub, hub_server

SPEC = "hf:some/model-GGUF:Q4_K_M"
BLOCK = 10_000_000  # bytes that the hub's client reads at once


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    model = write_model(tmp_path / "model.gguf").read_bytes()
    files = {"model-Q4_K_M.gguf": model, "model-Q8_0.gguf": model + bytes(4 * BLOCK)}
    with hub_server({"some/model-GGUF": files}) as server:
        yield server


@pytest.fixture
def models(tool: Tool, hub: Hub, tmp_path: Path) -> Callable[..., Ran]:
    """`reasoncli models`, with a cache of its own and our hub."""
    own = {"HF_HOME": str(tmp_path / "hub"), "HF_ENDPOINT": hub.url, "HF_HUB_CACHE": "", "COLUMNS": "200"}

    def run(*arguments: str) -> Ran:
        return tool.run("models", *arguments, **{name: value for name, value in own.items() if value})

    return run


@pytest.fixture(autouse=True)
def _no_cache_of_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def test_a_model_is_pulled_listed_and_described(models: Callable[..., Ran]) -> None:
    assert models("list", "--json").json["pulled"] == []
    pulled = models("pull", SPEC)
    assert pulled.code == 0, pulled.err
    assert pulled.out == ""
    assert f"Ready: --model {SPEC}" in pulled.err
    (listed,) = models("list", "--json").json["pulled"]
    assert listed["name"] == SPEC
    assert listed["size"] == Path(listed["path"]).stat().st_size
    assert SPEC in models("list").out
    described = models("info", SPEC, "--json").json
    assert (described["title"], described["abilities"]) == ("Random-Coder", ["chat"])


def test_a_download_is_told_of_in_tenths_where_there_is_no_terminal(models: Callable[..., Ran]) -> None:
    lines = models("pull", "hf:some/model-GGUF:Q8_0").err.splitlines()
    told = [int(line.split()[1]) for line in lines if line.startswith("model-Q8_0.gguf: ")]
    assert told == sorted(set(told)), "no line twice"
    assert all(tenth % 10 == 0 for tenth in told)
    assert told[-1] == 100
    assert len(told) >= 4, "while it went on, too"


def test_what_can_not_be_pulled(models: Callable[..., Ran]) -> None:
    for name, said in (("qwen2.5-coder-7", "qwen2.5-coder-7b"), ("hf:no/where:Q4_K_M", "no/where")):
        refused = models("pull", name)
        assert refused.code == 2
        assert said in refused.err


def test_the_catalogue_is_listed(models: Callable[..., Ran]) -> None:
    entry = find_entry("qwen2.5-coder-7b")
    assert entry is not None
    catalogue = {each["name"]: each for each in models("list", "--json").json["catalogue"]}
    assert catalogue[entry.name]["memory"] == entry.memory
    table = models("list").out
    assert entry.name in table
    assert "embedded" in table


def test_a_model_of_the_catalogue_is_described_before_it_is_pulled(models: Callable[..., Ran]) -> None:
    entry = find_entry("qwen2.5-coder-7b")
    assert entry is not None
    described = models("info", "Qwen2.5-Coder-7B")
    assert described.code == 0, described.err
    assert "not on this machine" in described.out
    assert f"reasoncli models pull {entry.name}" in described.out
    for fact in (str(entry.source), f"{entry.size / 1e9:.1f} GB", f"{entry.memory / 1e9:.1f} GB", entry.licence):
        assert fact in described.out
    assert entry.note in described.out
    plain = models("info", entry.name, "--json").json
    assert plain["pulled"] is False
    assert (plain["source"], plain["size"], plain["licence"]) == (str(entry.source), entry.size, entry.licence)


def test_the_embedded_model_is_what_is_described_by_default(models: Callable[..., Ran]) -> None:
    described = models("info")
    assert described.code == 0
    assert "line-repair" in described.out
    assert "single-line" in described.out
