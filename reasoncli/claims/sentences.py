"""What a paragraph says that calls give, and should give: "`f(1)` gives 3, I expected `4`".

Only what can't be read otherwise: a sentence with another subject in between, or a word that may be no value, says
nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from reasoncli.claims.reading import raised

_EMPTY = {"string": "''", "text": "''", "list": "[]", "dict": "{}", "dictionary": "{}", "tuple": "()", "set": "set()"}
_VALUE = (
    r"""(`[^`\n]+`|"[^"\n]*"|'[^'\n]*'|empty\s+(?:string|text|list|dict(?:ionary)?|tuple|set)\b"""
    r"""|\[[^\]\n]*\]|\([^()\n]*\)|\{[^}\n]*\}|[^\s,;`]+)"""
)
_FILLER = r"(?:(?:me|us|back|an?|the)\s+)*(?:(?:string|text|value|number|integer|float|list|tuple|dict|result)\s+)?"
_ADVERB = (
    r"(?:(?:now|currently|actually|incorrectly|wrongly|falsely|always|only|simply|just|instead|still|also|really)\s+)*"
)
_GIVES = (
    r"(?:gives?|gave|returns?|returned|evaluate[sd]?\s+to|prints?|printed|outputs?|yields?|yielded|produce[sd]?|is|was"
    r"|result(?:s|ed)?\s+in|raise[sd]?|fail(?:s|ed)?\s+with|throws?|threw|crashe[sd]\s+with|->|=>|→)"
)
_GIVE = (
    r"(?:give|return|be|equal|evaluate\s+to|print|output|yield|produce|result\s+in|raise|throw"
    r"|have\s+(?:been|given|returned|printed|raised))"
)
_MODAL = r"(?:should|must|ought\s+to|has\s+to|(?:is|was)\s+(?:expected|supposed|meant)\s+to)"
_CALLING = (
    r"(?:with|when|for|calling|running|evaluating|trying|(?:when|if)\s+(?:I|we|you)\s+(?:call|run|evaluate|try|do))\s+$"
)
_RESULT = r"(?:result|output|value|answer|behaviou?r|outcome)"

_SUBJECT = re.compile(r"`([^`\n]+)`|(?<![\w`.'\"])([A-Za-z_][\w.]*\((?:[^()`\n]|\([^()`\n]*\))*\))(?=\s)")
_SAYS = re.compile(rf",?\s+{_ADVERB}{_GIVES}\s+{_FILLER}{_VALUE}")
_SHOULD = re.compile(rf",?\s+{_MODAL}\s+{_ADVERB}{_GIVE}\s+{_FILLER}{_VALUE}")
_TO = re.compile(rf"\s+to\s+{_ADVERB}{_GIVE}\s+{_FILLER}{_VALUE}")
_GET = re.compile(
    rf",?\s+(?:I|we|you|one)\s+{_ADVERB}(?:get|gets|got|see|saw|receive|am\s+getting)\s+{_FILLER}{_VALUE}"
)
_GOT_FROM = re.compile(
    rf"\b(?:get|got|getting)\s+{_FILLER}{_VALUE}\s+(?:from|for|with|by|when)"
    r"(?:\s+(?:I|we|you))?(?:\s+(?:calling|call|running|run|evaluating))?\s+$"
)
_CALLED = re.compile(_CALLING, re.IGNORECASE)
_EXPECTS = re.compile(r"\b(?:expect\w*|want\w*|would\s+like|i'd\s+like)\s+(?:that\s+)?$", re.IGNORECASE)
_WANTED = re.compile(
    rf"(?:\bexpect(?:ed|ing|s)?(?:\s+{_RESULT})?(?:\s+(?:is|was))?:?"
    rf"|\b(?:should|must)(?:\s+have|'ve)?\s+(?:be|been|return|returned|give|given|yield|print|equal)"
    rf"|\bcorrect\s+(?:{_RESULT}\s+)?(?:is|would\s+be)"
    rf"|\binstead\s+of|\brather\s+than|(?:,|\b(?:and|but))\s+not)\s+"
    rf"(?:(?:it\s+)?to\s+(?:be|get|see|return|give|equal)\s+)?{_FILLER}{_VALUE}",
    re.IGNORECASE,
)
_ACTUAL = re.compile(
    rf"(?:\b(?:it|I|we|this|that|which|but|and)(?:'s|\s+{_ADVERB}(?:{_GIVES}|get|got|see|saw))"
    rf"|\bgot|\binstead\s+of|\brather\s+than|(?:,|\b(?:and|but))\s+not"
    rf"|\bactual(?:\s+{_RESULT})?(?:\s+is)?:?)\s+{_FILLER}{_VALUE}",
    re.IGNORECASE,
)
_FINE = re.compile(
    r"(?<!not )(?<!n't )(?<!not be )\b(?:as\s+(?:expected|it\s+should|intended|documented)|correct(?:ly)?|fine"
    r"|ok(?:ay)?|right|good|previously|used\s+to)\b(?!\?)",
    re.IGNORECASE,
)
_CONTRAST = re.compile(r"\b(?:but|while|whereas|however|though|although|yet)\b", re.IGNORECASE)
_CONCEDES = re.compile(r"\W*(?:even\s+)?(?:while|whereas|though|although)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[.!?:](?=\s)")
_NO_SUBJECT = re.compile(
    r"(?:[^A-Za-z]|\b(?:an?|actually|all|and|as|be|but|by|clearly|of|course|have|however|i|imho|in|my|opinion|instead|is|it|one"
    r"|obviously|the|result|output|value|answer|behaviou?r|correct|right|rather|really|so|surely|that|there|think|this"
    r"|though|we|what|which|while|would|wrong|you)\b)*",
    re.IGNORECASE,
)
_NEAR = 120  # characters
_QUOTES = "`'\""


@dataclass(frozen=True, slots=True)
class Said:
    """What a text says that a statement gives.

    Attributes:
        text: output, or an exception as Python prints it.
        right: what the text calls it: `True` as it should be, `False` as it should not, `None` neither.
    """

    text: str
    right: bool | None = None


def calls(paragraph: str) -> Iterator[tuple[str, tuple[Said, ...]]]:
    """Calls that a paragraph speaks of, each with what it says of it."""
    subjects = [match for match in _SUBJECT.finditer(paragraph) if is_call(match[1] or match[2])]
    end = 0
    for number, subject in enumerate(subjects):
        if subject.start() < end:
            continue  # what another one gives
        following = subjects[number + 1].start() if number + 1 < len(subjects) else len(paragraph)
        said, end = _said(paragraph, subject, end, following)
        if said:
            yield (subject[1] or subject[2]).strip(), said


def wanted(paragraph: str) -> str | None:
    """What a paragraph that speaks of no call says is expected, in quotes."""
    found = (match[1] for match in _WANTED.finditer(paragraph))
    return next((bare(value) for value in found if value[0] in _QUOTES), None)


def bare(value: str) -> str:
    """A value without what the prose has put around it."""
    return value.strip("`") if value.startswith("`") else value.rstrip(".:!?")


def is_call(source: str) -> bool:
    """Whether a text is an expression that calls something."""
    try:
        tree = ast.parse(source.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(isinstance(node, ast.Call) for node in ast.walk(tree))


def _said(text: str, subject: re.Match[str], start: int, following: int) -> tuple[tuple[Said, ...], int]:
    """What is said of one call, and where that ends."""
    before, at = text[max(start, subject.start() - _NEAR) : subject.start()], subject.end()
    expects = _EXPECTS.search(before)
    first = _SHOULD.match(text, at) or (_TO.match(text, at) if expects else None)
    if first is None and expects:
        first = _SAYS.match(text, at)
    right = first is not None
    if first is None:
        first = _SAYS.match(text, at) or (_GET.match(text, at) if _CALLED.search(before) else None)
    if first is None:
        earlier = _GOT_FROM.search(before)
        value = _value(earlier[1]) if earlier else None
        end = at
    else:
        value, end = _value(first[1]), first.end(1)
    if value is None:
        return (), at
    other = (_ACTUAL if right else _WANTED).search(text, end, end + _NEAR)
    second = _value(other[1]) if other and _same_subject(text[end : other.start()]) else None
    if other is not None and second is not None and second != value:
        return (Said(value, right=right), Said(second, right=not right)), other.end(1)
    if right:
        return (Said(value, right=True),), end
    return _alone(text, value, before, end, following)


def _alone(text: str, value: str, before: str, end: int, following: int) -> tuple[tuple[Said, ...], int]:
    """What a call gives where nothing is said of what it should: a complaint, unless it may be meant as an example."""
    stop = _SENTENCE.search(text, end)
    sentence_end = min(stop.start() if stop else len(text), following)
    if _FINE.search(text, end, sentence_end):
        return (), end
    head = _SENTENCE.split(before)[-1]
    contrasted = following < len(text) and _CONTRAST.search(text, end, following)
    if contrasted or _CONCEDES.match(head) or _FINE.search(head):
        return (Said(value),), end
    return (Said(value, right=False),), end


def _same_subject(gap: str) -> bool:
    """Whether what stands between two values leaves no doubt that both are of the same call."""
    if "`" in gap or _SUBJECT.search(gap + " "):
        return False
    sentences = _SENTENCE.split(gap)
    return len(sentences) == 1 or _NO_SUBJECT.fullmatch(sentences[-1]) is not None


def _value(text: str) -> str | None:
    """A value as the text has it; `None` for a word that is as likely a part of the sentence."""
    if text[0] in _QUOTES and len(text) > 1 and text[-1] == text[0]:
        return bare(text)
    if text.startswith("empty") and text.split()[-1] in _EMPTY:
        return _EMPTY[text.split()[-1]]
    word = bare(text)
    if raised(word) is not None:
        return word
    try:
        ast.literal_eval(word)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        plain = word.isalpha() or any(sign in word for sign in "()[]{}'\"*")
        return None if plain or not word else word
    return word
