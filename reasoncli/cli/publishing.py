"""What a run leaves for a CI server: JUnit XML where it was asked for, and GitHub's job summary and annotations."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from reasoncli.domain import Issue
from reasoncli.errors import ReasoncliError, UsageError
from reasoncli.reports import github
from reasoncli.reports.console import console, safe
from reasoncli.reports.junit import to_junit
from reasoncli.reports.summary import Summary
from reasoncli.repository import write_patch


@dataclass(frozen=True, slots=True)
class Published:
    """Where one run's result goes besides the streams.

    Attributes:
        issue: what is reported on where the run fails.
        junit: file for JUnit XML.
        github: whether GitHub's reports are written; `None` where GitHub Actions runs this.
    """

    issue: Issue
    junit: Path | None = None
    github: bool | None = None

    def check(self) -> None:
        """Refuse what can't be written, before any work is done.

        Raises:
            UsageError: there is no such folder, or a folder is in the file's place.
        """
        if self.junit is not None and (self.junit.is_dir() or not self.junit.absolute().parent.is_dir()):
            raise UsageError(f"can't write {self.junit}", hint="--junit-report takes a file in a folder that is there.")

    @contextmanager
    def around(self) -> Iterator[None]:
        """While a run is made and shown: a failure is reported, and no text of a run is taken for a command."""
        try:
            with github.quiet(sys.stderr, wanted=github.in_actions(os.environ)):
                yield
                sys.stdout.flush()
        except ReasoncliError as error:
            with suppress(ReasoncliError):  # the run's own error is the one to tell
                self.result(Summary("", "", self.issue, None, exit_code=error.exit_code, error=str(error)))
            raise

    def result(self, summary: Summary) -> None:
        """Report a run that ended; raises what `results` does."""
        self.results([summary])

    def results(self, summaries: Sequence[Summary]) -> None:
        """Report runs that ended.

        Raises:
            UsageError, DiskFullError: the JUnit file can't be written.
        """
        wanted = github.in_actions(os.environ) if self.github is None else self.github
        if wanted:
            github.annotate(summaries, sys.stderr)
            try:
                github.append_summary(github.markdown(summaries), os.environ)
            except OSError as error:
                console().print(safe(f"Warning: the job summary can't be written: {error.strerror}", "warn"))
        if self.junit is not None:
            write_patch(self.junit, to_junit(summaries))
