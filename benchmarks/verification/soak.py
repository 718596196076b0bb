"""Judging without an end, while containers and the processes inside them are killed at random."""

from __future__ import annotations

import os
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.verification.bench import Bench, FreshPool, judged
from benchmarks.verification.comparing import Agreement, compare
from reasoncli.domain import Patch, Verdict
from reasoncli.errors import ReasoncliError
from reasoncli.events import SandboxReplaced
from reasoncli.sandbox import engine, labels
from reasoncli.verification.verifier import Verifier

_CONFIRMED = 12  # one of so many judgements is a confirmation
_ENDED = 15.0  # seconds that the engine may take to clear away
# Kills the first process of the tested user whose command line holds a text, and says that it did. With a second
# argument, only one that can't be opened by that user: the waiting pytest, and not one that runs a candidate's tests,
# whose death would rightly count against the candidate.
_KILL = (
    "for p in $(cd /proc && ls -d [0-9]* | sort -n); do "
    '[ -n "$2" ] && [ -O /proc/$p/status ] && continue; '
    "[ $p != $$ ] && tr '\\0' ' ' < /proc/$p/cmdline 2> /dev/null | grep -q -e \"$1\" && "
    "kill -9 $p 2> /dev/null && echo killed && exit; done"
)
KINDS: dict[str, tuple[str, str]] = {
    "container": ("", ""),
    "runner": ("/reasoncli/runner/r", ""),
    "waiting pytest": ("-m pytest", "hidden"),
}


@dataclass
class Tally:
    """What happened.

    Attributes:
        kills: how many of each kind hit something.
        lost, wrong: sentences on candidates without a verdict, and with another than the known one.
        left: sentences on what was left behind.
    """

    screened: int = 0
    confirmed: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    replaced: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


class Killer(threading.Thread):
    """Kills something of one run every so many seconds."""

    def __init__(self, run: str, every: float, seed: int, tally: Tally) -> None:
        super().__init__(name="killer")
        self._every = every
        self._chance = random.Random(seed)
        self._tally = tally
        self._label = f"{labels.RUN}={run}"
        self._over = threading.Event()
        self.seen: set[str] = set()

    def run(self) -> None:
        """Kill until told to stop."""
        client = engine.connect()
        try:
            while not self._over.wait(self._every):
                self._kill(client)
        finally:
            client.close()

    def stop(self) -> None:
        """Stop, and wait for the end."""
        self._over.set()
        self.join()

    def _kill(self, client: Any) -> None:
        found = [each["Id"] for each in client.containers(filters={"label": self._label})]
        self.seen.update(found)
        if not found:
            return
        container, kind = self._chance.choice(sorted(found)), self._chance.choice(sorted(KINDS))
        try:
            if not KINDS[kind][0]:
                client.kill(container)
                self._tally.kills[kind] += 1
                return
            argv = ["/bin/sh", "-c", _KILL, "sh", *KINDS[kind]]
            made = client.exec_create(container, argv, user="64000:64000")
            killed = client.exec_start(made["Id"]).decode("utf-8", "replace").strip()
            self._tally.kills[kind if killed else f"no {kind} there"] += 1
        except engine.ENGINE_ERRORS:
            self._tally.kills["it was gone already"] += 1


def measure(bench: Bench, *, run: str, workers: int, minutes: float, every: float, seed: int) -> Tally:
    """Judge for so many minutes; then look what is left. Closes the bench's provider.

    Args:
        bench: the project.
        run: the run's label.
        workers: candidates judged at once.
        minutes: how long.
        every: seconds between kills.
        seed: of the killer's choices.
    """
    tally = Tally()
    fresh = bench.verifier(FreshPool(bench.provider, bench.events.append))
    known = judged(fresh.confirm, bench.candidates, workers, "clean containers")[1]
    fresh.close()
    threads, volumes, folders = set(threading.enumerate()), _volumes(), _folders()
    verifier = bench.verifier(bench.pool)
    killer = Killer(run, every, seed, tally)
    verifier.prepare(workers)
    killer.start()
    try:
        _judge_on(verifier, list(zip(bench.candidates, known, strict=True)), workers, minutes, tally)
    finally:
        killer.stop()
        verifier.close()
        bench.provider.close()
    tally.replaced.update(
        event.reason.partition(":")[0] for event in bench.events if isinstance(event, SandboxReplaced)
    )
    tally.left = _left(run, killer.seen, threads, volumes, folders)
    return tally


