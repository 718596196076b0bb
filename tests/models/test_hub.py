"""Models of a hub: their names, their files, and how they get here."""

from __future__ import annotations

import fcntl
import hashlib
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from reasoncli.errors import DiskFullError, EnvironmentFailure, ModelError, ModelFileError, ModelNotFoundError
from reasoncli.models.hub import CachedModel, HubModel, cached_files, cached_models, parse_hub_model, select_files
from reasoncli.models.pull import pull
from tests.models.hub_server import Hub, hub_server

REPO = "some/model-GGUF"
LARGE = random.Random(1).randbytes(3_000_000)
FILES = {
    "README.md": b"text",
    "model-Q4_K_M.gguf": LARGE,
    "model-Q8_0-00001-of-00002.gguf": b"one" * 1000,
    "model-Q8_0-00002-of-00002.gguf": b"two" * 1000,
    "mmproj-model-F16.gguf": b"eyes",
}
MODEL = HubModel(REPO, "Q4_K_M")
SHA = hashlib.sha256(LARGE).hexdigest()


@pytest.fixture
def hub() -> Iterator[Hub]:
    with hub_server({REPO: FILES}) as server:
        yield server


class Told:
    """A progress listener that remembers."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int, int]] = []

    def __call__(self, file: str, done: int, total: int) -> None:
        self.calls.append((file, done, total))


def fetch(hub: Hub, cache: Path, model: HubModel = MODEL, told: Told | None = None) -> list[Path]:
    return pull(model, told or Told(), endpoint=hub.url, cache_dir=cache)


def interrupt(file: str, done: int, total: int) -> None:
    """A listener during whose work the user presses Ctrl-C."""
    if 0 < done < total:
        raise KeyboardInterrupt


# ---------------------------------------------------------------- names and files


@pytest.mark.parametrize(
    ("spec", "model"),
    [
        ("hf:user/repo", HubModel("user/repo")),
        ("hf:user/repo-GGUF:Q4_K_M", HubModel("user/repo-GGUF", "Q4_K_M")),
        ("hf:user/repo@v1.0:Q8_0", HubModel("user/repo", "Q8_0", "v1.0")),
        ("hf:u.s-e_r/Re.po_gguf:UD-Q4_K_XL", HubModel("u.s-e_r/Re.po_gguf", "UD-Q4_K_XL")),
    ],
)
def test_names(spec: str, model: HubModel) -> None:
    assert parse_hub_model(spec) == model
    assert str(model) == spec


@pytest.mark.parametrize("spec", ["hf:repo", "hf:a/b/c", "hf:", "hf:a/b:", "hf:../../etc", "hf:a/b:c d"])
def test_names_that_are_none(spec: str) -> None:
    with pytest.raises(ModelNotFoundError, match="names no model"):
        parse_hub_model(spec)


@pytest.mark.parametrize(
    ("quant", "names", "chosen"),
    [
        ("Q4_K_M", ["m-Q4_K_M.gguf", "m-Q4_K_S.gguf", "m-UD-Q4_K_M.gguf"], ["m-Q4_K_M.gguf"]),
        ("q4_k_m", ["m-q4_k_m.gguf", *(f"m-q4_k_m-0000{part}-of-00002.gguf" for part in "12")], ["m-q4_k_m.gguf"]),
        ("Q4_0", ["m-Q4_0_4_4.gguf", "m-Q4_0.gguf"], ["m-Q4_0.gguf"]),
        ("Q8_0", ["Q8_0/m-00002-of-00002.gguf", "Q8_0/m-00001-of-00002.gguf"],
         ["Q8_0/m-00001-of-00002.gguf", "Q8_0/m-00002-of-00002.gguf"]),
        ("", ["m-Q8_0.gguf", "m-Q4_K_M.gguf", "m-Q2_K.gguf"], ["m-Q4_K_M.gguf"]),
        ("", ["m-mxfp4.gguf"], ["m-mxfp4.gguf"]),
        ("", ["odd.gguf", "mmproj-odd.gguf", "odd.imatrix"], ["odd.gguf"]),
        ("UD-Q4_K_XL", ["m-UD-Q4_K_XL.gguf", "m-Q4_K_XL.gguf"], ["m-UD-Q4_K_XL.gguf"]),
    ],
)  # fmt: skip
def test_files_of_a_quantization(quant: str, names: list[str], chosen: list[str]) -> None:
    assert select_files(HubModel("a/b", quant), names) == chosen


def test_missing_quantizations_are_told() -> None:
    with pytest.raises(ModelNotFoundError, match="no Q3_K_M") as caught:
        select_files(HubModel("a/b", "Q3_K_M"), ["m-Q4_K_M.gguf", "m-IQ2_XS.gguf"])
    assert "IQ2_XS, Q4_K_M" in caught.value.hint
    with pytest.raises(ModelNotFoundError, match="no GGUF"):
        select_files(HubModel("a/b"), ["model.safetensors", "m-Q8_0-00001-of-00002.gguf"])


# ---------------------------------------------------------------- downloads


def test_a_model_is_pulled_once(hub: Hub, tmp_path: Path) -> None:
    told = Told()
    (path,) = fetch(hub, tmp_path, told=told)
    assert path.read_bytes() == LARGE
    assert path.name == "model-Q4_K_M.gguf"
    assert told.calls[-1] == ("model-Q4_K_M.gguf", len(LARGE), len(LARGE))
    assert [done for _, done, _ in told.calls] == sorted(done for _, done, _ in told.calls)
    assert fetch(hub, tmp_path) == [path]
    assert hub.downloads == [("model-Q4_K_M.gguf", 0)]
    assert cached_files(MODEL, tmp_path) == [path]


def test_parts_are_pulled_together(hub: Hub, tmp_path: Path) -> None:
    model = HubModel(REPO, "Q8_0")
    paths = fetch(hub, tmp_path, model)
    assert [path.read_bytes()[:3] for path in paths] == [b"one", b"two"]
    assert cached_files(model, tmp_path) == paths
    paths[1].unlink()
    assert cached_files(model, tmp_path) == [], "a model with a part missing is not there"


def test_an_interrupted_download_goes_on(hub: Hub, tmp_path: Path) -> None:
    big = random.Random(2).randbytes(25_000_000)  # the client reads in blocks of 10 MB
    hub.files = {REPO: {"m-Q4_K_M.gguf": big}}
    with pytest.raises(KeyboardInterrupt):
        pull(MODEL, interrupt, endpoint=hub.url, cache_dir=tmp_path)
    assert cached_files(MODEL, tmp_path) == []
    (path,) = fetch(hub, tmp_path)
    assert path.read_bytes() == big
    first, second = (start for _, start in hub.downloads)
    assert first == 0 < second, "it did not start from nothing"
    assert list(path.resolve().parent.iterdir()) == [path.resolve()], "nothing is left behind"


def test_a_lost_connection_is_resumed(hub: Hub, tmp_path: Path) -> None:
    big = random.Random(2).randbytes(25_000_000)
    hub.files = {REPO: {"m-Q4_K_M.gguf": big}}
    hub.cut_after = [15_000_000]
    (path,) = fetch(hub, tmp_path)
    assert path.read_bytes() == big
    assert hub.downloads[1][1] > 0


def test_a_hub_without_ranges(hub: Hub, tmp_path: Path) -> None:
    part = tmp_path / "models--some--model-GGUF" / "blobs" / f"{SHA}.reasoncli-part"
    part.parent.mkdir(parents=True)
    part.write_bytes(LARGE[:1_000_000])
    hub.refuse_ranges = True
    (path,) = fetch(hub, tmp_path)
    assert path.read_bytes() == LARGE


def test_a_wrong_rest_is_fetched_again(hub: Hub, tmp_path: Path) -> None:
    part = tmp_path / "models--some--model-GGUF" / "blobs" / f"{SHA}.reasoncli-part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * 1_000_000)
    (path,) = fetch(hub, tmp_path)
    assert path.read_bytes() == LARGE
    assert [start for _, start in hub.downloads] == [1_000_000, 0]


def test_a_corrupt_file_is_refused_and_not_kept(hub: Hub, tmp_path: Path) -> None:
    hub.corrupt = True
    with pytest.raises(ModelFileError, match="checksum is wrong"):
        fetch(hub, tmp_path)
    assert cached_files(MODEL, tmp_path) == []
    assert list((tmp_path / "models--some--model-GGUF" / "blobs").iterdir()) == []
    hub.corrupt = False
    assert fetch(hub, tmp_path)[0].read_bytes() == LARGE


@pytest.mark.parametrize("checksum", ["../../../evil", "0" * 63, "G" * 64])
def test_a_hub_can_not_choose_where_files_go(hub: Hub, tmp_path: Path, checksum: str) -> None:
    hub.checksum = checksum
    with pytest.raises(ModelFileError, match="no checksum"):
        fetch(hub, tmp_path / "cache")
    hub.files = {REPO: {"../../evil-Q4_K_M.gguf": b"x"}}
    with pytest.raises(ModelNotFoundError, match="no GGUF"):
        fetch(hub, tmp_path / "cache")
    assert [each.name for each in tmp_path.iterdir()] == ["cache"]
    assert hub.downloads == []


def test_two_pulls_at_once(hub: Hub, tmp_path: Path) -> None:
    part = tmp_path / "models--some--model-GGUF" / "blobs" / f"{SHA}.reasoncli-part"
    part.parent.mkdir(parents=True)
    with part.open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(EnvironmentFailure, match="another process"):
            fetch(hub, tmp_path)


def test_a_full_disk_is_told_before(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(DiskFullError, match=r"needs 0\.0 GB more"):
        fetch(hub, tmp_path)
    assert hub.downloads == []


@pytest.mark.parametrize(
    ("error", "kind", "because"),
    [
        ((404, "RepoNotFound"), ModelNotFoundError, "the hub has no model"),
        ((403, "GatedRepo"), ModelError, "accept its terms"),
        ((404, "RevisionNotFound"), ModelNotFoundError, "no model"),
        ((500, ""), ModelError, "could not be downloaded"),
    ],
)
def test_refusals_of_the_hub(
    hub: Hub, tmp_path: Path, error: tuple[int, str], kind: type[Exception], because: str
) -> None:
    hub.error = error
    with pytest.raises(kind, match=because) as caught:
        fetch(hub, tmp_path)
    assert getattr(caught.value, "hint", "")


def test_a_hub_out_of_reach(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="could not be downloaded") as caught:
        pull(MODEL, Told(), endpoint="http://127.0.0.1:9", cache_dir=tmp_path)
    assert "kept" in caught.value.hint


def test_cached_models_are_listed(hub: Hub, tmp_path: Path) -> None:
    assert cached_models(tmp_path / "none") == []
    (small,) = fetch(hub, tmp_path)
    parts = fetch(hub, tmp_path, HubModel(REPO, "Q8_0"))
    assert cached_models(tmp_path) == [
        CachedModel(f"hf:{REPO}:Q4_K_M", small, len(LARGE)),
        CachedModel(f"hf:{REPO}:Q8_0", parts[0], 6000),
    ]


PULL = """
import sys
from reasoncli.errors import ModelError
from reasoncli.models.hub import parse_hub_model
from reasoncli.models.pull import pull
try:
    print(pull(parse_hub_model(sys.argv[1]), lambda *_: None)[0])
except ModelError as error:
    print(error, error.hint)
"""


def test_the_settings_of_the_client_are_honoured(hub: Hub, tmp_path: Path) -> None:
    """HF_ENDPOINT, HF_HOME and HF_HUB_OFFLINE, which the client reads when it is imported."""

    def run(**variables: str) -> str:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
        environment = {**kept, "HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path), **variables}
        command = [sys.executable, "-W", "error", "-c", PULL, str(MODEL)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
        assert done.stderr == "", "no progress bar of its own"
        return done.stdout

    assert "HF_HUB_OFFLINE forbids" in run(HF_HUB_OFFLINE="1")
    path = Path(run().strip())
    assert path.read_bytes() == LARGE
    assert path.is_relative_to(tmp_path)
