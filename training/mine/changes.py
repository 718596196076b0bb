"""What changed between two versions of a module, when it is one function and small.

Only the stretch of top-level statements around the changed lines is parsed: this is fast, and finds functions in
modules that as a whole are no Python of today.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from reasoncli import python_source
from reasoncli.python_source import Definition
from training.hunk import Hunk, common

MOST_LINES = 5
_LONGEST_FUNCTION = 300
_MOST_CHANGED = 40
_OPENS = re.compile(r"(?!(?:else|elif|except|finally|case)\b)[A-Za-z_@]")
_IDLE = re.compile(r"\s*(?:#.*)?$")
_VERSION = re.compile(r"_*(?:version|version_info|ver)_*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Function:
    """A function that changed: qualified name, both syntax trees (without docstrings), both prints."""

    name: str
    before: Definition
    after: Definition
    printed_before: tuple[str, ...]
    printed_after: tuple[str, ...]


@dataclass(slots=True)
class Comparison:
    """What differs between two versions of a module: functions, and whether imports do as well."""

    functions: list[Function] = field(default_factory=list)
    imports: bool = False


@dataclass(slots=True)
class _Outline:
    functions: dict[str, Definition] = field(default_factory=dict)
    rest: list[ast.AST] = field(default_factory=list)
    imports: list[str] = field(default_factory=list)


def compare(before: str, after: str) -> Comparison | None:
    """What changed in a module, or `None`: too much, more than functions and imports, or no syntax of today."""
    old, new = python_source.ast_lines(before), python_source.ast_lines(after)
    start = common(old, new)
    tail = common(old[start:][::-1], new[start:][::-1])
    if _too_much(old[start : len(old) - tail], new[start : len(new) - tail]):
        return None
    for one, other in (_around(old, new, start, tail), (before, after)):
        modules = python_source.parse(one), python_source.parse(other)
        if modules[0] is not None and modules[1] is not None:
            return _compare(modules[0], modules[1], one, other)
    return None


def _too_much(old: list[str], new: list[str]) -> bool:
    removed, added = Counter(old), Counter(new)
    changed = [*(removed - added).elements(), *(added - removed).elements()]
    return sum(not _IDLE.match(line.rstrip()) for line in changed) > _MOST_CHANGED


def _around(old: list[str], new: list[str], start: int, tail: int) -> tuple[str, str]:
    """The changed lines with the whole top-level statements that they stand in, of both versions."""
    first = min(start, len(old) - 1, len(new) - 1)
    while first > 0 and not (_OPENS.match(old[first]) and _OPENS.match(new[first])):
        first -= 1
    while tail > 0 and not _OPENS.match(old[len(old) - tail]):
        tail -= 1
    return "".join(old[max(first, 0) : len(old) - tail]), "".join(new[max(first, 0) : len(new) - tail])


def _compare(old_module: ast.Module, new_module: ast.Module, before: str, after: str) -> Comparison | None:
    old, new = _outline(old_module), _outline(new_module)
    if set(old.functions) != set(new.functions) or len(old.rest) != len(new.rest):
        return None
    if any(ast.dump(one) != ast.dump(other) for one, other in zip(old.rest, new.rest, strict=True)):
        return None
    lines_before, lines_after = python_source.ast_lines(before), python_source.ast_lines(after)
    result = Comparison(imports=old.imports != new.imports)
    for name, one in old.functions.items():
        other = new.functions[name]
        if _text(one, lines_before) == _text(other, lines_after):
            continue
        if not _same_decorators(one, other):
            return None
        changed = _changed(name.split("#")[0], one, other, before, after)
        if changed is not None:
            result.functions.append(changed)
    return result


def _outline(module: ast.Module) -> _Outline:
    outline = _Outline()
    _collect(module.body, "", outline)
    return outline


def _collect(body: list[ast.stmt], prefix: str, outline: _Outline) -> None:
    for node in body:
        if isinstance(node, Definition):
            name, number = prefix + node.name, 1
            while (key := f"{name}#{number}") in outline.functions:  # setters, and definitions by cases
                number += 1
            outline.functions[key] = node
        elif isinstance(node, ast.Import | ast.ImportFrom):
            outline.imports.append(ast.unparse(node))
        elif isinstance(node, ast.ClassDef):
            outline.rest += [ast.Name(node.name), *node.bases, *node.keywords, *node.decorator_list]
            _collect(node.body, f"{prefix}{node.name}.", outline)
        elif isinstance(node, ast.If | ast.Try | ast.With | ast.For | ast.While):
            for name, value in ast.iter_fields(node):
                if name in ("body", "orelse", "finalbody"):
                    outline.rest.append(ast.Name(f"{type(node).__name__}.{name}"))
                    _collect(value, prefix, outline)
                elif name == "handlers":
                    for handler in value:
                        outline.rest.append(handler.type or ast.Name("handler"))
                        _collect(handler.body, prefix, outline)
                else:
                    outline.rest += [
                        item for item in (value if isinstance(value, list) else [value]) if isinstance(item, ast.AST)
                    ]
        elif not python_source.is_docstring(node) and not _is_version(node):
            outline.rest.append(node)


def _is_version(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and all(
        isinstance(t, ast.Name) and _VERSION.fullmatch(t.id) for t in node.targets
    )


def _text(node: Definition, lines: list[str]) -> list[str]:
    return lines[python_source.first_line(node) - 1 : node.end_lineno]


def _same_decorators(before: Definition, after: Definition) -> bool:
    return list(map(ast.dump, before.decorator_list)) == list(map(ast.dump, after.decorator_list))


def _changed(
    name: str, before: Definition, after: Definition, source_before: str, source_after: str
) -> Function | None:
    """The innermost function that holds the whole change; `None` where the prints are equal."""
    inner = _inner_change(before, after)
    if inner is not None:
        return _changed(f"{name}.{inner[0].name}", *inner, source_before, source_after)
    printed = tuple(
        tuple(line.printed for line in python_source.unit_lines(node, source)[len(node.decorator_list) :])
        for node, source in ((before, source_before), (after, source_after))
    )
    for node in (before, after):
        _strip_docstrings(node)
    return Function(name, before, after, *printed) if printed[0] != printed[1] else None


def _inner_change(before: Definition, after: Definition) -> tuple[Definition, Definition] | None:
    olds, news = list(_inner(before)), list(_inner(after))
    if [node.name for node in olds] != [node.name for node in news]:
        return None
    differing = [(one, other) for one, other in zip(olds, news, strict=True) if ast.dump(one) != ast.dump(other)]
    if len(differing) != 1 or type(differing[0][0]) is not type(differing[0][1]):
        return None
    one, other = differing[0]
    body, arguments = other.body, other.args
    other.body, other.args = one.body, one.args
    equal = ast.dump(before) == ast.dump(after)
    other.body, other.args = body, arguments
    return (one, other) if equal else None


def _inner(node: ast.AST) -> Iterator[Definition]:
    """The functions defined in one, not those in them, nor in classes there (the names would not tell them apart)."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Definition):
            yield child
        elif isinstance(child, ast.stmt) and not isinstance(child, ast.ClassDef):
            yield from _inner(child)


def _strip_docstrings(root: Definition) -> None:
    for node in ast.walk(root):
        if isinstance(node, Definition | ast.ClassDef) and node.body and python_source.is_docstring(node.body[0]):
            node.body[:1] = [] if len(node.body) > 1 else [ast.Pass()]


def small_hunk(function: Function) -> Hunk | None:
    """The function's change, if it is one stretch of at most `MOST_LINES` lines on both sides."""
    before, after = function.printed_before, function.printed_after
    if not before or not after or max(len(before), len(after)) > _LONGEST_FUNCTION:
        return None
    if any("\n" in line or "\r" in line for line in (*before, *after)):
        return None
    change = Hunk.between(before, after)
    return change if max(change.end - change.start, len(change.replacement)) <= MOST_LINES else None
