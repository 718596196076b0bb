"""What an issue, a repository's configuration, a file's name or a test's output can't do.

One run over a repository in which all of these are hostile, with the real engine; every report of it is looked at.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from reasoncli.errors import SettingsError
from reasoncli.repository import open_repository
from reasoncli.settings.loading import load_settings
from reasoncli.verification.detect import UNITTEST, detect_command
from tests.end_to_end.project import FIX, NO_FIX, RIGHT, Tool, git, make_recording, make_repository
from tests.end_to_end.test_ci_reports import commands
from tests.end_to_end.test_interruption import UNIT_TESTS
from tests.reports.test_markdown import CALLS, tokens

ESCAPES = "\x1b]0;owned\x07\x1b[2J\x1b[31m\x9b1mred\u202egnp.exe\x00"
MARKUP = (
    "@everyone ![x](https://evil.test/p.png) <img src=https://evil.test/p.png> ``` ]]> [bold red]x[/bold red]\n"
    "::error::theirs\n::add-mask::a\n##[add-mask]b\n```\n# heading\n"
)
SECRET = "swordfish-of-the-user"
ODD_NAME = "shop/$(touch hacked) `touch hacked`\n::error::name\x1b[31m @everyone ![x](https:evil).py"


def evil_tests(mark: Path) -> str:
    """They pass and fail as they should, say hostile things meanwhile, and look for what is the user's."""
    return f"""\
import os
import pathlib
import socket
import unittest

SAID = {ESCAPES + MARKUP!r}
print(SAID)
pathlib.Path({str(mark)!r}).parent.mkdir(parents=True, exist_ok=True)
pathlib.Path({str(mark)!r}).write_text("in the sandbox")


class Evil(unittest.TestCase):
    def test_nothing_of_the_user_s_is_here(self):
        self.assertNotIn("SECRET_OF_THE_USER", os.environ)
        self.assertFalse([name for name in os.environ if "TOKEN" in name])
        self.assertFalse(os.path.exists("/var/run/docker.sock"))
        self.assertFalse(os.path.exists(".git"))
        with self.assertRaises(OSError):
            socket.create_connection(("1.1.1.1", 53), 1)


def says(self):
    from shop.prices import total

    print(SAID)
    self.assertEqual(total([50, 50], discount=10), 90, SAID)


Evil.test_says = says
setattr(Evil, "test_" + SAID, unittest.skip(SAID)(says))
"""