def _judge_on(
    verifier: Verifier, known: Sequence[tuple[Patch, Verdict]], workers: int, minutes: float, tally: Tally
) -> None:
    guard = threading.Lock()
    end = time.monotonic() + 60 * minutes
    turn = iter(range(1 << 62))

    def one() -> None:
        while time.monotonic() < end:
            with guard:
                number = next(turn)
            clean = number % _CONFIRMED == _CONFIRMED - 1
            patch, expected = known[number % len(known)]
            problem = ""
            try:
                verdict = (verifier.confirm if clean else verifier.screen)(patch, threading.Event())
            except ReasoncliError as failure:
                problem = f"{number}: {failure}"
            with guard:
                if problem:
                    tally.lost.append(problem)
                    continue
                tally.confirmed += clean
                tally.screened += not clean
                agreement = compare(verdict, expected)
                if agreement is not Agreement.SAME and (clean or agreement is not Agreement.STAGE):
                    how = "confirmed" if clean else "screened"
                    tally.wrong.append(
                        f"{number}: {how} {verdict.kind} ({verdict.reason}), known {expected.kind} ({expected.reason})"
                    )

    judges = [threading.Thread(target=one, name=f"judge-{index}") for index in range(workers)]
    for judge in judges:
        judge.start()
    for judge in judges:
        judge.join()


def _left(run: str, seen: set[str], threads: set[threading.Thread], volumes: set[str], folders: set[Path]) -> list[str]:
    deadline = time.monotonic() + _ENDED
    while (left := _remaining(run, seen, threads, volumes, folders)) and time.monotonic() < deadline:
        time.sleep(0.5)
    return left


def _remaining(
    run: str, seen: set[str], threads: set[threading.Thread], volumes: set[str], folders: set[Path]
) -> list[str]:
    client = engine.connect()
    try:
        containers = client.containers(all=True, filters={"label": f"{labels.RUN}={run}"})
    finally:
        client.close()
    left = [f"container {each['Id'][:12]} ({each['Status']})" for each in containers]
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError):
                continue
            if parent == os.getpid() or any(each in line for each in seen):
                left.append(f"process {process.name}: {line[:120]}")
    left += [f"thread {each.name}" for each in threading.enumerate() if each not in threads]
    left += [f"folder {each}" for each in _folders() - folders]
    left += [f"volume {each}" for each in _volumes() - volumes]
    return left


def _folders() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("reasoncli-*"))


def _volumes() -> set[str]:
    client = engine.connect()
    try:
        return {each["Name"] for each in client.volumes()["Volumes"] or ()}
    finally:
        client.close()


def table(tally: Tally, minutes: float) -> str:
    """The tally as lines, each thing that went wrong by name."""
    kills = ", ".join(f"{count} {kind}" for kind, count in sorted(tally.kills.items())) or "none"
    replaced = ", ".join(f"{count} x {reason}" for reason, count in tally.replaced.most_common()) or "none"
    rows = [
        ("judged", f"{tally.screened} screened, {tally.confirmed} confirmed in {minutes:g} minutes"),
        ("killed", kills),
        ("sandboxes replaced", replaced),
        ("candidates lost", f"{len(tally.lost)} (goal 0)"),
        ("wrong verdicts", f"{len(tally.wrong)} (goal 0)"),
        ("left behind", f"{len(tally.left)} containers, processes, threads, folders or volumes (goal 0)"),
    ]
    lines = [f"{name:<20}{value}" for name, value in rows]
    return "\n".join([*lines, *tally.lost, *tally.wrong, *tally.left])
