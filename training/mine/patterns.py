"""Names for what a fix does: the single-statement patterns of ManySStuBs4J and PySStuBs, and the templates of TBar.

ManySStuBs4J: Karampatsis and Sutton, "How Often Do Single-Statement Bugs Occur?", MSR 2020. PySStuBs: Kamienski et al.,
MSR 2021. TBar: Liu et al., "TBar: Revisiting Template-Based Automated Program Repair", ISSTA 2019. Patterns of Java
without a counterpart in Python (modifiers, `throws` clauses) are read as their nearest: raised and caught exceptions.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from training.mine import trees

OTHER = "other"
Node = ast.AST


def classify(removed: Sequence[str], added: Sequence[str]) -> str:
    """The pattern of a hunk's lines; `OTHER` for what fits none."""
    before, after = [line.strip() for line in removed], [line.strip() for line in added]
    if not before:
        return _added(after)
    if not after:
        return _removed(before)
    if before == after or sorted(before) == sorted(after):
        return "move statement"
    if _is_subsequence(before, after):
        return _added(_without(after, before), wraps=True)
    if _is_subsequence(after, before):
        return _removed(_without(before, after))
    if len(before) == len(after) == 1:
        return _changed(before[0], after[0])
    differing = [(one, other) for one, other in zip(before, after, strict=False) if one != other]
    if len(before) == len(after) and len(differing) == 1:
        return _changed(*differing[0])
    if len(before) == len(after):
        kinds = {_changed(one, other) for one, other in differing}
        return kinds.pop() if len(kinds) == 1 else "change several statements"
    return _grown(before, after) if len(before) < len(after) else "remove and change"


def _added(lines: list[str], wraps: bool = False) -> str:
    head = next((node for line in lines if isinstance(node := trees.statement(line), ast.If)), None)
    if any(line.startswith("try:") for line in lines):
        return "wrap in try"
    if head is not None:
        return _check(head.test)
    if any(line.startswith("raise") for line in lines):
        return "missing raise"
    if any(line.startswith("return") for line in lines):
        return "insert return"
    if any(line.startswith("except") for line in lines):
        return "insert handler"
    if all(line in ("break", "continue") for line in lines):
        return "insert jump"
    return "wrap statement" if wraps and any(line.endswith(":") for line in lines) else "insert statement"


def _check(test: ast.expr) -> str:
    names = {node.func.id for node in ast.walk(test) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    if names & {"isinstance", "issubclass", "callable", "hasattr"}:
        return "insert type check"
    if any(isinstance(node, ast.Constant) and node.value is None for node in ast.walk(test)):
        return "insert None check"
    if isinstance(test, ast.Name | ast.Attribute) or (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)):
        return "insert truth check"
    compared = [node for node in ast.walk(test) if isinstance(node, ast.Compare)]
    if "len" in names or any(
        isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for node in compared for op in node.ops
    ):
        return "insert range check"
    if any(isinstance(op, ast.In | ast.NotIn) for node in compared for op in node.ops):
        return "insert membership check"
    return "insert check"


def _removed(lines: list[str]) -> str:
    if any(line.startswith("raise") for line in lines):
        return "delete raise"
    return "remove condition" if lines[0].startswith(("if ", "elif ", "else:")) else "remove statement"


def _grown(before: list[str], after: list[str]) -> str:
    fresh = [line for line in after if line not in before]
    if any(line.startswith("try:") for line in fresh):
        return "wrap in try"
    if fresh and fresh[0].startswith("if ") and not any(line.startswith("if ") for line in before):
        return "insert check and change"
    return "insert and change"


def _changed(before: str, after: str) -> str:
    one, other = trees.statement(before), trees.statement(after)
    if one is None or other is None:
        return OTHER
    if type(one) is not type(other):
        return _other_statement(one, other)
    if isinstance(one, ast.ExceptHandler):
        return "change caught exception"
    if isinstance(one, ast.Raise):
        return "change raised exception"
    return _descend(one, other, ())


