"""One run of the test command in a sandbox, from request to report."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from reasoncli.domain import Evidence, Outcome, TestPlan, TestReport, TestResult
from reasoncli.errors import SandboxFailure
from reasoncli.sandbox.interface import Command, CommandResult, Sandbox
from reasoncli.verification import selectors, wire
from reasoncli.verification.canaries import Canaries
from reasoncli.verification.junit import parse_junit
from reasoncli.verification.lines import parse_lines
from reasoncli.verification.records import Records, read_records

WHOLE_COMMAND = "<test command>"  # the id of a run of which only the exit status is known
_MARGIN = 20.0  # seconds the runner has beyond the command's own limit: to kill, read and answer
_OUTPUT_LIMIT = 16 << 10
_JUNIT_PATH = "/tmp/reasoncli-junit.xml"  # noqa: S108 - inside a sandbox that belongs to one run at a time


@dataclass(frozen=True, slots=True)
class Run:
    """A report, and what else the runner knows of it.

    Attributes:
        collected: ids that were going to run, in order; empty for weak evidence.
        missing: those of them that never reported.
        hung: a test that neither ended nor could be interrupted.
        invalid: a path that doesn't compile; nothing ran, and the report's output is the compiler's message.
        answered: the runner lived to answer; otherwise something inside killed it.
        problem: one line that says what kept the run from its regular end, or an empty string.
        untrusted: what is wrong with the canaries, or an empty string.
    """

    report: TestReport
    collected: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    hung: str | None = None
    invalid: str | None = None
    answered: bool = True
    problem: str = ""
    untrusted: str = ""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run, apart from what.

    Attributes:
        timeout: wall-clock seconds for the command.
        test_timeout: seconds for one test; `None` for no such limit.
        coverage: whether to record lines.
        fail_fast: stop at the first failing test.
        compile: paths that must compile first.
        evidence: how the ids that are asked for were obtained.
        env: added to the environment of the command.
    """

    timeout: float
    test_timeout: float | None = None
    coverage: bool = False
    fail_fast: bool = False
    compile: Sequence[str] = ()
    evidence: Evidence = Evidence.STRUCTURED
    env: Mapping[str, str] = field(default_factory=dict)


def run_tests(sandbox: Sandbox, plan: TestPlan, tests: Sequence[str] | None, options: RunOptions) -> Run:
    """Run these tests (everything with `None`) and tell what became of each.

    A run whose processes were killed, that ended early or that nobody could hook is told as what it is; the exit
    code alone never makes a test pass.

    Raises:
        SandboxFailure: the sandbox broke.
    """
    command = selectors.fill(plan.command, tests, options.evidence)
    if sandbox.python is None:
        return _run_bare(sandbox, command, options)
    request = wire.Request(
        command=command,
        tests=tests,
        timeout=options.timeout,
        test_timeout=options.test_timeout,
        coverage=options.coverage,
        fail_fast=options.fail_fast,
        compile=options.compile,
        env=options.env,
        canaries=Canaries.drawn(),
    )
    nonce = secrets.token_hex(16)
    spec = wire.encode(request, root=sandbox.root, nonce=nonce)
    argv = (sandbox.python, f"{sandbox.runner}/run.py")
    result = sandbox.run(Command(argv, stdin=spec, timeout=options.timeout + _MARGIN))
    answer = _answer(sandbox, result, nonce)
    return _lost(result) if answer is None else interpret(answer, request.canaries)


def interpret(answer: wire.Answer, canaries: Canaries | None = None) -> Run:
    """What a runner's answer says about the tests."""
    records = read_records(answer.records)
    wrong = None if canaries is None else canaries.take_out(records)
    if answer.invalid is not None:
        return Run(
            _report({}, Evidence.STRUCTURED, answer, complete=False), invalid=answer.invalid, problem=answer.output
        )
    if records.claimed or records.sessions:
        run = _structured(answer, records)
        return replace(run, report=replace(run.report, canaries=wrong == ""), untrusted=wrong or "")
    ended = answer.exit_code is not None and not answer.timed_out
    if answer.junit:
        parsed = parse_junit(answer.junit)
        if parsed.results:
            report = _report(parsed.results, Evidence.JUNIT, answer, complete=ended and parsed.complete)
            return Run(report, problem="" if report.complete else "the JUnit report is not whole")
    found = parse_lines(answer.output)
    if found:
        return Run(_report(found, Evidence.LINES, answer, complete=ended), problem=_ending(answer))
    outcome = Outcome.TIMEOUT if answer.timed_out else Outcome.PASSED if answer.exit_code == 0 else Outcome.FAILED
    whole = {WHOLE_COMMAND: TestResult(WHOLE_COMMAND, outcome, answer.duration, _last_line(answer.output))}
    return Run(_report(whole, Evidence.EXIT_CODE, answer, complete=ended), problem=_ending(answer))


