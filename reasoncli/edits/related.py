"""Names of Python itself that stand for related things: what is written by mistake for one another."""

from __future__ import annotations

from functools import cache

_FUNCTIONS = (
    "int float str bool", "str repr ascii format", "str bytes", "list tuple set frozenset dict sorted",
    "sorted reversed", "min max sum", "any all", "len sum", "round int abs", "range len enumerate",
    "zip map filter enumerate", "isinstance issubclass type hasattr callable", "getattr setattr hasattr delattr",
    "dict OrderedDict defaultdict Counter", "iter next list", "ord chr", "hex oct bin",
    "deepcopy copy", "print repr", "open Path", "input str", "super type", "id hash", "globals locals vars",
    "ValueError TypeError KeyError IndexError AttributeError RuntimeError NotImplementedError Exception",
    "OSError IOError FileNotFoundError PermissionError", "ImportError ModuleNotFoundError",
    "StopIteration RuntimeError", "UnicodeDecodeError UnicodeEncodeError UnicodeError",
    "Exception BaseException", "AssertionError ValueError", "DeprecationWarning UserWarning FutureWarning",
    "property staticmethod classmethod", "all_ any_", "partial partialmethod", "wraps update_wrapper",
)  # fmt: skip
_METHODS = (
    "append extend insert add update", "appendleft append", "pop remove popleft popitem discard clear", "pop get",
    "keys values items", "strip lstrip rstrip", "split rsplit splitlines partition rpartition",
    "startswith endswith", "lower upper title capitalize casefold swapcase", "find rfind index rindex count",
    "isdigit isnumeric isdecimal isalnum isalpha isidentifier", "isspace isupper islower",
    "read readline readlines", "write writelines", "encode decode", "get setdefault pop", "update setdefault",
    "union intersection difference symmetric_difference", "issubset issuperset isdisjoint", "copy deepcopy",
    "match search fullmatch findall finditer", "group groups groupdict", "start end span", "sub subn",
    "join split", "sort reverse", "ljust rjust center zfill", "removeprefix removesuffix strip",
    "exists isfile isdir is_file is_dir islink", "dirname basename abspath realpath normpath", "rglob glob iterdir",
    "mkdir makedirs", "unlink rmdir remove rmtree", "listdir walk scandir", "load loads", "dump dumps",
    "debug info warning warn error exception critical", "put put_nowait", "get get_nowait", "acquire release",
    "start join run", "open close", "send sendall recv", "close shutdown flush", "now utcnow today",
    "strftime isoformat strptime fromisoformat", "timestamp total_seconds", "floor ceil round trunc",
    "sum mean max min", "any all", "argmin argmax argsort", "randint randrange choice sample choices uniform random",
    "call check_call check_output run Popen", "terminate kill wait poll", "parse_args parse_known_args",
    "cancel done result exception", "set is_set clear wait", "create_task ensure_future gather wait",
    "commit rollback flush", "first one all", "filter exclude", "fetchone fetchall fetchmany", "isclose isnan isinf",
    "iteritems items", "itervalues values", "iterkeys keys", "getcwd getcwdu", "has_key get", "read_text read_bytes",
    "write_text write_bytes", "append write", "issubset intersection", "setUp tearDown", "get post put patch delete",
)  # fmt: skip
_ATTRIBUTES = (
    "start stop step end", "name names", "value values", "key keys", "item items", "left right", "top bottom",
    "head tail", "first last", "prev next", "parent children", "min max", "width height", "x y z", "row column",
    "lineno end_lineno", "col_offset end_col_offset", "stdin stdout stderr", "st_size st_mtime st_ctime st_mode",
    "year month day", "hour minute second microsecond", "days seconds microseconds", "args kwargs",
    "__name__ __qualname__",
    "__class__ __dict__", "__doc__ __name__", "text content", "status status_code", "real imag", "data value",
    "path name", "stem name suffix", "message args", "username user", "url path", "id pk",
    "shape size ndim", "hostname netloc",
    "major minor micro", "returncode stdout", "DEBUG INFO WARNING ERROR CRITICAL",
    "IGNORECASE MULTILINE DOTALL VERBOSE",
)  # fmt: skip


@cache
def _table(groups: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    table: dict[str, dict[str, None]] = {}
    for group in groups:
        names = group.split()
        for name in names:
            table.setdefault(name, {}).update((other, None) for other in names if other != name)
    return {name: tuple(others) for name, others in table.items()}


def related_functions(name: str) -> tuple[str, ...]:
    """Functions and exceptions near to one."""
    return _table(_FUNCTIONS).get(name, ())


def related_methods(name: str) -> tuple[str, ...]:
    """Methods near to one."""
    return _table(_METHODS).get(name, ())


def related_attributes(name: str) -> tuple[str, ...]:
    """Attributes near to one."""
    return _table(_ATTRIBUTES).get(name, ())


KEYWORDS: dict[str, tuple[str, ...]] = {
    "open": ("encoding='utf-8'", "newline=''", "mode='rb'", "errors='replace'", "errors='ignore'"),
    "read_text": ("encoding='utf-8'",),
    "write_text": ("encoding='utf-8'",),
    "decode": ("errors='replace'", "errors='ignore'"),
    "encode": ("errors='replace'", "errors='ignore'"),
    "sorted": ("reverse=True", "key=str", "key=len"),
    "sort": ("reverse=True", "key=str", "key=len"),
    "min": ("default=None", "default=0"),
    "max": ("default=None", "default=0"),
    "zip": ("strict=True", "strict=False"),
    "enumerate": ("start=1",),
    "print": ("file=sys.stderr", "end=''", "flush=True"),
    "mkdir": ("parents=True", "exist_ok=True", "parents=True, exist_ok=True"),
    "makedirs": ("exist_ok=True",),
    "unlink": ("missing_ok=True",),
    "rmtree": ("ignore_errors=True",),
    "dumps": ("indent=2", "indent=4", "sort_keys=True", "default=str", "ensure_ascii=False"),
    "dump": ("indent=2", "indent=4", "sort_keys=True", "default=str", "ensure_ascii=False"),
    "split": ("maxsplit=1",),
    "rsplit": ("maxsplit=1",),
    "warn": ("stacklevel=2", "stacklevel=3"),
    "run": ("check=True", "check=False", "text=True", "capture_output=True"),
    "Popen": ("universal_newlines=True", "text=True"),
    "check_output": ("universal_newlines=True", "text=True"),
    "resolve": ("strict=True", "strict=False"),
    "add_argument": ("action='store_true'", "default=None", "type=int", "required=True", "type=str"),
    "Thread": ("daemon=True",),
    "error": ("exc_info=True",),
    "warning": ("exc_info=True",),
    "debug": ("exc_info=True",),
    "gather": ("return_exceptions=True",),
    "splitlines": ("keepends=True",),
    "array": ("dtype=float", "dtype=object"),
    "sum": ("axis=0", "axis=1", "axis=-1"),
    "mean": ("axis=0", "axis=1", "axis=-1"),
    "get": ("timeout=10", "timeout=30", "params=params", "headers=headers"),
    "join": ("timeout=1",),
}
"""By a callee's bare name, keyword arguments of Python's own library that are often forgotten."""
