from __future__ import annotations

import dataclasses
import inspect
import io
import json
import re

from reasoncli import events as events_module
from reasoncli.domain import Spending
from reasoncli.events import SandboxReplaced, Spent, Warned
from reasoncli.reports import json as report
from reasoncli.reports.events_jsonl import EventLog
from tests.reports.replay import candidates, events, patch, summary


def test_every_documented_field_is_there_and_no_other() -> None:
    documented = re.findall(r"^    ([a-z_]+) ", inspect.getdoc(report) or "", re.MULTILINE)
    assert list(json.loads(report.to_json(summary()))) == documented


def test_the_object_of_a_run() -> None:
    made = json.loads(report.to_json(summary()))
    assert made["schema_version"] == 1
    assert (made["status"], made["exit_code"]) == ("verified", 0)
    assert made["patch"]["diff"] == candidates()[0].patch.diff
    assert made["patch"]["files"] == ["src/calc.py"]
    assert [c["votes"] for c in made["clusters"]][:2] == [18, 6]
    assert made["clusters"][0]["tier"] == "fixes"
    assert made["clusters"][0]["members"][0]["verdict"]["clean"] is True
    assert made["baseline"]["guards"] == 141
    assert made["suspects"][0]["clues"][0]["kind"] == "spectrum"
    assert made["cost"]["samples"] == 44
    assert made["rejected"] == {"unparsable": 3, "no-change": 1}
    assert made["manifest"]["seed"] == 7
    assert made["run"]["id"] == "261122-134305-k3f"


def test_a_run_without_a_decision() -> None:
    made = json.loads(report.to_json(dataclasses.replace(summary(), decision=None, exit_code=None, baseline=None)))
    assert (made["status"], made["exit_code"], made["patch"], made["clusters"]) == (None, None, None, [])


def test_what_json_cannot_hold() -> None:
    odd = dataclasses.replace(candidates()[0], logprob=float("-inf"), patch=patch(0, "caf\udce9 \x1b"))
    text = report.to_json(dataclasses.replace(summary(), candidates=(odd, *candidates()[1:])))
    assert text.isascii()
    assert json.loads(text)["clusters"][0]["members"][0]["logprob"] is None


def lines() -> list[dict[str, object]]:
    out = io.StringIO()
    log = EventLog(out, clock=lambda: 12.5)
    for _, event in events():
        log(event)
    log(Warned("w", "h"))
    log(SandboxReplaced("gone"))
    log(Spent(Spending(tokens=7, money=0.5, currency="usd")))
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_every_event_is_one_line() -> None:
    kinds = {line["type"] for line in lines()}
    names = [kind.__name__ for kind in events_module.Event.__args__]
    assert kinds == {re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower() for name in names}
    assert all(line["schema_version"] == 1 and line["time"] == 12.5 for line in lines())


def test_what_lines_hold() -> None:
    by_kind = {str(line["type"]): line for line in lines()}
    assert by_kind["run-started"]["samples"] == 64
    assert by_kind["baseline-ready"]["guards"] == 141
    assert "diff" in by_kind["candidate-found"]
    assert by_kind["candidate-judged"]["index"] == 0
    assert by_kind["decided"]["status"] == "verified"
    assert (by_kind["spent"]["money"], by_kind["spent"]["joules"]) == (0.5, None)
    assert by_kind["warned"] == {"schema_version": 1, "type": "warned", "time": 12.5, "message": "w", "hint": "h"}


def test_lines_are_out_as_soon_as_they_are_written() -> None:
    class Stream(io.StringIO):
        flushed = 0

        def flush(self) -> None:
            self.flushed += 1

    stream = Stream()
    with EventLog(stream) as log:
        log(Warned("w"))
        assert stream.flushed == 1
    assert stream.closed
