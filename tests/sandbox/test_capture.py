"""Streams cut into any pieces come out the same, and never take more memory than allowed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reasoncli.sandbox.capture import Capped, Collected, Frames


@given(st.lists(st.binary(max_size=50), max_size=30), st.integers(2, 64))
def test_the_first_and_the_last_half_stay(pieces: list[bytes], limit: int) -> None:
    capped = Capped(limit)
    for piece in pieces:
        capped.add(piece)
    whole = b"".join(pieces)
    kept = capped.value()
    if len(whole) <= limit:
        assert (kept, capped.truncated) == (whole, False)
    else:
        assert (len(kept), capped.truncated) == (limit, True)
        assert kept[: limit // 2] == whole[: limit // 2]
        assert kept[limit // 2 :] == whole[-(limit - limit // 2) :]


def test_memory_stays_near_the_limit() -> None:
    capped = Capped(1000)
    for _ in range(2000):
        capped.add(b"x" * 10_000)
        assert len(capped._head) + len(capped._tail) < 100_000
    assert capped.truncated


@given(
    st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=40)), max_size=20),
    st.lists(st.integers(1, 30), min_size=1, max_size=200),
)
def test_frames_may_be_cut_anywhere(frames: list[tuple[int, bytes]], cuts: list[int]) -> None:
    stream = b"".join(bytes([kind, 0, 0, 0]) + len(data).to_bytes(4, "big") + data for kind, data in frames)
    out, err = Collected(), Collected()
    demultiplexer = Frames(out, err)
    at = index = 0
    while at < len(stream):
        step = cuts[index % len(cuts)]
        demultiplexer.feed(stream[at : at + step])
        at, index = at + step, index + 1
    assert bytes(out.data) == b"".join(data for kind, data in frames if kind == 1)
    assert bytes(err.data) == b"".join(data for kind, data in frames if kind == 2)


def test_taking_removes() -> None:
    collected = Collected(bytearray(b"abcdef"))
    assert (collected.take(2), collected.take(3), bytes(collected.data)) == (b"ab", b"cde", b"f")
