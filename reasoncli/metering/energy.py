"""Joules from the machine's own meters, where these can be read.

They are the machine's: whatever else runs on it is in them. What can't be read is not there; it is never taken for 0.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

POWERCAP = Path("/sys/class/powercap")
"""Where Linux shows what RAPL counts: `intel-rapl:0` may be a package, `intel-rapl:0:0` is a part of it."""

_ZONES = "intel-rapl:"  # AMD's are named so, too
_LARGEST = 1 << 64


class Counter(Protocol):
    """A meter that counts on."""

    name: str

    def joules(self) -> float | None:
        """What came to it since it was last asked (or made); `None` if it can't be read any more."""
        ...


class Energy:
    """Several meters, read together. For one thread."""

    def __init__(self, counters: Sequence[Counter]) -> None:
        self._counters = list(counters)
        self._joules: dict[int, float] = {}

    @property
    def of(self) -> tuple[str, ...]:
        """What was read, for people."""
        return tuple(self._counters[place].name for place in self._joules)

    @property
    def joules(self) -> float | None:
        """Since it was made; `None` if nothing was read."""
        return sum(self._joules.values()) if self._joules else None

    def read(self) -> None:
        """Look at all meters. Often enough that none of them turns over twice in between: every minute at least."""
        for place, counter in enumerate(self._counters):
            taken = counter.joules()
            if taken is not None:
                self._joules[place] = self._joules.get(place, 0.0) + taken


class Rapl:
    """A processor package's counter of microjoules, which turns over at a number that it tells.

    Attributes:
        readable: whether there was a number when it was made.
    """

    def __init__(self, folder: Path) -> None:
        self.name = f"CPU {_kind(folder)}"
        self._counter = folder / "energy_uj"
        self._range = _number(folder / "max_energy_range_uj")
        self._last = _number(self._counter)
        self.readable = self._last is not None

    def joules(self) -> float | None:
        """See `Counter`. What came while it could not be read is left out where it may have turned over."""
        before, now = self._last, _number(self._counter)
        if now is None:
            return None
        self._last = now
        if before is None:
            return 0.0
        if now < before:  # turned over, or set back where no range is told or it is past it
            if self._range is None or before > self._range:
                return 0.0
            return (now + self._range - before) / 1e6
        return (now - before) / 1e6


class Gpu:
    """An NVIDIA GPU's counter of millijoules since its driver was loaded."""

    def __init__(self, library: Any, handle: Any, place: int) -> None:
        self.name = f"GPU {place}"
        self._library = library
        self._handle = handle
        self._last = self._count()
        self.readable = self._last is not None

    def joules(self) -> float | None:
        """See `Counter`; after a reset it begins anew."""
        before, now = self._last, self._count()
        if now is None:
            return None
        self._last = now
        return 0.0 if before is None else max(now - before, 0) / 1e3

    def _count(self) -> int | None:
        with contextlib.suppress(self._library.NVMLError):
            count = self._library.nvmlDeviceGetTotalEnergyConsumption(self._handle)
            return count if isinstance(count, int) and 0 <= count < _LARGEST else None
        return None


def packages(root: Path = POWERCAP) -> list[Counter]:
    """The processor packages whose energy this user can read; most systems let root alone."""
    try:
        folders = sorted(path for path in root.iterdir() if path.name.startswith(_ZONES) and _is_package(path))
    except OSError:
        return []
    found = [Rapl(folder) for folder in folders]
    return [each for each in found if each.readable]


def gpus() -> list[Counter]:
    """The GPUs whose energy NVIDIA's library tells, if its Python bindings (`nvidia-ml-py`) are installed."""
    try:
        return gpus_of(importlib.import_module("pynvml"))
    except ImportError:
        return []


def gpus_of(library: Any) -> list[Counter]:
    """The same, by these bindings."""
    try:
        library.nvmlInit()
        handles = [library.nvmlDeviceGetHandleByIndex(place) for place in range(library.nvmlDeviceGetCount())]
    except library.NVMLError:
        return []
    found = [Gpu(library, handle, place) for place, handle in enumerate(handles)]
    return [each for each in found if each.readable]


def _is_package(folder: Path) -> bool:
    """Not a part of one, nor the platform as a whole (`psys`), in which packages are counted again."""
    return folder.name.count(":") == 1 and _kind(folder).startswith("package")


def _kind(folder: Path) -> str:
    """What a zone says that it is, as `package-0`."""
    try:
        with (folder / "name").open("rb") as file:
            return file.read(32).decode("ascii", "replace").strip()
    except OSError:
        return ""


def _number(path: Path) -> int | None:
    """A whole number in a file, `None` where there is none that a counter could show."""
    try:
        with path.open("rb") as file:
            text = file.read(64)
        number = int(text)
    except (OSError, ValueError):
        return None
    return number if 0 <= number < _LARGEST else None
