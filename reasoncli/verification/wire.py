"""What is said to the in-sandbox runner, and what it answers (sandboxes/runner/run.py speaks the other side)."""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from reasoncli.verification.canaries import Canaries

_OUTPUT_LIMIT = 512 << 10
_REPORT_LIMIT = 64 << 20
_COVERAGE_LIMIT = 24 << 20
_WATCHED_LIMIT = 16 << 20
_ANSWER_LIMIT = 256 << 20  # bytes of a decompressed answer: a bound on what a hostile frame can make us hold
_LINE_LIMIT = 200  # characters of a progress line
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
        stop_after: stop once so many tests have failed (unittest: only 1 is heard); 0 for never.
        listed: run the tests file by file in the order in which they are named, where the hooks see them.
        shuffle: seed of another order for the tests; their own where it is `None`.
        compile: paths that must compile before anything runs.
        loaded: whether to report what is loaded in the end.
        junit: globs, relative to the repository's root, of JUnit files that the command writes by itself.
        progress: say on stderr, about once a second, how many tests have reported.
        canaries: tests of our own that run among the project's; `None` for none.
        watched: functions whose calls are recorded, by path; nothing for none.
        seeds: texts and integers to try in the place of others when these are called.
        unhooked: record them of no test, as the hooks don't see the tests.
    """

    command: str
    tests: Sequence[str] | None
    timeout: float
    test_timeout: float | None = None
    coverage: bool = False
    stop_after: int = 0
    listed: bool = False
    shuffle: int | None = None
    compile: Sequence[str] = ()
    loaded: bool = False
    env: Mapping[str, str] = field(default_factory=dict)
    progress: bool = False
    junit: Sequence[str] = ()
    canaries: Canaries | None = None
    watched: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unhooked: bool = False
    seeds: Sequence[str | int] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the runner saw.

    Attributes:
        exit_code: of the command; `None` when it was killed.
        hung: the test that neither ended nor could be interrupted.
        records: the report's lines, see sandboxes/runner/hooks/reasoncli_report.py.
        records_cut: there was more of it than the limit.
        junit: JUnit XML documents, as their files hold them.
        invalid: a path that doesn't compile; then nothing ran, and `output` is the compiler's message.
        lane: `warm`, or `cold: ` and why; empty without a resident runner.
    """

    exit_code: int | None
    timed_out: bool
    hung: str | None
    duration: float
    output: str
    records: str
    records_cut: bool
    junit: tuple[bytes, ...]
    invalid: str | None
    lane: str = ""


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
            "stop_after": request.stop_after,
            "listed": request.listed,
            "shuffle": request.shuffle,
            "compile": list(request.compile),
            "loaded": request.loaded,
            "junit": list(request.junit),
            "canaries": None if request.canaries is None else request.canaries.spec(),
            "watched": {path: list(names) for path, names in request.watched.items()} or None,
            "watched_limit": _WATCHED_LIMIT,
            "unhooked": request.unhooked,
            "seeds": list(request.seeds),
            "output_limit": _OUTPUT_LIMIT,
            "report_limit": _REPORT_LIMIT,
            "frame_limit": FRAME_LIMIT,
            "nonce": nonce,
            "progress": request.progress,
        }
    ).encode("ascii")


class ProgressReader:
    """Finds the runner's progress lines in its stderr; whatever else stands there, and however much, is passed over."""

    def __init__(self, nonce: str, tell: Callable[[int, int | None], None]) -> None:
        self._line = re.compile(rb"REASONCLI-PROGRESS %s (\d{1,9}) (\d{1,9}|-)$" % nonce.encode(), re.ASCII)
        self._tell = tell
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Take the next piece of stderr."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-_LINE_LIMIT:]
        for line in lines:
            if found := self._line.match(line[:_LINE_LIMIT]):
                self._tell(int(found[1]), None if found[2] == b"-" else int(found[2]))


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
    except (binascii.Error, zlib.error):
        return None
    return read(text) if inflate.eof else None


def read(text: bytes) -> Answer | None:
    """The answer in a result's JSON; `None` when it is damaged."""
    try:
        raw = json.loads(text)
        return Answer(
            exit_code=None if raw["exit_code"] is None else int(raw["exit_code"]),
            timed_out=bool(raw["timed_out"]),
            hung=None if raw["hung"] is None else str(raw["hung"]),
            duration=float(raw["duration"]),
            output=str(raw["output"]),
            records=str(raw["records"]),
            records_cut=bool(raw["records_cut"]),
            junit=tuple(base64.b64decode(data) for data in raw["junit"]),
            invalid=None if raw["invalid"] is None else str(raw["invalid"]),
            lane=str(raw.get("lane", "")),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError):
        return None
