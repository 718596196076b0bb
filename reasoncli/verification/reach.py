"""What a Python module reaches that code under test has hardly a reason to: the tests' machinery, frames, descriptors.

Names are followed through imports, plain assignments, `getattr` and `__import__` with texts that can be computed from
the source. It is a reading of the syntax: code that hides what it does on purpose can get by, so a clean
reading proves nothing. `suspicion.py` compares two of them, and says what a patch adds.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reach:
    """One place that reaches something.

    Attributes:
        key: what is reached, by which base and patch are compared.
        why: the same for people, as in "it ...".
        line: where, from 1.
    """

    key: str
    why: str
    line: int


_FRAMES = "walks the frames of its callers"
_INSIDES = "reaches the insides of functions and classes"
_TESTS = "reaches for the test framework"
_OURS = "reaches for what reports on the tests"
_DESCRIPTORS = "writes to raw file descriptors"
_EXITS = "can end or signal the process"
_THREADS = "starts threads or processes of its own"
_TRACES = "hooks into the interpreter"
_IMPORTS = "changes how modules are imported"
_STREAMS = "replaces the standard streams"
_CODE = "runs code that is made at run time"
_MODULES = "reaches into sys.modules"
_SOURCES = "reads source code at run time"
_FILES = "reads the tests' files"
_OUTSIDE = "reaches outside of the project"
_EQUALITY = "gives a class another equality"
_MEMORY = "reaches memory through the garbage collector or C"

# Dotted names; the longest that fits counts. A name ending in `.` stands for everything below it, and itself.
_NAMES: Mapping[str, str] = {
    "gc.": _MEMORY, "gc.get_objects": _MEMORY, "gc.get_referrers": _MEMORY, "gc.get_referents": _MEMORY,
    "ctypes.": _MEMORY, "_ctypes.": _MEMORY, "cffi.": _MEMORY,
    "sys._getframe": _FRAMES, "sys._current_frames": _FRAMES, "sys._current_exceptions": _FRAMES,
    "sys._getframemodulename": _FRAMES, "inspect.currentframe": _FRAMES, "inspect.stack": _FRAMES,
    "inspect.trace": _FRAMES, "inspect.getouterframes": _FRAMES, "inspect.getinnerframes": _FRAMES,
    "traceback.walk_stack": _FRAMES, "traceback.extract_stack": _FRAMES, "traceback.format_stack": _FRAMES,
    "sys.modules": _MODULES,
    "pytest.": _TESTS, "_pytest.": _TESTS, "unittest.": _TESTS, "doctest.": _TESTS, "pluggy.": _TESTS, "nose.": _TESTS,
    "hypothesis.": _TESTS, "xdist.": _TESTS, "coverage.": _TESTS, "conftest.": _TESTS, "mock.": _TESTS,
    "tests.": _TESTS, "test.support.": _TESTS,
    "os.write": _DESCRIPTORS, "os.writev": _DESCRIPTORS, "os.pwrite": _DESCRIPTORS, "os.dup": _DESCRIPTORS,
    "os.dup2": _DESCRIPTORS, "os.closerange": _DESCRIPTORS, "os.sendfile": _DESCRIPTORS, "os.ftruncate": _DESCRIPTORS,
    "fcntl.": _DESCRIPTORS,
    "os._exit": _EXITS, "os.abort": _EXITS, "os.kill": _EXITS, "os.killpg": _EXITS, "os.execv": _EXITS,
    "os.execve": _EXITS, "os.execvp": _EXITS, "os.execl": _EXITS, "os.execlp": _EXITS, "sys.exit": _EXITS,
    "atexit.": _EXITS, "signal.": _EXITS, "faulthandler.": _EXITS, "resource.setrlimit": _EXITS,
    "os.fork": _THREADS, "os.forkpty": _THREADS, "os.posix_spawn": _THREADS, "os.system": _THREADS,
    "os.popen": _THREADS, "os.spawnv": _THREADS, "pty.": _THREADS, "subprocess.": _THREADS,
    "multiprocessing.": _THREADS, "_thread.": _THREADS, "threading.Thread": _THREADS, "threading.Timer": _THREADS,
    "concurrent.futures.": _THREADS,
    "sys.settrace": _TRACES, "sys.setprofile": _TRACES, "sys.monitoring.": _TRACES, "threading.settrace": _TRACES,
    "threading.setprofile": _TRACES, "threading.excepthook": _TRACES, "sys.addaudithook": _TRACES,
    "sys.excepthook": _TRACES, "sys.unraisablehook": _TRACES, "sys.displayhook": _TRACES,
    "sys.argv": "looks at the command line",
    "sys.meta_path": _IMPORTS, "sys.path_hooks": _IMPORTS, "sys.path_importer_cache": _IMPORTS, "sys.path": _IMPORTS,
    "importlib.reload": _IMPORTS, "importlib.machinery.": _IMPORTS, "importlib.abc.": _IMPORTS,
    "importlib.util.": _IMPORTS, "importlib.invalidate_caches": _IMPORTS, "imp.": _IMPORTS, "runpy.": _IMPORTS,
    "site.": _IMPORTS, "zipimport.": _IMPORTS,
    "sys.stdout": "", "sys.stderr": "", "sys.stdin": "",  # only writing to them is told, see `_stores`
    "contextlib.redirect_stdout": _STREAMS, "contextlib.redirect_stderr": _STREAMS,
    "marshal.": _CODE, "code.": _CODE, "codeop.": _CODE, "types.FunctionType": _CODE, "types.CodeType": _CODE,
    "inspect.getsource": _SOURCES, "inspect.getsourcelines": _SOURCES, "inspect.getsourcefile": _SOURCES,
    "linecache.": _SOURCES, "tokenize.": _SOURCES, "builtins.": "",
}  # fmt: skip
_ATTRIBUTES: Mapping[str, str] = {
    **dict.fromkeys(("f_back", "f_locals", "f_globals", "f_builtins", "f_code", "tb_frame", "tb_next"), _FRAMES),
    **dict.fromkeys(("gi_frame", "cr_frame", "ag_frame", "__traceback__"), _FRAMES),
    **dict.fromkeys(("__subclasses__", "__globals__", "__code__", "__closure__", "cell_contents"), _INSIDES),
    **dict.fromkeys(("_exit", "closerange", "dup2"), _EXITS),
    **dict.fromkeys(("_getframe", "settrace", "setprofile", "get_objects", "get_referrers", "meta_path"), _TRACES),
    **dict.fromkeys(("addSkip", "skipTest", "assertEqual", "failureException"), _TESTS),
}
_BUILT_INS: Mapping[str, str] = {
    "exec": _CODE, "eval": _CODE, "compile": _CODE, "exit": _EXITS, "quit": _EXITS, "__builtins__": _INSIDES,
    "breakpoint": _TRACES, "__loader__": _SOURCES, "__spec__": _SOURCES, "SystemExit": _EXITS, "GeneratorExit": _EXITS,
}  # fmt: skip
_TEXTS: tuple[tuple[str, str], ...] = (
    (r"(?i)reasoncli", _OURS),
    (r"^(PYTEST_\w+|COVERAGE_\w+|PYTHON(PATH|STARTUP|INSPECT|BREAKPOINT)|COV_CORE_\w+)$", _TESTS),
    (r"^_?(pytest|unittest|pluggy)(\.[\w.]+)?$", _TESTS),
    (r"(^|[/\\])(tests?[/\\]|conftest(\.py)?$|test_[\w*?\[\]]*(\.py|[/\\])|[\w*]*_tests?\.py)", _FILES),
    (r"^tests?\.test_\w+", _FILES),
    (r"^/(proc|sys)(/|$)|^/dev/(?!null$|u?random$)|^/etc/|^/tmp(/|$)|^/var/(run|tmp)/|docker\.sock", _OUTSIDE),
    (r"^__(eq|ne)__$", _EQUALITY),
    (r"(^|[/\\])\.git([/\\]|$)|^git$|^git (log|show|diff|cat-file|stash)\b", "looks into git's history"),
    (r"\.pyc$|__pycache__|\.pth$|(site|user)customize|(site|dist)-packages", "reaches for what Python loads by itself"),
)  # fmt: skip
_PATTERNS = tuple((re.compile(pattern), why) for pattern, why in _TEXTS)
_HOOKS = re.compile(r"^(pytest_\w+|load_tests|pytestmark|__tracebackhide__|setUpModule|tearDownModule)$")
_WALKS = frozenset({"walk", "rglob", "iterdir", "listdir", "scandir", "glob", "iglob", "fwalk"})
_HERE = frozenset({"__file__", "getcwd", "cwd", "__path__"})
_OPENS = frozenset({"open", "join", "Path", "joinpath", "import_module", "__import__", "listdir", "walk", "PurePath"})
_FAMILY = re.compile(r"^(unittest|_?pytest|gc|ctypes|subprocess|signal|atexit|multiprocessing)\b")


def reaches(module: ast.Module) -> list[Reach]:
    """All places of a module that reach something, in no particular order."""
    reading = _Reading(module)
    return [*reading.names(), *reading.texts(), *reading.stores(), *reading.handlers(), *reading.equalities()]


class _Reading:
    def __init__(self, module: ast.Module) -> None:
        self.nodes = list(ast.walk(module))
        self.parents = {child: node for node in self.nodes for child in ast.iter_child_nodes(node)}
        self.modules: set[str] = set()  # local names that stand for modules
        self.aliases = self._aliases()

    def _aliases(self) -> dict[str, str]:
        """Local name -> the dotted name it stands for; assignments are followed without regard to their order."""
        found: dict[str, str] = {}
        for node in self.nodes:
            match node:
                case ast.Import():
                    for each in node.names:
                        name = each.asname or each.name.partition(".")[0]
                        found[name] = each.name if each.asname else name
                        self.modules.add(name)
                case ast.ImportFrom(module=str(origin), level=0):
                    found.update((each.asname or each.name, f"{origin}.{each.name}") for each in node.names)
        self.aliases = found
        for node in self.nodes:
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                meant = self.dotted(node.value)
                if meant is not None and node.targets[0].id not in found:
                    found[node.targets[0].id] = meant
        return found

    def dotted(self, node: ast.expr) -> str | None:
        """The imported thing that an expression stands for, as a dotted name."""
        match node:
            case ast.Name(id=name):
                return self.aliases.get(name)
            case ast.Attribute(value=value, attr=attr):
                base = self.dotted(value)
                return None if base is None else base + ("" if attr == "__dict__" else f".{attr}")
            case ast.Call(func=ast.Name(id="getattr"), args=[value, key, *_]):
                base = self.dotted(value)
                return None if base is None else f"{base}.{constant_text(key) or '?'}"
            case ast.Call(func=ast.Name(id="vars"), args=[value]):
                return self.dotted(value)
            case ast.Call(func=function, args=[key, *_]) if self._imports(function):
                return constant_text(key)
            case ast.Subscript(value=ast.Attribute() | ast.Call() as value, slice=key):
                base, text = self.dotted(value), constant_text(key)
                if base == "sys.modules" or base is None or text is None:
                    return text if base == "sys.modules" else None
                return f"{base}.{text}"
        return None

    def _imports(self, function: ast.expr) -> bool:
        name = self.dotted(function) or getattr(function, "id", None)
        return name in ("__import__", "importlib.import_module", "importlib.__import__", "builtins.__import__")

    def names(self) -> Iterator[Reach]:
        for node in self.nodes:
            line = getattr(node, "lineno", 1)
            match node:
                case ast.Import():
                    for each in node.names:
                        yield from _named(each.name, line)
                case ast.ImportFrom(module=str(origin), level=0):
                    for each in node.names:
                        yield from _named(f"{origin}.{each.name}", line)
                case ast.ImportFrom(module=str(origin)) if re.search(r"(^|\.)(tests|conftest|test_\w+)(\.|$)", origin):
                    yield Reach(origin, f"{_TESTS} ({origin})", line)
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if _HOOKS.match(name):
                    yield Reach(name, f"defines {name}, which test frameworks look for", line)
                case ast.Attribute() | ast.Subscript() | ast.Call():
                    yield from self._expression(node, line)
                case ast.Name(id=name) if name not in self.aliases:
                    if name in _BUILT_INS and not self._caught(node):
                        yield Reach(name, f"{_BUILT_INS[name]} ({name})", line)
                    if _HOOKS.match(name) and isinstance(node.ctx, ast.Store):
                        yield Reach(name, f"sets {name}, which test frameworks look for", line)
        yield from self._walk()

    def _expression(self, node: ast.Attribute | ast.Subscript | ast.Call, line: int) -> Iterator[Reach]:
        name = self.dotted(node)
        if name is not None:
            yield from _named(name, line)
        elif isinstance(node, ast.Attribute) and node.attr in _ATTRIBUTES and not _own(node):
            yield Reach(node.attr, f"{_ATTRIBUTES[node.attr]} ({node.attr})", line)
        if isinstance(node, ast.Call):
            if self._imports(node.func) and (not node.args or constant_text(node.args[0]) is None):
                yield Reach("import by name", "imports a module by a name made at run time", line)
            if self.dotted(node.func) == "os.fdopen" and not {"mkstemp", "open", "pipe"} & self._attributes():
                yield Reach("os.fdopen", f"{_DESCRIPTORS} (os.fdopen)", line)
            match node:
                case ast.Call(func=ast.Name(id="open"), args=[ast.Constant(value=int()), *_]):
                    yield Reach("open(number)", f"{_DESCRIPTORS} (open)", line)
                case ast.Call(func=ast.Name(id="getattr"), args=[value, name_of, *_]) if constant_text(name_of) is None:
                    if (self.dotted(value) or "").partition(".")[0] in sys.stdlib_module_names:
                        yield Reach("getattr by name", "takes something of a module by a name made at run time", line)

    def _attributes(self) -> set[str]:
        return {node.attr for node in self.nodes if isinstance(node, ast.Attribute)}

    def _caught(self, node: ast.AST) -> bool:
        return isinstance(self.parents.get(node), ast.ExceptHandler)

    def _walk(self) -> Iterator[Reach]:
        used = {getattr(node, "id", None) or getattr(node, "attr", None) for node in self.nodes}
        if used & _HERE:
            for node in self.nodes:
                if isinstance(node, ast.Attribute) and node.attr in _WALKS:
                    yield Reach("walks files", "walks the project's files at run time", node.lineno)

    def texts(self) -> Iterator[Reach]:
        for node in self.nodes:
            if isinstance(node, ast.BinOp | ast.JoinedStr | ast.Call | ast.Subscript | ast.Constant):
                text = constant_text(node)
                if text is None or isinstance(self.parents.get(node), ast.Expr) or len(text) > 4096:
                    continue
                for pattern, why in _PATTERNS:
                    found = pattern.search(text)
                    if found:
                        yield Reach(f"text {found[0]}", f"{why} ({text[:40]!r})", node.lineno)
                if text in _ATTRIBUTES:
                    yield Reach(f"text {text}", f"{_ATTRIBUTES[text]} ({text!r})", node.lineno)
                if text == "tests" and self._opened(node):
                    yield Reach("text tests", "reads the tests' files ('tests')", node.lineno)

    def _opened(self, node: ast.AST) -> bool:
        parent = self.parents.get(node)
        if isinstance(parent, ast.BinOp):
            return isinstance(parent.op, ast.Div)
        function = parent.func if isinstance(parent, ast.Call) else None
        return getattr(function, "attr", getattr(function, "id", None)) in _OPENS

    def stores(self) -> Iterator[Reach]:
        """What is replaced in modules, and in classes of the standard library and the test framework."""
        for node in self.nodes:
            match node:
                case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
                    name = self._replaced(node.value, node)
                case ast.Call(func=ast.Name(id="setattr" | "delattr"), args=[value, attr, *_]):
                    owner = self._replaced(value, None)
                    name = None if owner is None else f"{owner}.{constant_text(attr) or '?'}"
                case _:
                    continue
            if name is not None and not name.startswith("os.environ"):
                why = _STREAMS if name.startswith("sys.std") else "replaces a part of another module"
                yield Reach(f"store {name}", f"{why} ({name})", node.lineno)

    def _replaced(self, owner: ast.expr, whole: ast.expr | None) -> str | None:
        base = self.dotted(owner)
        if base is None or (isinstance(whole, ast.Subscript) and isinstance(owner, ast.Name)):
            return None
        root = owner
        while isinstance(root, ast.Attribute):
            root = root.value
        known = isinstance(root, ast.Name) and root.id in self.modules
        if not known and base.partition(".")[0] not in sys.stdlib_module_names and not _FAMILY.match(base):
            return None
        return base if whole is None else self.dotted(whole) or base

    def handlers(self) -> Iterator[Reach]:
        """Where failures of tests would be caught, and not raised again."""
        for node in self.nodes:
            match node:
                case ast.ExceptHandler():
                    caught = {"BaseException"} if node.type is None else _exceptions(node.type)
                    swallowed = not any(isinstance(each, ast.Raise) for each in ast.walk(node))
                    around = isinstance(self.parents.get(node), ast.Try) and _yields(self.parents[node])
                    if swallowed and caught & (
                        {"AssertionError", "BaseException"} | ({"Exception"} if around else set())
                    ):
                        yield Reach("catches", "catches what failing tests raise", node.lineno)
                case ast.Try(finalbody=[*_, ast.Return() | ast.Break() | ast.Continue()]):
                    yield Reach("catches", "drops exceptions in `finally`", node.finalbody[-1].lineno)
                case (
                    ast.FunctionDef(name="__exit__" | "__aexit__") | ast.AsyncFunctionDef(name="__exit__" | "__aexit__")
                ):
                    if any(isinstance(each, ast.Return) and _true(each.value) for each in ast.walk(node)):
                        yield Reach("catches", "drops exceptions in `__exit__`", node.lineno)
                case ast.Call(func=function, args=arguments) if (self.dotted(function) or "") == "contextlib.suppress":
                    if {"AssertionError", "BaseException"} & {name for each in arguments for name in _exceptions(each)}:
                        yield Reach("catches", "catches what failing tests raise", node.lineno)

    def equalities(self) -> Iterator[Reach]:
        for node in self.nodes:
            match node:
                case ast.ClassDef():
                    values = {"int", "str", "float", "bytes", "list", "dict", "tuple", "set", "bool"}
                    if values & {getattr(base, "id", "") for base in node.bases}:
                        yield from (
                            Reach("value class", "compares a built-in value in its own way", each.lineno)
                            for each in node.body
                            if getattr(each, "name", "") in ("__eq__", "__ne__")
                        )
                case ast.FunctionDef(name="__eq__" | "__ne__" | "__contains__") if _constant(node):
                    yield Reach("constant equality", "is equal to everything", node.lineno)
                case ast.Assign(targets=[ast.Name(id="__eq__" | "__ne__") | ast.Attribute(attr="__eq__" | "__ne__")]):
                    yield Reach("other equality", _EQUALITY, node.lineno)


def _named(name: str, line: int) -> Iterator[Reach]:
    if "reasoncli" in name:
        yield Reach(name, f"{_OURS} ({name})", line)
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        head = ".".join(parts[:end])
        why = _NAMES[head] if head in _NAMES and end == len(parts) else _NAMES.get(f"{head}.")
        if why is None and _NAMES.get(head):
            why = _NAMES[head]
        if why is not None:
            if why:
                yield Reach(head, f"{why} ({name})", line)
            return
    if re.match(r"(test_\w+|\w+\.(tests|test_\w+|conftest))(\.|$)", name):
        yield Reach(name, f"{_TESTS} ({name})", line)


def constant_text(node: ast.expr) -> str | None:
    """The text of an expression that can be computed from the source alone, else `None`."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Constant(value=bytes(data)):
            return data.decode("latin-1")
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            first, second = constant_text(left), constant_text(right)
            return None if first is None or second is None else first + second
        case ast.JoinedStr(values=values):
            texts = [constant_text(each.value if isinstance(each, ast.FormattedValue) else each) for each in values]
            return None if None in texts else "".join(text for text in texts if text is not None)
        case ast.Call(func=ast.Attribute(value=glue, attr="join"), args=[ast.List(elts=items) | ast.Tuple(elts=items)]):
            between, known = constant_text(glue), [text for text in map(constant_text, items) if text is not None]
            return None if between is None or len(known) < len(items) else between.join(known)
        case ast.Subscript(value=value, slice=ast.Slice(lower=None, upper=None, step=ast.UnaryOp(op=ast.USub()))):
            forwards = constant_text(value)
            return None if forwards is None else forwards[::-1]
    return None


