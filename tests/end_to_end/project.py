"""A small repository with a bug, recordings of what a model said about it, and the tool run on it as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import lean

SOURCE = '''\
"""Prices."""


def total(prices, discount=0):
    """Sum of prices, less a discount in percent."""
    result = sum(prices)
    return result * (100 + discount) / 100


def cheapest(prices):
    """The lowest price, None if there is none."""
    return min(prices) if prices else None
'''
TESTS = """\
from shop.prices import cheapest, total


def test_total():
    assert total([1, 2, 3]) == 6


def test_discount():
    assert total([50, 50], discount=10) == 90


def test_cheapest():
    assert cheapest([3, 1, 2]) == 1


def test_cheapest_of_nothing():
    assert cheapest([]) is None
"""
LEAN = "[pytest]\naddopts = -p no:hypothesispytest -p no:anyio\n"
"""Without plugins of an environment like ours that take longer to load than all else together."""

ISSUE = "A discount makes things dearer\n\n`total([50, 50], discount=10)` gives 110, I expected 90.\n"
WRONG = "    return result * (100 + discount) / 100"
RIGHT = "    return result * (100 - discount) / 100"


def edit(search: str, replace: str, path: str = "shop/prices.py") -> str:
    """A completion in search/replace form."""
    block = f"<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE"
    return f"Here is the fix.\n\n### {path}\n```python\n{block}\n```\n"


FIX = edit(WRONG, RIGHT)
SAME_FIX = edit(WRONG, RIGHT + "  # less, not more")
OTHER_FIX = edit(WRONG, "    return result - result * discount / 100")
NO_FIX = edit(WRONG, "    return result * (101 + discount) / 100")
BREAKS = edit(WRONG, "    return result * 0.9")
HANGS = edit(WRONG, "    while discount:\n        pass\n    return result")
SOON = ("baseline:", "search:")
"""What stands on stderr once the expensive part has begun."""

PROSE = "The discount is added, it should be subtracted."


@dataclass(frozen=True)
class Ran:
    """One run of the tool."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def refused(ran: Ran, code: int, *words: str) -> None:
    """A run with --json that ended in an error that holds these words, said on both streams."""
    assert ran.code == code, ran.err
    error = ran.json["error"]
    said = f"{error['message']} {error['hint']}"
    assert ran.json["exit_code"] == code
    assert [word for word in words if word not in said] == [], said
    assert error["message"].splitlines()[0] in " ".join(ran.err.replace("│", " ").split())  # a box may break its lines


def early(ran: Ran) -> None:
    """It was refused before anything expensive began."""
    assert not any(word in ran.err for word in SOON), ran.err


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder; its output."""
    identity = ["-c", "user.name=Test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def make_repository(folder: Path, files: Mapping[str, str] | None = None) -> Path:
    """A git repository with the shop in it; `files` replaces or adds."""
    content = {"shop/__init__.py": "", "shop/prices.py": SOURCE, "tests/test_prices.py": TESTS, "conftest.py": ""}
    for path, text in {**content, "pytest.ini": LEAN, **(files or {})}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, newline="")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "config", "user.name", "Test")
    git(folder, "config", "user.email", "test@localhost")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "A shop")
    return folder


def make_recording(
    path: Path,
    weights: Mapping[str, float],
    tests: Mapping[str, float] | None = None,
    judgements: Mapping[str, float] | None = None,
) -> Path:
    """A recording of these completions; `tests` and `judgements` are what it says when it is asked for those."""
    lines = [{"reasoncli_recording": 1, "name": "test", "abilities": ["chat"]}]
    lines += [{"text": text, "weight": weight, "logprobs": [-0.5]} for text, weight in weights.items()]
    lines += [{"text": text, "weight": weight, "form": "test"} for text, weight in (tests or {}).items()]
    lines += [{"text": text, "weight": weight, "form": "judgement"} for text, weight in (judgements or {}).items()]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@dataclass(frozen=True)
class Tool:
    """The tool with a state folder of its own."""

    home: Path

    @property
    def state(self) -> Path:
        return self.home / "state"

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("REASONCLI_")}
        base = os.environ.get("REASONCLI_BASE_IMAGE")
        return {
            **kept,
            **({"REASONCLI_BASE_IMAGE": base} if base else {}),
            "REASONCLI_STATE_DIR": str(self.state),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "VIRTUAL_ENV": str(lean.prefix()),
            **more,
        }

    def start(self, *arguments: object, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "reasoncli", *map(str, arguments)],
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: object, stdin: str = "", timeout: float = 300, **environment: str) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "reasoncli", *map(str, arguments)],
            env=self.environment(**environment),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    def fix(self, repository: Path, recording: Path, *more: object, issue: str = ISSUE, **environment: str) -> Ran:
        """A fix in the local sandbox by a recorded model."""
        return self.run(
            *("fix", repository, "--issue", issue, "--model", f"recorded:{recording}"),
            *("--sandbox", "local", "--seed", 1, *more),
            **environment,
        )


def files_of(folder: Path, names: Sequence[str] = ("shop/prices.py", "tests/test_prices.py")) -> dict[str, bytes]:
    """Bytes of files."""
    return {name: (folder / name).read_bytes() for name in names}
