"""Changes that repair nothing, whatever the message says: renames, texts, annotations, the move to Python 3."""

from __future__ import annotations

import ast
import copy
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from reasoncli import python_source
from reasoncli.python_source import Definition
from training.hunk import Hunk
from training.mine import trees
from training.mine.changes import Function
from training.mine.trees import Difference

_PYTHON_2 = {
    *("iteritems", "itervalues", "iterkeys", "iterlists", "viewitems", "has_key", "xrange", "reduce", "execfile"),
    *("izip", "imap", "ifilter", "maxint", "unicode", "basestring", "unichr", "long", "raw_input"),
    *("func_name", "func_code", "im_func", "im_self", "im_class"),
    *("StringIO", "cStringIO", "cPickle", "urllib2", "urlparse", "httplib", "ConfigParser", "Queue"),
}
_BRIDGES = {
    "six",
    "PY2",
    "PY3",
    "is_py2",
    "is_py3",
    "compat",
    "future",
    "past",
    "text_type",
    "string_types",
    "binary_type",
    "integer_types",
    "iteritems",
}
_WORD = re.compile(r"[A-Za-z_]\w*")
_PROSE = re.compile(r"[A-Za-z]{2,}[,:;]?\s+[A-Za-z]{2,}|^v?\d+(?:\.\d+)+\w*$|://|^\s*$")
_TOLD = re.compile(
    r"log(?:ger|ging)?|_log(?:ger)?|warnings?|warn|debug|info|error|exception|critical|print|echo|secho|puts|abort|die|msg",
    re.IGNORECASE,
)
_TEXT_KEYWORDS = {
    "help",
    "description",
    "message",
    "msg",
    "label",
    "title",
    "verbose_name",
    "doc",
    "text",
    "tooltip",
    "epilog",
    "usage",
    "reason",
}
_ANNOTATES = re.compile(r"\s*(?:async )?def |\s*[\w.\[\]'\"]+: |.*\bcast\(|\s*class ")
_KINDS = {"id": "name", "arg": "name", "name": "name", "attr": "attribute"}  # of the fields that hold names
_LOG_OWNER = re.compile(r"_*(?:log|logger|logging|warnings|console)_*", re.IGNORECASE)
_LOG_METHODS = {"debug", "info", "warning", "warn", "error", "exception", "critical", "log"}


def reason(function: Function, change: Hunk) -> str | None:
    """Why a change is no repair of behaviour, in a word; `None` if it may be one."""
    removed = function.printed_before[change.start : change.end]
    if _is_port(removed, change.replacement):
        return "python 2"
    if _only_tells([*removed, *change.replacement]):
        return "log"
    if any(map(_ANNOTATES.match, (*removed, *change.replacement))) and _same_without_annotations(function):
        return "annotations"
    found = trees.differences(_bare(function.before), _bare(function.after))
    if found and all(map(_is_text, found)):
        return "text"
    if found and _is_rename(found, function):
        return "rename"
    return None


def _bare(node: Definition) -> Definition:
    bare = copy.copy(node)
    bare.decorator_list = []
    return bare


def _is_port(removed: Sequence[str], added: Sequence[str]) -> bool:
    before, after = (Counter(_WORD.findall("\n".join(lines))) for lines in (removed, added))
    return bool((before - after).keys() & _PYTHON_2 or (after - before).keys() & (_BRIDGES | {"xrange"}))


def _only_tells(lines: Sequence[str]) -> bool:
    return all(_tells(trees.statement(line)) for line in lines)


def _tells(node: ast.AST | None) -> bool:
    if isinstance(node, ast.Pass):
        return True
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return False
    called = node.value.func
    if isinstance(called, ast.Name):
        return called.id in ("print", "warn", "echo", "pprint", "breakpoint")
    if not isinstance(called, ast.Attribute) or called.attr not in _LOG_METHODS | {"echo"}:
        return False
    owner = called.value.func if isinstance(called.value, ast.Call) else called.value
    name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
    return bool(_LOG_OWNER.fullmatch(name)) or "log" in name.lower() or called.attr == "echo"


def _same_without_annotations(function: Function) -> bool:
    modules = [python_source.parse("\n".join(lines)) for lines in (function.printed_before, function.printed_after)]
    bare = [ast.dump(_Unannotated().visit(module)) for module in modules if module is not None]
    return len(bare) == 2 and bare[0] == bare[1]


class _Unannotated(ast.NodeTransformer):
    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return ast.Assign([node.target], self.visit(node.value))

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name | ast.Attribute) and len(node.args) == 2 and not node.keywords:
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            if name == "cast":
                return self.visit(node.args[1])  # type: ignore[no-any-return]
        return self.generic_visit(node)


def _is_text(found: Difference) -> bool:
    """Whether a difference is one of a string that people read, not one that the program works with."""
    if (
        not isinstance(found.path[-1], ast.Constant)
        or not isinstance(found.before, str)
        or not isinstance(found.after, str)
    ):
        return False
    if _PROSE.search(found.before) or _PROSE.search(found.after):
        return True
    for node in found.path:
        if isinstance(node, ast.Raise) or (isinstance(node, ast.keyword) and node.arg in _TEXT_KEYWORDS):
            return True
        if isinstance(node, ast.Call):
            called = node.func
            name = (
                called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
            )
            if _TOLD.fullmatch(name):
                return True
    return False


def _is_rename(found: Sequence[Difference], function: Function) -> bool:
    """Whether names were replaced throughout: a local one, or one of other objects in two or more places."""
    renamed: dict[tuple[str, str], str] = {}
    for difference in found:
        kind = _kind(difference.path[-1], difference.field)
        if kind is None:
            return False
        if renamed.setdefault((kind, str(difference.before)), str(difference.after)) != difference.after:
            return False
    before, after = Counter(_names(function.before)), Counter(_names(function.after))
    bound = {
        node.id for node in ast.walk(function.before) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    bound |= {node.arg for node in ast.walk(function.before) if isinstance(node, ast.arg)}
    return all(
        (kind, old) not in after
        and (kind, new) not in before
        and ((kind == "name" and old in bound) or before[kind, old] > 1)
        for (kind, old), new in renamed.items()
    )


def _names(root: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(root):
        for field, value in ast.iter_fields(node):
            if isinstance(value, str) and (kind := _kind(node, field)):
                yield kind, value


def _kind(node: ast.AST, field: str) -> str | None:
    if isinstance(node, ast.keyword):
        return "keyword"
    return None if isinstance(node, Definition) else _KINDS.get(field)
