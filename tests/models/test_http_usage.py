"""What a server says that its replies took, and what is made of nonsense."""

from __future__ import annotations

from typing import Any

import pytest

from reasoncli.domain import Usage
from tests.models.http_sampling import draw, sampler
from tests.models.servers import Reply, Request, chat_reply

pytestmark = pytest.mark.usefixtures("no_long_waits")


def replying(usage: Any) -> Any:
    def answer(request: Request) -> Reply:
        reply = chat_reply(*("abc" for _ in range(request.body.get("n", 1))))
        reply.body["usage"] = usage
        return reply

    return answer


def usages(usage: Any, n: int = 3) -> tuple[list[Usage | None], list[int], str]:
    with sampler(replying(usage)) as (opened, server):
        drawn = draw(opened, n=n)
        return [each.usage for each in drawn], [each.tokens for each in drawn], server.url


@pytest.mark.parametrize(
    ("cached", "expected"),
    [
        ({"prompt_tokens_details": {"cached_tokens": 40}}, 40),
        ({"prompt_cache_hit_tokens": 30, "prompt_cache_miss_tokens": 70}, 30),
        ({"prompt_tokens_details": None}, 0),
        ({"prompt_tokens_details": {"cached_tokens": None}}, 0),
        ({"prompt_tokens_details": {"cached_tokens": 900}}, 100),
        ({}, 0),
    ],
)
def test_a_request_is_counted_once_whatever_its_answers(cached: dict[str, Any], expected: int) -> None:
    found, tokens, url = usages({"prompt_tokens": 100, "completion_tokens": 8, **cached})
    assert found == [Usage(url, "model", 100, expected, 8), None, None]
    assert sorted(tokens) == [2, 3, 3]


@pytest.mark.parametrize(
    "usage", [None, [], "many", {}, {"completion_tokens": -1}, {"completion_tokens": 1.5, "prompt_tokens": True}]
)
def test_without_a_count_it_is_estimated_and_said_so(usage: Any) -> None:
    (first, *others), tokens, _ = usages(usage)
    assert first is not None
    assert others == [None, None]
    assert first.estimated
    assert first.prompt > 0
    assert first.completion == sum(tokens) > 0


def test_half_a_count_is_an_estimate() -> None:
    (first, *_), tokens, _ = usages({"completion_tokens": 6})
    assert first is not None
    assert (first.completion, first.estimated, sum(tokens)) == (6, True, 6)
