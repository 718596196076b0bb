"""Which model, which key, which address: what is settled before an endpoint is asked."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from reasoncli.domain import ChatContent
from reasoncli.errors import EndpointError, ModelNotFoundError, UsageError
from reasoncli.models.endpoint import find_key, parse_endpoint
from reasoncli.models.http_errors import retry_after
from reasoncli.models.http_requests import Dialect
from reasoncli.models.interface import SampleRequest
from reasoncli.models.open import open_sampler
from tests.models.http_sampling import CHAT, HOLE, QUICK, REPAIR, draw, honest, sampler
from tests.models.servers import Reply, fake_server, models_reply

pytestmark = pytest.mark.usefixtures("no_long_waits")


def test_which_model() -> None:
    several = models_reply("b", "a", max_model_len=1234)
    with sampler(honest, several, model="#a") as (opened, server):
        assert opened.info.name == f"{server.url}#a"
        assert opened.info.context == 1234
        assert opened.info.device == server.url
    with fake_server(honest, several) as server:
        with pytest.raises(ModelNotFoundError, match="several models") as caught:
            open_sampler(server.url)
        assert "a, b" in caught.value.hint
        with pytest.raises(ModelNotFoundError, match="no model 'c'"):
            open_sampler(server.url + "#c")
    with sampler(honest, models_reply("a", owner="library")) as (opened, _):
        assert opened.info.context == 4_096, "what Ollama cuts prompts to unless told otherwise"
    with fake_server(honest, Reply({"data": []})) as server, pytest.raises(ModelNotFoundError, match="lists no model"):
        open_sampler(server.url)
    with sampler(honest, Reply({"data": []}), model="#org/name") as (opened, _):
        assert opened.info.name.endswith("#org/name")


@pytest.mark.parametrize(
    ("name", "thinks"),
    [
        ("deepseek-r1:7b", True),
        ("Qwen/Qwen3-8B", True),
        ("gpt-oss:20b", True),
        ("Qwen/Qwen3-Coder-30B-A3B-Instruct", False),
        ("Qwen2.5-Coder-7B-Instruct", False),
        ("coder1", False),
    ],
)
def test_models_that_think_are_told_by_their_names(name: str, thinks: bool) -> None:
    assert Dialect(name, "vllm", None).reasoning is thinks


def test_the_key_is_sent_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REASONCLI_API_KEY", "s3cret")
    with sampler(lambda _: Reply({"error": "bad"}, 401)) as (opened, server):
        with pytest.raises(EndpointError, match="refuses the key") as caught:
            draw(opened)
        assert all(request.headers["Authorization"] == "Bearer s3cret" for request in server.requests)
        assert "s3cret" not in f"{caught.value} {caught.value.hint} {opened.info} {QUICK}"


def test_the_key_does_not_follow_a_redirect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REASONCLI_API_KEY", "s3cret")
    with fake_server(honest) as other:
        there = Reply({}, 307, {"Location": f"{other.url}/chat/completions"})
        with sampler(lambda _: there) as (opened, _), pytest.raises(EndpointError, match="redirects"):
            draw(opened)
        assert other.requests == []


def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_server(honest) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.removesuffix("/v1"))
        monkeypatch.setenv("NO_PROXY", "")
        opened = open_sampler("http://model.invalid/v1", QUICK)
        assert sum(each.count for each in opened.sample([SampleRequest(CHAT, 2, seed=1)], threading.Event())) == 2
        opened.close()
        assert proxy.posts[0].path == "http://model.invalid/v1/chat/completions"


def test_which_key() -> None:
    here, openai = parse_endpoint("http://host/v1"), parse_endpoint("https://api.openai.com/v1#gpt")
    both = {"REASONCLI_API_KEY": "ours", "OPENAI_API_KEY": "theirs"}
    names = ("REASONCLI_API_KEY",)
    assert find_key(here, names, both) == "ours"
    assert find_key(here, names, {"OPENAI_API_KEY": "theirs"}) is None
    assert find_key(openai, names, {"OPENAI_API_KEY": "theirs"}) == "theirs"
    assert find_key(openai, names, both) == "ours"
    assert find_key(here, ("MY_KEY",), {**both, "MY_KEY": "mine"}) == "mine"


def test_addresses() -> None:
    assert parse_endpoint("http://host:8000/v1/#org%2Fname").model == "org/name"
    assert parse_endpoint("http://host:8000/v1/").url == "http://host:8000/v1"
    for wrong in ("ftp://host", "http://", "http://host:port/v1"):
        with pytest.raises(ModelNotFoundError):
            parse_endpoint(wrong)
    with pytest.raises(UsageError, match="password"):
        parse_endpoint("http://me:secret@host/v1")


def test_retry_after_as_a_date() -> None:
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert retry_after("12") == 12
    assert retry_after("soon") is None
    assert retry_after(None) is None


def test_tokens_are_estimated_on_the_safe_side() -> None:
    with sampler(honest) as (opened, _):
        prompt = replace(CHAT, content=ChatContent((("user", "def function(argument):\n    return 1\n" * 100),)))
        assert 1_100 < opened.count_tokens(prompt) < 1_700
        assert opened.count_tokens(HOLE) > 0
        assert opened.count_tokens(REPAIR) > 0
