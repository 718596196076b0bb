"""Models, rendered: the catalogue, one model's card, a download."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from reasoncli.models.catalogue import CatalogueEntry
from reasoncli.models.hub import CachedModel
from reasoncli.models.open import ModelCard
from reasoncli.models.pull import Progress as PullProgress
from reasoncli.reports.console import safe
from reasoncli.reports.words import clip

_GB = 1e9


def show_models(entries: Sequence[CatalogueEntry], cached: Sequence[CachedModel], out: Console) -> None:
    """A table: the embedded model, those that were pulled, and the catalogue."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="quiet", show_edge=False)
    for heading in ("model", "memory", "takes", "licence", "good for"):
        table.add_column(
            heading, justify="right" if heading == "memory" else "left", no_wrap=heading in ("model", "memory")
        )
    table.add_row("embedded", "0.1 GB", "line-repair", "Apache-2.0", "single-line Python bugs; nothing to download")
    pulled = {model.name.lower() for model in cached}
    for entry in entries:
        here = "pulled; " if str(entry.source).lower() in pulled else ""
        table.add_row(
            safe(entry.name),
            f"{entry.memory / _GB:.1f} GB",
            ", ".join(sorted(ability.value for ability in entry.abilities)) + (", thinks" if entry.reasoning else ""),
            safe(entry.licence),
            safe(f"{here}{entry.note}"),
        )
    known = {str(entry.source).lower() for entry in entries}
    for model in cached:
        if model.name.lower() not in known:
            table.add_row(safe(model.name), f"{model.size / _GB:.1f} GB", "", "", "pulled")
    out.print(table)


def models_json(entries: Sequence[CatalogueEntry], cached: Sequence[CachedModel]) -> str:
    """The same as one JSON object; sizes in bytes."""
    return json.dumps(
        {
            "schema_version": 1,
            "catalogue": [_plain(entry) for entry in entries],
            "pulled": [{"name": model.name, "path": str(model.path), "size": model.size} for model in cached],
        },
        indent=2,
    )


def _plain(entry: CatalogueEntry) -> dict[str, object]:
    return {
        "name": entry.name,
        "source": str(entry.source),
        "size": entry.size,
        "memory": entry.memory,
        "context": entry.context,
        "abilities": sorted(entry.abilities),
        "reasoning": entry.reasoning,
        "licence": entry.licence,
        "note": entry.note,
    }


def show_entry(entry: CatalogueEntry, out: Console) -> None:
    """What the catalogue says of a model that isn't on this machine, a line a fact."""
    rows = [
        ("model", entry.name),
        ("source", str(entry.source)),
        ("file", f"not on this machine; get it with `reasoncli models pull {entry.name}`"),
        ("download", f"{entry.size / _GB:.1f} GB"),
        ("memory", f"{entry.memory / _GB:.1f} GB with 32 sequences in 8,192 tokens of context"),
        ("context", f"{entry.context:,} tokens"),
        ("takes", ", ".join(sorted(entry.abilities))),
        ("thinks", "yes" if entry.reasoning else "no"),
        ("licence", entry.licence),
        ("good for", entry.note),
    ]
    _show_facts(rows, out)


def entry_json(entry: CatalogueEntry) -> str:
    """The same as one JSON object; sizes in bytes."""
    return json.dumps({"schema_version": 1, **_plain(entry), "pulled": False}, indent=2)


def show_card(card: ModelCard, out: Console) -> None:
    """One model, a line a fact."""
    takes = ", ".join(sorted(ability.value for ability in card.abilities)) or "nothing that is of use here"
    rows = [
        ("model", card.name),
        ("title", card.title),
        ("file", f"{card.path}" + (f" and {card.parts - 1} more" if card.parts > 1 else "")),
        ("architecture", card.architecture),
        ("parameters", f"{card.parameters / 1e6:,.1f} million"),
        ("weights", f"{card.weights_bytes / 1e6:,.1f} MB"),
        ("memory", f"{card.memory / 1e6:,.1f} MB with one sequence of {card.memory_context:,} tokens"),
        ("context", f"{card.context:,} tokens"),
        ("takes", takes + (f" ({card.infill})" if card.infill else "")),
        ("thinks", "yes" if card.reasoning else "no"),
        ("licence", card.licence or "not stated"),
        ("good for", card.note),
    ]
    _show_facts(rows, out)


def _show_facts(rows: Sequence[tuple[str, str]], out: Console) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="quiet", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        if value:
            table.add_row(name, safe(value))
    out.print(table)


def card_json(card: ModelCard) -> str:
    """The same as one JSON object; sizes in bytes."""
    plain = {name: getattr(card, name) for name in type(card).__slots__}
    return json.dumps(
        {"schema_version": 1, **plain, "path": str(card.path), "abilities": sorted(card.abilities)}, indent=2
    )


@contextmanager
def download_progress(err: Console) -> Iterator[PullProgress]:
    """Bars on a terminal; elsewhere a line for every tenth of a file."""
    if not err.file.isatty():
        yield _progress_lines(err)
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err) as bars:
        tasks: dict[str, TaskID] = {}

        def told(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(clip(safe(name).plain, 48), total=total)
            bars.update(tasks[name], completed=done)

        yield told


def _progress_lines(err: Console) -> PullProgress:
    tenths: dict[str, int] = {}

    def told(name: str, done: int, total: int) -> None:
        tenth = done * 10 // total if total else 10
        if tenth > tenths.get(name, -1):
            tenths[name] = tenth
            err.print(safe(f"{name}: {tenth * 10} % of {total / 1e6:,.1f} MB", "quiet"), soft_wrap=True)

    return told
