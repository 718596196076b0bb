"""`--budget`: money, tokens and the rest hold a run or a whole batch, by what a real server on loopback counts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.project import (
    FIX,
    ISSUE,
    NO_FIX,
    RIGHT,
    WRONG,
    Ran,
    Tool,
    early,
    edit,
    make_recording,
    make_repository,
    refused,
)
from tests.models.servers import FakeServer, Reply, Request, chat_reply, fake_server

PROMPT, CACHED, ANSWER = 1_000, 400, 100
A_REQUEST = (600 * 10 + 400 * 5 + 8 * 100 * 20) / 1e6
"""Of eight answers at `10/5/20usd`."""

DUDS = [edit(WRONG, f"    return result * (100 + discount) / 1{n:03}") for n in range(4_000)]


def counting(texts: Callable[[int], str]) -> Callable[[Request], Reply]:
    """A model that answers the n-th time with the n-th text, and counts as OpenAI's does."""
    answered = 0

    def answer(request: Request) -> Reply:
        nonlocal answered
        asked = request.body.get("n", 1)
        reply = chat_reply(*(texts(answered + place) for place in range(asked)))
        answered += asked
        reply.body["usage"] = {
            "prompt_tokens": PROMPT,
            "completion_tokens": ANSWER * asked,
            "prompt_tokens_details": {"cached_tokens": CACHED},
        }
        return reply

    return answer


@pytest.fixture
def fixes() -> Iterator[FakeServer]:
    """The fix first, then what fixes nothing, each time another text."""
    with fake_server(counting(lambda n: FIX if n % 8 == 0 else DUDS[n % len(DUDS)])) as server:
        yield server


def fix(tool: Tool, repository: Path, server: FakeServer, *more: object) -> Ran:
    return tool.run(
        *("fix", repository, "--issue", ISSUE, "--model", server.url, "--sandbox", "local", "--seed", 1, "--json"),
        *("--endpoint-concurrency", 1, *more),
    )


def asked(server: FakeServer) -> int:
    return sum(request.body.get("n", 1) for request in server.posts)


def test_what_a_server_counts_is_paid_and_shown(
    tool: Tool, repository: Path, fixes: FakeServer, tmp_path: Path
) -> None:
    events = tmp_path / "events.jsonl"
    ran = fix(tool, repository, fixes, "-n", 16, "--price", "10/5/20usd", "--events", events, "--exhaustive")
    assert ran.code == 0, ran.err
    spent = ran.json["cost"]["spending"]
    requests = len(fixes.posts)
    assert asked(fixes) == 16
    assert spent["prompt_tokens"] == PROMPT * requests
    assert spent["cached_tokens"] == CACHED * requests
    assert spent["completion_tokens"] == spent["tokens"] == ran.json["cost"]["tokens"] == 1_600
    assert spent["money"] == pytest.approx((requests * (600 * 10 + 400 * 5) + 1_600 * 20) / 1e6)
    assert (spent["currency"], spent["unpriced_tokens"], spent["estimated_tokens"]) == ("usd", 0, 0)
    assert spent["cpu_seconds"] > 0.5
    assert spent["gpu_seconds"] is None
    told = [json.loads(line) for line in events.read_text().splitlines()]
    assert [each["money"] for each in told if each["type"] == "spent"][-1] == pytest.approx(spent["money"])
    report = tmp_path / "report.html"
    assert tool.run("report", "last", "--output", report).code == 0
    shown = report.read_text()
    assert "by the prices in the settings" in shown
    assert f"{spent['money']:.2g} usd" in shown
    stats = tool.run("stats", "last", "--json").json["runs"][0]["spending"]
    assert stats["money"] == pytest.approx(spent["money"])
    assert f"{spent['money']:.2g} usd" in tool.run("stats", "last").out
    assert f"{spent['money']:.2g} usd" in tool.run("runs", "show", "last").out


def test_when_the_money_is_spent_what_was_drawn_is_judged_and_the_fix_applied(
    tool: Tool, repository: Path, fixes: FakeServer
) -> None:
    ran = fix(
        *(tool, repository, fixes, "-n", 1_000, "--batch-size", 16, "--exhaustive"),
        *("--price", "10/5/20usd", "--budget", f"{3.5 * A_REQUEST:.6f}usd"),
    )
    assert ran.code == 0, ran.err
    assert RIGHT in (repository / "shop/prices.py").read_text()
    assert ran.json["decision"]["stopped_early"].startswith("the budget is used up: ")
    spent = ran.json["cost"]["spending"]
    assert spent["money"] >= 3.5 * A_REQUEST
    assert asked(fixes) < 200  # no more than what was under way


@pytest.mark.parametrize(("limit", "word"), [("1500tokens", "tokens"), ("1cpu-s", "CPU seconds")])
def test_other_limits_hold_as_well(tool: Tool, repository: Path, fixes: FakeServer, limit: str, word: str) -> None:
    ran = fix(tool, repository, fixes, "-n", 1_000, "--batch-size", 16, "--exhaustive", "--budget", limit)
    assert ran.code in (0, 1), ran.err
    said = ran.err if "error" in ran.json else ran.json["decision"]["stopped_early"]
    assert "the budget is used up" in said
    assert word in said
    assert asked(fixes) < 500


