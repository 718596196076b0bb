"""Runs hostile patches through the real verifier, and looks after each whether anything was won or lost."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from reasoncli.domain import Baseline, Issue, Patch, Rejection, Task, TestPlan, Verdict, VerdictKind
from reasoncli.events import Event, SandboxReplaced
from reasoncli.patches.build import build
from reasoncli.patches.completions import from_diff
from reasoncli.patches.outcome import Rejected
from reasoncli.patches.policy import Policy
from reasoncli.patches.tree import SnapshotTree
from reasoncli.sandbox.config import BuildNetwork, DockerConfig
from reasoncli.sandbox.docker_provider import docker_provider
from reasoncli.sandbox.interface import Limits
from reasoncli.verification.baseline import BaselineOptions, measure_baseline
from reasoncli.verification.verifier import Verifier, VerifierOptions
from tests.sandbox.snapshots import make_snapshot
from tests.security import hostile, hostile_files, hostile_forgeries, hostile_outside, hostile_processes
from tests.security.hostile import Hostile

ALL: tuple[Hostile, ...] = (
    *hostile_files.PATCHES,
    *hostile_forgeries.PATCHES,
    *hostile_outside.PATCHES,
    *hostile_processes.PATCHES,
)
LIMITS = Limits(memory=256 << 20, disk=64 << 20, pids=64)
_CANARY = b"untouched\n"
_KINDS = {
    VerdictKind.FORBIDDEN: hostile.FORBIDDEN,
    VerdictKind.NEEDS_REBUILD: hostile.FORBIDDEN,
    VerdictKind.UNAPPLIABLE: hostile.FORBIDDEN,
    VerdictKind.BROKEN: hostile.BROKEN,
    VerdictKind.TIMEOUT: hostile.TIMEOUT,
}


@dataclass
class Bench:
    """One project, its baseline, and one verifier for all patches, as in a run."""

    folder: Path
    task: Task
    baseline: Baseline
    verifier: Verifier
    events: list[Event] = field(default_factory=list)

    def verdict(self, patch: Patch) -> Verdict:
        """Screened, and confirmed if that is passed, as the search does it."""
        verdict = self.verifier.screen(patch, threading.Event())
        return self.verifier.confirm(patch, threading.Event()) if verdict.kind is VerdictKind.FIXES else verdict

    def outcome(self, each: Hostile) -> tuple[str, str]:
        """What becomes of a hostile patch, in a word, and why."""
        tree = SnapshotTree.of(self.task.snapshot)
        patch: Patch | Rejection
        if each.diff:
            patch = from_diff(each.diff, tree, Policy())
        else:
            try:
                patch = build(each.changes, tree)
            except Rejected as error:
                patch = error.rejection
        if isinstance(patch, Rejection):
            return hostile.FORBIDDEN, patch.reason
        verdict = self.verdict(patch)
        if verdict.kind is VerdictKind.FIXES:
            said = "; ".join(verdict.suspicions)
            return (hostile.FLAGGED if verdict.suspicions else hostile.UNDETECTABLE), said or verdict.reason
        return _KINDS.get(verdict.kind, hostile.FAILURE), verdict.reason

    def works_on(self) -> bool:
        """Whether the next candidates of the same worker are judged right: a fix, and a change of nothing."""
        tree = SnapshotTree.of(self.task.snapshot)
        honest = self.verifier.screen(build((hostile.split(hostile.RIGHT),), tree), threading.Event())
        nothing = self.verifier.screen(build((hostile.split(hostile.WRONG + "  # nothing"),), tree), threading.Event())
        fixed = honest.kind is VerdictKind.FIXES and not honest.suspicions
        return fixed and nothing.kind is VerdictKind.NO_EFFECT

    def host_untouched(self) -> bool:
        """Whether the files outside are as they were: the snapshot's, and one beside it."""
        root = self.task.snapshot.root
        inside = {path: (root / path).read_text() for path in self.task.snapshot.files}
        names = {path.name for path in self.folder.iterdir()}
        return (
            inside == hostile.FILES
            and (self.folder / "canary").read_bytes() == _CANARY
            and names == {"canary", "project", "state"}
        )

    @property
    def replaced(self) -> int:
        """Containers that were given up for new ones."""
        return sum(isinstance(event, SandboxReplaced) for event in self.events)


@contextmanager
def opened(folder: Path, base_image: str, run: str = "hostile") -> Iterator[Bench]:
    """A bench in Docker; building its image needs pytest from the index, once."""
    folder.mkdir(exist_ok=True)
    (folder / "canary").write_bytes(_CANARY)
    snapshot = make_snapshot(folder / "project", hostile.FILES)
    task = Task(snapshot, Issue(hostile.ISSUE, hostile.ISSUE, "test"), TestPlan(hostile.COMMAND, timeout=6.0))
    config = DockerConfig(
        base_image=base_image,
        build_network=BuildNetwork.HOST,
        environment=dict(os.environ),
        limits=LIMITS,
        state_dir=folder / "state",
    )
    provider = docker_provider(snapshot, config, run)
    try:
        events: list[Event] = []
        options = BaselineOptions(test_timeout=3.0, parallel=False)
        baseline = measure_baseline(provider, task, events.append, options)
        verifier = Verifier(provider, task, baseline, events.append, VerifierOptions(margin=4.0))
        verifier.prepare(1)
        verifier.warming.wait()
        if verifier.warming.load is None:
            raise RuntimeError(f"the warm lane is closed: {verifier.warming.refused}")
        try:
            yield Bench(folder, task, baseline, verifier, events)
        finally:
            verifier.close()
    finally:
        provider.close()
