"""Runs sandboxes/runner/run.py as a sandbox would, with any Python, and reads its answer."""

from __future__ import annotations

import os
import subprocess
import textwrap
from dataclasses import dataclass, replace
from pathlib import Path

from reasoncli.resources import sandboxes_dir
from reasoncli.verification import wire
from reasoncli.verification.records import Records, read_records

RUNNER = sandboxes_dir() / "runner" / "run.py"
NONCE = "0123456789abcdef"


@dataclass(frozen=True)
class Seen:
    answer: wire.Answer
    records: Records

    def outcomes(self) -> dict[str, str]:
        return {test: result.outcome.value for test, result in self.records.results.items()}


def write_tree(root: Path, **files: str) -> Path:
    """Write Python files: `a__b` names a/b.py, and `a____init__` names a/__init__.py."""
    for name, text in files.items():
        folder, package, _ = name.partition("____init__")
        path = root / (folder.replace("__", "/") + ("/__init__.py" if package else ".py"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    return root


def run(python: str, root: Path, command: str, **changes: object) -> Seen:
    request = replace(wire.Request(command=command, tests=None, timeout=60.0), **changes)  # type: ignore[arg-type]
    answer = answer_of(python, root, request)
    assert answer is not None, "the runner gave no answer"
    return Seen(answer, read_records(answer.records))


def answer_of(python: str, root: Path, request: wire.Request, **variables: str) -> wire.Answer | None:
    environment = {"PATH": os.defpath, "HOME": str(root), **variables}
    spec = wire.encode(request, root=str(root), nonce=NONCE)
    done = subprocess.run(
        [python, str(RUNNER)], input=spec, capture_output=True, env=environment, check=False, timeout=120
    )
    frame = wire.find_frame(done.stdout, NONCE)
    if frame is None:
        return None
    body = frame.body
    while frame.rest and len(body) < frame.length:
        more = [python, str(RUNNER), "--read", frame.rest, str(len(body)), str(wire.FRAME_LIMIT)]
        body += subprocess.run(more, capture_output=True, check=True, timeout=30).stdout
    if frame.rest:
        Path(frame.rest).unlink()
    return wire.decode(body)
