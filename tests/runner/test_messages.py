"""Messages of exceptions on their way into a report."""

from __future__ import annotations

import json
import subprocess

import pytest

from reasoncli.resources import sandboxes_dir


@pytest.mark.parametrize("message", [b"caf\xc3\xa9 \xff", b"x\xff" * 3000])
def test_bytes_become_text(python: str, message: bytes) -> None:
    """What `str(error)` gives in Python 2 is bytes, in whatever encoding; JSON takes text."""
    hooks = str(sandboxes_dir() / "runner" / "hooks")
    program = (
        "import json, sys\nsys.path.insert(0, sys.argv[1])\nsys.dont_write_bytecode = True\nimport reasoncli_report\n"
        f"print(json.dumps(reasoncli_report.cap({message!r}, 4000)))"
    )
    done = subprocess.run([python, "-c", program, hooks], capture_output=True, check=True)
    text = json.loads(done.stdout)
    assert text == message.decode("utf-8", "replace") or "[...]" in text
    assert "\ufffd" in text
    assert len(text) < 4100