def _other_statement(one: Node, other: Node) -> str:
    if isinstance(other, ast.Return) and isinstance(one, ast.Expr | ast.Assign):
        return "missing return"
    if isinstance(one, ast.Return) and isinstance(other, ast.Yield | ast.Expr):
        return "change statement kind"
    if (isinstance(one, ast.Assign) and isinstance(other, ast.AugAssign)) or isinstance(one, ast.AugAssign):
        return "change assignment operator"
    if isinstance(other, ast.Raise):
        return "missing raise"
    return "change statement kind"


def _descend(one: Node, other: Node, above: tuple[tuple[Node, str], ...]) -> str:
    """Go down while the trees differ below one place only, and name what differs there."""
    whole = _relation(one, other, above)
    if whole is not None:
        return whole
    if type(one) is not type(other):
        return _replaced(one, other, above)
    differing = [
        (name, getattr(one, name, None), getattr(other, name, None))
        for name in one._fields
        if name not in ("ctx", "kind", "type_comment")
        and not trees.same(getattr(one, name, None), getattr(other, name, None))
    ]
    if isinstance(one, ast.Call) and isinstance(other, ast.Call):
        return _call(one, other, differing, above)
    if len(differing) != 1:
        return _replaced(one, other, above)
    name, old, new = differing[0]
    if isinstance(old, list) and isinstance(new, list):
        pairs = [(a, b) for a, b in zip(old, new, strict=False) if not trees.same(a, b)]
        if (
            len(old) == len(new)
            and len(pairs) == 1
            and isinstance(pairs[0][0], ast.AST)
            and isinstance(pairs[0][1], ast.AST)
        ):
            return _descend(*pairs[0], (*above, (one, name)))
        return _lists(one, name)
    if isinstance(old, ast.AST) and isinstance(new, ast.AST):
        return _descend(old, new, (*above, (one, name)))
    return _leaf(one, name, old, new, above)


def _relation(one: Node, other: Node, above: tuple[tuple[Node, str], ...]) -> str | None:
    """Whether one expression stands within the other, and how."""
    for small, large, grows in ((one, other, True), (other, one, False)):
        if isinstance(large, ast.UnaryOp) and trees.same(large.operand, small):
            return "change unary operator"
        if isinstance(large, ast.BoolOp) and (
            any(trees.same(part, small) for part in large.values) or _holds(large, small)
        ):
            stricter = isinstance(large.op, ast.And) == grows
            return (
                ("more specific if" if stricter else "less specific if")
                if _in_test(above)
                else "change boolean operand"
            )
        if isinstance(large, ast.Call):
            if any(trees.same(part, small) for part in large.args):
                return "add function around expression" if grows else "remove function around expression"
            if isinstance(large.func, ast.Attribute) and trees.same(large.func.value, small):
                return "add method call" if grows else "remove method call"
            if trees.same(large.func, small):
                return "add call" if grows else "remove call"
        if isinstance(large, ast.Attribute) and trees.same(large.value, small):
            return "add attribute access" if grows else "remove attribute access"
        if isinstance(large, ast.Subscript) and trees.same(large.value, small):
            return "add element access" if grows else "remove element access"
        if isinstance(large, ast.BinOp) and (trees.same(large.left, small) or trees.same(large.right, small)):
            return "add operand" if grows else "remove operand"
        if isinstance(large, ast.IfExp) and (trees.same(large.body, small) or trees.same(large.orelse, small)):
            return "insert conditional expression" if grows else "remove conditional expression"
        if isinstance(large, ast.Await) and trees.same(large.value, small):
            return "add await" if grows else "remove await"
    return None


def _holds(large: ast.BoolOp, small: Node) -> bool:
    if (
        not isinstance(small, ast.BoolOp)
        or type(small.op) is not type(large.op)
        or len(small.values) >= len(large.values)
    ):
        return False
    return all(any(trees.same(part, have) for have in large.values) for part in small.values)


def _in_test(above: tuple[tuple[Node, str], ...]) -> bool:
    return any(name in ("test", "ifs") for _, name in above)


