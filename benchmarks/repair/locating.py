"""Whether a model doubts the right line: its P(keep) of every line of small programs with a bug in one.

    python -m benchmarks.repair.locating --weights embedded [--weights a.gguf] [--limit 100]

A minute of one core for all of some 350 bugs: the quickest look at what training did.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from benchmarks.repair.algorithms import program_bugs
from benchmarks.repair.bugs import Bug
from benchmarks.repair.judging import Judging
from benchmarks.repair.model import Asked, Model


@dataclass(frozen=True, slots=True)
class Located:
    """One bug.

    Attributes:
        rank: of the wrong line among all, the most doubted being 1.
        wrong, right: P(keep) of it, and the mean over the other lines.
    """

    rank: int
    wrong: float
    right: float


def located(bug: Bug, model: Model) -> Located | None:
    """Ask about every line; `None` where the wrong one can't be asked about, or is the only one."""
    keeps = Asked(model, bug.before, 0, bug.hints).keeps()
    wrong = keeps.pop(bug.wrong, None)
    if wrong is None or not keeps:
        return None
    return Located(1 + sum(keep < wrong for keep in keeps.values()), wrong, sum(keeps.values()) / len(keeps))


def show(rows: Sequence[tuple[str, int, Sequence[Located]]], console: Console) -> None:
    """Print a line for each model: its name, how many bugs it was asked about, and what it located of them."""
    table = Table("weights", "bugs", "first", "among the first 3", "P(keep): right lines", "wrong line")
    for name, bugs, found in rows:
        first, three = (sum(each.rank <= most for each in found) / bugs for most in (1, 3))
        right, wrong = (sum(getattr(each, key) for each in found) / max(len(found), 1) for key in ("right", "wrong"))
        table.add_row(name, str(bugs), f"{first:.0%}", f"{three:.0%}", f"{right:.3f}", f"{wrong:.3f}")
    console.print(table)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", action="append", help="GGUF file or `embedded`; may be given several times")
    parser.add_argument("--limit", type=int, help="bugs")
    arguments = parser.parse_args()
    with Judging() as judging:
        bugs = [bug for bug in program_bugs(judging, limit=arguments.limit) if bug.wrong[1] == bug.wrong[0] + 1]
    rows = []
    for spec in arguments.weights or ["embedded"]:
        model = Model(spec, spec)
        with closing(model.sampler):
            found = [each for bug in bugs if (each := located(bug, model)) is not None]
        rows.append((spec, len(bugs), found))
    show(rows, Console())


if __name__ == "__main__":
    main()
