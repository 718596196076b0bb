"""Pieces of the repository that prompts show, always whole: a function, the head of its class, a test."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reasoncli import python_source
from reasoncli.domain import Suspect, TestResult
from reasoncli.prompting.options import Read

_LONGEST_IMPORTS = 60  # lines
_SMALL_FILE = 120  # lines of a file that is shown whole where no function of it is known
_BEFORE, _AFTER = 15, 15  # lines around a place of which no more is known


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Whole lines of a file, byte for byte the file's own but for line ends.

    Attributes:
        name: qualified name of what they define, or `<module>`.
        start, end: first and last line.
    """

    path: str
    name: str
    start: int
    end: int
    text: str


class Files:
    """Files of the base, read and parsed once each."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._texts: dict[str, str | None] = {}
        self._modules: dict[str, ast.Module | None] = {}

    def text(self, path: str) -> str | None:
        """A file's text with `\\n` line ends, or `None` if it isn't there or isn't text."""
        if path not in self._texts:
            data = self._read(path)
            text = None if data is None else python_source.decode(data)
            self._texts[path] = None if text is None else text.replace("\r\n", "\n").replace("\r", "\n")
        return self._texts[path]

    def module(self, path: str) -> ast.Module | None:
        """A Python file's AST, or `None`."""
        if path not in self._modules:
            text = self.text(path) if path.endswith(".py") else None
            self._modules[path] = None if text is None else python_source.parse(text)
        return self._modules[path]

    def lines(self, path: str) -> list[str]:
        """A file's lines without their ends."""
        return (self.text(path) or "").split("\n")

    def excerpt(self, path: str, name: str, start: int, end: int) -> Excerpt | None:
        """Lines `start` to `end` of a file, or `None` if there are none such."""
        lines = self.lines(path)
        if self.text(path) is None or not 1 <= start <= end <= len(lines):
            return None
        return Excerpt(path, name, start, end, "\n".join(lines[start - 1 : end]))

    def whole(self, path: str) -> Excerpt | None:
        """A file from its first line to its last."""
        text = self.text(path)
        if not text:
            return None
        body = text.removesuffix("\n")
        return Excerpt(path, "<module>", 1, body.count("\n") + 1, body)


def suspect_functions(suspects: Sequence[Suspect], files: Files, most: int) -> list[Excerpt]:
    """The functions of the suspects, each once and whole, most suspect first; module-level code by its statement."""
    found: list[Excerpt] = []
    for suspect in sorted(suspects, key=lambda suspect: -suspect.score):
        start, end = suspect.start, suspect.end
        if suspect.function == "<module>":
            place = _place(suspect, files)
            if place is None:
                continue
            start, end = place
        if any(each.path == suspect.path and each.start <= start and end <= each.end for each in found):
            continue
        excerpt = files.excerpt(suspect.path, suspect.function, start, end)
        if excerpt is None:
            continue
        found = [e for e in found if not (e.path == suspect.path and start <= e.start and e.end <= end)]
        found.append(excerpt)
        if len(found) == most:
            break
    return found


def _place(suspect: Suspect, files: Files) -> tuple[int, int] | None:
    """The lines to show for code outside functions: its statement, and in other languages what is around it."""
    if suspect.path.endswith(".py"):
        return _statement(files.module(suspect.path), suspect.line)
    whole = files.whole(suspect.path)
    if whole is None:
        return None
    if suspect.line is None:
        return (1, whole.end) if whole.end <= _SMALL_FILE else None
    return max(1, suspect.line - _BEFORE), min(whole.end, suspect.line + _AFTER)


def _statement(module: ast.Module | None, line: int | None) -> tuple[int, int] | None:
    if module is None or line is None:
        return None
    for node in module.body:
        first = python_source.first_line(node) if isinstance(node, ast.ClassDef) else node.lineno
        if first <= line <= (node.end_lineno or 0):
            return first, node.end_lineno or node.lineno
    return None


def class_heads(excerpts: Sequence[Excerpt], files: Files) -> list[Excerpt]:
    """For methods among the excerpts the first line of their class and its constructor, where they aren't shown."""
    found: list[Excerpt] = []
    for excerpt in excerpts:
        module = files.module(excerpt.path)
        if module is None:
            continue
        for owner in ast.walk(module):
            if not isinstance(owner, ast.ClassDef) or not _within(excerpt, owner):
                continue
            for node in owner.body:
                if isinstance(node, python_source.Definition) and node.name == "__init__":
                    start, end = python_source.first_line(node), node.end_lineno or node.lineno
                    made = files.excerpt(excerpt.path, f"{owner.name}.__init__", start, end)
                    if made and made not in found and not any(covers(e, made) for e in excerpts):
                        found.append(made)
    return found


