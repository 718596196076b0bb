"""PYTEST_DONT_REWRITE

What functions return, raise and yield for the arguments they get, while the tests run.

The functions asked for are compiled with a few statements more (see reasoncli_instrument); nothing else gets slower.
Only calls from outside count: what one watched function calls of another is how it works, not what it does.

Calls belong to the test that runs. Where the hooks don't see the tests, they are recorded from the first one on, as of
no test, and equal ones once; by the outermost process that makes any.

Beside each call others are tried, with arguments that the issue and the patches speak of, and with such that are near
to its own (see reasoncli_mutants): in a fork of the process, at the very place where the call is made, so that
everything is there that it needs, and nothing comes of it.

Records, by `t`:

    value      n, data: a structure (see reasoncli_values), referred to by number
    call       function, arguments, outcome, after: values; what the arguments were before and after, `after` null
               where they are the same
    replay     the same, of a call that was tried

Standard library only; Python 3.8 or later.
"""

import contextvars
import json
import os
import select
import signal
import time
import warnings

import reasoncli_instrument
import reasoncli_report
from reasoncli_mutants import mutants
from reasoncli_values import digest, structure

_LIMIT = 40  # calls of one function in one test
_UNHOOKED_LIMIT = 2000  # different ones of one function in one process
_YIELDS = 50  # values of one generator
_TRIES = 400  # in one run
_SECONDS = 0.5  # for one try
_HANGS = 3  # tries of one function that ran out of it, until no more are made
_ANSWER = 1 << 18  # bytes that a try may say

_HELD = 1 << 22  # characters of values, of all calls that go on: generators may never end
_RECORD = 100  # characters of a record beside its values

_inside = contextvars.ContextVar("reasoncli_inside", default=False)


class Watch(object):
    """Records the calls of functions."""

    def __init__(self, budget, seeds=(), begin=None):
        """Begin.

        Args:
            budget: characters that are written at most.
            seeds: texts and integers to try in the place of others.
            begin: gives what writes, or None, at the first call, where no test will begin.
        """
        self._write = None
        self._seeds = seeds
        self._begin = begin
        self._limit = _LIMIT if begin is None else _UNHOOKED_LIMIT
        self._known = None if begin is None else set()
        self._left = budget
        self._held = 0
        self._numbers = {}
        self._calls = {}
        self._tries = _TRIES
        self._tried = set()
        self._hung = {}

    def test_begins(self, write):
        """Calls from here on belong to a test; they are counted anew, and written by `write` (record, **fields)."""
        self._write = write
        self._calls.clear()

    def enter(self, function, arguments, tried):
        """A call begins; `tried` says whether others may be tried in its place."""
        if self._begin is not None:
            begin, self._begin = self._begin, None
            self._write = begin()
        count = self._calls.get(function, 0)
        if self._write is None or count >= self._limit or self._left <= 0 or _inside.get():
            return Idle(arguments)
        call = Call(self, function, arguments)
        if not call.within:
            return call.idle()
        if self._known is not None:
            key = function, digest(call.before)
            if key in self._known:
                return call.idle()
            self._known.add(key)
        self._calls[function] = count + 1
        return self._try(call) if tried else call

    def number(self, data):
        """A structure's number, written once."""
        key = digest(data)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._numbers)
            self._left -= len(str(data)) + _RECORD
            self._write("value", n=number, data=data)
        return number

    def ended(self, call, outcome):
        """A call ended."""
        self._tell("call", call.function, call.before, outcome, structure(call.arguments))

    def held(self, size):
        """So many characters more (or fewer) are held for calls that go on; whether that is still within the bound."""
        self._held += size
        return self._held <= _HELD

    def _tell(self, record, function, before, outcome, after):
        self._left -= _RECORD
        self._write(
            record,
            function=function,
            arguments=self.number(before),
            outcome=self.number(outcome),
            after=None if after == before else self.number(after),
        )

    def _try(self, call):
        """Try other arguments first, each in a fork, where the call that is returned is the fork's."""
        key = call.function, digest(call.before)
        if key in self._tried:
            return call
        self._tried.add(key)
        for arguments in mutants(call.arguments, self._seeds):
            if self._tries <= 0 or self._hung.get(call.function, 0) >= _HANGS:
                break
            self._tries -= 1
            before = structure(arguments)
            try:
                answer = _forked()
            except OSError:  # as many processes or files as there may be: the tests need theirs
                self._tries = 0
                break
            if type(answer) is int:
                return Try(answer, arguments)
            if answer is None:
                self._hung[call.function] = self._hung.get(call.function, 0) + 1
            else:
                self._tell("replay", call.function, before, answer[0], answer[1])
        return call


