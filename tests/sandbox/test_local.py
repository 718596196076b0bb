"""The local sandbox's launcher, where somebody kills it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from reasoncli.errors import SandboxFailure
from reasoncli.sandbox.config import LocalConfig
from reasoncli.sandbox.interface import Command
from reasoncli.sandbox.local_sandbox import local_provider
from tests.sandbox.snapshots import make_snapshot


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere its orphans can't be found again")
def test_a_killed_launcher_is_no_time_out(tmp_path: Path) -> None:
    provider = local_provider(make_snapshot(tmp_path / "tree", {"a": "1"}), LocalConfig(temporary=tmp_path))
    try:
        sandbox = provider.open()
        script = "kill -9 $PPID; exec sleep 20"
        with pytest.raises(SandboxFailure, match="launcher was killed"):
            sandbox.run(Command(("sh", "-c", script), timeout=10.0))
    finally:
        provider.close()