def _call(
    one: ast.Call, other: ast.Call, differing: list[tuple[str, object, object]], above: tuple[tuple[Node, str], ...]
) -> str:
    fields = [name for name, _, _ in differing]
    if fields == ["func"]:
        return _function(one.func, other.func, (*above, (one, "func")))
    if "func" in fields:
        return _replaced(one, other, above)
    counts = [len(call.args) + len(call.keywords) for call in (one, other)]
    if counts[0] != counts[1]:
        return "same function more args" if counts[0] < counts[1] else "same function less args"
    if fields == ["args"] and sorted(map(ast.dump, one.args)) == sorted(map(ast.dump, other.args)):
        return "same function swap args"
    for olds, news, name in ((one.args, other.args, "args"), (one.keywords, other.keywords, "keywords")):
        pairs = [(a, b) for a, b in zip(olds, news, strict=False) if not trees.same(a, b)]
        if fields == [name] and len(olds) == len(news) and len(pairs) == 1:
            return _descend(*pairs[0], (*above, (one, name)))
    return "change arguments"


def _function(one: Node, other: Node, above: tuple[tuple[Node, str], ...]) -> str:
    if isinstance(one, ast.Attribute) and isinstance(other, ast.Attribute):
        if trees.same(one.value, other.value):
            return "wrong function name"
        if one.attr == other.attr:
            return "same function change caller"
    if isinstance(one, ast.Name) and isinstance(other, ast.Name):
        return "wrong function name"
    return _relation(one, other, above) or "change called function"


def _lists(owner: Node, name: str) -> str:
    if name == "ops" or isinstance(owner, ast.BoolOp):
        return "change binary operator" if name == "ops" else "mutate conditional"
    if isinstance(owner, ast.List | ast.Tuple | ast.Set | ast.Dict):
        return "change elements of a collection"
    if isinstance(owner, ast.arguments):
        return "change signature"
    return "change assigned names" if name == "targets" else "mutate expression"


def _replaced(one: Node, other: Node, above: tuple[tuple[Node, str], ...]) -> str:
    owner, name = above[-1] if above else (None, "")
    if isinstance(one, ast.Constant) and isinstance(other, ast.Constant):
        return _constants(one.value, other.value)
    if isinstance(owner, ast.BinOp | ast.BoolOp | ast.Compare | ast.AugAssign) and name in ("op", "ops"):
        return "change binary operator" if not isinstance(owner, ast.AugAssign) else "change assignment operator"
    if isinstance(owner, ast.UnaryOp) and name == "op":
        return "change unary operator"
    if isinstance(one, ast.Dict | ast.List | ast.Tuple | ast.Set) and type(one) is type(other):
        return "change elements of a collection"
    if (isinstance(owner, ast.Subscript) and name == "slice") or isinstance(owner, ast.Slice):
        return "change index"
    if any(isinstance(node, ast.arguments) for node, _ in above) or isinstance(one, ast.arguments):
        return "change signature"
    if isinstance(owner, ast.BinOp | ast.Compare):
        return "change operand"
    if isinstance(owner, ast.Call):
        return "change argument"
    if _in_test(above):
        return "mutate conditional"
    if above and isinstance(above[0][0], ast.Return):
        return "mutate return"
    return "change assigned names" if name in ("targets", "target") else "mutate expression"


def _constants(before: object, after: object) -> str:
    if isinstance(before, bool) and isinstance(after, bool):
        return "change boolean literal"
    if isinstance(before, str) and isinstance(after, str):
        return "change string literal"
    if isinstance(before, int | float | complex) and isinstance(after, int | float | complex):
        return "change numeric literal"
    return "change constant type"


def _leaf(one: Node, name: str, old: object, new: object, above: tuple[tuple[Node, str], ...]) -> str:
    if isinstance(one, ast.Constant):
        return _constants(old, new)
    if isinstance(one, ast.Attribute) and name == "attr":
        return "change attribute used"
    if isinstance(one, ast.Name):
        return "change identifier used"
    if isinstance(one, ast.keyword) and name == "arg":
        return "change keyword argument used"
    if isinstance(one, ast.Slice | ast.Subscript):
        return "change index"
    if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.arg):
        return "change signature"
    return _replaced(one, one, above)


def _is_subsequence(small: list[str], large: list[str]) -> bool:
    rest = iter(large)
    return len(small) < len(large) and all(line in rest for line in small)


def _without(large: list[str], small: list[str]) -> list[str]:
    left = list(small)
    kept = []
    for line in large:
        if left and line == left[0]:
            left.pop(0)
        else:
            kept.append(line)
    return kept
