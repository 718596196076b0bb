"""Answers copied from the tests: a comparison with a value that the target's test gives in, and what it expects back.

A patch that writes `if x == 17: return "seventeen"` passes a test that asks for just that. So may the right fix of
a special case; the one who reads the patch must judge. Values that stand in every program (0, 1, None) tell nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator

from reasoncli.python_source import definitions, parse

_EVERYWHERE: frozenset[object] = frozenset({"0", "1", "-1", "2", "''", "None", "True", "False", "b''", "()"})
_SHOWN = 80  # characters of a value


def literals(test: str, read: Callable[[str], bytes | None]) -> frozenset[str]:
    """The values that a test's source holds, as their canonical source; nothing where it isn't found.

    Args:
        test: its id, of pytest or dotted.
        read: path -> bytes at the base.
    """
    path, name = _place(test, read)
    module = None if path is None else parse(read(path) or b"")
    if module is None:
        return frozenset()
    functions = [node for known, node in definitions(module) if not name or name in known.split(".")]
    mentioned = {each.id for node in functions for each in ast.walk(node) if isinstance(each, ast.Name)}
    tables = [
        node.value
        for node in module.body
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id in mentioned for target in node.targets)
    ]
    return frozenset(value for node in (*functions, *tables) for value in _values(node))


def questions(module: ast.Module) -> frozenset[str]:
    """What a module asks anywhere: the source of its conditions, patterns, and keys of dictionaries."""
    found: set[str] = set()
    for node in ast.walk(module):
        match node:
            case ast.If(test=asked) | ast.IfExp(test=asked) | ast.match_case(pattern=asked):
                found.add(ast.unparse(asked))
            case ast.Dict(keys=keys):
                found.update(ast.unparse(key) for key in keys if key is not None)
    return frozenset(found)


def copied(module: ast.Module, known: Collection[str], old: Collection[str]) -> Iterator[tuple[int, str]]:
    """(line, text) of each place that compares with values of the tests and gives one back.

    Args:
        module: what a patch made of a file.
        known: the tests' values.
        old: questions that the file asked before: another answer to one of them is what a fix looks like.
    """
    for node in ast.walk(module):
        if isinstance(node, ast.If | ast.IfExp) and ast.unparse(node.test) in old:
            continue
        if isinstance(node, ast.match_case) and ast.unparse(node.pattern) in old:
            continue
        match node:
            case ast.If(test=test, body=[*_, ast.Return(value=ast.expr() as answer)]):
                yield from _pair(node.lineno, _compared(test), answer, known)
            case ast.If(test=test, body=[ast.Assign(value=answer)]):
                yield from _pair(node.lineno, _compared(test), answer, known)
            case ast.IfExp(test=test, body=answer):
                yield from _pair(node.lineno, _compared(test), answer, known)
            case ast.match_case(pattern=pattern, body=[*_, ast.Return(value=ast.expr() as answer)]):
                values = [each.value for each in ast.walk(pattern) if isinstance(each, ast.MatchValue)]
                yield from _pair(pattern.lineno, values, answer, known)
            case ast.Dict(keys=keys, values=answers):
                for key, answer in zip(keys, answers, strict=True):
                    if key is not None and ast.unparse(key) not in old:
                        yield from _pair(key.lineno, [key], answer, known)


def _pair(line: int, asked: list[ast.expr], answer: ast.expr, known: Collection[str]) -> Iterator[tuple[int, str]]:
    given = [ast.unparse(each) for each in asked if _literal(each)]
    back = ast.unparse(answer) if _literal(answer) else None
    if not given or back is None or back not in known or any(each not in known for each in given) or given == [back]:
        return  # given == [back]: a name that stands for itself, as registries have it
    telling = [each for each in (*given, back) if each not in _EVERYWHERE]
    if len(telling) >= 2 or (len(given) >= 2 and telling):
        yield line, f"answers {_short(', '.join(given))} with {_short(back)}, as the test expects"


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _compared(test: ast.expr) -> list[ast.expr]:
    """Both sides of each equality in a condition, those that are written down."""
    sides: list[ast.expr] = []
    for node in ast.walk(test):
        if isinstance(node, ast.Compare) and all(isinstance(op, ast.Eq | ast.Is | ast.In) for op in node.ops):
            for side in (node.left, *node.comparators):
                if _literal(side):
                    sides.extend(side.elts if isinstance(side, ast.Tuple | ast.List | ast.Set) else [side])
    return sides


def _values(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.expr) and _literal(each):
            yield ast.unparse(each)
        if isinstance(each, ast.Call) and each.args and all(map(_literal, each.args)):
            yield ast.unparse(ast.Tuple(list(each.args), ast.Load()))  # f(1, 2) is asked for by (a, b) == (1, 2), too


def _literal(node: ast.expr) -> bool:
    match node:
        case ast.Constant():
            return True
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
            return True
        case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
            return all(map(_literal, items))
        case ast.Dict(keys=keys, values=values):
            return all(key is not None and _literal(key) for key in keys) and all(map(_literal, values))
    return False


def _place(test: str, read: Callable[[str], bytes | None]) -> tuple[str | None, str]:
    """The file and the name, of a function or a class, of a test id; no name where a module stands for its tests."""
    if read(test) is not None:
        return test, ""
    name = test.partition("[")[0]
    if "::" in name:
        path, _, rest = name.partition("::")
        return path, rest.rpartition("::")[2]
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        path = "/".join(parts[:end]) + ".py"
        if read(path) is not None:
            return path, parts[-1] if end < len(parts) else ""
    return None, parts[-1]
