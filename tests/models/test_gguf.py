"""GGUF files: what is read from good ones, and how bad ones end."""

from __future__ import annotations

import contextlib
import re
import struct
import tracemalloc
from pathlib import Path

import gguf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reasoncli.errors import ModelFileError
from reasoncli.models.gguf import read_metadata
from reasoncli.models.gguf_container import _BLOCKS, read_container
from reasoncli.resources import weights_path
from tests.models.gguf_files import (
    ARRAY,
    CHATML,
    QWEN_FIM,
    STRING,
    UINT32,
    head,
    pair,
    smallest_pairs,
    strings,
    tensor,
    text,
    write_model,
)

EMBEDDED = weights_path()


def test_the_embedded_weights_are_known() -> None:
    metadata = read_metadata(EMBEDDED)
    assert metadata.prompt_form == "line-repair-1"
    assert (metadata.architecture, metadata.context_length, metadata.vocab_size) == ("llama", 512, 4096)
    assert metadata.kv_bytes_per_token() == 6 * 4 * (48 + 48) * 2
    assert metadata.eos == "<eot>"
    assert "<keep>" in metadata.control_tokens
    assert metadata.weights_bytes < EMBEDDED.stat().st_size


def test_agrees_with_the_reference_reader(tmp_path: Path) -> None:
    path = write_model(tmp_path / "model.gguf", metadata={"reasoncli.prompt_form": "line-repair-1"})
    reference = gguf.GGUFReader(path)
    container = read_container(path, keep={"tokenizer.ggml.tokens"})
    for key, field in reference.fields.items():
        if key.startswith("GGUF."):
            continue
        value = field.contents()
        assert container.values[key] == (tuple(value) if isinstance(value, list) else value), key
    assert container.parameters == sum(int(each.n_elements) for each in reference.tensors)
    assert container.weights_bytes == sum(int(each.n_bytes) for each in reference.tensors)


def test_block_sizes_are_those_of_the_reference() -> None:
    for kind, (values, size) in gguf.constants.GGML_QUANT_SIZES.items():
        if int(kind) in _BLOCKS:
            assert _BLOCKS[int(kind)] == (values, size), kind


def test_metadata_of_a_chat_model(tmp_path: Path) -> None:
    special = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", *QWEN_FIM)
    metadata = read_metadata(write_model(tmp_path / "m.gguf", special=special))
    assert metadata.chat_template == CHATML
    assert metadata.fim == {
        "prefix": "<|fim_prefix|>",
        "suffix": "<|fim_suffix|>",
        "middle": "<|fim_middle|>",
        "pad": "<|fim_pad|>",
        "repository": "<|repo_name|>",
        "file": "<|file_sep|>",
    }
    assert metadata.bos == "<|endoftext|>"
    assert not metadata.add_bos


def test_fim_ids_in_the_metadata_go_before_names(tmp_path: Path) -> None:
    special = ("<|endoftext|>", "<|im_end|>", "<A>", "<B>", "<C>")
    ids = {
        "tokenizer.ggml.prefix_token_id": 2,
        "tokenizer.ggml.fim_suf_token_id": 3,
        "tokenizer.ggml.middle_token_id": 4,
    }
    metadata = read_metadata(write_model(tmp_path / "m.gguf", special=special, metadata=ids))
    assert metadata.fim == {"prefix": "<A>", "suffix": "<B>", "middle": "<C>"}