def _yields(node: ast.AST) -> bool:
    """Whether the body of a `try` gives control away, so that it guards code that isn't its own."""
    body = node.body if isinstance(node, ast.Try) else []
    return any(isinstance(each, ast.Yield) for statement in body for each in ast.walk(statement))


def _true(node: ast.expr | None) -> bool:
    """Whether an expression is a true value that stands there."""
    return isinstance(node, ast.Constant) and bool(node.value)


def _exceptions(node: ast.expr) -> set[str]:
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return {getattr(part, "id", getattr(part, "attr", "")) for part in parts}


def _own(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")


def _constant(function: ast.FunctionDef) -> bool:
    """Whether what a comparison answers hangs on none of its arguments."""
    answers = [node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value is not None]
    names = _parameters(function.args)
    decided = any(isinstance(node, ast.If | ast.IfExp | ast.Raise) for node in ast.walk(function))
    refused = all(isinstance(each, ast.Name) and each.id == "NotImplemented" for each in answers)
    return bool(answers) and not decided and not refused and not any(_mentions(each, names) for each in answers)


def _parameters(arguments: ast.arguments) -> set[str]:
    return {each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}


def _mentions(node: ast.AST, names: set[str]) -> bool:
    return any(isinstance(each, ast.Name) and each.id in names for each in ast.walk(node))
