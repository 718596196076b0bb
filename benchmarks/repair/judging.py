"""Programs judged by their tests, in a process apart."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

SECONDS = 0.1  # of processor time, for all tests of a program; the right ones take some thousandths


class Judging:
    """A process that judges programs; use it as a context manager. Verdicts are remembered by text."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self._known: dict[tuple[str, tuple[str, ...]], bool] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="reasoncli-bench-")
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).with_name("judge_server.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=self._folder.name,
        )

    def passes(self, sources: Sequence[str], tests: Sequence[str]) -> list[bool]:
        """Whether every test is true of each program, within the time.

        Raises:
            RuntimeError: the judging process is gone.
        """
        asked = tuple(tests)
        new = [source for source in dict.fromkeys(sources) if (source, asked) not in self._known]
        if new:
            for source, digit in zip(new, self._ask(new, asked), strict=True):
                self._known[source, asked] = digit == "1"
        return [self._known[source, asked] for source in sources]

    def failure(self, source: str, tests: Sequence[str]) -> tuple[int | None, str]:
        """The first test that is not true of a program, and what it got.

        Returns:
            its index, `None` if all are true; and the text, empty where that can't be told.

        Raises:
            RuntimeError: the judging process is gone.
        """
        index, got = json.loads(self._ask([source], tests, failure=True))
        return index, got

    def _ask(self, sources: Sequence[str], tests: Sequence[str], *, failure: bool = False) -> str:
        if self._process.stdin is None or self._process.stdout is None:
            raise AssertionError("both are pipes")
        request = {"sources": list(sources), "tests": list(tests), "seconds": self.seconds, "failure": failure}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the judging process has ended")
        return answer.strip()

    def close(self) -> None:
        """End the process. Idempotent."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._folder.cleanup()

    def __enter__(self) -> Judging:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