def trap(folder: Path, mark: Path) -> Path:
    """A program that leaves a mark if anything runs it."""
    program = folder / "trap"
    program.write_text(f"#!/bin/sh\necho \"$0 $@\" >> '{mark}'\ncat\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """The repository."""
    mark = tmp_path / "marks" / "ran"
    said = r"printf '\\033[31m::error::x\\n'"
    command = f"echo $SECRET_OF_THE_USER; touch '{mark}'; {said}; python3 -m unittest discover -s tests -t ."
    evil = f'[tool.reasoncli]\ntest-command = """{command}"""\n'
    files = {
        "tests/test_evil.py": evil_tests(mark),
        "tests/test_prices.py": UNIT_TESTS,
        "tests/__init__.py": "",
        "pyproject.toml": evil,
        ".gitattributes": "*.py filter=evil diff=evil merge=evil\n",
        ODD_NAME: "# discount dearer total\n\n\ndef total(prices, discount):\n    return 0\n",
    }
    repository = make_repository(tmp_path / "shop", files)
    mark.parent.mkdir()
    program = trap(tmp_path, mark)
    for name in ("pre-commit", "commit-msg", "post-commit", "reference-transaction", "post-index-change", "pre-push"):
        hook = repository / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(program.read_text())
        hook.chmod(0o755)
    for key in (
        "core.fsmonitor", "core.sshCommand", "core.pager", "core.editor", "diff.external", "diff.evil.command",
        "diff.evil.textconv", "filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "merge.evil.driver",
        "gpg.program", "credential.helper", "core.askPass",
    ):  # fmt: skip
        git(repository, "config", key, str(program))
    mark.unlink(missing_ok=True)
    secret = tmp_path / "secret of the user"
    secret.write_text(f"total discount dearer {SECRET}\n")
    (repository / "shop" / "leak.py").symlink_to(secret)
    return repository


def without_escapes(texts: Sequence[str]) -> None:
    for text in texts:
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e]", text), repr(text)


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.parametrize("answer", [FIX, NO_FIX], ids=["fix", "none"])
def test_a_run_over_all_of_it(tool: Tool, hostile: Path, tmp_path: Path, base_image: str, answer: str) -> None:
    text = f"Discounts {ESCAPES[:-1]} {MARKUP}\n$(touch {tmp_path}/marks/issue) `touch {tmp_path}/marks/issue`\n"
    example = f">>> import os\n>>> os.system('touch {tmp_path}/marks/issue')\n1\n>>> total([50, 50], discount=10)\n90\n"
    issue = tmp_path / "issue.md"
    issue.write_text(f"{text}\n{example}\n", errors="surrogateescape")
    page, junit = tmp_path / "page.md", tmp_path / "junit.xml"
    ran = tool.run(
        *(
            "fix",
            hostile,
            "--issue",
            issue,
            "--image",
            base_image,
            "--seed",
            1,
            "-n",
            4,
            "--dry-run",
            "-v",
            "--explain",
        ),
        *("--model", f"recorded:{make_recording(tmp_path / 'recording', {answer: 1})}", "--junit-report", junit),
        GITHUB_ACTIONS="true",
        GITHUB_STEP_SUMMARY=str(page),
        SECRET_OF_THE_USER=SECRET,
    )
    assert ran.code == (0 if answer == FIX else 1), ran.err
    assert (RIGHT in ran.out) is (answer == FIX)
    assert list((tmp_path / "marks").iterdir()) == []  # nothing ran on the host
    if answer == FIX:
        assert "test_nothing_of_the_user_s_is_here" not in ran.err  # it is among the guards, and holds
    as_json, shown = tool.run("runs", "show", "--json").out, tool.run("runs", "show", "--explain", "--all").out
    markdown = tool.run("runs", "show", "--markdown").out
    without_escapes([ran.out, ran.err, as_json, shown, markdown, page.read_text(), junit.read_text()])
    assert len(commands(ran.err)) == 1
    assert [each.tag for each in ET.parse(junit).getroot().iter()][:3] == ["testsuites", "testsuite", "testcase"]
    for each in (markdown, page.read_text()):
        found = list(tokens(each))
        assert not {"image", "link_open"} & {token.type for token in found}
        html = "".join(token.content for token in found if token.type.startswith("html"))
        assert set(re.findall(r"<(/?\w+)", html)) <= {"details", "/details", "summary", "/summary"}
        assert not CALLS.search(" ".join(token.content for token in found if token.type == "text"))
        assert sum(token.type == "heading_open" for token in found) == 1
    for folder, _, names in os.walk(tool.state):
        for name in names:
            assert SECRET.encode() not in (Path(folder) / name).read_bytes()


@pytest.mark.parametrize("name", ["pyproject.toml", "setup.cfg", "tests/test_more.py"])
@pytest.mark.parametrize("target", ["/dev/zero", "secret"])
def test_links_lead_nowhere_while_tests_are_looked_for(tmp_path: Path, name: str, target: str) -> None:
    """Reading `/dev/zero` has no end; and what lies outside is not the repository's."""
    secret = tmp_path / "secret"
    secret.write_text("[tool.pytest]\nx = 1\n" if name == "pyproject.toml" else "[tool:pytest]\n\nimport pytest\n")
    repository = make_repository(tmp_path / "r", {"tests/test_prices.py": UNIT_TESTS, "tests/__init__.py": ""})
    for each in ("pytest.ini", "conftest.py"):
        (repository / each).unlink()
    (repository / name).symlink_to(secret if target == "secret" else target)
    snapshot = open_repository(repository).snapshot(tmp_path / "snapshot")
    assert name in snapshot.files
    assert detect_command(snapshot).startswith(UNITTEST)


@pytest.mark.parametrize("target", ["/dev/zero", "/dev/stdin", "../secret.toml"])
def test_settings_are_read_from_the_repository_alone(tmp_path: Path, target: str) -> None:
    repository = make_repository(tmp_path / "r")
    (tmp_path / "secret.toml").write_text("[tool.reasoncli]\nsamples = 3\n")
    (repository / "pyproject.toml").symlink_to(target)
    with pytest.raises(SettingsError, match="leads out of the repository"):
        load_settings({}, repository=repository, environ={}, user_file=tmp_path / "none")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pyproject.toml")
    with pytest.raises(SettingsError, match="is a pipe"):
        load_settings({}, repository=tmp_path, environ={}, user_file=tmp_path / "none")
