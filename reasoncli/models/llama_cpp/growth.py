"""How tokens become an answer: text, stop strings, thoughts and their budgets.

A `Growth` is the state of one path of the tree. It is immutable, so siblings share what they have in
common, and it works on bytes, since a token may end inside a character.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from reasoncli.models.thinking import ThinkingState, ThinkingStyle


@dataclass(frozen=True, slots=True)
class Mark:
    """A drawn token: where its bytes lie in the text, and its log-probability. Linked to the one before."""

    before: Mark | None
    begin: int
    end: int
    logprob: float


@dataclass(frozen=True, slots=True)
class Rules:
    """What ends an answer.

    Attributes:
        stops: byte strings; the text ends before the first that appears outside the thoughts.
        max_tokens: of the answer.
        thinking_tokens: of the thoughts; when they are spent the closing text is forced.
        style, start: how the model marks thoughts, and where the prompt leaves it; `None` if it doesn't think.
    """

    stops: tuple[bytes, ...] = ()
    max_tokens: int = 1024
    thinking_tokens: int = 0
    style: ThinkingStyle | None = None
    start: ThinkingState | None = None

    @property
    def longest_stop(self) -> int:
        """Bytes of the longest stop string."""
        return max(map(len, self.stops), default=0)


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished text with the log-probabilities of its tokens, and the thoughts before it."""

    text: str
    thinking: str
    logprobs: tuple[float, ...]
    tokens: int
    finish: str


@dataclass(frozen=True, slots=True)
class Growth:
    """An unfinished answer.

    Attributes:
        text: all bytes so far, thoughts included.
        answer_from: where the text outside the thoughts last began.
        mark: the last token.
        tokens: all tokens so far, forced ones included.
        answered, thought: tokens counted against the two budgets.
        state: where in its thoughts the model is; `None` if it doesn't think.
        cut: where a stop string ended the text; -1 if none did.
    """

    text: bytes = b""
    answer_from: int = 0
    mark: Mark | None = None
    tokens: int = 0
    answered: int = 0
    thought: int = 0
    state: ThinkingState | None = None
    cut: int = -1

    def add(self, piece: bytes, logprob: float, rules: Rules) -> Growth:
        """The growth after one more drawn token."""
        text = self.text + piece
        thinking = self.state is not None and self.state.thinking
        state = self.state.advance(piece.decode("latin-1")) if self.state is not None else None
        went_over = thinking and state is not None and not state.thinking
        answer_from = len(text) if went_over else self.answer_from
        return Growth(
            text=text,
            answer_from=answer_from,
            mark=Mark(self.mark, len(self.text), len(text), logprob),
            tokens=self.tokens + 1,
            answered=self.answered + (not thinking),
            thought=self.thought + thinking,
            state=state,
            cut=-1 if state is not None and state.thinking else self._find_stop(text, answer_from, rules),
        )

    def force(self, piece: bytes, tokens: int) -> Growth:
        """The growth after the closing text was put there, which was not drawn."""
        text = self.text + piece
        state = self.state.advance(piece.decode("latin-1")) if self.state is not None else None
        if state is not None and state.thinking:
            state = None  # a style whose closing text doesn't close would be forced for ever
        return replace(self, text=text, answer_from=len(text), tokens=self.tokens + tokens, state=state)

    def closing(self, rules: Rules) -> str:
        """Text to force now, since the thoughts have had their tokens; mostly empty."""
        if self.state is None or not self.state.thinking or self.thought < rules.thinking_tokens:
            return ""
        return self.state.closing

    def finish(self, rules: Rules) -> str:
        """Why the answer ends here: `stop`, `length`, or an empty string if it goes on."""
        if self.cut >= 0:
            return "stop"
        return "length" if self.answered >= rules.max_tokens else ""

    def answer(self, rules: Rules, finish: str) -> Answer:
        """The text as a completion shows it."""
        cut = self.cut if self.cut >= 0 else len(self.text)
        body = self.text[:cut]
        thinking, start = "", 0
        if rules.style is not None and rules.start is not None:
            thinking, answer = rules.style.split(body.decode("utf-8", "replace"), rules.start)
            encoded = answer.encode()
            start = cut - len(encoded) if body.endswith(encoded) else min(self.answer_from, cut)
            text = answer
        else:
            text = body.decode("utf-8", "replace")
        return Answer(text, thinking, self._logprobs(start, cut), self.tokens, finish)

    def _find_stop(self, text: bytes, answer_from: int, rules: Rules) -> int:
        if not rules.stops:
            return -1
        begin = max(answer_from, len(self.text) - rules.longest_stop + 1)
        found = [at for stop in rules.stops if (at := text.find(stop, begin)) >= 0]
        return min(found, default=-1)

    def _logprobs(self, start: int, end: int) -> tuple[float, ...]:
        """Log-probabilities of the tokens with bytes in [start, end), in order."""
        values: list[float] = []
        mark = self.mark
        while mark is not None and mark.end > start:
            if mark.begin < end:
                values.append(mark.logprob)
            mark = mark.before
        return tuple(reversed(values))
