"""Frames of failures whose report has a stack trace in text only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from reasoncli.domain import TestReport
from reasoncli.stack_traces import Files, located


def with_frames(report: TestReport, paths: Collection[str]) -> TestReport:
    """A report in which every failure has the frames that its text tells of, in the repository's files."""
    files = Files(paths)
    results = {
        test: replace(result, frames=located(f"{result.message}\n{result.traceback}", files))
        if result.traceback and not result.frames and not result.outcome.ok
        else result
        for test, result in report.results.items()
    }
    return replace(report, results=results)
