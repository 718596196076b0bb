"""Candidates for the verifier's benchmarks: a Python file with one place of it changed.

Operators, comparisons, constants, conditions and statements are changed one at a time, in the text, so that all the
rest of the file stays as it is.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Collection, Iterator, Sequence
from itertools import islice

from reasoncli.domain import FileChange, Patch
from reasoncli.patches.build import build
from reasoncli.patches.tree import Tree

_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mod,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_COMPARISONS: dict[type[ast.cmpop], Sequence[type[ast.cmpop]]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}


def candidates(
    path: str, base: bytes, fixed: bytes, tree: Tree, *, number: int, seed: int, functions: Collection[str] = ()
) -> list[Patch]:
    """The right fix, and mutants until there are `number`: two of three of the base, the others of the fixed file.

    Those of the fixed file pass targets more often, so that guards have their say. In random order after the fix;
    fewer where the files don't yield as many.

    Args:
        path: of the file.
        base: its bytes at the base.
        fixed: its bytes with the right fix.
        tree: the base.
        number: how many are wanted.
        seed: of the choice.
        functions: names of the functions whose bodies are mutated; all code if empty.
    """
    chance = random.Random(seed)
    known = {base, fixed}
    wrong, near = (_mutants(each, functions, chance, known) for each in (base, fixed))
    chosen = list(islice(near, (number - 1) // 3))
    chosen += islice(wrong, number - 1 - len(chosen))
    chosen += islice(near, number - 1 - len(chosen))
    chance.shuffle(chosen)
    return [build([FileChange(path, content)], tree) for content in (fixed, *chosen)]


def _mutants(source: bytes, functions: Collection[str], chance: random.Random, known: set[bytes]) -> Iterator[bytes]:
    """Mutants of a file that compile and aren't known, in random order; they are known then."""
    edits = list(_edits(source, functions))
    chance.shuffle(edits)
    for begin, end, new in edits:
        mutant = source[:begin] + new + source[end:]
        if mutant in known:
            continue
        try:
            compile(mutant, "mutant", "exec", dont_inherit=True)
        except SyntaxError:
            continue
        known.add(mutant)
        yield mutant


def _edits(source: bytes, functions: Collection[str]) -> Iterator[tuple[int, int, bytes]]:
    """(begin and end of what is replaced, by what), in order of the places."""
    starts = [0]
    for line in source.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    for node, new in _changes(ast.parse(source), functions):
        begin = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        yield begin, end, new.encode("utf-8")


def _changes(tree: ast.AST, functions: Collection[str]) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """(what is replaced, by which text)"""
    pending: list[tuple[ast.AST, bool]] = [(tree, not functions)]
    while pending:
        node, wanted = pending.pop()
        if isinstance(node, ast.JoinedStr):  # positions inside are no places in the text before Python 3.12
            continue
        if wanted and isinstance(node, ast.expr):
            for new in _expressions(node):
                yield node, f"({new})"
        if wanted and isinstance(node, ast.stmt):
            for text in _statements(node):
                yield node, text
        docstring = _docstring(node)
        named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in functions
        children = [child for child in ast.iter_child_nodes(node) if child is not docstring]
        pending.extend((child, wanted or (named and isinstance(child, ast.stmt))) for child in reversed(children))


def _docstring(node: ast.AST) -> ast.stmt | None:
    body = getattr(node, "body", None)
    if not isinstance(body, list) or not body or not isinstance(body[0], ast.Expr):
        return None
    value = body[0].value
    return body[0] if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def _expressions(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        yield ast.unparse(ast.BinOp(node.left, _OPERATORS[type(node.op)](), node.right))
    elif isinstance(node, ast.Compare):
        for other in _COMPARISONS[type(node.ops[0])]:
            yield ast.unparse(ast.Compare(node.left, [other(), *node.ops[1:]], node.comparators))
    elif isinstance(node, ast.BoolOp):
        yield ast.unparse(ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield ast.unparse(node.operand)
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield repr(not node.value)
        elif isinstance(node.value, int):
            yield from (repr(node.value + 1), repr(node.value - 1))
        elif isinstance(node.value, str):
            yield repr(node.value + "x")


def _statements(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.Expr | ast.Assign | ast.AugAssign | ast.Raise | ast.Break | ast.Continue):
        yield "pass"
    elif isinstance(node, ast.Return) and node.value is not None:
        yield "return None"
