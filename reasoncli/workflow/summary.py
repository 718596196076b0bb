"""A stored run as the value that reports render."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from reasoncli.domain import Completion, Prompt, Spending
from reasoncli.reports.show import RunLine
from reasoncli.reports.summary import Cost, Summary
from reasoncli.repository.applied import Applied, How
from reasoncli.runs.record import RunRecord
from reasoncli.runs.store import RunEntry
from reasoncli.voting.sampled import sampled
from reasoncli.workflow.result import CHOSEN, FixResult


def summarize(record: RunRecord, folder: Path, *, live: bool = False) -> Summary:
    """A run as it stands in the store."""
    totals = record.totals
    applied, undone = record.applied, record.head.undone is not None
    return Summary(
        run=record.head.id,
        stored=str(folder),
        issue=record.issue,
        decision=record.decision,
        candidates=record.candidates,
        baseline=record.baseline,
        suspects=record.suspects,
        live=live,
        cost=Cost(
            samples=record.head.samples,
            ranked=record.head.ranked,
            tokens=_recorded_tokens(record) if totals is None else totals.tokens,
            model_seconds=totals.model_seconds if totals is not None else 0.0,
            test_seconds=totals.test_seconds if totals is not None else 0.0,
            total_seconds=sum(stage.seconds for stage in record.stages),
            spending=spending_of(record),
        ),
        rejected=totals.rejected if totals is not None else MappingProxyType({}),
        refused=totals.refused if totals is not None else (),
        origins=MappingProxyType({prompt.id: _origin(prompt) for prompt in record.prompts}),
        reproductions=record.reproductions or (),
        given=record.request is not None and bool(record.request.patches),
        stages=tuple((stage.stage, stage.seconds, stage.detail) for stage in record.stages),
        applied=() if applied is None else (f"{_where(applied)}{', taken back since' if undone else ''}",),
        undo=applied is not None and not undone,
        warnings=record.warnings,
        manifest=MappingProxyType({} if record.manifest is None else _manifest(record)),
        created=record.head.created,
        sampled=sampled(
            record.candidates,
            [sum(each.count for each in batch if not each.rank) for batch in record.recorded.batches],
            len(record.baseline.targets) if record.baseline is not None else 0,
            record.head.ranked,
        ),
        spent=tuple(_spent(record)),
        excerpts=record.excerpts,
    )


def summarize_result(result: FixResult) -> Summary:
    """A run that has just ended: with its exit code, and why the patch was withheld if it was."""
    summary = summarize(result.record, result.folder)
    lines = [*summary.applied]
    lines += [f"written to {result.patch_file}"] if result.patch_file is not None else []
    if result.withheld and summary.chosen is not None:
        kept = shlex.quote(str(result.folder / CHOSEN))
        lines += [f"nothing was written: {result.withheld}", f"the patch is kept: git apply {kept}"]
    return replace(summary, applied=tuple(lines), exit_code=result.exit_code)


def line(entry: RunEntry) -> RunLine:
    """A run in a listing."""
    head = entry.head
    if head is None:
        status = "running" if entry.live else "damaged"
        return RunLine(entry.id, 0.0, status, entry.damage, "", 0)
    status = "running" if entry.live else head.status or "interrupted"
    applied = "" if head.applied is None else "applied" if head.undone is None else "undone"
    return RunLine(head.id, head.created, status, head.issue, head.repository, head.samples, applied, head.ranked)


def spending_of(record: RunRecord) -> Spending:
    """What a run took; of earlier versions' runs only the tokens are known."""
    if record.spending is not None:
        return record.spending
    return Spending(tokens=_recorded_tokens(record) if record.totals is None else record.totals.tokens)


def _recorded_tokens(record: RunRecord) -> int:
    return sum(each.tokens for batch in record.recorded.batches for each in batch)


def _spent(record: RunRecord) -> Iterator[tuple[str, int, int]]:
    """(what was asked for, answers, tokens); answers of a batch that was cut short are known by their tokens only."""
    completions = [each for batch in record.recorded.batches for each in batch]
    for name, these in (
        ("samples", [each for each in completions if not each.rank]),
        ("ranked proposals", [each for each in completions if each.rank]),
    ):
        if these:
            yield name, sum(each.count for each in these), sum(each.tokens for each in these)
    asked: dict[str, list[Completion]] = {}
    for consultation in record.consultations:
        asked.setdefault(consultation.purpose, []).extend(consultation.answers)
    for purpose, answers in asked.items():
        yield purpose, sum(each.count for each in answers), sum(each.tokens for each in answers)
    known = sum(each.tokens for each in [*completions, *(one for these in asked.values() for one in these)])
    if record.totals is not None and record.totals.tokens > known:
        yield "a batch that was cut short", 0, record.totals.tokens - known


def _origin(prompt: Prompt) -> str:
    """Whose patch it was, or what a model was asked about."""
    region = prompt.region
    if prompt.source or region is None:
        return prompt.source or f"a conversation about {', '.join(prompt.files) or 'the issue'}"
    return f"{region.path}:{region.start}" + (f"-{region.end}" if region.end > region.start else "")


def _where(applied: Applied) -> str:
    files = ", ".join(file.path for file in applied.files)
    match applied.how:
        case How.WORK_TREE:
            return f"{files} in the work tree, uncommitted"
        case How.BRANCH:
            return f"branch {applied.reference.removeprefix('refs/heads/')}, commit {applied.commit[:12]}"
        case How.COMMIT:
            return f"{files}, commit {applied.commit[:12]}"


def _manifest(record: RunRecord) -> dict[str, object]:
    """The manifest as JSON values, prompts by their hashes."""
    assert record.manifest is not None  # noqa: S101 - the caller looked
    plain = {
        field: dict(value) if isinstance(value, MappingProxyType) else value
        for field, value in ((name, getattr(record.manifest, name)) for name in type(record.manifest).__slots__)
    }
    return {**plain, "prompts": [prompt.id for prompt in record.prompts]}
