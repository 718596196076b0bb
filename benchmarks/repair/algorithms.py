"""The small algorithm programs of `programs/`: their tests, and their bugs.

A program is a Python file: code, then `TESTS`, one expression a line that must be true, then `BUGS`, one to three lines
changed each, as hunks of a diff without line numbers, apart by empty lines. They are written for this benchmark, are
none of QuixBugs', and stand in no corpus.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.repair.bugs import Bug
from benchmarks.repair.functions import Lines
from benchmarks.repair.judging import Judging
from reasoncli import python_source
from reasoncli.edits import Scope
from reasoncli.edits.answers import anchored
from reasoncli.prompting.hints import Hint, message
from training.hunk import Hunk

FOLDER = Path(__file__).parent / "programs"
_TOGETHER = 32  # candidates judged at once; the first that passes is seldom the last that is wanted


@dataclass(frozen=True, slots=True)
class Program:
    """A program with tests and bugs.

    Attributes:
        code: the right source.
        tests: expressions over its names, and `raises(type, function, *arguments)`; true of the right program.
        bugs: (lines that go, lines that come) of the source, one after the other.
    """

    name: str
    code: str
    tests: tuple[str, ...]
    bugs: tuple[tuple[str, str], ...]

    def broken(self, bug: tuple[str, str]) -> str:
        """The source with a bug.

        Raises:
            ValueError: what the bug changes is not there, or not only once.
        """
        old, new = bug
        if f"\n{self.code}".count(f"\n{old}") != 1:
            raise ValueError(f"{self.name}: {old!r} is not there just once")
        return f"\n{self.code}".replace(f"\n{old}", f"\n{new}")[1:]


def read_program(path: Path) -> Program:
    """A program's file."""
    source = path.read_text("utf-8")
    module = ast.parse(source)
    texts = {
        statement.targets[0].id: (statement, ast.literal_eval(statement.value))
        for statement in module.body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Name)
        and statement.targets[0].id in {"TESTS", "BUGS"}
    }
    code = "".join(source.splitlines(keepends=True)[: texts["TESTS"][0].lineno - 1])
    tests = tuple(line for line in texts["TESTS"][1].splitlines() if line.strip())
    bugs = tuple(_sides(part) for part in texts["BUGS"][1].strip("\n").split("\n\n"))
    return Program(path.stem, code.rstrip() + "\n", tests, bugs)


def programs() -> list[Program]:
    """All of them, by name."""
    return [read_program(path) for path in sorted(FOLDER.glob("*.py"))]


def program_bugs(judging: Judging, *, limit: int | None = None) -> list[Bug]:
    """The bugs of all programs, to be judged by their tests; in an order that is the same each time, by hash.

    Args:
        judging: runs the tests.
        limit: how many at most.
    """
    bugs = [made for program in programs() for made in _bugs(program, judging)]
    bugs.sort(key=lambda bug: hashlib.sha256(bug.id.encode()).digest())
    return bugs[:limit]


def _bugs(program: Program, judging: Judging) -> Iterator[Bug]:
    for number, change in enumerate(program.bugs):
        source = program.broken(change)
        name, place = _changed(program.code, source)
        module, definition = _definition(source, name)
        before, after = _print(source, name), _print(program.code, name)
        repair = Hunk.between(before, after)
        start, end, _ = anchored(before, repair.start, repair.end, repair.replacement)
        yield Bug(
            id=f"{program.name}:{number}",
            group=program.name,
            before=before,
            after=after,
            wrong=(start, end),
            scope=Scope.around(module, definition),
            hints=_hints(judging, program, source),
            tests=partial(_verdicts, judging, program, source, place),
        )


def _hints(judging: Judging, program: Program, source: str) -> tuple[Hint, ...]:
    """The first test that fails, as test suites have it, and what it got."""
    index, got = judging.failure(source, program.tests)
    if index is None:
        raise ValueError(f"{program.name}: all tests pass")
    match ast.parse(program.tests[index], mode="eval").body:
        case ast.Call(func=ast.Name(id="raises"), args=[error, function, *arguments]):
            call = ast.unparse(ast.Call(function, arguments, []))
            check = f"with pytest.raises({ast.unparse(error)}):\n    {call}"
        case test:
            check = f"assert {ast.unparse(test)}"
    said = message(got)
    return (("test", check), ("got", said)) if said else (("test", check),)


def _verdicts(
    judging: Judging, program: Program, source: str, place: tuple[int, int, int], texts: Sequence[str]
) -> Iterator[bool]:
    first, last, column = place
    lines = source.splitlines()
    for at in range(0, len(texts), _TOGETHER):
        changed = []
        for text in texts[at : at + _TOGETHER]:
            inner = [" " * column + line if line else line for line in text.split("\n")]
            changed.append("\n".join([*lines[: first - 1], *inner, *lines[last:]]))
        yield from judging.passes(changed, program.tests)


def _changed(right: str, wrong: str) -> tuple[str, tuple[int, int, int]]:
    """The function that two sources differ in, and its first line, last line and column in the second."""
    module = ast.parse(wrong)
    for name, _ in python_source.definitions(ast.parse(right)):
        if "." in name and any(name.startswith(f"{each}.") for each in _functions(module)):
            continue  # inside of a function, which is repaired as a whole
        if _print(right, name) != _print(wrong, name):
            _, node = _definition(wrong, name)
            return name, (node.lineno, node.end_lineno or node.lineno, node.col_offset)
    raise ValueError("no function differs")


def _functions(module: ast.Module) -> list[str]:
    return [name for name, _ in python_source.definitions(module)]


def _definition(source: str, name: str) -> tuple[ast.Module, python_source.Definition]:
    module = ast.parse(source)
    return module, next(node for known, node in python_source.definitions(module) if known == name)


def _print(source: str, name: str) -> Lines:
    _, node = _definition(source, name)
    return tuple(line.printed for line in python_source.unit_lines(node, source)[len(node.decorator_list) :])


def _sides(part: str) -> tuple[str, str]:
    lines = part.splitlines(keepends=True)
    sides = ["".join(line[1:].rstrip("\n") + "\n" for line in lines if line[0] in f" {sign}") for sign in "-+"]
    return sides[0], sides[1]
