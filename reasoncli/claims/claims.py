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

from reasoncli.claims.reading import Code, Output, Piece, Prose, pieces, raised
from reasoncli.claims.sentences import Said, calls, wanted
from reasoncli.domain import ClaimFate, ClaimOutcome

_RIGHT = re.compile(
    r"\b(expect\w*|should|desired|correct(?:ly)?|instead|improvement|fixed|ought|previously|used to)\b", re.IGNORECASE
)
_WRONG = re.compile(
    r"\b(actual(?:ly)?|got|current(?:ly)?|but|however|wrong(?:ly)?|incorrect(?:ly)?|fails?|errors?|bug|crash(?:es)?|broken)\b",
    re.IGNORECASE,
)
_EXPECTED = re.compile(r"expected(?: output| result)?\s*:", re.IGNORECASE)
_OF_THE_SNIPPET = frozenset(
    {"NameError", "ImportError", "ModuleNotFoundError", "SyntaxError", "IndentationError", "SystemExit"}
)
"""What a snippet raises that is not whole; the issue has to show the message before it counts."""

_TELLING = 10  # characters of a message from which on it is no chance that the issue has it, too
_MOST_STEPS = 100
_SHOWN = 300  # characters


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
    open_call = ""  # that the last paragraph complains of, without what it should give
    expects = False
    right: bool | None = None
    for piece in _paragraphs(pieces(text)):
        match piece:
            case Prose(line):
                right = _called(line, right)
                spoken = [Step(source, said) for source, said in calls(line)]
                for step in spoken:
                    _add(steps, step)
                expects = _EXPECTED.fullmatch(line) is not None
                if not expects:
                    alone = len(spoken) == 1 and [each.right for each in spoken[0].said] == [False]
                    open_call = spoken[0].source if alone else ""
                expected = None if spoken else wanted(line)
                if piece_steps and expected is not None:
                    _add(steps, Step(piece_steps[-1], (Said(expected, right=True),)))
                    piece_steps = []
            case Code(statements):
                open_call = ""
                piece_steps = []
                for source, out in statements:
                    _add(steps, Step(source, () if out is None else (_said(out, None),)))
                    piece_steps.append(source)
                right = None
            case Output(out):
                if open_call and expects:
                    piece_steps = [open_call]
                shown = _said(out, right)
                for source in piece_steps if raised(out) else piece_steps[-1:]:
                    _add(steps, Step(source, (shown,)))
                right, open_call = None, ""
    return tuple(steps.values())[:_MOST_STEPS]


def _paragraphs(found: Sequence[Piece]) -> Iterator[Piece]:
    """With lines of prose that go on joined to those that they go on from."""
    lines: list[str] = []
    for piece in found:
        if isinstance(piece, Prose) and (not lines or piece.goes_on):
            lines.append(piece.text)
            continue
        if lines:
            yield Prose(" ".join(lines))
            lines = []
        if isinstance(piece, Prose):
            lines.append(piece.text)
        else:
            yield piece
    if lines:
        yield Prose(" ".join(lines))


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
        else:
            literal = claim.literal and not claim.wanted
            same = matches(claim.said, shown, literal=literal, spaces=_spaces(steps[claim.step]))
            met, unmet = (ClaimFate.MET, ClaimFate.UNMET) if claim.wanted else (ClaimFate.REMAINS, ClaimFate.GONE)
            fate = met if same else unmet
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


def matches(said: str, shown: Shown, *, literal: bool = False, spaces: bool = False) -> bool:
    """Whether a statement gave what a text says: an exception by its name, and by its message where one is said.

    A text is compared with what the statement shows, and with the value where that is a text: people leave its quotes
    out. White space does not count unless `spaces` is given; `...` stands for anything unless it is part of a Python
    literal, or `literal` is given.
    """
    exception = raised(said)
    if exception is not None:
        if shown.raised is None or shown.raised[0] != exception[0]:
            return False
        return not exception[1] or not shown.raised[1] or _same(exception[1], shown.raised[1], literal=literal)
    if shown.raised is not None:
        return False
    wanted, given = _literal(said), _literal(shown.out)
    texts = [shown.out] if shown.value is None or isinstance(wanted, str) else [shown.out, shown.value]
    if wanted is not None and given is not None:
        if wanted == given:
            return True
        texts = texts[1:]
    if spaces:
        return said in texts
    return any(_same(said, text, literal=literal or wanted is not None) for text in texts)


def _spaces(step: Step) -> bool:
    """Whether two of the texts that a step is said to give differ by white space alone."""
    texts = {said.text for said in step.said}
    return len({" ".join(text.split()) for text in texts}) < len(texts)


def _of_step(number: int, step: Step, shown: Shown, text: str) -> Iterator[Claim]:
    spaces = _spaces(step)
    so = [said for said in step.said if matches(said.text, shown, spaces=spaces)]
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
