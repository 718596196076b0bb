"""What can be known of a pool's candidates without the hidden tests: the parts of `select`, run over all of them.

Kept as a file for each pool, so that rules can be compared on thousands of drawn parts of a pool without running
anything again. `correct` is carried along for whoever measures; nothing here looks at it.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.selection.judging import opened
from reasoncli.domain import Issue, Patch, Rejection, Verdict
from reasoncli.patches.completions import from_diff
from reasoncli.verification.watching import watch


@dataclass(frozen=True, slots=True)
class Fact:
    """One candidate.

    Attributes:
        correct: what the hidden tests say.
        vote_key, execution_key: of the patch; empty where it is none.
        size: changed lines.
        kind: of the verdict; empty where the patch is none.
        broken: guards.
        passed: targets that it turns green.
        claims: the fate of each thing that the issue shows.
        suspicious: whether it reaches for means of cheating.
        did: for every call that counts, a number that stands for what came of it; empty where it was not watched.
        logprob: mean log-probability of a token, by the model that wrote it; `None` where that isn't known.
    """

    model: str
    correct: bool
    vote_key: str = ""
    execution_key: str = ""
    size: int = 0
    kind: str = ""
    broken: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    suspicious: bool = False
    passed: int = 0
    did: tuple[int, ...] = ()
    logprob: float | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """All candidates of an issue.

    Attributes:
        made: how many of the calls the tests made; the others were tried with other arguments.
        base: what the base did, as `Fact.did`.
        targets: tests that fail at the base and are linked to the issue.
        seen: calls at the base, those that don't count included.
        seconds: by step.
    """

    instance: str
    candidates: tuple[Fact, ...]
    made: int = 0
    base: tuple[int, ...] = ()
    seen: int = 0
    guards: int = 0
    targets: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Keep it."""
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def parse(cls, text: str) -> Pool:
        """As it was written."""
        known = json.loads(text)
        tuples = ("broken", "claims", "did")
        facts: list[dict[str, Any]] = [
            {name: tuple(value) if name in tuples else value for name, value in fact.items()}
            for fact in known["candidates"]
        ]
        known |= {"candidates": tuple(Fact(**fact) for fact in facts), "base": tuple(known["base"])}
        return cls(**known)


def read(place: Path) -> list[Pool]:
    """The pools of a folder of facts, or of a packed one."""
    if place.is_dir():
        return [Pool.parse(path.read_text()) for path in sorted(place.glob("*.json"))]
    with gzip.open(place, "rt", encoding="utf-8") as file:
        return [Pool.parse(line) for line in file]


def pack(pools: Sequence[Pool], place: Path) -> None:
    """Keep pools in one small file, the same bytes each time."""
    lines = "".join(json.dumps(asdict(pool), separators=(",", ":")) + "\n" for pool in pools)
    place.write_bytes(gzip.compress(lines.encode(), mtime=0))


def instances(pools: Path) -> list[dict[str, Any]]:
    """The issues of a folder of pools; none where there is no pool yet."""
    listed = pools / "instances.jsonl"
    return [json.loads(line) for line in listed.read_text().splitlines()] if listed.exists() else []


def checkout(instance: Mapping[str, Any], mirrors: Path, folder: Path) -> None:
    """The repository at the issue's commit, without its history.

    Raises:
        CalledProcessError: the mirror or its commit is not there.
    """
    mirror = mirrors / str(instance["mirror"]).replace("/", "+") / "repo"
    archive = ["git", "--git-dir", str(mirror), "archive", instance["base_commit"]]
    with subprocess.Popen(archive, stdout=subprocess.PIPE) as tree:
        subprocess.run(["tar", "x", "-C", str(folder)], stdin=tree.stdout, check=True)
    if tree.returncode:
        raise subprocess.CalledProcessError(tree.returncode, archive)
    git = ["git", "-C", str(folder), "-c", "user.name=pool", "-c", "user.email=pool@localhost"]
    for command in (["init", "-q"], ["add", "-A", "-f"], ["commit", "-q", "-m", "base"]):
        subprocess.run([*git, *command], check=True)


def collect(
    instance: Mapping[str, Any], candidates: Sequence[Mapping[str, Any]], mirrors: Path, where: Mapping[str, object]
) -> Pool:
    """Judge and watch all candidates of a pool; says on stderr how far it is."""
    seconds: dict[str, float] = {}
    name = instance["instance_id"]

    def say(step: str, since: float) -> None:
        seconds[step] = time.monotonic() - since
        print(f"{name}: {step} {seconds[step]:.0f} s", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="reasoncli-bench-") as folder, ExitStack() as stack:
        scratch = Path(folder)
        repository = scratch / "repository"
        repository.mkdir()
        checkout(instance, mirrors, repository)
        flags = {**where, "test_command": instance["test_command"], "tests": tuple(instance["test_scope"])}
        text = instance["problem_statement"]
        since = time.monotonic()
        base = stack.enter_context(opened(repository, Issue(text, text.split("\n")[0], name), flags, scratch))
        say("baseline", since)
        since = time.monotonic()
        read = [from_diff(each["model_patch"], base.tree, base.policy) for each in candidates]
        patches = {each.execution_key: each for each in read if isinstance(each, Patch)}
        baseline, verdicts = base.verdicts(patches.values())
        say("verdicts", since)
        since = time.monotonic()
        watched = watch(base.pool, base.task, baseline, base.tree.read, list(patches.values()), 1)
        say("behaviour", since)
        calls = sorted(watched.calls) + sorted(watched.tried)
        numbers: dict[tuple[int, object], int] = {}

        def did(key: str | None) -> tuple[int, ...]:
            run = watched.base if key is None else watched.runs.get(key)
            if run is None:
                return ()
            came = [(number, run.calls.get(asked, ())) for number, asked in enumerate(calls)]
            return tuple(numbers.setdefault(each, len(numbers)) for each in came)

        facts = [_fact(given, patch, verdicts, did) for given, patch in zip(candidates, read, strict=True)]
        return Pool(
            name,
            tuple(facts),
            made=len(watched.calls),
            base=did(None),
            seen=watched.seen,
            guards=len(baseline.guards),
            targets=len(baseline.targets),
            seconds=seconds,
        )


def _fact(
    given: Mapping[str, Any],
    patch: Patch | Rejection,
    verdicts: Mapping[str, Verdict],
    did: Callable[[str], tuple[int, ...]],
) -> Fact:
    if isinstance(patch, Rejection):
        return Fact(given["model_name_or_path"], given["correct"])
    verdict = verdicts[patch.execution_key]
    return Fact(
        given["model_name_or_path"],
        given["correct"],
        vote_key=patch.vote_key,
        execution_key=patch.execution_key,
        size=patch.size,
        kind=verdict.kind.value,
        broken=verdict.guards_broken,
        claims=tuple(claim.fate.value for claim in verdict.claims),
        suspicious=bool(verdict.suspicions),
        passed=len(verdict.targets_passed),
        did=did(patch.execution_key),
        logprob=given.get("logprob"),
    )
