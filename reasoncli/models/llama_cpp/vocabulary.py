"""A model's vocabulary: text to tokens and back, and which tokens end an answer."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterable, Sequence

from reasoncli.errors import ModelError
from reasoncli.models.llama_cpp.bindings import llama_cpp

_LONGEST_PIECE = 1 << 10
_MOST_WORDS = 1 << 15
_PLAIN = re.compile(r"[ -~\n]*")
_WORD = re.compile(r"'(?:[stmd]|re|ve|ll)| ?[A-Za-z]+| ?[0-9]+| ?[^ \nA-Za-z0-9]+|[ \n]+(?![^ \n])|[ \n]+")
"""What GPT-2 splits plain text into, each word to be tokenized alone (Radford et al. 2019, `encoder.py`)."""


class Vocabulary:
    """Of a loaded model."""

    def __init__(self, model: int) -> None:
        self._vocab = llama_cpp.llama_model_get_vocab(model)
        self.size = int(llama_cpp.llama_vocab_n_tokens(self._vocab))
        self.ends = frozenset(token for token in range(self.size) if llama_cpp.llama_vocab_is_eog(self._vocab, token))
        self._splits = _is_plain_gpt2(model, self._vocab, self.size)
        self._words: dict[str, list[int]] = {}  # edits of a line are made of few words
        self._pieces: dict[tuple[int, bool], bytes] = {}

    def tokens(self, text: str, *, special: bool) -> list[int]:
        """Tokens of a text.

        Args:
            text: any, the empty one included.
            special: whether text like `<|im_end|>` may become the token of that name; never for
                text that others wrote.
        """
        if not text:
            return []
        if special or not self._splits or not _PLAIN.fullmatch(text):
            return self._tokenized(text, special=special)
        if len(self._words) > _MOST_WORDS:
            self._words.clear()
        tokens: list[int] = []
        for word in _WORD.findall(text):
            known = self._words.get(word)
            if known is None:
                known = self._words[word] = self._tokenized(word, special=False)
            tokens += known
        return tokens

    def _tokenized(self, text: str, *, special: bool) -> list[int]:
        encoded = text.encode("utf-8", "surrogatepass")
        room = len(encoded) + 8
        buffer = (ctypes.c_int32 * room)()
        count = llama_cpp.llama_tokenize(self._vocab, encoded, len(encoded), buffer, room, False, special)
        if count < 0:
            room = -count
            buffer = (ctypes.c_int32 * room)()
            count = llama_cpp.llama_tokenize(self._vocab, encoded, len(encoded), buffer, room, False, special)
        if count < 0:
            raise ModelError(f"llama.cpp can't tokenize a text of {len(encoded)} bytes")
        return buffer[:count]

    def prompt(self, segments: Sequence[tuple[str, bool]]) -> list[int]:
        """Tokens of a prompt in (text, may hold special tokens) pieces."""
        return [token for text, special in segments for token in self.tokens(text, special=special)]

    def named(self, texts: Iterable[str]) -> frozenset[int]:
        """The special tokens of these names, as far as the vocabulary has them as one token."""
        split = (self.tokens(text, special=True) for text in texts)
        return frozenset(tokens[0] for tokens in split if len(tokens) == 1)

    def piece(self, token: int, *, special: bool = False) -> bytes:
        """Bytes of a token; control tokens have some only if `special` ones are to be shown."""
        known = self._pieces.get((token, special))
        if known is None:
            buffer = ctypes.create_string_buffer(_LONGEST_PIECE)
            size = llama_cpp.llama_token_to_piece(self._vocab, token, buffer, _LONGEST_PIECE, 0, special)
            if size < 0:
                buffer = ctypes.create_string_buffer(-size)
                size = llama_cpp.llama_token_to_piece(self._vocab, token, buffer, -size, 0, special)
            known = self._pieces[token, special] = buffer.raw[: max(0, size)]
        return known


def _is_plain_gpt2(model: int, vocab: int, size: int) -> bool:
    """Whether text is split into words as GPT-2 does it, and nothing is looked for across words before."""
    name = ctypes.create_string_buffer(16)
    llama_cpp.llama_model_meta_val_str(model, b"tokenizer.ggml.pre", name, len(name))
    if name.value != b"gpt-2" or llama_cpp.llama_vocab_type(vocab) != llama_cpp.LLAMA_VOCAB_TYPE_BPE:
        return False
    added = llama_cpp.LLAMA_TOKEN_ATTR_USER_DEFINED
    return not any(llama_cpp.llama_vocab_get_attr(vocab, token) & added for token in range(size))