def callers(excerpts: Sequence[Excerpt], files: Files, most: int) -> list[Excerpt]:
    """Functions of the files concerned that call those that are shown, the most suspect one's callers first.

    By name: which of several methods of one name is called can't be told from the text.
    """
    shown, paths = list(excerpts), list(dict.fromkeys(excerpt.path for excerpt in excerpts))
    found: list[Excerpt] = []
    for called in excerpts:
        name = called.name.rpartition(".")[2]
        for path in paths if name.isidentifier() else ():
            module = files.module(path)
            for qualified, node in python_source.definitions(module) if module is not None else ():
                if len(found) == most:
                    return found
                if name not in _called(node):
                    continue
                start = python_source.first_line(node)
                made = files.excerpt(path, qualified, start, node.end_lineno or start)
                if made is not None and not any(covers(each, made) for each in (*shown, *found)):
                    found.append(made)
    return found


def _called(function: ast.AST) -> frozenset[str]:
    nodes = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    names = (node.id if isinstance(node, ast.Name) else getattr(node, "attr", "") for node in nodes)
    return frozenset(names)


def import_blocks(excerpts: Sequence[Excerpt], files: Files) -> list[Excerpt]:
    """The imports at the top of the files concerned, where they aren't shown: what names in the code mean."""
    found: list[Excerpt] = []
    for path in dict.fromkeys(excerpt.path for excerpt in excerpts):
        module = files.module(path)
        lines: list[int] = []
        for node in module.body if module else ():
            if isinstance(node, python_source.Definition | ast.ClassDef):
                break
            if isinstance(node, ast.Import | ast.ImportFrom):
                lines += [node.lineno, node.end_lineno or node.lineno]
        made = files.excerpt(path, "imports", min(lines), max(lines)) if lines else None
        if made and made.end - made.start < _LONGEST_IMPORTS and not any(covers(e, made) for e in excerpts):
            found.append(made)
    return found


def _within(excerpt: Excerpt, owner: ast.ClassDef) -> bool:
    return owner.lineno < excerpt.start and excerpt.end <= (owner.end_lineno or 0)


def covers(outer: Excerpt, inner: Excerpt) -> bool:
    """Whether one excerpt holds all lines of another."""
    return outer.path == inner.path and outer.start <= inner.start and inner.end <= outer.end


def test_source(result: TestResult, files: Files) -> Excerpt | None:
    """The source of a test, found by its id (pytest's `path::Class::name[…]`, unittest's dotted one) or its frames."""
    for path, name in _addresses(result.id):
        module = files.module(path)
        if module is None:
            continue
        for qualified, node in python_source.definitions(module):
            if qualified == name:
                start = python_source.first_line(node)
                return files.excerpt(path, name, start, node.end_lineno or start)
    for path, line, _ in result.frames[:1]:
        module = files.module(path)
        inner = [
            (qualified, node)
            for qualified, node in (python_source.definitions(module) if module else ())
            if python_source.first_line(node) <= line <= (node.end_lineno or 0)
        ]
        if inner:
            qualified, node = inner[-1]
            start = python_source.first_line(node)
            return files.excerpt(path, qualified, start, node.end_lineno or start)
    return _other_test_source(result, files)


def _other_test_source(result: TestResult, files: Files) -> Excerpt | None:
    """Lines around a test in another language than Python: where its id's file names it, or its outermost frame is."""
    path, _, rest = result.id.partition("::")
    title = rest.rpartition("::")[2].rpartition(" #")[0] or rest.rpartition("::")[2]
    found = [number for number, line in enumerate(files.lines(path), 1) if title and title in line]
    place = (path, found[0]) if found else next(((path, line) for path, line, _ in result.frames[:1]), None)
    whole = files.whole(place[0]) if place is not None else None
    if place is None or whole is None or place[0].endswith(".py"):
        return None
    return files.excerpt(place[0], title, max(1, place[1] - _BEFORE), min(whole.end, place[1] + _AFTER))


def _addresses(test: str) -> Iterator[tuple[str, str]]:
    if "::" in test:
        path, *names = test.split("::")
        yield path, ".".join(names).split("[", 1)[0]
        return
    parts = test.split(".")
    for inner in (2, 1):
        if len(parts) > inner and all(part.isidentifier() for part in parts):
            yield "/".join(parts[:-inner]) + ".py", ".".join(parts[-inner:])