def test_prompt_form_may_stand_in_the_metadata(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.gguf", metadata={"reasoncli.prompt_form": "line-repair-1"})
    metadata = read_metadata(path)
    assert metadata.prompt_form == "line-repair-1"


def test_layers_may_differ(tmp_path: Path) -> None:
    pairs = [
        pair("general.architecture", STRING, text("mix")),
        pair("mix.context_length", UINT32, struct.pack("<I", 64)),
        pair("mix.embedding_length", UINT32, struct.pack("<I", 64)),
        pair("mix.block_count", UINT32, struct.pack("<I", 3)),
        pair("mix.attention.head_count", UINT32, struct.pack("<I", 4)),
        pair("mix.attention.head_count_kv", ARRAY, struct.pack("<IQ3I", UINT32, 3, 2, 0, 1)),
        pair("mix.ssm.state_size", UINT32, struct.pack("<I", 16)),
        pair("tokenizer.ggml.tokens", ARRAY, strings(["a"])),
    ]
    path = tmp_path / "m.gguf"
    path.write_bytes(head(pairs))
    metadata = read_metadata(path)
    assert metadata.head_count_kv == (2, 0, 1)
    assert metadata.kv_bytes_per_token() == 3 * (16 + 16) * 2
    assert metadata.recurrent


# ---------------------------------------------------------------- broken files


def refused(tmp_path: Path, data: bytes, because: str) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(data)
    with pytest.raises(ModelFileError, match=because) as caught:
        read_metadata(path)
    assert caught.value.hint
    assert str(path) in str(caught.value)


NUMBER = struct.Struct("<I").pack


@pytest.mark.parametrize(
    ("data", "because"),
    [
        (b"", "not a GGUF"),
        (b"GG", "not a GGUF"),
        (b"PK\x03\x04" + b"\0" * 100, "not a GGUF"),
        (b"GGUF", "cut short"),
        (b"GGUF" + struct.pack(">I", 3) + b"\0" * 16, "big-endian"),
        (head([], version=1), "version 1"),
        (head([], version=77), "version 77"),
        (head([], tensor_count=1 << 62), "claims 4611686018427387904 tensors"),
        (head([], pair_count=1 << 62), "claims 4611686018427387904 metadata entries"),
        (head([struct.pack("<Q", 1 << 60)] * 4, pair_count=1), "longer than the file"),
        (head([pair("a", STRING, struct.pack("<Q", 1 << 63))]), "longer than the file"),
        (head([pair("a", ARRAY, struct.pack("<IQ", UINT32, 1 << 62))]), "more than the file can hold"),
        (head([pair("a", ARRAY, struct.pack("<IQ", STRING, 1 << 62))]), "more than the file can hold"),
        (head([pair("a", ARRAY, struct.pack("<IQ", ARRAY, 1 << 62))]), "more than the file can hold"),
        (head([pair("a", ARRAY, struct.pack("<IQ", ARRAY, 1) * 9)]), "nested too deeply"),
        (head([pair("a", ARRAY, struct.pack("<IQ", 99, 1) + b"\0" * 20)]), "unknown type 99"),
        (head([pair("a", 42, b"\0" * 20)]), "unknown type 42"),
        (head([pair("a", UINT32, NUMBER(1))] * 2), "twice"),
        (head([pair("general.alignment", UINT32, NUMBER(3)), *smallest_pairs()]), "power of two"),
        (head([pair("general.alignment", UINT32, NUMBER(0)), *smallest_pairs()]), "power of two"),
        (head([pair("general.architecture", UINT32, NUMBER(3))]), "impossible value"),
        (head([pair("x", UINT32, NUMBER(3))]), "no architecture"),
        (head(smallest_pairs()[:3]), "vocabulary"),
        (head([*smallest_pairs()[:3], smallest_pairs()[5]]), "block_count is missing"),
        (head(smallest_pairs("clip")), "projector"),
        (head(smallest_pairs(), [tensor("t", [8, 2], offset=0)], data=32), "cut short: tensor 't' ends 32 bytes"),
        (head(smallest_pairs(), [tensor("t", [1 << 40, 1 << 40])], data=32), "impossible shape"),
        (head(smallest_pairs(), [tensor("t", [0])], data=32), "impossible shape"),
        (head(smallest_pairs(), [tensor("t", [1] * 5)], data=32), "5 dimensions"),
        (head(smallest_pairs(), [tensor("t", [8], offset=7)], data=64), "not aligned"),
        (head(smallest_pairs(), [tensor("t", [8], offset=1 << 63)], data=64), "cut short"),
        (head(smallest_pairs(), [tensor("t", [33], kind=8)], data=64), "fill its blocks"),
    ],
)
def test_broken_files_are_refused_with_the_reason(tmp_path: Path, data: bytes, because: str) -> None:
    refused(tmp_path, data, because)


def test_a_file_cut_in_half_is_told_from_its_head(tmp_path: Path) -> None:
    whole = EMBEDDED.read_bytes()
    refused(tmp_path, whole[: len(whole) // 2], "cut short: tensor")
    refused(tmp_path, whole[:5_000], "broken GGUF|cut short")
    refused(tmp_path, whole[:-1], "cut short: tensor .* ends 1 bytes behind")


def test_missing_file_and_folder_are_errors_of_the_model(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="can't be read"):
        read_metadata(tmp_path / "none.gguf")
    with pytest.raises(ModelFileError, match="can't be read"):
        read_metadata(tmp_path)


def test_claims_take_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(head([pair("a", ARRAY, struct.pack("<IQ", 0, (1 << 40)) + b"\0" * 1_000)]))
    tracemalloc.start()
    with pytest.raises(ModelFileError):
        read_metadata(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


def test_long_arrays_are_stepped_over(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(head([pair("scores", ARRAY, struct.pack("<IQ", 6, 100_000) + b"\0" * 400_000), *smallest_pairs()]))
    container = read_container(path)
    assert container.lengths["scores"] == 100_000
    assert "scores" not in container.values
    assert read_metadata(path).vocab_size == 2


def test_split_models_need_all_their_parts(tmp_path: Path) -> None:
    first = write_model(tmp_path / "m-00001-of-00002.gguf", metadata={"split.count": 2, "split.no": 0})
    second = tmp_path / "m-00002-of-00002.gguf"
    with pytest.raises(ModelFileError, match=re.escape(second.name)):
        read_metadata(first)
    write_model(second, metadata={"split.count": 2, "split.no": 1})
    both = read_metadata(first)
    assert both.parts == (first, second)
    assert both.parameters == 2 * read_container(second).parameters
    with pytest.raises(ModelFileError, match="not the first part") as caught:
        read_metadata(second)
    assert first.name in caught.value.hint
    second.write_bytes(second.read_bytes()[:-9])
    with pytest.raises(ModelFileError, match="cut short"):
        read_metadata(first)
    renamed = first.rename(tmp_path / "renamed.gguf")
    with pytest.raises(ModelFileError, match="doesn't say which"):
        read_metadata(renamed)


# ---------------------------------------------------------------- fuzzing

SMALL = head(
    [
        *smallest_pairs(),
        pair("tokenizer.chat_template", STRING, text(CHATML)),
        pair("tokenizer.ggml.token_type", ARRAY, struct.pack("<IQ2i", 5, 2, 3, 1)),
        pair("deep", ARRAY, struct.pack("<IQ", ARRAY, 2) + strings(["x", "yy"]) * 2),
    ],
    [tensor("t", [8]), tensor("u", [32, 2], kind=8, offset=32)],
    data=32 + 68,
)
LOUD = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def survives(folder: Path, data: bytes) -> None:
    """Either it is read, or it is refused as a broken file; nothing else may happen."""
    path = folder / "fuzz.gguf"
    path.write_bytes(data)
    with contextlib.suppress(ModelFileError):
        assert read_metadata(path).block_count > 0


def test_the_fuzzed_file_is_good(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(SMALL)
    assert read_metadata(path).parameters == 8 + 64


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    for length in range(len(SMALL)):
        path.write_bytes(SMALL[:length])
        with pytest.raises(ModelFileError):
            read_metadata(path)


@LOUD
@given(changes=st.lists(st.tuples(st.integers(0, len(SMALL) - 1), st.integers(0, 255)), min_size=1, max_size=12))
def test_flipped_bytes(tmp_path: Path, changes: list[tuple[int, int]]) -> None:
    data = bytearray(SMALL)
    for at, value in changes:
        data[at] = value
    survives(tmp_path, bytes(data))


@LOUD
@given(at=st.integers(4, len(SMALL) - 8), value=st.integers(0, (1 << 64) - 1) | st.sampled_from([1 << 32, 1 << 63]))
def test_giant_numbers(tmp_path: Path, at: int, value: int) -> None:
    survives(tmp_path, SMALL[:at] + struct.pack("<Q", value) + SMALL[at + 8 :])


@LOUD
@given(data=st.binary(max_size=400))
def test_noise_behind_the_magic(tmp_path: Path, data: bytes) -> None:
    survives(tmp_path, b"GGUF" + struct.pack("<I", 3) + data)
