"""Progress lines from inside a sandbox: read whatever surrounds them, believed only with the nonce, and bounded."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from reasoncli.events import Event, StageProgress
from reasoncli.verification.progress import Counts, Progress
from reasoncli.verification.wire import ProgressReader

NONCE = "0123456789abcdef"


def heard(*pieces: bytes) -> list[tuple[int, int | None]]:
    told: list[tuple[int, int | None]] = []
    reader = ProgressReader(NONCE, lambda finished, collected: told.append((finished, collected)))
    for piece in pieces:
        reader.feed(piece)
    return told


LINES = b"word+\nREASONCLI-PROGRESS %s 0 -\n\nREASONCLI-PROGRESS %s 12 400\n" % (NONCE.encode(), NONCE.encode())


@given(st.lists(st.integers(0, len(LINES)), max_size=6))
def test_lines_are_found_however_they_are_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(LINES)]
    pieces = [LINES[start:end] for start, end in itertools.pairwise(edges)]
    assert heard(*pieces) == [(0, None), (12, 400)]


def test_what_is_forged_or_broken_is_passed_over() -> None:
    nonce = NONCE.encode()
    assert heard(b"REASONCLI-PROGRESS 1111 5 10\n") == []
    assert heard(b"REASONCLI-PROGRESS " + nonce + b" 99999999999999999999 1\n") == []
    assert heard(b"REASONCLI-PROGRESS " + nonce + b" -5 10\n") == []
    assert heard(b"x REASONCLI-PROGRESS " + nonce + b" 5 10\n") == []
    assert heard(f"REASONCLI-PROGRESS {NONCE} \u0661 10\n".encode()) == []


def test_a_flood_without_a_line_is_not_held() -> None:
    reader = ProgressReader(NONCE, lambda finished, collected: None)
    for _ in range(100):
        reader.feed(b"x" * (1 << 16))
    assert len(reader._rest) < 1000
    told: list[int] = []
    reader = ProgressReader(NONCE, lambda finished, collected: told.append(finished))
    reader.feed(b"y" * 100_000 + b"\n" + LINES)
    assert told == [0, 12]


@given(st.lists(st.tuples(st.integers(0, 999_999_999), st.none() | st.integers(0, 999_999_999)), max_size=20))
def test_counts_never_go_back_or_beyond(words: list[tuple[int, int | None]]) -> None:
    counts = Counts()
    before = 0
    for finished, collected in words:
        counts(finished, collected)
        assert counts.finished >= before
        before = counts.finished
    counts.ended()
    assert counts.finished == counts.collected


def test_runs_are_shown_together_and_only_when_there_is_news() -> None:
    events: list[Event] = []
    progress = Progress(events.append, "baseline")
    one, two = progress.run(), progress.run()
    progress.show()
    one(0, 10_000)
    progress.show()
    progress.show()
    two(50, 10_000)
    one(100, 10_000)
    progress.show()
    progress.show()
    assert events == [
        StageProgress("baseline", 0, None, "collecting tests"),
        StageProgress("baseline", 0, None, "10,000 tests, each twice"),
        StageProgress("baseline", 150, 20_000, "10,000 tests, each twice"),
    ]
