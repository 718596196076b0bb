from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.project import FIX, NO_FIX, OTHER_FIX, PROSE, SAME_FIX, Tool, make_recording, make_repository


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    return Tool(tmp_path / "home")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "shop project")


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """The right fix leads in votes only when its two spellings vote together."""
    weights = {FIX: 3.0, SAME_FIX: 3.0, OTHER_FIX: 4.0, NO_FIX: 5.0, PROSE: 1.0}
    return make_recording(tmp_path / "recording.jsonl", weights)
