"""What the tool does to a terminal, and that it does nothing of it where there is none."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.end_to_end.project import (
    BREAKS,
    FIX,
    ISSUE,
    RIGHT,
    WRONG,
    Tool,
    git,
    make_recording,
    make_repository,
    refused,
)

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-7]|9[0-7])(?:;\d+)*m")
OWN = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"


class Terminal:
    """The tool on a pseudo-terminal of its own."""

    def __init__(self, tool: Tool, *arguments: object, **environment: str) -> None:
        self._master, slave = os.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", OWN, sys.executable, "-m", "reasoncli", *map(str, arguments)],
            env=tool.environment(TERM="xterm-256color", COLUMNS="100", LINES="40", **environment),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self.shown = ""

    def type(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def wait_for(self, text: str, patience: float = 240.0) -> None:
        deadline = time.monotonic() + patience
        while text not in self.shown and time.monotonic() < deadline and self._read():
            pass
        assert text in self.shown, self.shown

    def end_or_asked(self, times: int, patience: float = 240.0) -> bool:
        """Whether it asks once more than so many times, before it ends."""
        deadline = time.monotonic() + patience
        while self.shown.count("Which is right?") <= times and time.monotonic() < deadline:
            if not self._read():
                return False
        return True

    def end(self, patience: float = 240.0) -> int:
        deadline = time.monotonic() + patience
        while self._read() and time.monotonic() < deadline:
            pass
        os.close(self._master)
        return self._process.wait(timeout=patience)

    def _read(self) -> bool:
        """Take what there is; false once the tool has gone."""
        if select.select([self._master], [], [], 0.2)[0]:
            try:
                self.shown += os.read(self._master, 1 << 16).decode("utf-8", "replace")
            except OSError:  # how Linux says that nobody is there any more
                return False
        return True


def arguments(folder: Path, *more: object) -> tuple[object, ...]:
    repository = make_repository(folder / "r")
    recording = make_recording(folder / "recording.jsonl", {FIX: 1})
    common = ("--issue", ISSUE, "--model", f"recorded:{recording}", "--sandbox", "local")
    return "fix", repository, *common, "--seed", 1, "-n", 1, "--dry-run", *more


def test_ctrl_c_leaves_the_terminal_as_it_was(tool: Tool, tmp_path: Path) -> None:
    terminal = Terminal(tool, *arguments(tmp_path))
    terminal.wait_for("baseline")
    assert HIDE in terminal.shown
    terminal.type(b"\x03")
    assert terminal.end() == 130
    assert terminal.shown.rindex(SHOW) > terminal.shown.rindex(HIDE)
    assert "runs resume" in terminal.shown.rpartition(SHOW)[2].replace("\r\n", " ")
    assert "Traceback" not in terminal.shown


def test_a_whole_run_is_drawn_in_place_without_colour_where_that_is_asked_for(tool: Tool, tmp_path: Path) -> None:
    terminal = Terminal(tool, *arguments(tmp_path), NO_COLOR="1")
    assert terminal.end() == 0
    assert terminal.shown.count(HIDE) == terminal.shown.count(SHOW) == 1
    for word in ("baseline", "localization", "search", "votes", "+    return result * (100 - discount) / 100"):
        assert word in terminal.shown
    assert not COLOUR.search(terminal.shown)


def test_nothing_moves_where_there_is_no_terminal(tool: Tool, tmp_path: Path) -> None:
    ran = tool.run(*arguments(tmp_path))
    assert ran.code == 0
    assert "\x1b" not in ran.out + ran.err
    assert "baseline" in ran.err


def apart(folder: Path) -> tuple[object, ...]:
    """A choice between two patches that every test accepts, and that differ for a discount below 0."""
    repository = make_repository(folder / "r")
    source = repository / "shop/prices.py"
    before = source.read_text()
    patches = folder / "patches"
    patches.mkdir()
    right = RIGHT.strip().removeprefix("return ")
    for name, line in (("a", RIGHT), ("b", f"    return 0 if discount < 0 else {right}")):
        source.write_text(before.replace(WRONG, line))
        (patches / f"{name}.diff").write_text(git(repository, "diff"))
    source.write_text(before)
    return (
        "select",
        repository,
        "--issue",
        ISSUE,
        "--patches",
        patches,
        "--sandbox",
        "local",
        "--seed",
        1,
        "--ask",
        "--keep-test",
    )


def test_whoever_is_asked_decides(tool: Tool, tmp_path: Path) -> None:
    terminal = Terminal(tool, *apart(tmp_path))
    terminal.wait_for("Answer")
    question = terminal.shown[terminal.shown.rindex("Which is right?") :]
    assert HIDE not in question
    zero = next(line for line in question.splitlines() if "returns 0 " in line)
    terminal.type(f"{re.search(r'[0-9]', COLOUR.sub('', zero))[0]}\n".encode())  # type: ignore[index]
    asked = terminal.shown.count("Which is right?")
    while terminal.end_or_asked(asked):
        asked = terminal.shown.count("Which is right?")
        terminal.type(b"s\n")
    assert terminal.end() == 0
    assert "return 0 if discount < 0" in (tmp_path / "r/shop/prices.py").read_text()
    assert "what you said is right" in " ".join(terminal.shown.split())
    (kept,) = (tmp_path / "r/tests").glob("test_a_discount*.py")
    assert "from shop.prices import total" in kept.read_text()
    for source, passes in ((kept.read_text(), True), (kept.read_text().replace("== 0", "== 1"), False)):
        kept.write_text(source)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(kept)]
        assert (subprocess.run(command, cwd=tmp_path / "r", check=False, capture_output=True).returncode == 0) is passes


def test_ctrl_c_at_a_question_interrupts_the_run(tool: Tool, tmp_path: Path) -> None:
    terminal = Terminal(tool, *apart(tmp_path))
    terminal.wait_for("Answer")
    terminal.type(b"\x03")
    assert terminal.end() == 130
    assert "runs resume" in terminal.shown.rpartition("Answer")[2].replace("\r\n", " ")
    assert WRONG in (tmp_path / "r/shop/prices.py").read_text()


@pytest.mark.parametrize(("answer", "applied"), [(b"y\n", True), (b"\n", False), (b"\x04", False)])
def test_what_is_held_back_is_applied_with_consent_only(
    tool: Tool, tmp_path: Path, answer: bytes, *, applied: bool
) -> None:
    repository = make_repository(tmp_path / "r")
    recording = make_recording(tmp_path / "recording.jsonl", {BREAKS: 1})
    common = ("--issue", ISSUE, "--model", f"recorded:{recording}", "--sandbox", "local", "--seed", 1, "-n", 1)
    terminal = Terminal(tool, "fix", repository, *common, "--ask")
    terminal.wait_for("Apply it all the same?")
    question = " ".join(terminal.shown[terminal.shown.rindex(SHOW) :].split())
    assert "return result * 0.9" in question, "the patch is shown before it is asked about"
    assert "breaks a test" in question
    assert WRONG in (repository / "shop/prices.py").read_text()
    terminal.type(answer)
    assert terminal.end() == 1
    assert ("return result * 0.9" in (repository / "shop/prices.py").read_text()) is applied


def test_without_a_terminal_nobody_can_be_asked(tool: Tool, tmp_path: Path) -> None:
    refused(tool.run(*apart(tmp_path), "--json"), 2, "--ask needs a terminal")
