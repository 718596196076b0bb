"""What a batch leaves for others to read: predictions in SWE-bench's form, a patch a file, the table as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from reasoncli.batch.book import Book
from reasoncli.batch.outcome import Outcome, State
from reasoncli.batch.overview import expected, total_of
from reasoncli.errors import Interrupted
from reasoncli.reports.spending import outlook_object, spending_object
from reasoncli.repository import write_patch
from reasoncli.workflow.result import CHOSEN

SCHEMA_VERSION = 1

PREDICTIONS, PATCHES, TABLE = "predictions.jsonl", "patches", "results.json"


def write_results(book: Book, outcomes: Mapping[str, Outcome], model: str, folder: Path) -> None:
    """Write them anew, each file whole or not at all.

    A prediction with an empty patch says that none was found; issues that failed or wait have no prediction.

    Args:
        book: of the batch.
        outcomes: of its issues, by key.
        model: the name to give in predictions.
        folder: made if it isn't there.

    Raises:
        RepositoryError, DiskFullError: it can't be written.
    """
    (folder / PATCHES).mkdir(parents=True, exist_ok=True)
    lines = []
    for found in outcomes.values():
        if found.state in (State.WAITING, State.FAILED):
            continue
        patch = _patch(book, found)
        if patch:
            write_patch(folder / PATCHES / f"{found.key}.patch", patch)
        row = {"instance_id": found.key, "model_name_or_path": f"reasoncli+{model}", "model_patch": patch}
        lines.append(json.dumps(row))
    write_patch(folder / PREDICTIONS, "".join(f"{line}\n" for line in lines))
    write_patch(folder / TABLE, json.dumps(table(book, list(outcomes.values())), indent=2) + "\n")


def table(book: Book, outcomes: Sequence[Outcome], exit_status: int | None = None) -> dict[str, Any]:
    """All outcomes as JSON values, with what the list took and may come to take."""
    total = total_of(book, outcomes)
    return {
        "schema_version": SCHEMA_VERSION,
        "batch": book.id,
        "exit_code": exit_code(outcomes) if exit_status is None else exit_status,
        "counts": {state.value: sum(each.state is state for each in outcomes) for state in State},
        "spending": spending_object(total),
        "expected": outlook_object(expected(total, outcomes)),
        "issues": [
            {**asdict(each), "state": each.state.value, "spending": spending_object(each.spending)} for each in outcomes
        ],
    }


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """0 where every issue has a verified patch; 3 where one failed by us; 130 where one waits; 1 for anything less."""
    states = {each.state for each in outcomes}
    if State.WAITING in states:
        return Interrupted.exit_code
    if State.FAILED in states:
        return 3
    return 0 if states <= {State.VERIFIED} else 1


def _patch(book: Book, found: Outcome) -> str:
    if found.state is State.NO_PATCH:
        return ""
    try:
        return (book.store.folder(found.run) / CHOSEN).read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return ""
