"""What a source's tests check of its functions."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable

from reasoncli import python_source
from reasoncli.prompting.checks import checks

_MOST = 3  # checks of a function
_KNOWN = 3  # functions of one name, from which on a call by it says too little about which is meant
_SHORTEST = 3  # characters of a name


class Tested:
    """Checks by the bare name of the function that they call."""

    def __init__(self, functions: Iterable[str]) -> None:
        names = Counter(name.rpartition(".")[2] for name in functions)
        self._checks: dict[str, set[str]] = defaultdict(set)
        self._wanted = frozenset(
            name
            for name, count in names.items()
            if count <= _KNOWN and len(name) >= _SHORTEST and not name.startswith("__")
        )

    def read(self, content: bytes) -> None:
        """Take in what a test file checks."""
        source = python_source.decode(content)
        module = python_source.parse(source) if source is not None else None
        if module is None:
            return
        for check in checks(module):
            for name in check.calls & self._wanted:
                self._checks[name].add(check.text)

    def of(self, function: str) -> list[str]:
        """Some checks of a function, by its qualified name; which ones is the same each time."""
        found = self._checks.get(function.rpartition(".")[2], ())
        return sorted(found, key=lambda text: hashlib.sha256(text.encode("utf-8", "replace")).digest())[:_MOST]