def test_samples_are_a_budget_too(tool: Tool, repository: Path, recording: Path) -> None:
    ran = tool.fix(repository, recording, "--budget", "8samples", "--exhaustive", "--json")
    assert ran.json["decision"]["samples"] == 8


def test_money_needs_prices_and_they_are_asked_for_at_once(
    tool: Tool, repository: Path, fixes: FakeServer, recording: Path
) -> None:
    ran = fix(tool, repository, fixes, "--budget", "1usd")
    refused(ran, 2, "--price", f"{fixes.url}=PROMPT/COMPLETIONusd")
    early(ran)
    ran = fix(tool, repository, fixes, "--budget", "1usd", "--price", "1/2eur")
    refused(ran, 2, "usd", "eur", "nothing is converted")
    ran = fix(tool, repository, fixes, "--budget", "1usd", "--price", "other=1/2usd")  # by its name, which it tells
    refused(ran, 2, f"{fixes.url}#model=PROMPT/COMPLETIONusd")
    assert fixes.posts == []
    ran = tool.fix(repository, recording, "--budget", "1usd", "--json")
    refused(ran, 2, "--price-hour")
    early(ran)


def test_an_hour_has_a_price_without_any_server(tool: Tool, repository: Path, recording: Path) -> None:
    ran = tool.fix(repository, recording, "-n", 8, "--price-hour", "3600eur", "--json")
    spent = ran.json["cost"]["spending"]
    assert spent["money"] == pytest.approx(spent["seconds"], rel=0.01)
    assert spent["currency"] == "eur"


def test_a_budget_of_energy_needs_energy(tool: Tool, repository: Path, recording: Path) -> None:
    ran = tool.fix(repository, recording, "--budget", "1e9J", "--json")
    refused(ran, 2, "expected")
    ran = tool.fix(repository, recording, "-n", 8, "--budget", "9000kWh", "--json")
    spent = None if "error" in ran.json else ran.json["cost"]["spending"]
    if spent is None:  # nothing can be read here
        refused(ran, 2, "can't be read")
        early(ran)
    else:
        assert spent["joules"] > 0
        assert spent["energy_of"]


# ------------------------------------------------------------ a batch


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    for name in ("one", "two", "three", "four"):
        make_repository(tmp_path / "work" / name)
    path = tmp_path / "work" / "issues.jsonl"
    rows = [{"id": name, "repo": name, "issue": ISSUE} for name in ("one", "two", "three", "four")]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.slow
def test_a_list_ends_with_its_money_and_does_not_forget_it(tool: Tool, listed: Path) -> None:
    duds = counting(lambda n: DUDS[n % len(DUDS)] if n else NO_FIX)
    with fake_server(duds) as server:
        arguments = (
            *("batch", listed, "--model", server.url, "--sandbox", "local", "-n", 16, "--jobs", 1, "--json"),
            *("--endpoint-concurrency", 1, "--price", "10/5/20usd", "--budget", f"{3 * A_REQUEST:.6f}usd"),
        )
        ran = tool.run(*arguments)
        assert ran.code == 130, ran.err  # some wait
        first = ran.json
        assert first["spending"]["money"] >= 3 * A_REQUEST
        assert first["expected"]["money"] >= first["spending"]["money"]
        assert first["counts"]["waiting"] >= 1
        assert "the budget is used up" in ran.err
        by_issue = sum(each["spending"]["money"] or 0.0 for each in first["issues"])
        assert by_issue == pytest.approx(first["spending"]["money"])
        requests = len(server.posts)

        again = tool.run("batch", "--resume", "last", "--json")
        assert again.code == 130, again.err
        assert len(server.posts) == requests  # nothing is asked: it is spent
        assert again.json["spending"]["money"] == pytest.approx(first["spending"]["money"])
        assert waiting(again) == waiting(ran)

        more = tool.run("batch", "--resume", "last", "--budget", "100usd", "--json")
        assert more.code == 1, more.err
        assert waiting(more) == set()
        assert more.json["spending"]["money"] > first["spending"]["money"]
        assert more.json["spending"]["tokens"] == ANSWER * asked(server)
    page = listed.parent / "batch.html"
    assert tool.run("report", "--batch", "last", "--output", page).code == 0
    assert "usd spent, about" in page.read_text()
    stats: Any = tool.run("stats", "--batch", "last", "--json").json
    assert stats["spending"]["money"] == pytest.approx(more.json["spending"]["money"])


def waiting(ran: Ran) -> set[str]:
    return {each["key"] for each in ran.json["issues"] if each["state"] == "waiting"}


def test_a_list_refuses_money_without_prices(tool: Tool, listed: Path, tmp_path: Path) -> None:
    recording = make_recording(tmp_path / "recording.jsonl", {FIX: 1})
    ran = tool.run(
        "batch", listed, "--model", f"recorded:{recording}", "--sandbox", "local", "--budget", "1usd", "--json"
    )
    refused(ran, 2, "--price-hour")
