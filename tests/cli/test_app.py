"""How an error of the operating system ends a command."""

from __future__ import annotations

import errno
import json
import os

import pytest

from reasoncli.cli import app


def _raise(error: Exception) -> int:
    raise error


@pytest.fixture(autouse=True)
def _signals_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.signals, "install", lambda: None)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC], ids=errno.errorcode.get)
def test_what_the_machine_refuses_is_no_defect(
    number: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = OSError(number, os.strerror(number), "/some/where")
    monkeypatch.setattr(app, "_invoke", lambda arguments: _raise(error))
    assert app.run(["runs", "list", "--json"]) == 3
    said = json.loads(capsys.readouterr().out)["error"]
    assert "/some/where" in said["message"]
    assert said["hint"]
    assert "defect" not in said["hint"]


def test_any_other_error_is_a_defect(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(app, "_invoke", lambda arguments: _raise(OSError(errno.EIO, "broken", "/some/where")))
    assert app.run(["runs", "list", "--json"]) == 70
    assert "defect" in json.loads(capsys.readouterr().out)["error"]["hint"]
