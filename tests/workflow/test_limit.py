from __future__ import annotations

import signal
import threading
import time

import pytest

from reasoncli.errors import Interrupted, OutOfTime
from reasoncli.workflow.limit import TimeLimit


def test_a_wait_ends_with_the_time() -> None:
    began = time.monotonic()
    with pytest.raises(OutOfTime, match=r"the time of 0\.2 s"), TimeLimit(0.2).guard():
        threading.Event().wait(300)
    assert time.monotonic() - began < 120
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_work_that_is_done_in_time_is_left_alone() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with TimeLimit(60).guard():
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 50
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is before


def test_ctrl_c_keeps_the_alarm_that_it_has_set() -> None:
    def patience(number: int, frame: object) -> None: ...

    before = signal.getsignal(signal.SIGALRM)

    def interrupted() -> None:
        with TimeLimit(60).guard():
            signal.signal(signal.SIGALRM, patience)
            signal.alarm(45)
            raise Interrupted("interrupted")

    try:
        with pytest.raises(Interrupted):
            interrupted()
        assert signal.getsignal(signal.SIGALRM) is patience
        assert signal.alarm(0) > 0
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def test_other_threads_look_before_they_begin() -> None:
    now = [0.0]
    limit = TimeLimit(5, lambda: now[0])
    done: list[object] = []

    def work() -> None:
        try:
            with limit.guard():
                done.append("worked")
        except OutOfTime as error:
            done.append(error)

    for moment in (4.0, 5.0):
        now[0] = moment
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert done[0] == "worked"
    assert isinstance(done[1], OutOfTime)


def test_what_is_left() -> None:
    now = [0.0]
    limit = TimeLimit(5, lambda: now[0])
    assert (limit.left, limit.shorter(None), limit.shorter(3)) == (5, 5, 3)
    now[0] = 9
    assert (limit.left, limit.over) == (0, True)
    none = TimeLimit(None)
    assert (none.left, none.over, none.shorter(None), none.shorter(3)) == (None, False, None, 3)
