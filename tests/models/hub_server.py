"""A hub on loopback that the real huggingface_hub client talks to, with faults on request."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """What the hub has, and what it does wrong.

    Attributes:
        files: repository -> file name -> bytes.
        cut_after: end the connection after so many bytes of a file, once for each entry.
        corrupt: hand out other bytes of the same length.
        refuse_ranges: answer a range request with the whole file.
        error: (status, X-Error-Code) for everything.
        checksum: what it lists in place of the files' own.
        downloads: (file, first byte asked for) of every download.
    """

    url: str
    files: Mapping[str, Mapping[str, bytes]]
    cut_after: list[int] = field(default_factory=list)
    corrupt: bool = False
    refuse_ranges: bool = False
    error: tuple[int, str] | None = None
    checksum: str | None = None
    downloads: list[tuple[str, int]] = field(default_factory=list)


@contextmanager
def hub_server(files: Mapping[str, Mapping[str, bytes]]) -> Iterator[Hub]:
    """Serve repositories on loopback."""
    hub = Hub("", files)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(body=True)

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def _answer(self, *, body: bool) -> None:
            path = unquote(self.path.split("?")[0])
            info = re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/.+)?", path)
            file = re.fullmatch(r"/([^/]+/[^/]+)/resolve/[^/]+/(.+)", path)
            if hub.error is not None:
                self._send(hub.error[0], {"X-Error-Code": hub.error[1]}, b"{}", body)
            elif info and info[1] in hub.files:
                self._send(200, {"Content-Type": "application/json"}, json.dumps(_info(hub, info[1])).encode(), body)
            elif file and file[2] in hub.files.get(file[1], {}):
                self._file(file[2], hub.files[file[1]][file[2]], body)
            else:
                self._send(404, {"X-Error-Code": "RepoNotFound"}, b"{}", body)

        def _file(self, name: str, data: bytes, body: bool) -> None:
            headers = {
                "X-Repo-Commit": COMMIT,
                "X-Linked-Etag": f'"{hashlib.sha256(data).hexdigest()}"',
                "ETag": f'"{hashlib.sha256(data).hexdigest()}"',
                "X-Linked-Size": str(len(data)),
            }
            span = re.fullmatch(r"bytes=(\d+)-\d*", self.headers.get("Range", ""))
            start = int(span[1]) if span else 0
            if body:
                hub.downloads.append((name, start))
            sent = bytes(byte ^ 1 for byte in data) if hub.corrupt else data
            status = 200
            if start and not hub.refuse_ranges:
                status = 206
                headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
                sent = sent[start:]
            cut = hub.cut_after.pop(0) if body and hub.cut_after else None
            self._send(status, headers, sent, body, cut)

        def _send(
            self, status: int, headers: Mapping[str, str], data: bytes, body: bool, cut: int | None = None
        ) -> None:
            try:
                self.send_response(status)
                for key, value in headers.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if body:
                    self.wfile.write(data if cut is None else data[:cut])
            except OSError:
                self.close_connection = True
            if cut is not None:
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _info(hub: Hub, repo: str) -> dict[str, Any]:
    siblings = [
        {
            "rfilename": name,
            "size": len(data),
            "blobId": "0" * 40,
            "lfs": {"sha256": hub.checksum or hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134},
        }
        for name, data in hub.files[repo].items()
    ]
    return {"_id": "1", "id": repo, "modelId": repo, "sha": COMMIT, "private": False, "tags": [], "siblings": siblings}
