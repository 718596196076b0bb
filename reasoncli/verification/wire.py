"""What is said to the in-sandbox runner, and what it answers (sandboxes/runner/run.py speaks the other side)."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reasoncli.verification.canaries import Canaries

_OUTPUT_LIMIT = 512 << 10
_REPORT_LIMIT = 64 << 20
_COVERAGE_LIMIT = 24 << 20
_ANSWER_LIMIT = 256 << 20  # bytes of a decompressed answer: a bound on what a hostile frame can make us hold
FRAME_LIMIT = 300 << 10  # characters of a frame in one answer; far below what any sandbox lets through


@dataclass(frozen=True, slots=True)
class Request:
    """One run of the test command.

    Attributes:
        command: a shell line, `{tests}` filled in; `{junit}` becomes the path where JUnit XML is looked for.
        tests: ids to run, everything when `None`.
        timeout: wall-clock seconds for the command.
        test_timeout: seconds for one test, after which it is interrupted and the next one runs.
        coverage: whether to record the lines each test executes.
        fail_fast: stop at the first test that fails.
        compile: paths that must compile before anything runs.
        canaries: tests of our own that run among the project's; `None` for none.
    """

    command: str
    tests: Sequence[str] | None
    timeout: float
    test_timeout: float | None = None
    coverage: bool = False
    fail_fast: bool = False
    compile: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    canaries: Canaries | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the runner saw.

    Attributes:
        exit_code: of the command; `None` when it was killed.
        hung: the test that neither ended nor could be interrupted.
        records: the report's lines, see sandboxes/runner/hooks/reasoncli_report.py.
        records_cut: there was more of it than the limit.
        junit: JUnit XML documents.
        invalid: a path that doesn't compile; then nothing ran, and `output` is the compiler's message.
    """

    exit_code: int | None
    timed_out: bool
    hung: str | None
    duration: float
    output: str
    records: str
    records_cut: bool
    junit: tuple[str, ...]
    invalid: str | None


def encode(request: Request, *, root: str, nonce: str) -> bytes:
    """The spec that run.py reads from stdin."""
    return json.dumps(
        {
            "command": request.command,
            "tests": None if request.tests is None else list(request.tests),
            "root": root,
            "env": dict(request.env),
            "timeout": request.timeout,
            "test_timeout": request.test_timeout,
            "coverage": request.coverage,
            "coverage_limit": _COVERAGE_LIMIT,
            "fail_fast": request.fail_fast,
            "compile": list(request.compile),
            "canaries": None if request.canaries is None else request.canaries.spec(),
            "output_limit": _OUTPUT_LIMIT,
            "report_limit": _REPORT_LIMIT,
            "frame_limit": FRAME_LIMIT,
            "nonce": nonce,
        }
    ).encode("ascii")


@dataclass(frozen=True, slots=True)
class Frame:
    """The beginning of an answer, or all of it: `rest` is a path inside the sandbox with the whole body, or empty."""

    body: bytes
    length: int
    rest: str


def find_frame(stdout: bytes, nonce: str) -> Frame | None:
    """The frame in the runner's output; `None` when the runner didn't live to print one."""
    lines = stdout.split(b"\n")
    mark = f"REASONCLI-FRAME {nonce} ".encode()
    for number, line in enumerate(lines[:-1]):
        if line.startswith(mark):
            length, _, rest = line[len(mark) :].decode("utf-8", "replace").partition(" ")
            if length.isdigit():
                return Frame(lines[number + 1], int(length), rest.strip())
    return None


def decode(body: bytes) -> Answer | None:
    """The answer in a whole frame body; `None` when it is damaged."""
    try:
        inflate = zlib.decompressobj()
        text = inflate.decompress(base64.b64decode(body, validate=True), _ANSWER_LIMIT)
        raw = json.loads(text) if inflate.eof else None
    except (binascii.Error, zlib.error, ValueError):
        return None
    if not isinstance(raw, dict):
        return None
    try:
        return Answer(
            exit_code=None if raw["exit_code"] is None else int(raw["exit_code"]),
            timed_out=bool(raw["timed_out"]),
            hung=None if raw["hung"] is None else str(raw["hung"]),
            duration=float(raw["duration"]),
            output=str(raw["output"]),
            records=str(raw["records"]),
            records_cut=bool(raw["records_cut"]),
            junit=tuple(str(text) for text in raw["junit"]),
            invalid=None if raw["invalid"] is None else str(raw["invalid"]),
        )
    except (KeyError, TypeError, ValueError):
        return None
