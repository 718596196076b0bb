"""Counters laid out as Linux has them, and what becomes of them when they are not what they should be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reasoncli.metering.energy import Energy, Rapl, gpus_of, packages

RANGE = 262_143_328_850


def zone(root: Path, name: str, kind: str, counter: str, most: str = f"{RANGE}\n") -> Path:
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "name").write_text(f"{kind}\n")
    (folder / "energy_uj").write_text(counter)
    (folder / "max_energy_range_uj").write_text(most)
    return folder


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Two packages, their parts, and the platform, in which all of it is counted again."""
    root = tmp_path / "powercap"
    for place in range(2):
        zone(root, f"intel-rapl:{place}", f"package-{place}", "1000000\n")
        zone(root, f"intel-rapl:{place}:0", "core", "500000\n")
        zone(root, f"intel-rapl:{place}:1", "dram", "500000\n")
    zone(root, "intel-rapl:2", "psys", "9000000\n")
    zone(root, "intel-rapl-mmio:0", "package-0", "1000000\n")
    (root / "intel-rapl").mkdir()
    (root / "dtpm").mkdir()
    return root


def count(folder: Path, microjoules: object) -> None:
    (folder / "energy_uj").write_text(f"{microjoules}\n")


def test_packages_alone_are_added_up(machine: Path) -> None:
    energy = Energy(packages(machine))
    energy.read()
    assert (energy.joules, energy.of) == (0.0, ("CPU package-0", "CPU package-1"))
    count(machine / "intel-rapl:0", 3_500_000)
    count(machine / "intel-rapl:1", 1_250_000)
    for part in ("intel-rapl:0:0", "intel-rapl:1:1", "intel-rapl:2", "intel-rapl-mmio:0"):
        count(machine / part, 99_000_000)
    energy.read()
    assert energy.joules == pytest.approx(2.75)


def test_a_counter_that_turns_over_goes_on(tmp_path: Path) -> None:
    folder = zone(tmp_path, "intel-rapl:0", "package-0", str(RANGE - 2_000_000))
    meter = Rapl(folder)
    count(folder, 1_000_000)
    assert meter.joules() == pytest.approx(3.0)
    assert meter.joules() == 0.0


@pytest.mark.parametrize("most", ["", "many\n", "-1\n", "5\n"])
def test_one_that_is_set_back_adds_nothing_where_its_range_is_no_help(tmp_path: Path, most: str) -> None:
    folder = zone(tmp_path, "intel-rapl:0", "package-0", "90000000", most)
    meter = Rapl(folder)
    count(folder, 1_000_000)
    assert meter.joules() == 0.0
    count(folder, 2_000_000)
    assert meter.joules() == pytest.approx(1.0)


@pytest.mark.parametrize("garbage", ["", "\n", "12.5", "-4", "0x10", "9" * 40, "NaN", "\0\0", "x" * 10_000])
def test_garbage_is_no_reading(tmp_path: Path, garbage: str) -> None:
    folder = zone(tmp_path, "intel-rapl:0", "package-0", garbage)
    assert packages(tmp_path) == []
    count(folder, 5_000_000)
    energy = Energy(packages(tmp_path))
    (folder / "energy_uj").write_text(garbage)
    energy.read()
    assert (energy.joules, energy.of) == (None, ())
    count(folder, 6_000_000)
    energy.read()
    assert energy.joules == pytest.approx(1.0)  # what came meanwhile is in the counter


def _removed(folder: Path) -> None:
    (folder / "energy_uj").unlink()


def _a_folder(folder: Path) -> None:
    (folder / "energy_uj").unlink()
    (folder / "energy_uj").mkdir()


def _a_loop(folder: Path) -> None:
    (folder / "energy_uj").unlink()
    (folder / "energy_uj").symlink_to("energy_uj")


@pytest.mark.parametrize("attack", [_removed, _a_folder, _a_loop])
def test_a_file_that_vanishes_costs_only_itself(machine: Path, attack: Callable[[Path], None]) -> None:
    energy = Energy(packages(machine))
    attack(machine / "intel-rapl:0")
    count(machine / "intel-rapl:1", 2_000_000)
    energy.read()
    assert (energy.joules, energy.of) == (pytest.approx(1.0), ("CPU package-1",))


def test_without_the_folder_or_a_name_there_is_nothing(tmp_path: Path) -> None:
    assert packages(tmp_path / "none") == []
    (tmp_path / "file").touch()
    assert packages(tmp_path / "file") == []
    (zone(tmp_path, "intel-rapl:0", "package-0", "1") / "name").unlink()
    assert packages(tmp_path) == []
    energy = Energy([])
    energy.read()
    assert (energy.joules, energy.of) == (None, ())


class Bindings:
    """What `nvidia-ml-py` has of a machine with two GPUs, of which one is too old to count."""

    class NVMLError(Exception):
        pass

    def __init__(self) -> None:
        self.counts: dict[int, object] = {0: 5_000, 1: None}
        self.loads = True

    def nvmlInit(self) -> None:
        if not self.loads:
            raise self.NVMLError("driver not loaded")

    def nvmlDeviceGetCount(self) -> int:
        return len(self.counts)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        return index

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: int) -> object:
        if self.counts[handle] is None:
            raise self.NVMLError("not supported")
        return self.counts[handle]


def test_gpus_that_count_are_read() -> None:
    library = Bindings()
    energy = Energy(gpus_of(library))
    library.counts[0] = 7_500
    energy.read()
    assert (energy.joules, energy.of) == (2.5, ("GPU 0",))
    library.counts[0] = None  # it fell off the bus
    energy.read()
    assert energy.joules == 2.5
    library.counts[0] = 100  # and came back with a counter of its own
    energy.read()
    assert energy.joules == 2.5


def test_without_a_driver_there_are_none() -> None:
    library = Bindings()
    library.loads = False
    assert gpus_of(library) == []
