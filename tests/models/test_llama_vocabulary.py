"""Tokens of texts: exactly those that llama.cpp gives for the whole text."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path

import gguf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.random_gguf import Shape, write
from reasoncli.models.llama_cpp import library
from reasoncli.models.llama_cpp.bindings import llama_cpp
from reasoncli.models.llama_cpp.vocabulary import Vocabulary
from reasoncli.resources import weights_path
from tests.edits.functions import of_library

PARTS = [
    *" \n\t\r\x0b\x0c\x1c\x1f\x7f\x85\xa0'\"_()[]{}<>=+-*/\\.,:;!#%&|^~@$?`aAzZsSdtm09éß²ǅ½漢🙂\u2028\u3000\u0301",
    *[
        "'s",
        "'re",
        "'ll",
        "'ve",
        "'S",
        "  ",
        "    ",
        "\n\n",
        "\n    ",
        "return",
        "self",
        "<fix>",
        "<eot>",
        "<|im_end|>",
    ],
]
TEXTS = st.one_of(st.lists(st.sampled_from(PARTS), max_size=25).map("".join), st.text(max_size=25))


def whole(model: int, text: str) -> list[int]:
    """What llama.cpp gives for a text in one call."""
    encoded = text.encode("utf-8", "surrogatepass")
    buffer = (ctypes.c_int32 * (len(encoded) + 8))()
    vocab = llama_cpp.llama_model_get_vocab(model)
    return buffer[: llama_cpp.llama_tokenize(vocab, encoded, len(encoded), buffer, len(buffer), False, False)]


@pytest.fixture(scope="module", params=["embedded", "random", "user-defined"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    path = weights_path()
    if request.param != "embedded":
        path = _random(tmp_path_factory.mktemp("models"), added=request.param == "user-defined")
    handle = library.load_model(path, 0).handle
    yield handle
    llama_cpp.llama_model_free(handle)


@pytest.fixture(scope="module")
def vocabulary(model: int) -> Vocabulary:
    return Vocabulary(model)


def _random(folder: Path, *, added: bool) -> Path:
    """A model whose token of two letters may stand across words, as those may that its makers added to it."""
    path = folder / "random.gguf"
    write(path, Shape("llama", width=64, layers=2, heads=2, kv_heads=1, hidden=128, vocabulary=4000, context=512))
    if added:
        reader = gguf.GGUFReader(path, "r+")
        tokens, kinds = (reader.fields[f"tokenizer.ggml.{name}"] for name in ("tokens", "token_type"))
        across = [bytes(tokens.parts[part]).decode() for part in tokens.data].index("s(")
        kinds.parts[kinds.data[across]][0] = gguf.TokenType.USER_DEFINED
        reader.data.flush()
    return path


@settings(deadline=None, max_examples=400)
@given(TEXTS)
def test_tokens_are_those_of_the_whole_text(model: int, vocabulary: Vocabulary, text: str) -> None:
    for _ in range(2):
        assert vocabulary.tokens(text, special=False) == whole(model, text)


def test_tokens_of_code_are_those_of_the_whole_text(model: int, vocabulary: Vocabulary) -> None:
    for lines in of_library()[::9]:
        for text in (*lines, "\n".join(lines), f" {lines[-1].strip()}"):
            assert vocabulary.tokens(text, special=False) == whole(model, text)
