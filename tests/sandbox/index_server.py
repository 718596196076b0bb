"""A package index on loopback that wants a password, and wheels made by hand: builds without the real network."""

from __future__ import annotations

import base64
import contextlib
import http.server
import io
import threading
import zipfile
from collections.abc import Iterator

USER, PASSWORD = "index-user", "index-s3cret-pw"
_CREDENTIALS = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


def wheel(name: str, version: str, source: str) -> tuple[str, bytes]:
    """A pure-Python wheel with one module."""
    buffer = io.BytesIO()
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"{name}.py", source)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: us\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return f"{name}-{version}-py3-none-any.whl", buffer.getvalue()


WHEELS = dict(
    [
        wheel("pytest", "8.0", "RAN = 'pytest'\n"),
        wheel("coverage", "7.0", "RAN = 'coverage'\n"),
        wheel("adep", "1.0", "A = 1\n"),
    ]
)


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.headers.get("Authorization") != _CREDENTIALS:
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Basic realm=index")
            self.end_headers()
            return
        name = self.path.rstrip("/").rpartition("/")[2]
        if name in WHEELS:
            body = WHEELS[name]
        else:
            files = [file for file in WHEELS if file.startswith(f"{name}-")]
            if not files:
                self.send_error(404)
                return
            body = "".join(f'<a href="/files/{file}">{file}</a>' for file in files).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream" if name in WHEELS else "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def serve() -> Iterator[str]:
    """The index's address, password included."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://{USER}:{PASSWORD}@127.0.0.1:{server.server_address[1]}/simple"
        finally:
            server.shutdown()
            thread.join()
