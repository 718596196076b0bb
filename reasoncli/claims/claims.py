"""From an issue's text to statements that can be run, and from what they give to what the issue proves.

A *step* is a statement with what the text says it gave. Steps run at the base first. What the base does as the text
says it does is *described*: under a fix it should be gone. What the text shows as well for the same statement, and the
base does not give, is *wanted*. All else proves nothing: a version number, an example of something that works.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reasoncli.claims.reading import Code, Output, Prose, pieces, raised
from reasoncli.domain import ClaimFate, ClaimOutcome

_RIGHT = re.compile(
    r"\b(expect\w*|should|desired|correct(?:ly)?|instead|improvement|fixed|ought|previously|used to)\b", re.IGNORECASE
)
_WRONG = re.compile(
    r"\b(actual(?:ly)?|got|current(?:ly)?|but|however|wrong(?:ly)?|incorrect(?:ly)?|fails?|errors?|bug|crash(?:es)?|broken)\b",
    re.IGNORECASE,
)
_ADVERB = r"(?:(?:now|currently|incorrectly|wrongly|always|only|simply|just)\s+)*"
_VALUE = r"""(`[^`\n]+`|"[^"\n]*"|'[^'\n]*'|[^\s,;`]+)"""
_INLINE = re.compile(
    rf"`([^`\n]+)`,?\s+{_ADVERB}(?:gives?|returns?|evaluates?\s+to|prints?|outputs?|yields?|produces?|is|raises?"
    rf"|fails\s+with|throws?|crashes\s+with)\s+(?:an?\s+)?{_VALUE}"
)
_WANTED = re.compile(
    rf"(?:expect(?:ed|ing)?|should\s+(?:be|return|give|have\s+been|yield|print)|instead\s+of|rather\s+than|,\s+not)\s+"
    rf"(?:(?:it\s+)?to\s+(?:be|get|see|return|give)\s+)?{_VALUE}",
    re.IGNORECASE,
)
_QUOTES = "`'\""
_NEAR = 120  # characters
_OF_THE_SNIPPET = frozenset(
    {"NameError", "ImportError", "ModuleNotFoundError", "SyntaxError", "IndentationError", "SystemExit"}
)
"""What a snippet raises that is not whole; the issue has to show the message before it counts."""

_TELLING = 10  # characters of a message from which on it is no chance that the issue has it, too
_MOST_STEPS = 100
_SHOWN = 300  # characters


@dataclass(frozen=True, slots=True)
class Said:
    """What a text says that a statement gives.

    Attributes:
        text: output, or an exception as Python prints it.
        right: what the text calls it: `True` as it should be, `False` as it should not, `None` neither.
    """

    text: str
    right: bool | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A statement, and all that the text says it gives."""

    source: str
    said: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """What a statement gave when it ran.

    Attributes:
        out: what it printed and displayed.
        value: the value, where that is a text.
        raised: (name, message) of the exception that ended it.
    """

    out: str
    value: str | None = None
    raised: tuple[str, str] | None = None

    def words(self) -> str:
        """In a line."""
        text = ": ".join(part for part in self.raised if part) if self.raised else self.out.strip() or "nothing"
        return " ".join(text.split())[:_SHOWN]


@dataclass(frozen=True, slots=True)
class Claim:
    """What the issue proves about a patch.

    Attributes:
        step: index of the statement.
        said: what it gives by the text.
        wanted: whether it should give that, or should no longer.
        literal: whether the base gave just that, so that dots in it are dots.
    """

    step: int
    said: str
    wanted: bool
    literal: bool = False


def read_steps(text: str) -> tuple[Step, ...]:
    """The statements of an issue's text, in their order, equal ones once."""
    steps: dict[str, Step] = {}
    piece_steps: list[str] = []
    right: bool | None = None
    for piece in pieces(text):
        match piece:
            case Prose(line):
                right = _called(line, right)
                inline = list(_inline(line))
                for step in inline:
                    _add(steps, step)
                wanted = None if inline else _WANTED.search(line)
                if piece_steps and wanted and wanted[1][0] in _QUOTES:
                    _add(steps, Step(piece_steps[-1], (Said(_bare(wanted[1]), right=True),)))
                    piece_steps = []
            case Code(statements):
                piece_steps = []
                for source, out in statements:
                    _add(steps, Step(source, () if out is None else (_said(out, None),)))
                    piece_steps.append(source)
                right = None
            case Output(out):
                said = _said(out, right)
                for source in piece_steps if raised(out) else piece_steps[-1:]:
                    _add(steps, Step(source, (said,)))
                right = None
    return tuple(steps.values())[:_MOST_STEPS]


