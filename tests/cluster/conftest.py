from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.project import Tool


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    return Tool(tmp_path / "home")
