"""A ranking of texts, over one of tokens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager

from reasoncli.errors import ModelError
from reasoncli.models.interface import Choices, Ranked
from reasoncli.models.llama_cpp.decoder import Decoder
from reasoncli.models.llama_cpp.prefixes import Prefixes
from reasoncli.models.llama_cpp.ranking import Question, Ranking

Ask = Callable[[Choices, Callable[[Sequence[str]], None]], Question]


class RankedTexts:
    """Implements `interface.Ranking` for a model in this process."""

    def __init__(
        self,
        work: Callable[[], AbstractContextManager[None]],
        ask: Ask,
        choices: Sequence[Choices],
        cache: Callable[[], tuple[Decoder, Prefixes]],
    ) -> None:
        """Begin a ranking.

        Args:
            work: held while the model is used.
            ask: makes the question of choices, and hands over their texts once they are known.
            choices: what to rank.
            cache: the decoder and its prefixes, as they are now.
        """
        self._work = work
        self._cache = cache
        self._texts: dict[int, Sequence[str]] = {}
        decoder, self._prefixes = cache()
        questions = [ask(each, self._keeper(index)) for index, each in enumerate(choices)]
        self._ranking = Ranking(decoder, self._prefixes, questions)

    def take(self, most: int, cancel: threading.Event) -> Iterator[Ranked]:
        """See `interface.Ranking.take`."""
        with self._work():
            if self._cache()[1] is not self._prefixes:
                raise ModelError("the model has failed since the ranking began")
            for found in self._ranking.take(most, cancel):
                text = self._texts[found.question][found.text]
                yield Ranked(found.question, text, -found.cost, found.logprobs[:-1] or found.logprobs)

    def _keeper(self, index: int) -> Callable[[Sequence[str]], None]:
        def keep(texts: Sequence[str]) -> None:
            self._texts[index] = texts

        return keep
