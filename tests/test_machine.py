"""What this machine has to give."""

from __future__ import annotations

from pathlib import Path

import pytest

from reasoncli import machine


@pytest.mark.parametrize("version", [1, 2])
def test_a_cgroup_s_file_cache_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int) -> None:
    _, limit, used, cache = machine._CGROUPS[2 - version]
    (tmp_path / limit).write_text("1000000\n")
    (tmp_path / used).write_text("900000\n")
    monkeypatch.setattr(machine, "_CGROUPS", [(str(tmp_path), limit, used, cache)])
    assert machine.free_memory() == 100_000
    (tmp_path / "memory.stat").write_text(f"anon 100\n{cache} 700000\nslab 5\n")
    assert machine.free_memory() == 800_000
