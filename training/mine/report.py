"""The distribution of real fixes, as tables: patterns, shapes, places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from training.mine.dataset import Record

SPLITS = ("train", "dev", "test")


def place(record: Record) -> str:
    """Where in the function a fix stands: its header, or which third of its body."""
    if record["start"] == 0 and record["end"] > 0:
        return "header"
    body = max(len(record["before"]) - 1, 1)
    return ("first third", "middle third", "last third")[min(2, 3 * (record["start"] - 1) // body)]


def shape(record: Record) -> str:
    """How many lines go and how many come: "1 -> 2"."""
    return f"{record['end'] - record['start']} -> {len(record['replacement'])}"


def size(record: Record) -> str:
    """How long the function is before the fix, in ranges of printed lines."""
    length = len(record["before"])
    return next((f"up to {most:3} lines" for most in (5, 10, 20, 40, 80, 160) if length <= most), "longer")


def show(fixes: Sequence[Record], dropped: Counter[str], console: Console) -> None:
    """Print how many fixes each split has and how they are distributed, and what candidates were dropped for."""
    splits = Counter(record["split"] for record in fixes)
    for split in SPLITS:
        part = [record for record in fixes if record["split"] == split]
        sources = len({record["source"] for record in part})
        tested = sum(record["tests"] for record in part)
        console.print(
            f"{split}: {splits[split]:,} fixes of {sources} repositories, {tested:,} with tests in the same commit"
        )
    _table("pattern", Counter(record["pattern"] for record in fixes), console)
    _table("lines removed -> added", Counter(map(shape, fixes)), console)
    _table("place in the function", Counter(map(place, fixes)), console)
    _table("function", Counter(map(size, fixes)), console)
    _table("candidates dropped", dropped, console)


def _table(title: str, counts: Counter[str], console: Console) -> None:
    total = sum(counts.values())
    table = Table(title, "count", "share", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, count in counts.most_common():
        table.add_row(name, f"{count:,}", f"{count / total:.1%}")
    console.print()
    console.print(table)
