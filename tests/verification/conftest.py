from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.verification.measuring import Measuring


@pytest.fixture
def measure() -> Iterator[Measuring]:
    """Measures baselines in local sandboxes."""
    measuring = Measuring()
    yield measuring
    measuring.close()
