"""What the issue itself shows, asked of every candidate that could be chosen."""

from __future__ import annotations

import threading
from dataclasses import replace

from reasoncli.claims.running import Issued, importable
from reasoncli.domain import Patch, Task, Verdict
from reasoncli.events import Emitter
from reasoncli.patches.policy import is_test_file
from reasoncli.patches.tree import SnapshotTree
from reasoncli.search.interface import PatchVerifier
from reasoncli.verification.pool import SandboxPool
from reasoncli.voting.tiers import electable, standing
from reasoncli.voting.wording import count


def issued(task: Task, pool: SandboxPool, emit: Emitter) -> Issued:
    """The issue's statements, run at the base. Whoever wrote the issue wrote them: they belong into a sandbox.

    Raises:
        SandboxUnavailable: sandboxes kept breaking.
    """
    tree = SnapshotTree.of(task.snapshot)
    files = [path for path in task.snapshot.files if path.endswith(".py") and not is_test_file(path)]
    found = Issued(task.issue, importable(files, tree.read), lambda job, stopped: pool.work(job, stopped=stopped))
    if found.steps:
        with emit.stage("issue") as stage:
            found.measure()
            stage.summary = f"{count(found.steps, 'statement')} in it, {found.claims} that a fix must change"
    return found


class ClaimingVerifier:
    """A verifier that adds what became of the issue's claims, where the tests leave a candidate a chance.

    It is asked last and apart: nothing of it is remembered for other issues on the same base.
    """

    def __init__(self, inner: PatchVerifier, issue: Issued, targets: int) -> None:
        """Wrap a verifier; `targets` is how many tests must turn green."""
        self._inner = inner
        self._issue = issue
        self._targets = targets

    def screen(self, patch: Patch, cancel: threading.Event) -> Verdict:
        """See `PatchVerifier`."""
        return self._asked(patch, self._inner.screen(patch, cancel), cancel)

    def confirm(self, patch: Patch, cancel: threading.Event) -> Verdict:
        """See `PatchVerifier`."""
        return self._asked(patch, self._inner.confirm(patch, cancel), cancel)

    def interrupt(self, cancel: threading.Event | None = None) -> None:
        """See `PatchVerifier`."""
        self._inner.interrupt(cancel)

    def _asked(self, patch: Patch, verdict: Verdict, cancel: threading.Event) -> Verdict:
        if not electable(standing(verdict).tier, self._targets):
            return verdict
        return replace(verdict, claims=self._issue.ask(patch.changes, cancel))
