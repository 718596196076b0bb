"""One run of the test command in a sandbox, from request to report."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reasoncli.domain import Evidence, Loaded, Outcome, TestPlan, TestReport, TestResult
from reasoncli.errors import RunnerLost, SandboxFailure
from reasoncli.sandbox.interface import Command, CommandResult, Sandbox
from reasoncli.verification import selectors, wire
from reasoncli.verification.bare import run_bare
from reasoncli.verification.behaviour import Behaviour
from reasoncli.verification.canaries import Canaries
from reasoncli.verification.junit import parse_junit
from reasoncli.verification.lines import parse_lines
from reasoncli.verification.records import Records, read_records
from reasoncli.verification.summaries import read_summary

WHOLE_COMMAND = "<test command>"  # the id of a run of which only the exit status is known
MARGIN = 20.0
"""Seconds that the runner has beyond the command's own limit: to kill, read and answer."""
_OUTPUT_LIMIT = 16 << 10


@dataclass(frozen=True, slots=True)
class Run:
    """A report, and what else the runner knows of it.

    Attributes:
        collected: ids that were going to run, in order; empty for weak evidence.
        missing: those of them that never reported.
        cut: those of them that were running when the time limit ended the run.
        stopped: it ended early because it was told to, after so many failures.
        hung: a test that neither ended nor could be interrupted.
        invalid: a path that doesn't compile; nothing ran, and the report's output is the compiler's message.
        answered: the runner lived to answer; otherwise something inside killed it.
        problem: one line that says what kept the run from its regular end, or an empty string.
        lane: see `wire.Answer`.
        untrusted: what is wrong with the canaries, or an empty string.
        behaviour: of the functions that were watched.
    """

    report: TestReport
    collected: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()
    stopped: bool = False
    hung: str | None = None
    invalid: str | None = None
    answered: bool = True
    problem: str = ""
    lane: str = ""
    untrusted: str = ""
    behaviour: Behaviour = field(default_factory=Behaviour)


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run, apart from what.

    Attributes:
        timeout: wall-clock seconds for the command.
        test_timeout: seconds for one test; `None` for no such limit.
        coverage: whether to record lines.
        stop_after: stop once so many tests have failed; 0 for never.
        listed: run the tests file by file in the order in which they are named, where the hooks see them.
        shuffle: seed of another order of the tests, where the hooks see them.
        compile: paths that must compile first.
        loaded: whether the report shall name what the tests load.
        evidence: how the ids that are asked for were obtained.
        env: added to the environment of the command.
        progress: told, now and then, how many tests have reported and how many were collected (`None` before that).
        resident: use the sandbox's resident runner, if it has one.
        warm: what to load before the tests begin, in a process that is forked for the run; `None` for a process of
            its own. Only the resident runner can do that.
        whole: wall-clock seconds for everything, where a selection turns out to mean nothing; `None` means `timeout`.
        margin: seconds beyond `timeout` after which a runner that has not answered is lost.
        watched: functions whose calls are recorded, by path; of no test unless `evidence` is structured.
        seeds: texts and integers that these are called with besides.
    """

    timeout: float
    test_timeout: float | None = None
    coverage: bool = False
    stop_after: int = 0
    listed: bool = False
    shuffle: int | None = None
    compile: Sequence[str] = ()
    loaded: bool = False
    evidence: Evidence = Evidence.STRUCTURED
    env: Mapping[str, str] = field(default_factory=dict)
    progress: Callable[[int, int | None], None] | None = None
    resident: bool = True
    warm: Loaded | None = None
    whole: float | None = None
    margin: float = MARGIN
    watched: Mapping[str, Sequence[str]] = field(default_factory=dict)
    seeds: Sequence[str | int] = ()


def run_tests(sandbox: Sandbox, plan: TestPlan, tests: Sequence[str] | None, options: RunOptions) -> Run:
    """Run these tests (everything with `None`) and tell what became of each.

    A run whose processes were killed, that ended early or that nobody could hook is told as what it is; the exit
    code alone never makes a test pass. Where it is the test program that selects, and not all that were asked for
    have reported, everything is run: a selector that means nothing must not decide.

    Raises:
        SandboxFailure: the sandbox broke.
    """
    run = _run_once(sandbox, plan, tests, options)
    if tests is None or not selectors.narrows(plan, tests, options.evidence) or run.report.timed_out:
        return run
    if all(test in run.report.results for test in tests):
        return run
    return _run_once(sandbox, plan, None, replace(options, timeout=options.whole or options.timeout))


def _run_once(sandbox: Sandbox, plan: TestPlan, tests: Sequence[str] | None, options: RunOptions) -> Run:
    command = selectors.fill(plan, tests, options.evidence)
    if sandbox.python is None:
        answer = run_bare(sandbox, command, dict(options.env), junit=plan.junit, timeout=options.timeout)
        return interpret(answer, root=sandbox.root, marker=plan.pass_marker)
    request = wire.Request(
        command=command,
        tests=tests,
        timeout=options.timeout,
        test_timeout=options.test_timeout,
        coverage=options.coverage,
        stop_after=options.stop_after,
        listed=options.listed,
        shuffle=options.shuffle,
        compile=options.compile,
        loaded=options.loaded,
        env=options.env,
        progress=options.progress is not None,
        junit=plan.junit,
        canaries=Canaries.drawn(),
        watched=options.watched,
        seeds=options.seeds,
        unhooked=options.evidence is not Evidence.STRUCTURED,
    )
    nonce = secrets.token_hex(16)
    spec = wire.encode(request, root=sandbox.root, nonce=nonce)
    if sandbox.resident and options.resident and options.progress is None:
        return _ask(sandbox, spec, plan, request, options)
    argv = (sandbox.python, f"{sandbox.runner}/run.py")
    listen = None if options.progress is None else wire.ProgressReader(nonce, options.progress).feed
    result = sandbox.run(Command(argv, stdin=spec, timeout=options.timeout + options.margin, on_stderr=listen))
    reply = _answer(sandbox, result, nonce)
    return _lost(result) if reply is None else _read(reply, sandbox, plan, request)


def _ask(sandbox: Sandbox, spec: bytes, plan: TestPlan, request: wire.Request, options: RunOptions) -> Run:
    began = time.monotonic()
    problem = "its answer makes no sense"
    try:
        answer = wire.read(sandbox.ask(spec, options.warm, options.timeout + options.margin))
    except RunnerLost as lost:
        answer, problem = None, str(lost)
    if answer is None:
        report = TestReport({}, Evidence.EXIT_CODE, None, time.monotonic() - began, complete=False)
        return Run(report, answered=False, problem=f"the runner was lost: {problem}")
    return replace(_read(answer, sandbox, plan, request), lane=answer.lane)


def _read(answer: wire.Answer, sandbox: Sandbox, plan: TestPlan, request: wire.Request) -> Run:
    return interpret(
        answer,
        root=sandbox.root,
        marker=plan.pass_marker,
        canaries=request.canaries,
        coverage=request.coverage,
        watched=bool(request.watched),
    )


def interpret(
    answer: wire.Answer,
    *,
    root: str = "",
    marker: str | None = None,
    canaries: Canaries | None = None,
    coverage: bool = False,
    watched: bool = False,
) -> Run:
    """What a runner's answer says about the tests.

    Args:
        answer: of one run.
        root: the repository's path inside; ids of tests don't begin with it.
        marker: the user's own sign of a passing run, instead of the summaries that test programs print.
        canaries: that ran among the tests.
        coverage: whether it was asked for.
        watched: whether functions were to be watched.
    """
    records = read_records(answer.records, coverage=coverage, watched=watched)
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
        parsed = parse_junit(answer.junit, root)
        if parsed.results:
            report = _report(parsed.results, Evidence.JUNIT, answer, complete=ended and parsed.complete)
            problem = "" if report.complete else "the JUnit report is not whole"
            return Run(report, problem=problem, behaviour=records.behaviour)
    found = parse_lines(answer.output, root)
    if found.results:
        report = _report(found.results, Evidence.LINES, answer, complete=ended and found.complete)
        problem = _ending(answer) or ("" if found.complete else "the list of tests is not whole")
        return Run(report, problem=problem, behaviour=records.behaviour)
    return replace(_by_exit_status(answer, marker), behaviour=records.behaviour)


def _by_exit_status(answer: wire.Answer, marker: str | None) -> Run:
    """An exit status of 0 counts only beside a summary that says that tests ran and all passed."""
    summary = read_summary(answer.output, marker)
    message, problem = _last_line(answer.output), _ending(answer)
    if answer.timed_out:
        outcome = Outcome.TIMEOUT
    elif answer.exit_code != 0:
        outcome = Outcome.FAILED
    elif summary is not None and summary.passed and not summary.failed:
        outcome = Outcome.PASSED
    else:
        said = "says that no test passed" if summary else "holds no summary of tests"
        outcome, message = Outcome.ERROR, f"exit status 0, but the output {said}"
        problem = problem or message
    whole = {WHOLE_COMMAND: TestResult(WHOLE_COMMAND, outcome, answer.duration, message)}
    report = _report(whole, Evidence.EXIT_CODE, answer, complete=not problem and not answer.timed_out)
    return Run(replace(report, counted=summary.all if summary else 0), problem=problem)


def _structured(answer: wire.Answer, records: Records) -> Run:
    results = dict(records.results)
    unfinished = tuple(test for test in records.started if test not in results)
    for test in unfinished:  # began, and took the process with it
        if test == answer.hung or answer.timed_out:
            results[test] = TestResult(test, Outcome.TIMEOUT, message="ran past the time limit")
        else:
            results[test] = TestResult(test, Outcome.ERROR, message="the test process ended while this test ran")
    complete = records.whole and not answer.records_cut and answer.exit_code is not None and not answer.timed_out
    problem = "" if complete else _why_incomplete(answer, records)
    report = _report(results, Evidence.STRUCTURED, answer, complete=complete)
    return Run(
        replace(report, coverage=records.coverage, loaded=records.loaded),
        collected=tuple(records.collected),
        missing=() if records.stopped else tuple(test for test in records.collected if test not in results),
        cut=unfinished if answer.timed_out else (),
        stopped=records.stopped,
        hung=answer.hung,
        problem=problem,
        behaviour=records.behaviour,
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
        part = sandbox.run(Command(argv, timeout=MARGIN))
        if part.exit_code != 0 or not part.stdout:
            raise SandboxFailure(
                f"a test report could not be read back: {part.stderr[-200:].decode('utf-8', 'replace')}"
            )
        body += part.stdout
    return wire.decode(body)


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it printed nothing"
