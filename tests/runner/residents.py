"""A resident runner over a small tree, spoken to as a sandbox does."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reasoncli.resources import sandboxes_dir
from reasoncli.sandbox import keeper
from reasoncli.verification import wire
from reasoncli.verification.records import read_records
from tests.runner.support import NONCE, Seen

NOTHING: dict[str, Sequence[str]] = {"modules": (), "sources": (), "rewritten": ()}
PYTEST = "python -m pytest"
CORE = "def double(value):\n    return value + value\n"
TEST = "from core import double\n\n\ndef test_double():\n    assert double(3) == 6\n"


class Resident:
    """A resident over one tree."""

    def __init__(self, python: str, home: Path, root: Path, program: str = "", **variables: str) -> None:
        """Begin one; with `program`, which is told where it is, in its stead."""
        self.root = root
        self.untouched = True
        shutil.copytree(sandboxes_dir() / "runner", home / "runner")
        shutil.copy(keeper.__file__, home / "keeper.py")
        (home / "tmp").mkdir()
        self.process = subprocess.Popen(
            [python, "-I", "-S", "-B", *(["-c", program] if program else []), str(home / "runner" / "resident.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"PATH": os.defpath, "HOME": str(home), "TMPDIR": str(home / "tmp"), **variables},
            cwd=root,
        )
        manifest = keeper.flatten(keeper.scan(str(root)))
        assert self.ask({"op": "keep", "root": str(root), "manifest": manifest, "empty": [str(home / "tmp")]}) == ["1"]

    def ask(self, request: Mapping[str, Any]) -> list[str]:
        assert self.process.stdin is not None
        self.process.stdin.write(keeper.pack_request(dict(request)))
        self.process.stdin.flush()
        return self.hear()

    def hear(self) -> list[str]:
        assert self.process.stdout is not None
        length = int.from_bytes(self.process.stdout.read(8), "big")
        word, *fields = [os.fsdecode(field) for field in self.process.stdout.read(length).split(b"\0")]
        assert word == "ok", fields
        return fields

    def run(
        self,
        warm: Mapping[str, Sequence[str]] | None,
        command: str = PYTEST,
        write: Mapping[str, str] | None = None,
        **request: Any,
    ) -> tuple[Seen, str]:
        """One run, and the lane it took."""
        spec = wire.encode(
            wire.Request(**{"command": command, "tests": None, "timeout": 60.0, **request}),
            root=str(self.root),
            nonce=NONCE,
        )
        items = [(path, "f", 0o644, text.encode(), -1) for path, text in (write or {}).items()]
        load = None if warm is None else {name: list(names) for name, names in warm.items()}
        request = {"op": "run", "spec": spec.decode(), "items": items, "warm": load, "untouched": self.untouched}
        self.untouched = False
        living, result = self.ask(request)
        answer = wire.read(result.encode())
        assert answer is not None
        assert int(living) == 1 + len(self.living())
        return Seen(answer, read_records(answer.records)), answer.lane

    def restore(self) -> None:
        wrong = self.ask({"op": "restore"})
        if wrong:
            originals = {"core.py": CORE, "test_core.py": TEST}
            self.ask({"items": [(path, "f", 0o644, originals[path].encode(), -1) for path in wrong]})
        else:
            self.hear()
        self.untouched = True

    def learn(self) -> dict[str, Sequence[str]]:
        """What a run loads."""
        seen, lane = self.run(None, loaded=True)
        assert lane == "cold: not asked for"
        loaded = seen.records.loaded
        self.restore()
        return {"modules": loaded.modules, "sources": loaded.sources, "rewritten": loaded.rewritten}

    def living(self) -> list[int]:
        """Processes below it."""
        found, heads = [], [self.process.pid]
        while heads:
            heads = [child for head in heads for child in _children(head)]
            found += heads
        return found

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        assert self.process.wait(10) == 0


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
