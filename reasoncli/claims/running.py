"""Running an issue's statements in a sandbox, at the base and under candidates."""

from __future__ import annotations

import ast
import json
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence

from reasoncli import python_source
from reasoncli.claims.claims import Claim, Shown, Step, fates, proven, read_steps
from reasoncli.domain import ClaimOutcome, FileChange, Issue
from reasoncli.sandbox.interface import Command, Sandbox

_SECONDS = 20.0  # for all statements of one run
_CHARACTERS = 4_000  # of what a statement shows
_ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
}

Work = Callable[[Callable[[Sandbox], tuple[Shown | None, ...]], Callable[[], bool]], tuple[Shown | None, ...]]
"""Does a job in a sandbox that is as it was opened, unless it is no longer wanted."""


class Issued:
    """An issue's statements, with what they prove: found out at the base, then asked of candidates."""

    def __init__(self, issue: Issue, names: Mapping[str, tuple[str, str | None]], work: Work) -> None:
        """Read an issue.

        Args:
            issue: its text.
            names: what a statement may use without importing it: name -> (module, attribute or `None`).
            work: where to run.
        """
        self._issue = issue
        self._names = names
        self._work = work
        self._steps: Sequence[Step] = read_steps(issue.text)
        self._claims: tuple[Claim, ...] = ()
        self._needed = len(self._steps)

    @property
    def claims(self) -> int:
        """How many things the issue shows that a patch can be asked about."""
        return len(self._claims)

    @property
    def steps(self) -> int:
        """How many statements the issue holds."""
        return len(self._steps)

    def measure(self) -> None:
        """Run at the base, twice: what differs proves nothing.

        Raises:
            SandboxUnavailable: sandboxes kept breaking.
        """
        if not self._steps:
            return
        first, second = (self._work(lambda sandbox: self._observe(sandbox, ()), lambda: False) for _ in range(2))
        base = [one if one == other else None for one, other in zip(first, second, strict=True)]
        self._claims = proven(self._issue.text, self._steps, base)
        self._needed = max((claim.step for claim in self._claims), default=-1) + 1

    def ask(self, changes: Sequence[FileChange], cancel: threading.Event) -> tuple[ClaimOutcome, ...]:
        """What becomes of the claims under a patch.

        Raises:
            Interrupted: `cancel` was set.
            SandboxUnavailable: sandboxes kept breaking.
        """
        if not self._claims:
            return ()
        now = self._work(lambda sandbox: self._observe(sandbox, changes), cancel.is_set)
        return fates(self._steps, self._claims, now)

    def _observe(self, sandbox: Sandbox, changes: Sequence[FileChange]) -> tuple[Shown | None, ...]:
        steps = self._steps[: self._needed]
        if sandbox.python is None:
            return (None,) * len(steps)
        sandbox.write(changes)
        nonce = secrets.token_hex(8)
        request = {
            "steps": [step.source for step in steps],
            "names": self._names,
            "limit": _CHARACTERS,
            "nonce": nonce,
        }
        ran = sandbox.run(
            Command(
                (sandbox.python, "-B", f"{sandbox.runner}/transcript.py"),
                stdin=json.dumps(request).encode("ascii"),
                env=_ENVIRONMENT,
                timeout=_SECONDS,
            )
        )
        return _read(ran.stdout, nonce, len(steps))


def importable(files: Sequence[str], read: Callable[[str], bytes | None]) -> Mapping[str, tuple[str, str | None]]:
    """What a snippet of a repository's issue may mean by a name that it does not import.

    Top-level functions and classes whose name stands in one module only, and top-level packages and modules.

    Args:
        files: paths of Python files that are no tests.
        read: bytes of a file by path.
    """
    found: dict[str, set[tuple[str, str | None]]] = {}
    for path in files:
        module = module_name(path)
        if module is None:
            continue
        found.setdefault(module.split(".")[0], set()).add((module.split(".")[0], None))
        data = read(path)
        tree = None if data is None else python_source.parse(data)
        for node in tree.body if tree is not None else ():
            if isinstance(node, python_source.Definition | ast.ClassDef) and not node.name.startswith("_"):
                found.setdefault(node.name, set()).add((module, node.name))
    return {name: next(iter(places)) for name, places in found.items() if len(places) == 1}


def module_name(path: str) -> str | None:
    """By what name a file of the repository is imported; `None` where it can't be."""
    parts = path.removesuffix(".py").split("/")
    if parts[0] in ("src", "lib"):
        parts = parts[1:]
    if parts and parts[-1] == "__init__":
        parts = parts[:-1]
    return ".".join(parts) if parts and all(part.isidentifier() for part in parts) else None


def _read(out: bytes, nonce: str, count: int) -> tuple[Shown | None, ...]:
    """What came of the steps; `None` for those that it did not come to."""
    shown: list[Shown | None] = []
    for line in out.decode("ascii", "replace").split("\n"):
        if line.startswith(nonce) and len(shown) < count:
            try:
                data = json.loads(line.removeprefix(nonce))
                exception = data["raised"]
                raised = None if exception is None else (str(exception[0]), str(exception[1]))
                one = Shown(str(data["out"]).strip(), data["value"], raised)
            except (ValueError, KeyError, TypeError, IndexError):
                one = None
            shown.append(one)
    return (*shown, *[None] * (count - len(shown)))
