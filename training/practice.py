"""Runs of reasoncli on bugs made in repositories with tests: what `training.traces` learns from, and what it gained.

    python -m training.practice --data DIR --state STATE --bugs N REPOSITORY... [-- options of reasoncli fix]

For each git work tree, bugs are made in functions that its tests call by name, as `training.bugs` makes them, each in a
copy of its own; `reasoncli fix --dry-run` looks for the repair, in its sandbox. The same bugs come again from the same
commit, weights and seed, so that two models can be compared; what STATE/practice.jsonl holds is not run again.
Repositories to learn from and those to measure on must not be the same.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reasoncli import python_source
from reasoncli.domain import Region, RepairContent
from reasoncli.edits import Scope
from reasoncli.edits.answers import anchored, answer
from reasoncli.patches.line_repair import apply_repair
from reasoncli.patches.outcome import Rejected
from reasoncli.patches.tree import MemoryTree
from training.bugs import make_bug
from training.collect.extract import MOST_LINES, unwanted_file
from training.collect.tested import Tested
from training.mix import Weights

_SHORTEST = 3  # lines of a function
_WHO = ("-c", "user.name=practice", "-c", "user.email=practice@example.invalid")


@dataclass(frozen=True, slots=True)
class Planted:
    """A bug in a file of a repository.

    Attributes:
        function: its qualified name.
        right, broken: the file without and with it.
        operator: what repairs it.
    """

    path: str
    function: str
    right: bytes
    broken: bytes
    operator: str


def planted(
    repository: Path, weights: Weights, rng: random.Random, wanted: Collection[tuple[str, str]] | None = None
) -> Iterator[Planted]:
    """Bugs in functions of a work tree, one a function, in an order that `rng` gives.

    Args:
        repository: the work tree.
        weights: the mix of the bugs.
        rng: draws.
        wanted: functions by path and qualified name; `None` for those that tests call by name.
    """
    files = {path: (repository / path).read_bytes() for path in _tracked(repository) if path.endswith(".py")}
    code = {path: data for path, data in files.items() if unwanted_file(path, len(data)) is None}
    modules = {path: module for path, data in code.items() if (module := python_source.parse(data)) is not None}
    functions = [
        (path, name, node) for path, module in modules.items() for name, node in python_source.definitions(module)
    ]
    if wanted is None:
        tested = Tested(name for _, name, _ in functions)
        for path, data in files.items():
            if unwanted_file(path, len(data)) == "tests":
                tested.read(data)
        functions = [each for each in functions if tested.of(each[1])]
    else:
        functions = [each for each in functions if (each[0], each[1]) in wanted]
    rng.shuffle(functions)
    for path, name, node in functions:
        bug = _broken(path, name, node, modules[path], code[path], weights, rng)
        if bug is not None:
            yield bug


def _broken(
    path: str,
    name: str,
    node: python_source.Definition,
    module: ast.Module,
    data: bytes,
    weights: Weights,
    rng: random.Random,
) -> Planted | None:
    source = python_source.decode(data)
    lines = python_source.unit_lines(node, source)[len(node.decorator_list) :] if source is not None else []
    printed = [line.printed for line in lines]
    if not _SHORTEST <= len(printed) <= MOST_LINES or any("\n" in line for line in printed):
        return None
    bug = make_bug(printed, Scope.around(module, node), rng, weights)
    if bug is None:
        return None
    # The repair read backwards: the right lines are asked about, and the wrong ones are the answer.
    end = bug.start + len(bug.replacement)
    start, end, wrong = anchored(printed, bug.start, end, bug.before[bug.start : bug.end])
    first, last = lines[start].span, lines[max(end, start + 1) - 1].span
    if first is None or last is None:
        return None
    content = RepairContent("\n".join(printed), answer(printed[start:end]).strip(), start)
    try:
        changed = apply_repair(
            answer(wrong), content, Region(path, first.line, last.end_line), MemoryTree({path: data})
        )
    except Rejected:
        return None
    return Planted(path, name, data, changed[path], bug.operator)


def run(repository: Path, bug: Planted, state: Path, options: Sequence[str]) -> dict[str, Any]:
    """Look for the repair of a bug; returns what there is to say of the run."""
    with tempfile.TemporaryDirectory(prefix="practice-") as scratch:
        copy = Path(scratch) / repository.name
        shutil.copytree(repository, copy, symlinks=True)
        (copy / bug.path).write_bytes(bug.broken)
        subprocess.run(["git", *_WHO, "commit", "--quiet", "--all", "-m", "work"], cwd=copy, check=True)
        issue = f"{bug.function.rpartition('.')[2]} in {bug.path} gives a wrong result"
        command = [sys.executable, "-m", "reasoncli", "fix", str(copy), "--issue", issue, "--dry-run", "--json"]
        process = subprocess.run(
            [*command, "--state-dir", str(state), *options], capture_output=True, text=True, check=False
        )
    try:
        result: dict[str, Any] = json.loads(process.stdout)
    except ValueError:
        said = process.stderr.strip().splitlines()
        result = {"status": "failed", "error": said[-1] if said else f"exit status {process.returncode}"}
    return {
        "repository": repository.name,
        "path": bug.path,
        "function": bug.function,
        "operator": bug.operator,
        "status": result.get("status") or "failed",
        "exact": _is_exact(bug, (result.get("patch") or {}).get("diff", "")),
        "error": result.get("error"),
    }


def _is_exact(bug: Planted, diff: str) -> bool:
    """Whether a diff makes the file mean what it meant before the bug."""
    if not diff:
        return False
    with tempfile.TemporaryDirectory(prefix="practice-") as scratch:
        file = Path(scratch) / bug.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(bug.broken)
        applied = subprocess.run(["git", "apply", "-"], cwd=scratch, input=diff.encode(), check=False)
        if applied.returncode:
            return False
        return ast.dump(ast.parse(file.read_bytes())) == ast.dump(ast.parse(bug.right))


def _tracked(repository: Path) -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=repository, check=True, capture_output=True)
    return sorted(os.fsdecode(name) for name in listed.stdout.split(b"\0") if name)


def practise(
    repositories: Sequence[Path], data: Path, state: Path, bugs: int, seed: int, options: Sequence[str]
) -> list[dict[str, Any]]:
    """Run `bugs` bugs of each repository that aren't in STATE/practice.jsonl; returns all that are."""
    weights = Weights.read(data / "weights.json")
    state.mkdir(parents=True, exist_ok=True)
    log = state / "practice.jsonl"
    known = [json.loads(line) for line in log.read_text("utf-8").splitlines()] if log.exists() else []
    done = {(each["repository"], each["path"], each["function"]) for each in known}
    for repository in repositories:
        found = planted(repository, weights, random.Random(f"{seed} {repository.name}"))
        for number, bug in zip(range(bugs), found, strict=False):
            if (repository.name, bug.path, bug.function) in done:
                continue
            known.append(run(repository, bug, state, options))
            with log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(known[-1]) + "\n")
            print(f"{repository.name} {number + 1}/{bugs} {bug.function}: {known[-1]['status']}", flush=True)
    return known


def summary(runs: Sequence[dict[str, Any]]) -> str:
    """By repository, how many bugs a test shows, how many were repaired, and how many exactly."""
    rows = ["| repository | bugs that a test shows | repaired | the right function |", "|---|---:|---:|---:|"]
    for name in sorted({each["repository"] for each in runs}):
        own = [each for each in runs if each["repository"] == name and each["status"] not in {"failed", "unverified"}]
        repaired = sum(each["status"] == "verified" for each in own)
        rows.append(f"| {name} | {len(own)} | {repaired} | {sum(each['exact'] for each in own)} |")
    return "\n".join(rows)


def main() -> None:
    """Run it."""
    arguments = sys.argv[1:]
    at = arguments.index("--") if "--" in arguments else len(arguments)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with weights.json")
    parser.add_argument("--state", type=Path, required=True, help="state folder of the runs")
    parser.add_argument("--bugs", type=int, default=20, help="of each repository")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("repositories", type=Path, nargs="+", metavar="REPOSITORY")
    options = parser.parse_args(arguments[:at])
    runs = practise(options.repositories, options.data, options.state, options.bugs, options.seed, arguments[at + 1 :])
    print(summary(runs))


if __name__ == "__main__":
    main()
