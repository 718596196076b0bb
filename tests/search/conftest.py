from __future__ import annotations

import pytest

from tests.search.scripted import ListJournal


@pytest.fixture
def journal() -> ListJournal:
    return ListJournal()
