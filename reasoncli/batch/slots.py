"""Places to test in, shared by all runs of a batch: first come, first served."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable


class Slots:
    """So many at once; whoever holds one is named, so that what a dead process held comes back."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: deque[tuple[Hashable, Callable[[], None]]] = deque()
        self._held: set[Hashable] = set()
        self._lock = threading.Lock()

    def ask(self, holder: Hashable, granted: Callable[[], None]) -> None:
        """Call `granted` when the holder has a place."""
        with self._lock:
            self._waiting.append((holder, granted))
        self._grant()

    def free(self, holder: Hashable) -> None:
        """Give back what a holder has, or asks for."""
        with self._lock:
            if holder in self._held:
                self._held.remove(holder)
                self._free += 1
            else:
                self._waiting = deque(each for each in self._waiting if each[0] != holder)
        self._grant()

    def free_all(self, mine: Callable[[Hashable], bool]) -> None:
        """Give back all that holders of a kind have or ask for."""
        with self._lock:
            doomed = [each for each in self._held if mine(each)] + [each for each, _ in self._waiting if mine(each)]
        for holder in doomed:
            self.free(holder)

    def _grant(self) -> None:
        while True:
            with self._lock:
                if not self._free or not self._waiting:
                    return
                self._free -= 1
                holder, granted = self._waiting.popleft()
                self._held.add(holder)
            granted()
