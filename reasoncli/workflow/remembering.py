"""What a run takes over from earlier ones of the same base: the measured baseline, and verdicts on the same files.

The keys say what an entry holds for. A baseline's: every byte of the snapshot, the test command, its selection and
limits, what the sandbox is made of and may use, and our own programs that run and read the tests. A verdict's: all of
that, the targets and guards, what a patch may touch, and the resulting files. The issue is in neither: what was
measured is sorted anew for each. (In both, where there was time for a part of the suite, which the issue chose.) A
round of watching's (`watching.py`): the baseline's, the tests and functions, what is tried besides, and all patches.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import reasoncli
from reasoncli.domain import Baseline, Patch, Task, Verdict, VerdictKind
from reasoncli.events import Event
from reasoncli.resources import sandboxes_dir
from reasoncli.runs.memory import Memory
from reasoncli.sandbox.interface import SandboxProvider
from reasoncli.search.interface import PatchVerifier
from reasoncli.settings.values import Settings
from reasoncli.verification.baseline import BaselineOptions, Measurement, measure, sort_baseline
from reasoncli.verification.pool import SandboxPool

_WHOLE = (VerdictKind.FIXES, VerdictKind.PARTIAL, VerdictKind.NO_EFFECT, VerdictKind.REGRESSES)
_OUTPUT = 2000  # characters of the tests' output that are kept


@dataclass(frozen=True, slots=True)
class Measured:
    """A baseline as remembered: seconds since the epoch, and what was seen then."""

    at: float
    what: Measurement


def baseline_key(task: Task, provider: SandboxProvider, settings: Settings, options: BaselineOptions) -> str | None:
    """The key of a measurement, in hexadecimal; `None` where a sandbox can't say what it is made of."""
    identity = provider.identity
    if identity is None:
        return None
    sandbox = settings.sandbox
    return key_of(
        "baseline",
        task.snapshot.tree_hash,
        task.tests.command,
        task.tests.selected,
        task.tests.junit,
        task.tests.pass_marker,
        (options.timeout, options.test_timeout, dict(options.env or {})),
        None if options.seconds is None else (options.seconds, task.issue.text, task.tests.targets),
        identity,
        (sandbox.memory, sandbox.disk, sandbox.cpus, sandbox.pids, sandbox.output),
        _ourselves(),
    )


def recalled_baseline(
    pool: SandboxPool,
    task: Task,
    emit: Callable[[Event], None],
    options: BaselineOptions,
    memory: Memory,
    key: str | None,
    *,
    isolated: bool,
) -> Baseline:
    """The baseline, from memory if it holds one under the key, else measured and remembered.

    A measurement is remembered if both of its runs were whole, as one that was cut short may have been the machine's
    doing, and if it can be worked with. Outside of an isolated sandbox, what a test lacks (a package, a service) may
    be there tomorrow under the same key, so that nothing is remembered then. Without a key nothing is recalled or
    remembered. What is raised is what `measure` and `sort_baseline` raise.
    """
    known = None if key is None else memory.recall(Measured, key)
    if known is not None:
        return replace(sort_baseline(task, known.what, emit, options), reused=known.at)
    measured = measure(pool, task, emit, options)
    baseline = sort_baseline(task, measured, emit, options)
    lasting = measured.first.complete and measured.second.complete and (isolated or not baseline.environmental)
    if key is not None and lasting:
        memory.remember(Measured, key, Measured(time.time(), measured))
    return baseline


class RememberingVerifier:
    """A verifier that knows screenings of earlier runs. See `PatchVerifier`.

    Only a screening is ever reused, and it decides only which candidates come to be confirmed: the clean verdict, which
    alone selects, is run anew in every run, so that no mistake of an earlier run, however it was made, can select a
    patch. What is kept says something about the files and nothing about the day: verdicts over whole reports in which
    no test ran into a time limit. Candidates that broke off, hung or were refused are judged again, and a failure of
    the sandbox is no verdict in the first place.
    """

    def __init__(
        self, inner: PatchVerifier, memory: Memory, key: str | None, task: Task, baseline: Baseline, settings: Settings
    ) -> None:
        """Wrap a verifier; `key` is the baseline's, and without one nothing is remembered."""
        self._inner = inner
        self._memory = memory
        self._key = key and key_of(
            "verdict",
            key,
            sorted(target.id for target in baseline.targets),
            baseline.guards,
            task.tests.timeout,
            (settings.patches.protect, settings.patches.allow),
        )
        self._lock = threading.Lock()
        self.reused = 0

    def screen(self, patch: Patch, cancel: threading.Event) -> Verdict:
        """See `PatchVerifier`."""
        if self._key is None:
            return self._inner.screen(patch, cancel)
        key = key_of(self._key, patch.execution_key)
        known = self._memory.recall(Verdict, key)
        if known is not None and _lasting(known):
            with self._lock:
                self.reused += 1
            return replace(known, reused=True, duration=0.0)
        verdict = self._inner.screen(patch, cancel)
        if _lasting(verdict):
            self._memory.remember(Verdict, key, replace(verdict, output=verdict.output[-_OUTPUT:]))
        return verdict

    def confirm(self, patch: Patch, cancel: threading.Event) -> Verdict:
        """See `PatchVerifier`. Never from memory."""
        return self._inner.confirm(patch, cancel)

    def interrupt(self, cancel: threading.Event | None = None) -> None:
        """See `PatchVerifier`."""
        self._inner.interrupt(cancel)


def _lasting(verdict: Verdict) -> bool:
    """Whether a verdict would be the same another time, for all that can be known."""
    return verdict.kind in _WHOLE and not verdict.clean and not verdict.overran


def key_of(*parts: object) -> str:
    """A key of all these, in hexadecimal."""
    return hashlib.sha256(json.dumps(parts, separators=(",", ":"), default=str).encode()).hexdigest()


@cache
def _ourselves() -> str:
    """Digest of our programs that run tests and read what they report, inside the sandbox and outside."""
    digest = hashlib.sha256()
    for folder in (sandboxes_dir() / "runner", Path(reasoncli.__file__).parent / "verification"):
        for path in sorted(folder.rglob("*.py")):
            digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()
