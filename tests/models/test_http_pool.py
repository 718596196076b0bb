"""One sampler over several servers: who is asked, and what becomes of the work of one that fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from reasoncli.domain import Completion
from reasoncli.errors import EndpointError, ModelNotFoundError, UsageError
from reasoncli.models.interface import Ability, Sampler, SampleRequest
from reasoncli.models.open import open_sampler
from reasoncli.models.options import ModelOptions
from tests.models.http_sampling import CHAT, QUICK, honest
from tests.models.servers import Answer, FakeServer, Reply, Request, chat_reply, fake_server, free_port, models_reply

pytestmark = pytest.mark.usefixtures("no_long_waits")

BUSY = Reply({"error": {"message": "loading model"}}, 503)


@contextmanager
def shared(*urls: str, options: ModelOptions = QUICK) -> Iterator[Sampler]:
    sampler = open_sampler(urls[0], replace(options, endpoints=urls[1:]))
    try:
        yield sampler
    finally:
        sampler.close()


@contextmanager
def two(
    first: Answer, second: Answer, options: ModelOptions = QUICK
) -> Iterator[tuple[Sampler, FakeServer, FakeServer]]:
    with (
        fake_server(first) as one,
        fake_server(second) as other,
        shared(one.url, other.url, options=options) as sampler,
    ):
        yield sampler, one, other


def draw(sampler: Sampler, n: int = 1, seed: int = 7) -> list[Completion]:
    return list(sampler.sample([SampleRequest(CHAT, n, seed=seed)], threading.Event()))


def texts(completions: list[Completion]) -> list[str]:
    return sorted(each.text for each in completions)


def alone(n: int, seed: int = 7) -> list[str]:
    """What one server gives: `honest` ones tell samples apart by their seeds."""
    with fake_server(honest) as server, shared(server.url) as sampler:
        return texts(draw(sampler, n, seed))


def slowly(seconds: float, answer: Answer = honest) -> Answer:
    def wait(request: Request) -> Reply:
        time.sleep(seconds)
        return answer(request)

    return wait


def after(replies: list[Reply], then: Answer) -> Answer:
    """Each reply once, then what `then` says."""
    left, lock = list(replies), threading.Lock()

    def answer(request: Request) -> Reply:
        with lock:
            reply = left.pop(0) if left else None
        return reply or then(request)

    return answer


def soon(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False


def test_equal_servers_share_the_work_and_no_sample_comes_twice() -> None:
    with two(slowly(0.02), slowly(0.02)) as (sampler, one, other):
        assert texts(draw(sampler, 160)) == alone(160)
        assert len(one.posts) == len(other.posts) == 10
        assert sampler.info.device == f"{one.url}, {other.url}"
        assert sampler.info.name == f"{one.url}#model"


def test_the_faster_one_is_given_more() -> None:
    with two(slowly(0.3), slowly(0.01), replace(QUICK, concurrency=2)) as (sampler, slow, fast):
        assert len(draw(sampler, 240)) == 240
        assert len(slow.posts) <= 8
        assert len(slow.posts) + len(fast.posts) == 30


def test_no_server_has_more_requests_than_it_may() -> None:
    flying, most, lock = 0, 0, threading.Lock()

    def count(request: Request) -> Reply:
        nonlocal flying, most
        with lock:
            flying += 1
            most = max(most, flying)
        time.sleep(0.02)
        with lock:
            flying -= 1
        return honest(request)

    # The other one is away, and its share of the requests waits.
    with two(count, lambda _: BUSY, replace(QUICK, concurrency=3)) as (sampler, _, _other):
        assert len(draw(sampler, 100)) == 100
        assert most == 3


def test_one_killed_in_the_middle_loses_nothing() -> None:
    with two(lambda _: Reply({}, hang=True), slowly(0.01)) as (sampler, doomed, other):
        drawn: list[Completion] = []
        for completion in sampler.sample([SampleRequest(CHAT, 200, seed=7)], threading.Event()):
            drawn.append(completion)
            if len(drawn) == 8:
                assert doomed.posts, "some of the work is there"
                doomed.kill()
        assert texts(drawn) == alone(200)
        assert len(other.posts) == 25


def test_cut_answers_are_asked_for_elsewhere() -> None:
    with two(lambda _: Reply(chat_reply("x" * 100).body, cut=20), honest) as (sampler, one, _):
        assert texts(draw(sampler, 40)) == alone(40)
        assert one.posts


def test_one_that_comes_back_is_asked_again() -> None:
    port = free_port()
    with fake_server(honest) as other, fake_server(honest, port=port) as first, shared(first.url, other.url) as sampler:
        first.kill()
        assert texts(draw(sampler, 40)) == alone(40)
        with fake_server(honest, port=port) as again:
            assert soon(lambda: bool(draw(sampler, 16) and again.posts))


def test_one_that_is_busy_for_a_while_is_left_alone_and_asked_again() -> None:
    with two(after([BUSY, BUSY], honest), slowly(0.05), replace(QUICK, concurrency=1)) as (sampler, busy, _):
        assert texts(draw(sampler, 240)) == alone(240)
        assert len(busy.posts) > 2, "it worked after that"
        looks = [request for request in busy.requests if request.method == "GET"]
        assert len(looks) == 3, "once to begin with, and after each pause"


def test_the_time_that_a_server_asks_for_is_kept() -> None:
    times: list[float] = []

    def answer(request: Request) -> Reply:
        times.append(time.monotonic())
        return Reply({}, 429, {"Retry-After": "0.5"}) if len(times) == 1 else honest(request)

    with two(answer, slowly(0.05), replace(QUICK, concurrency=1)) as (sampler, _, other):
        assert len(draw(sampler, 320)) == 320
        assert times[1] - times[0] >= 0.5
        assert other.posts


def test_where_all_are_away_for_a_moment_the_work_waits() -> None:
    with two(after([BUSY, BUSY], honest), after([BUSY, BUSY], honest)) as (sampler, _, _other):
        assert texts(draw(sampler, 40)) == alone(40)


def test_where_all_stay_away_the_error_says_which_and_why() -> None:
    with two(lambda _: BUSY, lambda _: Reply({}, hang=True)) as (sampler, busy, dead):
        threading.Timer(0.2, dead.kill).start()
        with pytest.raises(EndpointError, match="none of the 2 servers can be used") as caught:
            draw(sampler, 40)
        assert f"{busy.url} answered 503: loading model" in str(caught.value)
        assert f"no usable connection to {dead.url}" in str(caught.value)
        assert caught.value.hint


def test_after_all_were_away_new_work_finds_them() -> None:
    ill = True
    with two(lambda request: BUSY if ill else honest(request), lambda request: BUSY if ill else honest(request)) as (
        sampler,
        _,
        _other,
    ):
        with pytest.raises(EndpointError):
            draw(sampler, 8)
        ill = False
        assert soon(lambda: texts(draw(sampler, 40)) == alone(40))


def test_a_request_that_no_server_can_bear_is_given_up() -> None:
    def answer(request: Request) -> Reply:
        return Reply("oops", 500) if request.body["messages"][1]["content"] == "poison" else honest(request)

    poison = replace(CHAT, id="poison", content=replace(CHAT.content, messages=(("system", ""), ("user", "poison"))))  # type: ignore[call-arg]
    with two(answer, answer) as (sampler, one, other):
        with pytest.raises(EndpointError, match="500"):
            list(sampler.sample([SampleRequest(poison, 1, seed=1)], threading.Event()))
        assert len(one.posts) + len(other.posts) <= 2 * (QUICK.retries + 1) + 2


@pytest.mark.parametrize(
    ("status", "because"), [(401, "wants a key"), (400, "400"), (404, "no such model"), (403, "refuses|wants a key")]
)
def test_a_request_that_is_refused_is_not_tried_elsewhere(status: int, because: str) -> None:
    refusal = Reply({"error": {"message": "no"}}, status)
    with two(lambda _: refusal, honest) as (sampler, one, other):
        with pytest.raises(EndpointError, match=because) as caught:
            draw(sampler)
        assert one.url in str(caught.value)
        assert other.posts == []


def test_another_model_is_refused() -> None:
    with (
        fake_server(honest, models_reply("coder-7b")) as one,
        fake_server(honest, models_reply("coder-1b")) as other,
        pytest.raises(UsageError, match=f"{one.url} serves coder-7b, and {other.url} serves coder-1b") as caught,
    ):
        open_sampler(one.url, replace(QUICK, endpoints=(other.url,)))
    assert "#model" in caught.value.hint
    assert not [thread for thread in threading.enumerate() if thread.name == "http-sampler"]


def test_other_abilities_are_refused_unless_settings_say_what_they_are() -> None:
    raw, plain = models_reply("qwen2.5-coder", owner="vllm"), models_reply("qwen2.5-coder", owner="someone")
    with fake_server(honest, raw) as one, fake_server(honest, plain) as other:
        with pytest.raises(UsageError, match=f"{one.url} takes chat, infill, and {other.url} takes chat") as caught:
            open_sampler(one.url, replace(QUICK, endpoints=(other.url,)))
        assert "--endpoint-ability" in caught.value.hint
        with shared(one.url, other.url, options=replace(QUICK, abilities=frozenset({Ability.CHAT}))) as sampler:
            assert len(draw(sampler, 16)) == 16


def test_the_smallest_context_counts() -> None:
    sizes = [models_reply("model", max_model_len=size) for size in (8_000, 2_000, 4_000)]
    with (
        fake_server(honest, sizes[0]) as one,
        fake_server(honest, sizes[1]) as two,
        fake_server(honest, sizes[2]) as three,
        shared(one.url, two.url, three.url) as sampler,
    ):
        assert sampler.info.context == 2_000


def test_one_that_is_out_of_reach_at_first_joins_later() -> None:
    port = free_port()
    with fake_server(honest) as one, shared(f"http://127.0.0.1:{port}/v1", one.url) as sampler:
        assert sampler.info.name == f"http://127.0.0.1:{port}/v1#model", "as the user named it"
        assert texts(draw(sampler, 40)) == alone(40)
        with fake_server(honest, port=port) as late:
            assert soon(lambda: bool(draw(sampler, 16) and late.posts))


@pytest.mark.parametrize("listing", [models_reply("other"), models_reply("model", max_model_len=10), Reply({}, 401)])
def test_one_that_joins_with_less_is_never_asked(listing: Reply) -> None:
    port = free_port()
    with (
        fake_server(honest) as one,
        shared(one.url, f"http://127.0.0.1:{port}/v1") as sampler,
        fake_server(honest, listing, port=port) as late,
    ):
        assert soon(lambda: bool(draw(sampler, 8) and len(late.requests) >= 2))
        assert texts(draw(sampler, 80)) == alone(80)
        assert late.posts == []


def test_where_none_is_there_the_error_names_them_all() -> None:
    first, second = f"http://127.0.0.1:{free_port()}/v1", f"http://127.0.0.1:{free_port()}/v1"
    with pytest.raises(EndpointError, match="none of the 2 servers") as caught:
        open_sampler(first, replace(QUICK, endpoints=(second,)))
    assert first in str(caught.value)
    assert second in str(caught.value)
    assert "running" in caught.value.hint
    assert not [thread for thread in threading.enumerate() if thread.name == "http-sampler"]


def test_servers_that_ignore_n_and_servers_that_honour_it() -> None:
    with two(lambda request: chat_reply(str(request.body["seed"])), honest) as (sampler, one, other):
        assert len(draw(sampler, 100)) == 100
        assert {request.body.get("n") for request in one.posts[-3:]} == {None}
        assert other.posts


def test_a_name_holds_for_all_servers_and_one_named_twice_is_one() -> None:
    several = models_reply("b", "a")
    with fake_server(honest, several) as one, fake_server(honest, several) as other:
        with shared(f"{one.url}#a", other.url, f"{one.url}/", f"{other.url}#a") as sampler:
            assert len(draw(sampler, 32)) == 32
            assert sampler.info.device == f"{one.url}, {other.url}"
            assert {request.body["model"] for server in (one, other) for request in server.posts} == {"a"}
        with pytest.raises(ModelNotFoundError, match=f"{other.url} has no model 'c'"):
            open_sampler(f"{one.url}#a", replace(QUICK, endpoints=(f"{other.url}#c",)))


def test_a_key_goes_to_each_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REASONCLI_API_KEY", "s3cret")
    with two(honest, honest) as (sampler, one, other):
        draw(sampler, 32)
        seen = {request.headers["Authorization"] for server in (one, other) for request in server.requests}
        assert seen == {"Bearer s3cret"}


def test_cancelling_ends_what_is_in_flight_everywhere() -> None:
    cancel = threading.Event()
    with two(lambda _: Reply({}, hang=True), lambda _: Reply({}, hang=True)) as (sampler, one, other):
        threading.Timer(0.2, cancel.set).start()
        begin = time.monotonic()
        assert list(sampler.sample([SampleRequest(CHAT, 64, seed=1)], cancel)) == []
        assert time.monotonic() - begin < 10
        assert one.posts
        assert other.posts


def test_a_model_in_this_process_has_no_further_servers() -> None:
    with pytest.raises(UsageError, match="embedded is on no server") as caught:
        open_sampler("embedded", ModelOptions(endpoints=("http://127.0.0.1:9/v1",)))
    assert "--model http://" in caught.value.hint
