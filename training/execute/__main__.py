"""Bugs that a call shows: functions of the corpus are called in a container, right and broken, and what tells is kept.

    python -m training.execute --data DIR [--image IMAGE] [--functions N]

Of functions that can be called by themselves, bugs as `training.bugs` makes them are kept if a call with made-up
arguments tells them from the right function. Writes DIR/executed/*.jsonl.gz in the form of fixes.jsonl.gz, each with
the `check` that fails and what it `got`; parts that are there are not made again. The functions are other people's
code: they run in a container without network and privileges, with a read-only root. IMAGE needs Python 3.11 or later.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import itertools
import json
import os
import random
import reprlib
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rich.progress import track

from reasoncli.edits import Scope
from training.bugs import Bug, make_bugs
from training.collect import store
from training.execute.selection import is_self_contained
from training.mix import Weights

_PART = 2_000  # functions
_BUGS = 4  # of a function
_TINY = 4  # lines of a function, below which few are taken: there is nothing to look for
_TINY_KEPT = 0.2
_TRUTH = 0.6  # how often a check of what is true or false says no more than that
_DIFFER: dict[type, str] = {list: "Lists differ: ", tuple: "Tuples differ: "}  # what unittest says first
_SIDE = 30  # characters of a side of a comparison, as pytest shows it
_GUEST = Path(__file__).with_name("guest.py")
_CONTAINER = (
    "docker", "run", "--rm", "--interactive", "--network=none", "--read-only", "--cap-drop=ALL", "--user=65534:65534",
    "--security-opt=no-new-privileges", "--memory=2g", "--pids-limit=64", "--cpus=1",
)  # fmt: skip
_KEPT = ("source", "licence", "path", "name", "split")


def run_part(functions: Sequence[Mapping[str, Any]], weights: Weights, image: str, seed: str) -> list[dict[str, Any]]:
    """The bugs of some functions that a call shows, as records.

    Raises:
        RuntimeError: the container did not come to its end.
    """
    made = [_bugs(function, weights, seed) for function in functions]
    jobs = [
        {
            "id": number,
            "right": "\n".join(function["lines"]),
            "broken": ["\n".join(bug.before) for bug in bugs],
            "seed": f"{seed} {number}",
        }
        for number, (function, bugs) in enumerate(zip(functions, made, strict=True))
        if bugs
    ]
    command = [*_CONTAINER, image, "python3", "-I", "-c", _GUEST.read_text("utf-8")]
    done = subprocess.run(
        command, input="".join(json.dumps(job) + "\n" for job in jobs), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"the container ended with status {done.returncode}: {done.stderr.strip()[-500:]}")
    records = []
    for line in done.stdout.splitlines():
        answer = json.loads(line)
        function, bugs = functions[answer["id"]], made[answer["id"]]
        for told in answer["told"]:
            bug = bugs[told["index"]]
            rng = random.Random(f"{seed} {answer['id']} {told['index']}")
            name = function["name"].rpartition(".")[2]
            check, got = words(name, told, rng)
            records.append({key: function[key] for key in _KEPT} | bug.record() | {"check": check, "got": got})
    return records


def words(name: str, told: Mapping[str, str], rng: random.Random) -> tuple[str, str]:
    """A failing check as test suites have them, and what it got as their runners say it."""
    call = f"{name}({told['call']})"
    style = rng.choices(("assert", "variable", "unittest"), (6, 2, 2))[0]
    if "raises" in told:
        check, got = _raising(call, told["raises"], style)
    elif told["value"] in {"True", "False"} and rng.random() < _TRUTH:
        check, got = _truth(call, told["value"] == "True", told.get("got", ""), style)
    else:
        check, got = _equality(call, told["value"], told.get("got", ""), style, rng)
    return ast.unparse(ast.parse(check)), told.get("error", got)


def _raising(call: str, error: str, style: str) -> tuple[str, str]:
    if style == "unittest":
        return f"with self.assertRaises({error}):\n    {call}", f"{error} not raised"
    return f"with pytest.raises({error}):\n    {call}", f"Failed: DID NOT RAISE <class '{error}'>"


def _truth(call: str, wanted: bool, got: str, style: str) -> tuple[str, str]:
    if style == "unittest":
        return f"self.assert{wanted}({call})", f"{got} is not {str(wanted).lower()}"
    asked = "" if wanted else "not "
    first, name = (f"result = {call}\n", "result") if style == "variable" else ("", call)
    return f"{first}assert {asked}{name}", f"assert {asked}{got}"


def _equality(call: str, value: str, got: str, style: str, rng: random.Random) -> tuple[str, str]:
    kind = type(ast.literal_eval(value))
    same = bool(got) and kind is type(ast.literal_eval(got))
    if style == "unittest":
        differ = _DIFFER.get(kind, "") if same else ""
        return f"self.assertEqual({call}, {value})", f"{differ}{got} != {value}"
    compared = "is" if value in {"None", "True", "False"} and rng.random() < 0.7 else "=="
    first, name = (f"result = {call}\n", "result") if style == "variable" else ("", call)
    sides = (_short(got), _short(value)) if same and kind in {str, list, tuple, dict, set} else (got, value)
    return f"{first}assert {name} {compared} {value}", f"assert {sides[0]} {compared} {sides[1]}"


def _short(text: str) -> str:
    """As pytest shortens what it compares."""
    shortening = reprlib.Repr()
    shortening.maxstring = shortening.maxother = _SIDE
    text, head = shortening.repr(ast.literal_eval(text)), (_SIDE - 3) // 2
    return text if len(text) <= _SIDE else f"{text[:head]}...{text[head + 3 - _SIDE :]}"


def _bugs(function: Mapping[str, Any], weights: Weights, seed: str) -> list[Bug]:
    lines = function["lines"]
    digest = hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()
    return list(make_bugs(lines, Scope(), random.Random(f"{seed} {digest}"), weights, _BUGS))


def _parts(functions: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    iterator = iter(functions)
    while part := list(itertools.islice(iterator, _PART)):
        yield part


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--image", default=os.environ.get("REASONCLI_BASE_IMAGE", "python:3-slim"))
    parser.add_argument("--functions", type=int, help="at most so many")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    data: Path = arguments.data
    every = store.read(data / "functions.jsonl.gz")
    rng = random.Random(arguments.seed)
    kept = (each for each in every if len(each["lines"]) >= _TINY or rng.random() < _TINY_KEPT)
    wanted = itertools.islice((each for each in kept if is_self_contained(each["lines"])), arguments.functions)
    parts = list(_parts(wanted))
    weights = Weights.read(data / "weights.json")
    left = [
        (path, part)
        for number, part in enumerate(parts)
        if not (path := data / "executed" / f"{arguments.seed}-{number:04}.jsonl.gz").exists()
    ]
    print(
        f"{sum(map(len, parts)):,} functions that can be called by themselves, {len(left)} of {len(parts)} parts left"
    )

    def make(work: tuple[Path, list[dict[str, Any]]]) -> int:
        path, part = work
        records = run_part(part, weights, arguments.image, f"{arguments.seed} {path.name}")
        store.write(path, records)
        return len(records)

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as threads:
        total = sum(track(threads.map(make, left), "executing", total=len(left)))
    print(f"{total:,} bugs that a call shows, in {len(left)} new parts")


if __name__ == "__main__":
    main()
