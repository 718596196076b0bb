from __future__ import annotations

import pytest


@pytest.fixture
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits between attempts are a tenth of a millisecond; the environment has no key and no proxy."""
    monkeypatch.setattr("reasoncli.models.http_client._FIRST_WAIT", 1e-4)
    for name in ("REASONCLI_API_KEY", "OPENAI_API_KEY", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
