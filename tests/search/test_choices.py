"""The grammar's edits as answers to line repairs: each of them, put into the file, is that edit."""

from __future__ import annotations

import ast
import math

import pytest

from reasoncli import python_source
from reasoncli.domain import Form, Prompt, Region, RepairContent, Suspect
from reasoncli.edits import Scope, enumerate_edits
from reasoncli.edits.answers import anchored
from reasoncli.models.interface import Choices
from reasoncli.patches.line_repair import apply_repair
from reasoncli.patches.outcome import Rejected
from reasoncli.patches.tree import MemoryTree
from reasoncli.prompting.options import PromptOptions
from reasoncli.prompting.repair import Asking, repair_prompts
from reasoncli.search.choices import repair_choices

SOURCE = '''\
"""Shelves."""
LIMIT = 3


def outer(items, low):
    # what is not too small
    kept = []

    def inner(item):
        if item < low:
            return None
        return item

    for item in items:
        if item < low:
            continue
        kept.append(item)
        kept.append(item)
    return kept


class Shelf:
    size = LIMIT

    @property
    def free(self):  # places
        used = len(self.books)
        if used > self.size:
            return 0
        return self.size - used
'''


def prompts(source: str, *, context: int = 10_000, names: tuple[str, ...] = (), hunks: bool = False) -> list[Prompt]:
    """For all functions, or those named; a token being a character."""
    module = python_source.parse(source)
    assert module is not None
    suspects = [
        Suspect("m.py", None, name, python_source.first_line(node), node.end_lineno or 0, 1.0)
        for name, node in python_source.definitions(module)
        if not names or name in names
    ]
    return repair_prompts(
        suspects,
        lambda path: source.encode() if path == "m.py" else None,
        count_tokens=lambda prompt: len(prompt.content.function) if isinstance(prompt.content, RepairContent) else 0,
        context=context,
        options=PromptOptions(repair_tokens=0, repair_prompts=1000),
        asking=Asking(hunks=hunks),
    )


def choices(source: str, asked: list[Prompt], most: int = 1_000) -> tuple[Choices, ...]:
    return repair_choices(asked, lambda path: source.encode() if path == "m.py" else None, most)


def function(source: str, name: str) -> tuple[ast.Module, python_source.Definition, list[str]]:
    module = python_source.parse(source)
    assert module is not None
    definition = dict(python_source.definitions(module))[name]
    lines = python_source.unit_lines(definition, source)[len(definition.decorator_list) :]
    return module, definition, [line.printed for line in lines]


def region(choice: Choices) -> Region:
    assert choice.prompt.region is not None
    return choice.prompt.region


@pytest.mark.parametrize("hunks", [False, True])
@pytest.mark.parametrize("name", ["outer", "Shelf.free"])
def test_all_edits_of_what_is_asked_for_are_choices_and_make_what_the_edit_makes(name: str, hunks: bool) -> None:
    module, definition, lines = function(SOURCE, name)
    wanted = set()
    for edit in enumerate_edits(lines, Scope.around(module, definition)):
        start, end, _ = anchored(lines, edit.start, edit.end, edit.replacement)
        if end - start <= (5 if hunks else 1):
            wanted.add(_meaning("\n".join(edit.apply(lines))))
    tree = MemoryTree({"m.py": SOURCE.encode()})
    made = set()
    for choice in choices(SOURCE, prompts(SOURCE, hunks=hunks)):
        content = choice.prompt.content
        assert isinstance(content, RepairContent)
        if not content.function.startswith(lines[0]):
            continue
        for text in choice.texts():
            try:
                after = apply_repair(text, content, region(choice), tree)["m.py"].decode()
                made.add(_meaning("\n".join(function(after, name)[2])))
            except (Rejected, AssertionError, KeyError):
                continue  # means the same, or renames the function
    assert wanted - made == set()
    assert len(made) > 200


def _meaning(text: str) -> str:
    """Without the statements that say nothing: a deleted line is a `pass` in the answer's form."""
    module = python_source.parse(text)
    assert module is not None, text
    for node in ast.walk(module):
        for block in ("body", "orelse"):
            inside = getattr(node, block, None)
            if isinstance(inside, list):
                kept = [each for each in inside if not isinstance(each, ast.Pass)]
                setattr(node, block, kept or ([ast.Pass()] if block == "body" else []))
    return ast.unparse(module)


def test_equal_lines_are_told_apart_by_their_place() -> None:
    found = choices(SOURCE, prompts(SOURCE))
    twice = [each for each in found if each.prompt.content.line == "kept.append(item)"]  # type: ignore[union-attr]
    assert sorted(region(each).start for each in twice) == [17, 18]
    checks = [each for each in found if each.prompt.content.line == "if item < low:"]  # type: ignore[union-attr]
    assert sorted(region(each).start for each in checks) == [10, 15]
    texts = {region(each).start: set(each.texts()) for each in checks}
    assert texts[10] != texts[15], "what may come after a line depends on where it stands"


def test_a_function_inside_another_may_be_shown_alone() -> None:
    (alone,) = [
        each
        for each in choices(SOURCE, prompts(SOURCE, names=("outer.inner",)))
        if region(each) == Region("m.py", 10, 10)
    ]
    (inside,) = [each for each in choices(SOURCE, prompts(SOURCE)) if region(each) == Region("m.py", 10, 10)]
    assert " if item < kept:" in inside.texts()
    assert " if item < kept:" not in alone.texts(), "of the names around it only what is printed is known"


def test_prompts_say_where_their_line_stands_in_what_they_show() -> None:
    for context in (10_000, 260):
        for prompt in prompts(SOURCE, context=context):
            content = prompt.content
            assert isinstance(content, RepairContent)
            assert content.function.split("\n")[content.index].strip() == content.line


def test_a_window_of_a_large_function_has_the_edits_of_the_whole() -> None:
    body = "".join(
        f"    step{n} = width + {n}\n    if step{n} > height:\n        total -= step{n}\n" for n in range(30)
    )
    source = f"def area(width, height):\n    total = 0\n{body}    return total\n"
    whole, windows = prompts(source), prompts(source, context=600)
    assert len({each.content.function for each in windows}) > 3  # type: ignore[union-attr]
    by_line = {prompt.region: choices(source, [prompt])[0].texts() for prompt in whole}
    found = choices(source, windows, 40)
    assert len(found) == 40 < len(windows), "those with the smallest shares are not worth their time"
    assert min(each.prompt.share for each in found) >= sorted(each.share for each in windows)[-len(found)]
    assert all(each.texts() == by_line[each.prompt.region] for each in found)


def test_the_share_is_the_offset() -> None:
    asked = prompts(SOURCE)
    for each in choices(SOURCE, asked):
        assert each.offset == pytest.approx(math.log(each.prompt.share))


def test_what_is_in_no_function_or_not_as_it_was_has_no_choices() -> None:
    (prompt,) = [each for each in prompts(SOURCE) if each.region == Region("m.py", 19, 19)]
    assert choices(SOURCE, [prompt])
    assert choices("x = 1\n" * 30, [prompt]) == ()
    assert choices("def broken(:\n", [prompt]) == ()
    assert repair_choices([prompt], lambda path: None) == ()
    loose = Prompt("p", Form.LINE_REPAIR, RepairContent("size = LIMIT", "size = LIMIT"), Region("m.py", 23, 23))
    assert choices(SOURCE, [loose]) == ()
