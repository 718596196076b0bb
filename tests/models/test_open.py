"""What a model's name leads to, and what is said where it leads nowhere."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from reasoncli.domain import Form, Prompt, RepairContent
from reasoncli.errors import ModelError, ModelFileError, ModelNotFoundError, UsageError
from reasoncli.models.catalogue import catalogue, find_entry, suggest
from reasoncli.models.hub import HubModel
from reasoncli.models.interface import Ability, SampleRequest
from reasoncli.models.open import describe, open_sampler
from reasoncli.models.pull import pull
from reasoncli.models.resolve import Kind, Located, resolve, source_of
from reasoncli.resources import weights_path
from tests.models.gguf_files import write_model
from tests.models.hub_server import hub_server

GB = 1_000_000_000


def test_the_embedded_model_opens_and_draws() -> None:
    sampler = open_sampler("embedded")
    try:
        assert sampler.info.name == "embedded"
        assert sampler.info.abilities == {Ability.LINE_REPAIR}
        prompt = Prompt("p", Form.LINE_REPAIR, RepairContent("def f(a):\n    return a\n", "return a"), max_tokens=8)
        drawn = sampler.sample([SampleRequest(prompt, 5, seed=1)], threading.Event())
        assert sum(completion.count for completion in drawn) == 5
    finally:
        sampler.close()


def test_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_model(tmp_path / "a model.gguf")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for spec in (str(path), "./a model.gguf", "a model.gguf", "~/a model.gguf"):
        assert resolve(spec) == Located(Kind.GGUF, spec, path)


def test_addresses_and_recordings(tmp_path: Path) -> None:
    assert resolve("http://localhost:8000/v1#x") == Located(Kind.HTTP, "http://localhost:8000/v1#x")
    recording = tmp_path / "said.jsonl"
    recording.write_text("")
    assert resolve(f"recorded:{recording}") == Located(Kind.RECORDED, f"recorded:{recording}", recording)


@pytest.mark.parametrize(
    ("spec", "hint"),
    [
        ("qwen2.5-coder-7", "qwen2.5-coder-7b"),
        ("embeded", "embedded"),
        ("Xyzzy", "models list"),
        ("hf:no/where:Q4_K_M", "models pull hf:no/where:Q4_K_M"),
        ("qwen2.5-coder-7b", "models pull qwen2.5-coder-7b"),
        ("hf:nonsense", "hf:user/repo:Q4_K_M"),
        ("./none.gguf", "hf:user/repo"),
    ],
)
def test_names_that_lead_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: str, hint: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelNotFoundError) as caught:
        resolve(spec, cache_dir=tmp_path / "cache")
    assert hint in caught.value.hint


def test_files_with_close_names_are_offered(tmp_path: Path) -> None:
    write_model(tmp_path / "qwen-7b-q4.gguf")
    with pytest.raises(ModelNotFoundError) as caught:
        resolve(str(tmp_path / "qwen-7b-q5.gguf"))
    assert "qwen-7b-q4.gguf" in caught.value.hint
    with pytest.raises(ModelNotFoundError, match="a folder"):
        resolve(f"{tmp_path}/")


def test_pulled_models_are_found(tmp_path: Path) -> None:
    with hub_server({"some/model-GGUF": {"m-Q4_K_M.gguf": b"x" * 100}}) as hub:
        (path,) = pull(HubModel("some/model-GGUF"), lambda *_: None, endpoint=hub.url, cache_dir=tmp_path)
    assert resolve("hf:some/model-GGUF", cache_dir=tmp_path).path == path
    assert resolve("hf:some/model-GGUF:Q4_K_M", cache_dir=tmp_path).path == path
    with pytest.raises(ModelNotFoundError):
        resolve("hf:some/model-GGUF:Q8_0", cache_dir=tmp_path)


def test_what_to_pull() -> None:
    assert source_of("hf:a/b:Q8_0") == HubModel("a/b", "Q8_0")
    assert source_of("Qwen2.5-Coder-7B").repo == "Qwen/Qwen2.5-Coder-7B-Instruct-GGUF"
    with pytest.raises(ModelNotFoundError) as caught:
        source_of("gpt-oss-20")
    assert "gpt-oss-20b" in caught.value.hint


def test_a_file_cut_in_half_is_refused_before_it_is_loaded(tmp_path: Path) -> None:
    data = weights_path().read_bytes()
    half = tmp_path / "half.gguf"
    half.write_bytes(data[: len(data) // 2])
    for look in (open_sampler, describe):
        with pytest.raises(ModelFileError, match="cut short"):
            look(str(half))


def test_models_that_can_do_nothing_here_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no chat template"):
        open_sampler(str(write_model(tmp_path / "base.gguf", template=None)))
    newer = write_model(tmp_path / "newer.gguf", metadata={"reasoncli.prompt_form": "form-9"})
    with pytest.raises(ModelError, match="form-9"):
        open_sampler(str(newer))


def test_cards(tmp_path: Path) -> None:
    card = describe("embedded")
    assert card.licence == "Apache-2.0"
    assert card.abilities == {Ability.LINE_REPAIR}
    assert "single-line" in card.note
    assert card.weights_bytes < card.memory < 2 * card.weights_bytes
    chat = describe(str(write_model(tmp_path / "m.gguf")))
    assert (chat.title, chat.context, chat.abilities) == ("Random-Coder", 512, {Ability.CHAT})
    with pytest.raises(UsageError):
        describe("http://localhost/v1")


# ---------------------------------------------------------------- catalogue


def test_the_catalogue_is_sound() -> None:
    entries = catalogue()
    assert 8 <= len(entries) <= 14
    assert [entry.memory for entry in entries] == sorted(entry.memory for entry in entries)
    assert len({entry.name for entry in entries}) == len(entries)
    for entry in entries:
        assert entry.name == entry.name.lower()
        assert entry.source.quant
        assert entry.size < entry.memory < 2 * entry.size + GB
        assert entry.abilities
        assert entry.licence
        assert entry.context >= 8_192
        assert find_entry(entry.name.upper()) == entry


@pytest.mark.parametrize(
    ("memory", "name"),
    [
        (GB // 2, None),
        (2 * GB, "qwen2.5-coder-1.5b"),
        (3 * GB, "qwen2.5-coder-1.5b"),  # StarCoder2 takes no instructions
        (8 * GB, "qwen2.5-coder-7b"),
        (24 * GB, "qwen3-coder-30b-a3b"),
        (80 * GB, "gpt-oss-120b"),
    ],
)
def test_suggestions(memory: int, name: str | None) -> None:
    entry = suggest(memory)
    assert (entry.name if entry else None) == name
