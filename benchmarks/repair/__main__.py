"""How well models repair functions: coverage within so many candidates, beside a baseline that has learnt nothing.

    python -m benchmarks.repair --data DIR [--weights a.gguf --weights b.gguf] [--limit 100] [--json out.json]

Four sets of bugs: a, synthetic ones (DIR/synthetic.jsonl.gz), and b, real fixes (DIR/fixes.jsonl.gz), both of
repositories that no training saw, where only the right function counts; c, bugs of small programs, where any counts
that passes the tests; d, synthetic ones that a call shows (DIR/executed), where again only the right function counts.
Of c and d a model that was taught to read it is told which check failed and what it got. Ways of proposing: samples as
they are drawn, and each once; enumerated edits as the model ranks them; both in turns, each once; and, for comparison,
the same edits in random order. "Told" is which lines are wrong; else the model's own doubt says where to look. A set
without a file is left out.
"""

from __future__ import annotations

import argparse
import json
import time
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from benchmarks.repair.algorithms import program_bugs
from benchmarks.repair.bugs import Bug, read_bugs
from benchmarks.repair.figures import BUDGETS, as_json, remarks, shares_table, table
from benchmarks.repair.judging import Judging
from benchmarks.repair.measuring import Measured, measure
from benchmarks.repair.model import Model

_TITLES = {
    "a": "(a) held-out synthetic bugs",
    "b": "(b) held-out real fixes",
    "c": "(c) bugs of small programs",
    "d": "(d) held-out synthetic bugs that a call shows",
}
_FILES = {"a": "synthetic.jsonl.gz", "b": "fixes.jsonl.gz", "d": "executed/*.jsonl.gz"}


def main() -> None:
    """Measure, print the tables, write the JSON file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", action="append", help="GGUF file or `embedded`; may be given several times")
    parser.add_argument("--data", type=Path, help="folder of the held-out bugs")
    parser.add_argument("--sets", default="a,b,c,d")
    parser.add_argument("--split", default="test", choices=("test", "dev"), help="dev: to choose settings by")
    parser.add_argument("--limit", type=int, help="bugs of each set")
    parser.add_argument("--minutes", type=float, help="begin no further bug of a set after that time")
    parser.add_argument("--longest", type=int, default=60, help="lines of a function at most, but in set c")
    parser.add_argument("--json", type=Path, help="write outcomes by bug there")
    options = parser.parse_args()
    console = Console(width=None if Console().is_terminal else 140)
    models = _models(options.weights or ["embedded"])
    written = {}
    with ExitStack() as open_ones:
        judging = open_ones.enter_context(Judging())
        for model in models:
            open_ones.callback(model.sampler.close)
        for name in options.sets.split(","):
            bugs = _bugs(name, options, judging, console)
            if not bugs:
                continue
            measured = _measured(bugs, models, options)
            _show(console, name, measured)
            written[name] = as_json(measured)
            if options.json:
                used = {model.name: {"path": str(model.path), "digest": model.sampler.info.digest} for model in models}
                options.json.write_text(json.dumps({"weights": used, "sets": written}), encoding="utf-8")


def _models(specs: list[str]) -> list[Model]:
    short = [Path(spec).stem for spec in specs]
    return [Model(name if short.count(name) == 1 else spec, spec) for name, spec in zip(short, specs, strict=True)]


def _bugs(name: str, options: argparse.Namespace, judging: Judging, console: Console) -> list[Bug]:
    if name == "c":
        return program_bugs(judging, limit=options.limit)
    paths = sorted(options.data.glob(_FILES[name])) if options.data is not None else []
    if not paths:
        console.print(f"{_TITLES[name]}: no {_FILES[name]}, left out")
        return []
    bugs, long, unreadable = read_bugs(paths, split=options.split, limit=options.limit, longest=options.longest)
    console.print(
        f"{_TITLES[name]}: {long} left out that are longer than {options.longest} lines, "
        f"{unreadable} that this Python reads otherwise"
    )
    return bugs


def _measured(bugs: list[Bug], models: list[Model], options: argparse.Namespace) -> list[Measured]:
    started = time.monotonic()
    measured: list[Measured] = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for bug in progress.track(bugs, description="bugs"):
            if options.minutes is not None and measured and time.monotonic() - started > 60 * options.minutes:
                break
            measured.append(measure(bug, models, most=BUDGETS[-1]))
    return measured


def _show(console: Console, name: str, measured: list[Measured]) -> None:
    if name == "c":
        console.print(table(f"{_TITLES[name]}, plausible", measured, exact=False))
        console.print(table(f"{_TITLES[name]}, the right function", measured, exact=True))
    else:
        console.print(table(_TITLES[name], measured, exact=True))
    console.print(shares_table(_TITLES[name], measured))
    for remark in remarks(measured):
        console.print(remark)
    console.print()


if __name__ == "__main__":
    main()
