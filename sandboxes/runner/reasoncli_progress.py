"""Says on stderr how far the tests are, from the report that grows meanwhile.

A line, about once a second and only with news: `REASONCLI-PROGRESS nonce finished collected`, with `-` in place of a
number that isn't known yet. What it says is for a display: nothing else depends on it.
"""

import json
import os

EVERY = 1.0  # seconds between two looks
AT_ONCE = 8 << 20  # bytes read in one look; a report that grows faster is caught up with later
LINE = 16 << 20  # bytes of the longest record that is waited for


class Progress(object):
    """Reads what was appended to the report since the last look."""

    def __init__(self, report, spec):
        self._report = report
        self._wanted = bool(spec.get("progress"))
        self._nonce = spec["nonce"]
        self._canaries = tuple((spec.get("canaries") or {}).get("names", ()))
        self._next = 0.0
        self._offset = 0
        self._rest = b""
        self._finished = 0
        self._collected = None
        self._said = None

    def look(self, now):
        """Say how far the run is, if it is wanted, time for it, and news."""
        if not self._wanted or now < self._next:
            return
        self._next = now + EVERY
        self._read()
        state = self._finished, self._collected
        if state != self._said:
            self._said = state
            self._say()

    def _read(self):
        os.lseek(self._report, self._offset, os.SEEK_SET)
        data = os.read(self._report, AT_ONCE)
        self._offset += len(data)
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > LINE:
            self._rest = b""
        for line in lines:  # quotes inside of texts are escaped, so these can only be keys and values
            if b'"t":"result"' in line:
                self._finished += not any((name + '"').encode("ascii") in line for name in self._canaries)
            elif b'"t":"collected"' in line:
                try:
                    ids = json.loads(line.decode("ascii"))["ids"]
                    self._collected = (self._collected or 0) + sum(not each.endswith(self._canaries) for each in ids)
                except (KeyError, TypeError, ValueError):
                    pass

    def _say(self):
        collected = "-" if self._collected is None else "%d" % self._collected
        line = "\nREASONCLI-PROGRESS %s %d %s\n" % (self._nonce, self._finished, collected)
        try:
            os.write(2, line.encode("ascii"))
        except OSError:  # nobody reads: then it isn't worth saying
            self._wanted = False
