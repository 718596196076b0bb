"""A line repair: the embedded model's answer put back where the suspect statement stands.

The model sees a function printed one statement a line; its answer replaces the statement that the line was printed
from. A statement over several lines is replaced whole, of a compound statement only the header; every other byte
of the file stays. Where the old statement and its print differ in form only (quotes, spaces, line breaks), the
parts of it that the answer keeps stay in the author's form.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from functools import lru_cache

from reasoncli import python_source
from reasoncli.domain import Region, RepairContent
from reasoncli.patches.hunk_repair import NewLine, replace_lines
from reasoncli.patches.outcome import Rejected
from reasoncli.patches.statement_form import in_form_of, meaning
from reasoncli.patches.text import Source, decode, split_lines
from reasoncli.patches.tree import Tree
from reasoncli.python_source import Line, Span


def apply_repair(text: str, content: RepairContent, region: Region, tree: Tree) -> dict[str, bytes]:
    """Put a repaired line into the file.

    Args:
        text: the completion: the fixed line, or lines; empty to delete the statement.
        content: what the model was shown.
        region: the lines of the statement (header only, if it is compound) in the file.
        tree: the base.

    Raises:
        Rejected: `no-change`, or the statement isn't where the region says.
    """
    if text.strip() == content.line.strip():
        raise Rejected("no-change", "the answer is the line itself")
    data = tree.read(region.path)
    if data is None:
        raise Rejected("unappliable", f"{region.path} is not in the repository")
    source = decode(data, python=True)
    full = source.text
    module = _module(full)
    if module is None:
        raise Rejected("unappliable", f"{region.path} can't be parsed here")
    old = _find(module, full, region, content.line)
    if not old or old[0].span is None:
        raise Rejected("unappliable", f"{region.path} has no such statement at line {region.start}")
    new = _answer(text, content)
    if len(old) == 1 and (len(new) == 1 or not (new or _alone(full, old[0].span))):
        replaced = _replace_one(source, full, old[0], old[0].span, new[0].text if new else "pass")
    elif len(python_source.ast_lines(full)) != len(source.lines):
        raise Rejected("unappliable", f"{region.path} has line ends of several kinds")
    else:
        replaced = replace_lines(source, module, old, new, region)
    return {region.path: replaced.encode()}


def _answer(text: str, content: RepairContent) -> list[NewLine]:
    """The first line's indentation says nothing, as it follows the prompt; others have that of the print."""
    if not text.strip():
        return []
    first, *rest = text.strip("\n").rstrip().split("\n")
    shown = content.function.split("\n")
    asked = content.line.split("\n")[0].strip()
    known = [shown[content.index]] if content.index >= 0 else [line for line in shown if line.strip() == asked]
    own = min(map(_steps, known), default=0)
    return [
        NewLine(first.strip(), 0),
        *(NewLine(line.strip(), _steps(line) - own) for line in rest if line.strip()),
    ]


def _alone(full: str, span: Span) -> bool:
    """Whether a statement has its physical lines for itself, but for a comment."""
    lines = python_source.ast_lines(full)
    head = full[_offset(lines, span.line, 0) : _offset(lines, span.line, span.column)]
    tail = full[_offset(lines, span.end_line, span.end_column) : _offset(lines, span.end_line + 1, 0)]
    return not head.strip() and tail.strip()[:1] in {"", "#"}


def _steps(line: str) -> int:
    return (len(line) - len(line.lstrip(" "))) // len(python_source.INDENT)


# Many answers concern one file; its AST is only read.
@lru_cache(maxsize=8)
def _module(full: str) -> ast.Module | None:
    return python_source.parse(full)


def _find(module: ast.Module, full: str, region: Region, asked: str) -> list[Line]:
    """The printed lines of a region, if they are those that were asked about."""
    depth, body = _surroundings(module, region)
    lines = python_source.unit_lines(body, full)
    texts = [line.strip() for line in asked.split("\n")]
    for start, printed in enumerate(lines):
        last = start + len(texts) - 1
        if last < len(lines) and (first := printed.span) and (end := lines[last].span):
            some = lines[start : last + 1]
            if (first.line, end.end_line) == (region.start, region.end) and [line.text for line in some] == texts:
                return [replace(line, depth=line.depth + depth) for line in some]
    return []


def _surroundings(module: ast.Module, region: Region) -> tuple[int, list[ast.stmt]]:
    """The definition that holds a region, innermost of those that stand in definitions alone, and its depth."""
    depth, body = 0, module.body
    while True:
        nodes = [node for node in body if _first(node) <= region.end and region.start <= (node.end_lineno or 0)]
        if len(nodes) != 1 or not isinstance(nodes[0], python_source.Definition | ast.ClassDef):
            return depth, nodes
        inner = nodes[0].body
        if region.start < _first(inner[0]) or inner[0].lineno == nodes[0].lineno or _first(nodes[0]) > region.start:
            return depth, nodes
        depth, body = depth + 1, inner


def _first(node: ast.stmt) -> int:
    if isinstance(node, python_source.Definition | ast.ClassDef):
        return python_source.first_line(node)
    return node.lineno


def _replace_one(source: Source, full: str, old: Line, span: Span, new: str) -> Source:
    lines = python_source.ast_lines(full)
    start = _offset(lines, span.line, span.column)
    end = _offset(lines, span.end_line, span.end_column)
    before, statement, after = full[:start], full[start:end], full[end:]
    # Printed as `elif`, but written as an `if` under `else:`.
    if new.startswith("elif ") and old.text.startswith("elif ") and statement.startswith("if"):
        new = new.removeprefix("el")
    if meaning(new) == meaning(statement):
        raise Rejected("no-change", "the answer means what the line means")
    split, ends = split_lines(before + in_form_of(statement, old.text, new) + after)
    return Source(split, ends, source.encoding, source.errors, source.bom)


def _offset(lines: list[str], line: int, column: int) -> int:
    """Index into the text of a place that `ast` gives in UTF-8 bytes."""
    inside = "".join(lines[line - 1 : line]).encode("utf-8", "surrogatepass")[:column]
    return sum(map(len, lines[: line - 1])) + len(inside.decode("utf-8", "surrogatepass"))
