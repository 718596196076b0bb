"""From a model's answer to a file of tests."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reasoncli import python_source
from reasoncli.domain import Completion
from reasoncli.patches.canonical import canonical

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[ \t]*([^`\n]*)$")
_LONGEST = 64 << 10  # bytes of an answer; a test is a page
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Written:
    """A file of tests as a model wrote it.

    Attributes:
        id: of its canonical form, in which the tests' own names don't count.
        votes: answers that have this form.
    """

    id: str
    source: str
    votes: int


def read_tests(answers: Sequence[Completion]) -> list[Written]:
    """The different files of tests among answers, most frequent first; what holds none is left out."""
    sources: dict[str, str] = {}
    votes: defaultdict[str, int] = defaultdict(int)
    for answer in answers:
        source = file_of(answer.text, cut_off=answer.finish == "length")
        form = None if source is None else _form(source)
        if source is None or form is None:
            continue
        sources.setdefault(form, source)
        votes[form] += answer.count
    found = [Written(form[:16], sources[form], votes[form]) for form in sources]
    return sorted(found, key=lambda each: (-each.votes, each.id))


def file_of(text: str, *, cut_off: bool = False) -> str | None:
    """The file of tests in an answer: the longest of its fenced blocks that is one, else the answer itself.

    Args:
        text: thoughts already apart.
        cut_off: it ended at the token limit, so a block left open is not whole.
    """
    if len(text.encode("utf-8", "surrogatepass")) > _LONGEST:
        return None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    blocks = [block for block, closed in _blocks(text) if closed or not cut_off]
    if not blocks and not cut_off:
        blocks = [text]
    tests = [made for block in blocks if (made := block.strip("\n") + "\n") and _holds_tests(made)]
    return max(tests, key=len, default=None)


def _blocks(text: str) -> Iterator[tuple[str, bool]]:
    """Fenced blocks, each with whether its fence is closed."""
    mark = ""
    lines: list[str] = []
    for line in text.split("\n"):
        fence = _FENCE.match(line)
        if not mark and fence:
            mark, lines = fence[1], []
        elif mark and fence and not fence[2].strip() and fence[1].startswith(mark):
            yield "\n".join(lines), True
            mark = ""
        elif mark:
            lines.append(line)
    if mark:
        yield "\n".join(lines), False


def _holds_tests(source: str) -> bool:
    """Whether a text is Python with a test in it, and nothing that a file should not hold."""
    module = None if _CONTROLS.search(source) else python_source.parse(source)
    return module is not None and any(True for _ in _tests(module))


def _tests(module: ast.Module) -> Iterator[python_source.Definition]:
    """Functions that a test program takes for tests: at the top, and methods of classes there."""
    classes = [node for node in module.body if isinstance(node, ast.ClassDef)]
    for body in (module.body, *(node.body for node in classes)):
        for node in body:
            if isinstance(node, python_source.Definition) and node.name.startswith("test"):
                yield node


def _form(source: str) -> str | None:
    """A digest that is equal for files which differ in layout, comments, and what their tests are called."""
    module = python_source.parse(source)
    if module is None:
        return None
    for number, test in enumerate(_tests(module)):
        test.name = f"test_{number}"
    try:
        return canonical(ast.unparse(module).encode("utf-8", "surrogatepass"))
    except RecursionError:
        return None