class Call(object):
    """One call that counts."""

    def __init__(self, watch, function, arguments):
        self._watch = watch
        self.function = function
        self.arguments = arguments
        self.before = structure(arguments)
        self._size = len(str(self.before))
        self.within = watch.held(self._size)
        self._yielded = ["list"]
        self._token = _inside.set(True)

    def returns(self, value):
        """It returns; the value goes through."""
        self._leave()
        self._release()
        if len(self._yielded) > 1:
            self._watch.ended(self, ["yields", self._yielded, structure(value)])
        else:
            self._watch.ended(self, ["returns", structure(value)])
        return value

    def raises(self, error):
        """It raises."""
        self._leave()
        self._release()
        self._watch.ended(self, ["raises", self._yielded, structure(error)])

    def yields(self, value):
        """It yields; the value goes through."""
        if len(self._yielded) <= _YIELDS and self.within:
            data = structure(value)
            size = len(str(data))
            self._size += size
            self.within = self._watch.held(size)
            self._yielded.append(data if self.within else ["more"])
        return value

    def suspends(self):
        """What runs until it goes on is not of its making: a generator's consumer, another task."""
        self._leave()
        return self

    def idle(self):
        """It does not count after all."""
        self._leave()
        self._release()
        return Idle(self.arguments)

    def _release(self):
        self._watch.held(-self._size)
        self._size = 0

    def _leave(self):
        if self._token is not None:
            _inside.set(False)
            self._token = None


class Try(object):
    """A call in a fork, with other arguments: its end is the fork's."""

    def __init__(self, answers, arguments):
        self._answers = answers
        self.arguments = arguments

    def returns(self, value):
        """See `Call`."""
        self._end(["returns", structure(value)])

    def raises(self, error):
        """See `Call`."""
        self._end(["raises", ["list"], structure(error)])

    def _end(self, outcome):
        data = json.dumps([outcome, structure(self.arguments)]).encode("ascii")[:_ANSWER]
        try:
            while data:
                data = data[os.write(self._answers, data) :]
        finally:
            os._exit(0)


class Idle(object):
    """A call that does not count."""

    def __init__(self, arguments):
        self.arguments = arguments

    def returns(self, value):
        """See `Call`."""
        return value

    def raises(self, error):
        """See `Call`."""

    def yields(self, value):
        """See `Call`."""
        return value

    def suspends(self):
        """See `Call`."""
        return self


def _forked():
    """In the fork, where it may answer; else its answer: None if it has none, as it took too long or died."""
    reading, writing = os.pipe()
    try:
        with warnings.catch_warnings():  # of threads, which are not in the fork: a try that needs one runs out of time
            warnings.simplefilter("ignore")
            pid = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        raise
    if pid == 0:
        os.close(reading)
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        return writing
    os.close(writing)
    deadline, parts, size = time.monotonic() + _SECONDS, [], 0
    try:
        while size < _ANSWER:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([reading], [], [], left)[0]:
                return None
            part = os.read(reading, 1 << 16)
            if not part:
                break
            parts.append(part)
            size += len(part)
        return json.loads(b"".join(parts).decode("ascii"))
    except ValueError:
        return None
    finally:
        os.close(reading)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def arm(config):
    """Watch what the hooks' settings name."""
    watch = Watch(config["watched_limit"], config["seeds"], _unhooked if config["unhooked"] else None)
    reasoncli_instrument.install(config["root"], config["watched"], watch)
    reasoncli_report.watching.append(watch)


def _unhooked():
    reporter = reasoncli_report.claim("calls")
    return None if reporter is None else reporter.write
