"""What a GGUF file says of its model: shape, tokenizer, templates, and our own keys.

Own keys: `reasoncli.prompt_form` names the form in which an embedded model is asked
(`line-repair-1`); the first weights carry no such key and are known by their name and tokens.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from reasoncli.errors import ModelFileError
from reasoncli.models.gguf_container import Container, Value, read_container

_TOKENS: Final = "tokenizer.ggml.tokens"
_KINDS: Final = "tokenizer.ggml.token_type"
_TEMPLATE: Final = "tokenizer.chat_template"
_HINT: Final = "Get the file again, from a source you trust."
_CONTROL: Final = 3
_LARGE: Final = 1 << 31
_SPLIT_NAME: Final = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$")
# Vocabularies of byte-level BPE that llama.cpp starts with BOS although the file doesn't say so.
_BPE_WITH_BOS: Final = frozenset({"llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "tekken"})

# Names under which vocabularies carry their fill-in-the-middle tokens; where a file gives no ids
# these are looked up. Prefix, suffix and middle stand for what precedes each part.
FIM_NAMES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "prefix": ("<|fim_prefix|>", "<fim_prefix>", "<fim-prefix>", "<[fim-prefix]>", "<\uff5cfim▁begin\uff5c>",
                   "▁<PRE>", "<PRE>", "<|code_prefix|>", "[PREFIX]"),
        "suffix": ("<|fim_suffix|>", "<fim_suffix>", "<fim-suffix>", "<[fim-suffix]>", "<\uff5cfim▁hole\uff5c>",
                   "▁<SUF>", "<SUF>", "<|code_suffix|>", "[SUFFIX]"),
        "middle": ("<|fim_middle|>", "<fim_middle>", "<fim-middle>", "<[fim-middle]>", "<\uff5cfim▁end\uff5c>",
                   "▁<MID>", "<MID>", "<|code_middle|>", "[MIDDLE]"),
        "pad": ("<|fim_pad|>", "<fim_pad>", "<fim-pad>"),
        "repository": ("<|repo_name|>", "<repo_name>", "<reponame>", "<|repository|>"),
        "file": ("<|file_sep|>", "<file_sep>", "<|file_separator|>"),
    }
)  # fmt: skip
_FIM_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "prefix": ("tokenizer.ggml.fim_pre_token_id", "tokenizer.ggml.prefix_token_id"),
    "suffix": ("tokenizer.ggml.fim_suf_token_id", "tokenizer.ggml.suffix_token_id"),
    "middle": ("tokenizer.ggml.fim_mid_token_id", "tokenizer.ggml.middle_token_id"),
    "pad": ("tokenizer.ggml.fim_pad_token_id",),
    "repository": ("tokenizer.ggml.fim_rep_token_id",),
    "file": ("tokenizer.ggml.fim_sep_token_id",),
}
_REPAIR_TOKENS: Final = ("<code>", "<bug>", "<fix>", "<keep>")


@dataclass(frozen=True, slots=True)
class GgufMetadata:
    """A model as its file describes it.

    Attributes:
        architecture: llama.cpp's name for it, `qwen2`, `llama` ...; name: as its makers call it.
        context_length: tokens it was trained on.
        block_count, embedding_length, vocab_size: its shape.
        head_count_kv: key-value heads of each layer, 0 for one without attention.
        key_length, value_length: width of a head's key and value.
        recurrent: some layers keep a state (SSM, RWKV, short convolution) in place of a cache.
        bos, eos, eot: texts of the tokens that begin and end a sequence or a turn.
        add_bos: prompts start with `bos`.
        control_tokens: texts of all control tokens.
        fim: fill-in-the-middle tokens by part (see `FIM_NAMES`), as far as the vocabulary has them.
        chat_template: Jinja source, untrusted.
        prompt_form: the embedded model's form, or an empty string.
        parameters, weights_bytes: over all parts of a split file.
        parts: the files, in order; one unless the model is split.
    """

    architecture: str
    name: str
    licence: str
    context_length: int
    block_count: int
    embedding_length: int
    vocab_size: int
    head_count_kv: tuple[int, ...]
    key_length: int
    value_length: int
    recurrent: bool
    bos: str | None
    eos: str | None
    eot: str | None
    add_bos: bool
    control_tokens: frozenset[str]
    fim: Mapping[str, str]
    chat_template: str | None
    prompt_form: str
    parameters: int
    weights_bytes: int
    parts: tuple[Path, ...]

    def kv_bytes_per_token(self, bytes_per_value: float = 2.0) -> int:
        """Bytes one token takes in the key-value cache, all layers together."""
        return int(sum(self.head_count_kv) * (self.key_length + self.value_length) * bytes_per_value)


def read_metadata(path: Path) -> GgufMetadata:
    """Read a model's metadata from its GGUF file, or from the first part of a split one.

    Raises:
        ModelFileError: broken or cut short, a part is missing, or the file holds no language model.
    """
    head = read_container(path, keep={_TOKENS, _KINDS})
    parts = _parts(path, head)
    containers = [head, *(read_container(part) for part in parts[1:])]
    return _Fields(path, head.values).metadata(
        parts,
        parameters=sum(each.parameters for each in containers),
        weights_bytes=sum(each.weights_bytes for each in containers),
    )


def _parts(path: Path, head: Container) -> tuple[Path, ...]:
    count = head.values.get("split.count", 1)
    if not isinstance(count, int) or count <= 1:
        return (path,)
    match = _SPLIT_NAME.search(path.name)
    if match is None or int(match[2]) != count:
        raise ModelFileError(
            f"{path}: one part of a model split in {count}, under a name that doesn't say which",
            hint="Parts must keep the names they were split under: NAME-00001-of-0000N.gguf.",
        )
    stem = path.name[: match.start()]
    parts = tuple(path.with_name(f"{stem}-{index:05}-of-{count:05}.gguf") for index in range(1, count + 1))
    if int(match[1]) != 1:
        raise ModelFileError(f"{path}: not the first part of a split model", hint=f"Name {parts[0].name} instead.")
    missing = [part.name for part in parts if not part.is_file()]
    if missing:
        raise ModelFileError(
            f"{path}: parts of the model are missing: {', '.join(missing)}", hint="Put all parts into one folder."
        )
    return parts


class _Fields:
    """Typed access to the values of one file; a value of the wrong type is a broken file."""

    def __init__(self, path: Path, values: Mapping[str, Value]) -> None:
        self._path = path
        self._values = values
        self._arch = self.text("general.architecture")
        if not self._arch:
            raise ModelFileError(f"{path}: broken GGUF: no architecture is named", hint=_HINT)

    def metadata(self, parts: tuple[Path, ...], *, parameters: int, weights_bytes: int) -> GgufMetadata:
        if self._arch == "clip" or self.text("general.type") in ("adapter", "mmproj", "vocab", "imatrix"):
            raise ModelFileError(
                f"{self._path}: holds an adapter, projector or vocabulary, not a language model",
                hint="Name the GGUF file with the model's weights.",
            )
        tokens = self.strings(_TOKENS)
        if not tokens:
            raise ModelFileError(f"{self._path}: broken GGUF: no vocabulary", hint=_HINT)
        blocks = self._shape("block_count")
        width = self._shape("embedding_length")
        heads = self.per_layer("attention.head_count", blocks, default=0)
        head_width = width // max(1, *heads) if heads else 0
        tokenizer = self.text("tokenizer.ggml.model")
        pre = self.text("tokenizer.ggml.pre")
        control = self._control(tokens)
        return GgufMetadata(
            architecture=self._arch,
            name=self.text("general.name") or self._path.stem,
            licence=self.text("general.license"),
            context_length=self._shape("context_length"),
            block_count=blocks,
            embedding_length=width,
            vocab_size=len(tokens),
            head_count_kv=self.per_layer("attention.head_count_kv", blocks, default=max(heads, default=0)),
            key_length=self._arch_number("attention.key_length", head_width),
            value_length=self._arch_number("attention.value_length", head_width),
            recurrent=any(
                key.startswith((f"{self._arch}.ssm.", f"{self._arch}.wkv.", f"{self._arch}.shortconv."))
                for key in self._values
            ),
            bos=self._token("tokenizer.ggml.bos_token_id", tokens),
            eos=self._token("tokenizer.ggml.eos_token_id", tokens),
            eot=self._token("tokenizer.ggml.eot_token_id", tokens),
            add_bos=self._flag("tokenizer.ggml.add_bos_token", tokenizer == "llama" or pre in _BPE_WITH_BOS),
            control_tokens=control,
            fim=MappingProxyType(self._fim(tokens)),
            chat_template=self._template(),
            prompt_form=self._prompt_form(tokens),
            parameters=parameters,
            weights_bytes=weights_bytes,
            parts=parts,
        )

    def text(self, key: str) -> str:
        value = self._values.get(key, "")
        if not isinstance(value, str):
            raise self._wrong(key)
        return value

    def number(self, key: str, default: int) -> int:
        value = self._values.get(key, default)
        if isinstance(value, tuple):
            value = max((item for item in value if isinstance(item, int)), default=default)
        if isinstance(value, bool) or not isinstance(value, int) or not -1 <= value < _LARGE:
            raise self._wrong(key)
        return value

    def strings(self, key: str) -> tuple[str, ...]:
        value = self._values.get(key, ())
        if not isinstance(value, tuple):
            raise self._wrong(key)
        found = tuple(item for item in value if isinstance(item, str))
        if len(found) != len(value):
            raise self._wrong(key)
        return found

    def per_layer(self, name: str, blocks: int, *, default: int) -> tuple[int, ...]:
        value = self._values.get(f"{self._arch}.{name}", default)
        row = value if isinstance(value, tuple) else (value,) * blocks
        if len(row) != blocks or not all(isinstance(item, int) and 0 <= item < 1 << 16 for item in row):
            raise self._wrong(f"{self._arch}.{name}")
        return tuple(int(item) for item in row)

    def _arch_number(self, name: str, default: int) -> int:
        return self.number(f"{self._arch}.{name}", default)

    def _shape(self, name: str) -> int:
        """A number that every model has; bounded, as memory estimates are made from it."""
        value = self._arch_number(name, 0)
        limit = 1 << 16 if name == "block_count" else _LARGE
        if not 0 < value < limit:
            raise ModelFileError(
                f"{self._path}: {self._arch}.{name} is missing or impossible", hint="The file holds no language model."
            )
        return value

    def _flag(self, key: str, default: bool) -> bool:
        value = self._values.get(key, default)
        if not isinstance(value, bool):
            raise self._wrong(key)
        return value

    def _token(self, key: str, tokens: tuple[str, ...]) -> str | None:
        index = self.number(key, -1)
        return tokens[index] if 0 <= index < len(tokens) else None

    def _control(self, tokens: tuple[str, ...]) -> frozenset[str]:
        types = self._values.get(_KINDS, ())
        if not isinstance(types, tuple):
            raise self._wrong(_KINDS)
        return frozenset(text for text, kind in zip(tokens, types, strict=False) if kind == _CONTROL)

    def _fim(self, tokens: tuple[str, ...]) -> dict[str, str]:
        vocabulary = frozenset(tokens)
        found: dict[str, str] = {}
        for part, keys in _FIM_KEYS.items():
            given = next((text for key in keys if (text := self._token(key, tokens))), None)
            named = next((name for name in FIM_NAMES[part] if name in vocabulary), None)
            if text := given or named:
                found[part] = text
        return found

    def _template(self) -> str | None:
        for key in (_TEMPLATE, f"{_TEMPLATE}.default"):
            if text := self.text(key):
                return text
        return None

    def _prompt_form(self, tokens: tuple[str, ...]) -> str:
        form = self.text("reasoncli.prompt_form")
        if not form and self.text("general.name") == "tiny-python-repair" and set(_REPAIR_TOKENS) <= set(tokens):
            return "line-repair-1"
        return form

    def _wrong(self, key: str) -> ModelFileError:
        return ModelFileError(f"{self._path}: broken GGUF: {key!r} has an impossible value", hint=_HINT)
