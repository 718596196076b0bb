"""A model's vocabulary: text to tokens and back, and which tokens end an answer."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence

from reasoncli.errors import ModelError
from reasoncli.models.llama_cpp.bindings import llama_cpp

_LONGEST_PIECE = 1 << 10


class Vocabulary:
    """Of a loaded model."""

    def __init__(self, model: int) -> None:
        self._vocab = llama_cpp.llama_model_get_vocab(model)
        self.size = int(llama_cpp.llama_vocab_n_tokens(self._vocab))
        self.ends = frozenset(token for token in range(self.size) if llama_cpp.llama_vocab_is_eog(self._vocab, token))
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
        return list(buffer[:count])

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
