"""What the user hears when the engine can't be used."""

from __future__ import annotations

import gc
import http.server
import json
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from reasoncli.errors import SandboxUnavailable
from reasoncli.sandbox import engine

# The client leaves a socket behind that never came to be connected.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def _collect() -> Iterator[None]:
    yield
    gc.collect()


def test_no_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nothing.sock")
    with pytest.raises(SandboxUnavailable, match="No Docker engine answers") as caught:
        engine.connect()
    assert "--sandbox local" in caught.value.hint
    assert "Podman" in caught.value.hint
    assert caught.value.exit_code == 3


def test_a_socket_that_is_closed_to_us() -> None:
    error = engine.unavailable(PermissionError(13, "Permission denied"))
    assert "docker" in error.hint
    assert "usermod" in error.hint


def test_an_address_that_makes_no_sense(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "nonsense://x y")
    with pytest.raises(SandboxUnavailable):
        engine.connect()


class _Old(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"ApiVersion": self.server.version}).encode()  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return "unix"

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(params=["1.12", "1.24", "1.39"])
def old_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    path = tmp_path / "old.sock"
    with socketserver.ThreadingUnixStreamServer(str(path), _Old) as server:
        server.version = request.param  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"unix://{path}"
        server.shutdown()
        thread.join()


def test_an_engine_that_is_too_old(monkeypatch: pytest.MonkeyPatch, old_engine: str) -> None:
    monkeypatch.setenv("DOCKER_HOST", old_engine)
    with pytest.raises(SandboxUnavailable, match="too old") as caught:
        engine.connect()
    assert "Update" in caught.value.hint
