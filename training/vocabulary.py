"""The model's vocabulary: byte-level BPE learned from the corpus, with special tokens for the parts of a prompt.

Text is split as GPT-2 splits it, which llama.cpp does the same way under the name `gpt-2`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

SPECIAL = ("<pad>", "<code>", "<bug>", "<fix>", "<eot>", "<keep>", "<test>", "<context>", "<at>", "<got>")
PAD, CODE, BUG, FIX, EOT, KEEP, TEST, CONTEXT, AT, GOT = range(len(SPECIAL))
_RESERVED = tuple(f"<reserved-{index}>" for index in range(16 - len(SPECIAL)))
ALL_SPECIAL = (*SPECIAL, *_RESERVED)
"""With those that have no meaning yet."""


class Vocabulary:
    """Text to token ids. Special tokens are never recognized in a text."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    @classmethod
    def learn(cls, texts: Iterable[str], size: int) -> Vocabulary:
        """Learn `size` tokens, special ones included, from texts."""
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=size,
            special_tokens=list(ALL_SPECIAL),
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        tokenizer.train_from_iterator(texts, trainer)
        return cls(tokenizer)

    @classmethod
    def load(cls, path: Path) -> Vocabulary:
        """Read what `save` wrote."""
        return cls(Tokenizer.from_file(str(path)))

    def save(self, path: Path) -> None:
        """Write the vocabulary as a `tokenizer.json`."""
        self._tokenizer.save(str(path))

    def __len__(self) -> int:
        return int(self._tokenizer.get_vocab_size())

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Ids of each text."""
        self._tokenizer.encode_special_tokens = True
        return [list(each.ids) for each in self._tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ordinary tokens."""
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=True))

    def tokens(self) -> list[str]:
        """Every token as GPT-2 spells it, by id."""
        known = self._tokenizer.get_vocab()
        return sorted(known, key=known.__getitem__)

    def merges(self) -> list[str]:
        """The merges in their order, two tokens with a space between."""
        merges = json.loads(self._tokenizer.to_str())["model"]["merges"]
        return [merge if isinstance(merge, str) else " ".join(merge) for merge in merges]
