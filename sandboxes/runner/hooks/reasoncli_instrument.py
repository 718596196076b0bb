"""PYTEST_DONT_REWRITE

Modules compiled with a few statements more in the functions that are watched, by whoever loads them.

Nothing is wrapped: a watched function is what it was for whoever looks at it. Each begins with a call of `ENTER`, which
gives the object that is told what the function returns, raises and yields (see reasoncli_behaviour).

Standard library only; Python 3.8 or later.
"""

import ast
import builtins
import importlib.machinery
import os

ENTER = "__reasoncli_enter__"
_CALL = "_reasoncli_call"


def instrument(source, path, names, filename):
    """A module's code with its functions watched.

    Args:
        source: bytes.
        path: relative to the repository, for the names of functions.
        names: qualified names of those to watch.
        filename: for the code.
    """
    tree = ast.parse(source, filename)
    _Finder(path, frozenset(names)).visit(tree)
    ast.fix_missing_locations(tree)
    return compile(tree, filename, "exec", 0, True)


def install(root, functions, watch):
    """Have modules that are loaded from now on compiled with their functions watched.

    Args:
        root: of the repository.
        functions: path relative to it -> qualified names.
        watch: a `Watch`.
    """
    setattr(builtins, ENTER, watch.enter)
    known = {os.path.realpath(os.path.join(root, path)): (path, names) for path, names in functions.items()}
    loader = importlib.machinery.SourceFileLoader
    original = loader.get_code

    def get_code(self, fullname):
        wanted = known.get(os.path.realpath(self.path))
        if wanted is None:
            return original(self, fullname)
        return instrument(self.get_data(self.path), wanted[0], wanted[1], self.path)

    loader.get_code = get_code


class _Finder(ast.NodeTransformer):
    """Finds the functions by their qualified names."""

    def __init__(self, path, wanted):
        self._path = path
        self._wanted = wanted
        self._above = []

    def visit(self, node):
        """Go through classes and functions by name; all else as it is."""
        if isinstance(node, ast.ClassDef):
            return self._class(node)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return self._function(node)
        return self.generic_visit(node)

    def _class(self, node):
        self._above.append(node.name)
        self.generic_visit(node)
        self._above.pop()
        return node

    def _function(self, node):
        name = ".".join(self._above + [node.name])
        self._above += [node.name, "<locals>"]
        self.generic_visit(node)
        del self._above[-2:]
        if name in self._wanted:
            _watch(node, "%s:%s" % (self._path, name))
        return node


def _watch(node, name):
    """Put the statements into a function."""
    generator = _is_generator(node)
    body = node.body
    start = 1 if ast.get_docstring(node, clean=False) is not None else 0
    head, rest = body[:start], body[start:]
    changed = [_Body(generator).visit(each) for each in rest]
    arguments = node.args
    plain = getattr(arguments, "posonlyargs", []) + arguments.args
    given = plain + ([arguments.vararg] if arguments.vararg else []) + arguments.kwonlyargs
    given += [arguments.kwarg] if arguments.kwarg else []
    taken = ast.List([_load(each.arg) for each in given], ast.Load())
    waits = generator or isinstance(node, ast.AsyncFunctionDef)
    enter = ast.Call(_load(ENTER), [ast.Constant(name), taken, ast.Constant(not waits)], [])
    if waits:  # others run meanwhile
        enter = ast.Call(ast.Attribute(enter, "suspends", ast.Load()), [], [])
    assign = [ast.Assign([ast.Name(_CALL, ast.Store())], enter)]
    if given and not waits:  # in a fork they are others
        places = ast.List([ast.Name(each.arg, ast.Store()) for each in given], ast.Store())
        assign.append(ast.Assign([places], ast.Attribute(_load(_CALL), "arguments", ast.Load())))
    error = _CALL + "_error"
    handler = ast.ExceptHandler(
        _load("BaseException"),
        error,
        [ast.Expr(_call("raises", [_load(error)])), ast.Raise(None, None)],
    )
    end = ast.Return(_call("returns", [ast.Constant(None)]))
    if generator and isinstance(node, ast.AsyncFunctionDef):  # its returns have no value
        end = ast.Expr(end.value)
    guarded = ast.Try(changed + [end], [handler], [], [])
    for each in assign + [guarded]:
        ast.copy_location(each, rest[0] if rest else node)
    node.body = head + assign + [guarded]


def _is_generator(node):
    todo = list(node.body)
    while todo:
        each = todo.pop()
        if isinstance(each, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            todo.extend(ast.iter_child_nodes(each))
    return False


class _Body(ast.NodeTransformer):
    """Passes what a function returns and yields through its call."""

    def __init__(self, generator):
        self._generator = generator

    def visit(self, node):
        """Functions inside have calls of their own."""
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            return node
        if isinstance(node, ast.Return):
            return self._return(node)
        return self._yield(node) if isinstance(node, ast.Yield) else self.generic_visit(node)

    def _return(self, node):
        self.generic_visit(node)
        if node.value is None and self._generator:
            return node
        value = node.value if node.value is not None else ast.Constant(None)
        return ast.copy_location(ast.Return(_call("returns", [value])), node)

    def _yield(self, node):
        self.generic_visit(node)
        value = node.value if node.value is not None else ast.Constant(None)
        return ast.copy_location(ast.Yield(_call("yields", [value])), node)


def _load(name):
    return ast.Name(name, ast.Load())


def _call(method, arguments):
    return ast.Call(ast.Attribute(_load(_CALL), method, ast.Load()), arguments, [])