def proven(text: str, steps: Sequence[Step], base: Sequence[Shown | None]) -> tuple[Claim, ...]:
    """What the base bears out of what the text says.

    Args:
        text: of the issue.
        steps: of the same.
        base: what each gave at the base; `None` where that is not known, or not the same each time.
    """
    known = [(number, shown) for number, shown in enumerate(base) if shown is not None]
    claims = [claim for number, shown in known for claim in _of_step(number, steps[number], shown, text)]
    if not any(not claim.wanted for claim in claims):
        last = next((n for n in range(len(steps) - 1, -1, -1) if steps[n].said), None)
        shown = None if last is None or last >= len(base) else base[last]
        if last is not None and shown is not None:
            said = [each for each in steps[last].said if each.right is None and matches(each.text, shown)]
            claims += [_described(last, each.text, shown) for each in said]
    return tuple(claims)


def fates(steps: Sequence[Step], claims: Sequence[Claim], now: Sequence[Shown | None]) -> tuple[ClaimOutcome, ...]:
    """What became of claims where the statements gave this."""
    outcomes = []
    for claim in claims:
        shown = now[claim.step] if claim.step < len(now) else None
        if shown is None:
            fate = ClaimFate.UNKNOWN
        elif claim.wanted:
            fate = ClaimFate.MET if matches(claim.said, shown) else ClaimFate.UNMET
        else:
            fate = ClaimFate.REMAINS if matches(claim.said, shown, literal=claim.literal) else ClaimFate.GONE
        said = " ".join(claim.said.split())
        exception = raised(claim.said)
        outcomes.append(
            ClaimOutcome(
                fate,
                " ".join(steps[claim.step].source.split())[:_SHOWN],
                (": ".join(part for part in exception if part) if exception else said)[:_SHOWN],
                "" if shown is None else shown.words(),
            )
        )
    return tuple(outcomes)


def matches(said: str, shown: Shown, *, literal: bool = False) -> bool:
    """Whether a statement gave what a text says: an exception by its name, and by its message where one is said.

    White space does not count; `...` stands for anything unless it is part of a Python literal, or `literal` is given.
    """
    exception = raised(said)
    if exception is not None:
        if shown.raised is None or shown.raised[0] != exception[0]:
            return False
        return not exception[1] or not shown.raised[1] or _same(exception[1], shown.raised[1], literal=literal)
    if shown.raised is not None:
        return False
    wanted, given = _literal(said), _literal(shown.out)
    if wanted is not None and given is not None and wanted == given:
        return True
    exact = literal or wanted is not None
    return any(_same(said, text, literal=exact) for text in (shown.out, shown.value) if text is not None)


def _of_step(number: int, step: Step, shown: Shown, text: str) -> Iterator[Claim]:
    so = [said for said in step.said if matches(said.text, shown)]
    if shown.raised is not None and step.said and not so:
        return  # the snippet is not whole, or the base fails otherwise than the text tells
    other = [said for said in step.said if said not in so]
    described = [said for said in so if said.right is not True and (said.right is False or raised(said.text) or other)]
    for said in described:
        yield _described(number, said.text, shown)
    for said in other:
        if not raised(said.text) and (said.right or described):
            yield Claim(number, said.text, wanted=True)
    if shown.raised is not None and not step.said:
        name, message = shown.raised
        told = len(message) >= _TELLING and " ".join(message.split()) in " ".join(text.split())
        if told or (name not in _OF_THE_SNIPPET and re.search(rf"\b{re.escape(name)}\b", text)):
            yield Claim(number, name, wanted=False)


def _described(number: int, said: str, shown: Shown) -> Claim:
    return Claim(number, said, wanted=False, literal=matches(said, shown, literal=True))


def _add(steps: dict[str, Step], step: Step) -> None:
    known = steps.get(step.source, Step(step.source))
    more = tuple(said for said in step.said if said not in known.said)
    steps[step.source] = replace(known, said=(*known.said, *more))


def _said(out: str, right: bool | None) -> Said:
    return Said(out.strip(), False if raised(out) and right is None else right)


def _called(line: str, before: bool | None) -> bool | None:
    """What the prose before an output calls it: by the last word that tells."""
    words = [(match.start(), True) for match in _RIGHT.finditer(line)]
    words += [(match.start(), False) for match in _WRONG.finditer(line)]
    return max(words)[1] if words else before


def _inline(line: str) -> Iterator[Step]:
    """`f(1)` gives 2, I expected 3."""
    for match in _INLINE.finditer(line):
        source, got = match[1].strip(), _bare(match[2])
        if not _is_call(source):
            continue
        said = [Said(got, right=False)]
        wanted = _WANTED.search(line, match.end(), match.end() + _NEAR)
        if wanted:
            said.append(Said(_bare(wanted[1]), right=True))
        yield Step(source, tuple(said))


def _bare(value: str) -> str:
    return value.strip("`") if value.startswith("`") else value.rstrip(".:!?")


def _is_call(source: str) -> bool:
    try:
        tree = ast.parse(source, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(isinstance(node, ast.Call) for node in ast.walk(tree))


def _same(one: str, other: str, *, literal: bool) -> bool:
    left, right = " ".join(one.split()), " ".join(other.split())
    if literal or left == right:
        return left == right
    parts = left.split("...")
    if len(parts) == 1 or not any(part.strip() for part in parts):
        return False
    return re.fullmatch(".*".join(map(re.escape, parts)), right) is not None


def _literal(text: str) -> object:
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None