def _structured(answer: wire.Answer, records: Records) -> Run:
    results = dict(records.results)
    for test in records.started:  # began, and took the process with it
        if test == answer.hung or answer.timed_out:
            results.setdefault(test, TestResult(test, Outcome.TIMEOUT, message="ran past the time limit"))
        elif test not in results:
            results[test] = TestResult(test, Outcome.ERROR, message="the test process ended while this test ran")
    complete = records.whole and not answer.records_cut and answer.exit_code is not None and not answer.timed_out
    problem = "" if complete else _why_incomplete(answer, records)
    report = _report(results, Evidence.STRUCTURED, answer, complete=complete)
    return Run(
        replace(report, coverage=records.coverage),
        collected=tuple(records.collected),
        missing=() if records.stopped else tuple(test for test in records.collected if test not in results),
        hung=answer.hung,
        problem=problem,
    )


def _why_incomplete(answer: wire.Answer, records: Records) -> str:
    ending = _ending(answer)
    if ending:
        return ending
    if not records.sessions:
        return f"the test program could not start: {_last_line(answer.output)}"
    if records.closed < records.sessions:
        return f"the test process ended early with exit status {answer.exit_code}"
    if records.missing:
        return f"{len(records.missing)} of {len(records.collected)} collected tests never reported"
    return "the report is damaged"


def _ending(answer: wire.Answer) -> str:
    if answer.timed_out:
        return f"timed out after {answer.duration:.0f} s"
    if answer.hung is not None:
        return f"{answer.hung} hangs and can't be interrupted"
    if answer.exit_code is not None and answer.exit_code < 0:
        return f"the test command was killed by signal {-answer.exit_code}"
    return ""


def _report(
    results: Mapping[str, TestResult], evidence: Evidence, answer: wire.Answer, *, complete: bool
) -> TestReport:
    return TestReport(
        results=results,
        evidence=evidence,
        exit_code=answer.exit_code,
        duration=answer.duration,
        timed_out=answer.timed_out,
        complete=complete,
        output=answer.output[-_OUTPUT_LIMIT:],
    )


def _lost(result: CommandResult) -> Run:
    """The runner gave no answer: it was killed from inside, or by the memory or time limit."""
    text = (result.stdout + b"\n" + result.stderr).decode("utf-8", "replace").strip()
    if result.oom:
        problem = "the memory limit of the sandbox was reached"
    elif result.timed_out:
        problem = "the runner was held up until the time limit"
    else:
        problem = f"the runner was killed (exit status {result.exit_code})"
    report = TestReport(
        results={},
        evidence=Evidence.EXIT_CODE,
        exit_code=result.exit_code,
        duration=result.duration,
        timed_out=result.timed_out,
        complete=False,
        output=text[-_OUTPUT_LIMIT:],
    )
    return Run(report, answered=False, problem=problem)


def _answer(sandbox: Sandbox, result: CommandResult, nonce: str) -> wire.Answer | None:
    frame = wire.find_frame(result.stdout, nonce)
    if frame is None:
        return None
    body = frame.body
    while frame.rest and len(body) < frame.length:
        argv = (
            sandbox.python or "",
            f"{sandbox.runner}/run.py",
            "--read",
            frame.rest,
            str(len(body)),
            str(wire.FRAME_LIMIT),
        )
        part = sandbox.run(Command(argv, timeout=_MARGIN))
        if part.exit_code != 0 or not part.stdout:
            raise SandboxFailure(
                f"a test report could not be read back: {part.stderr[-200:].decode('utf-8', 'replace')}"
            )
        body += part.stdout
    return wire.decode(body)


def _run_bare(sandbox: Sandbox, command: str, options: RunOptions) -> Run:
    """Without a Python inside there is no runner: a shell runs the command, and its output or JUnit file speaks."""
    line = f"rm -rf {_JUNIT_PATH}; " + command.replace("{junit}", _JUNIT_PATH)
    env = {"TZ": "UTC", "LC_ALL": "C.UTF-8", "REASONCLI_JUNIT": _JUNIT_PATH, **options.env}
    result = sandbox.run(Command(("/bin/sh", "-c", line), env=env, timeout=options.timeout))
    junit = ""
    if not result.timed_out:
        junit = sandbox.run(Command(("/bin/cat", _JUNIT_PATH), timeout=_MARGIN)).stdout.decode("utf-8", "replace")
    return interpret(
        wire.Answer(
            exit_code=result.exit_code,
            timed_out=result.timed_out,
            hung=None,
            duration=result.duration,
            output=(result.stdout + result.stderr).decode("utf-8", "replace"),
            records="",
            records_cut=False,
            junit=(junit,) if junit.strip() else (),
            invalid=None,
        )
    )


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it printed nothing"
