"""Our diffs against the real git: whatever changes, `git apply` must make of the base what the patch says."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reasoncli.domain import FileChange, Patch
from reasoncli.patches.build import build
from reasoncli.patches.completions import from_diff
from reasoncli.patches.diff_reader import read_diff
from reasoncli.patches.policy import Policy
from reasoncli.patches.tree import EXECUTABLE, REGULAR, MemoryTree
from reasoncli.patches.unified_diff import apply_diff

ENVIRONMENT = {
    **os.environ,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "core.autocrlf",
    "GIT_CONFIG_VALUE_0": "false",
}

State = dict[str, tuple[bytes, str]]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository with späces")
    subprocess.run(["git", "init", "-q"], cwd=root, env=ENVIRONMENT, check=True)
    return root


def lay(root: Path, state: Mapping[str, tuple[bytes, str]]) -> None:
    for old in sorted(root.rglob("*"), reverse=True):
        if ".git" in old.relative_to(root).parts:
            continue
        if old.is_dir():
            old.rmdir()
        else:
            old.unlink()
    for path, (content, mode) in state.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(0o755 if mode == EXECUTABLE else 0o644)


def found(root: Path) -> State:
    files = [file for file in root.rglob("*") if file.is_file() and ".git" not in file.relative_to(root).parts]
    return {
        file.relative_to(root).as_posix(): (
            file.read_bytes(),
            EXECUTABLE if file.stat().st_mode & stat.S_IXUSR else REGULAR,
        )
        for file in files
    }


def git_apply(root: Path, base: State, patch: Patch) -> State:
    lay(root, base)
    if patch.diff:
        done = subprocess.run(
            ["git", "apply", "--whitespace=nowarn", "-"],
            cwd=root, env=ENVIRONMENT, input=patch.diff.encode("utf-8"), capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (done.stderr.decode(), patch.diff)
    return found(root)


def patch_between(base: State, after: State) -> Patch:
    tree = MemoryTree({p: c for p, (c, _) in base.items()}, {p: m for p, (_, m) in base.items()})
    changes = [FileChange(path, None) for path in base if path not in after]
    changes += [FileChange(path, content, mode == EXECUTABLE) for path, (content, mode) in after.items()]
    return build(changes, tree)


LINE = st.sampled_from(
    [b"a", b"b", b"    x = 1", b"", b"}", "né".encode(), b"--- a/x", b"+++ b/x", b"@@ -1 +1 @@", b"a\tb", b"\x0c"]
)
END = st.sampled_from([b"\n", b"\n", b"\n", b"\r\n", b"\r"])


@st.composite
def contents(draw: st.DrawFn) -> bytes:
    if draw(st.integers(0, 14)) == 0:
        return draw(st.binary(max_size=200))
    lines = draw(st.lists(st.tuples(LINE, END), max_size=24))
    content = b"".join(line + end for line, end in lines)
    return content + (draw(LINE) if draw(st.booleans()) else b"")


@st.composite
def edited(draw: st.DrawFn, content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines)))
        count = draw(st.integers(0, 2))
        lines[at : at + count] = draw(st.lists(st.tuples(LINE, END).map(b"".join), max_size=2))
    return b"".join(lines)


PATHS = [
    "plain.py",
    "with space.py",
    "ünïcode.py",
    'quo"te.py',
    "sub/inner.py",
    "a/b.py",
    "tab\tname.py",
    "back\\slash.py",
    "b/a/c.txt",
    "trailing ",
]


@st.composite
def states(draw: st.DrawFn) -> tuple[State, State]:
    names = draw(st.lists(st.sampled_from(PATHS), min_size=1, max_size=4, unique=True))
    modes = st.sampled_from([REGULAR, REGULAR, EXECUTABLE])
    base = {name: (draw(contents()), draw(modes)) for name in names if draw(st.integers(0, 4))}
    after: State = {}
    for name in names:
        kind = draw(st.sampled_from(["edit", "edit", "edit", "delete", "mode", "same", "new"]))
        if name in base and kind == "edit":
            after[name] = (draw(edited(base[name][0])), base[name][1])
        elif name in base and kind == "same":
            after[name] = base[name]
        elif name in base and kind == "mode":
            after[name] = (base[name][0], draw(modes))
        elif kind != "delete":
            after[name] = (draw(contents()), draw(modes))
    return base, after


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(states())
def test_git_applies_what_we_write(repository: Path, pair: tuple[State, State]) -> None:
    base, after = pair
    assert git_apply(repository, base, patch_between(base, after)) == after


@settings(max_examples=150, deadline=None)
@given(states())
def test_we_read_what_we_write(pair: tuple[State, State]) -> None:
    base, after = pair
    patch = patch_between(base, after)
    if not patch.changes or "GIT binary patch" in patch.diff:
        return
    tree = MemoryTree({p: c for p, (c, _) in base.items()}, {p: m for p, (_, m) in base.items()})
    changes, _ = apply_diff(read_diff(patch.diff), tree, lambda path: None)
    again = build(changes, tree)
    assert again.execution_key == patch.execution_key
    assert again.diff == patch.diff


def test_git_diffs_are_read_as_git_applies_them(repository: Path) -> None:
    base: State = {
        "pkg/a b.py": (b"one\ntwo\nthree\n", REGULAR),
        "pkg/\u00e9.py": (b"x\r\ny\r\n", REGULAR),
        "run.sh": (b"#!/bin/sh\n", REGULAR),
        "old.py": (b"".join(b"line %d\n" % n for n in range(30)), REGULAR),
    }
    after: State = {
        "pkg/a b.py": (b"one\n2\nthree", REGULAR),
        "pkg/\u00e9.py": (b"x\r\nz\r\n", REGULAR),
        "run.sh": (b"#!/bin/sh\n", EXECUTABLE),
        "new.py": (b"".join(b"line %d\n" % n for n in range(29)) + b"end\n", REGULAR),
        "empty.py": (b"", REGULAR),
    }
    lay(repository, base)
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run([*git, "add", "-A"], cwd=repository, env=ENVIRONMENT, check=True)
    subprocess.run([*git, "commit", "-q", "-m", "base"], cwd=repository, env=ENVIRONMENT, check=True)
    lay(repository, after)
    subprocess.run([*git, "add", "-A"], cwd=repository, env=ENVIRONMENT, check=True)
    tree = MemoryTree({p: c for p, (c, _) in base.items()}, {p: m for p, (_, m) in base.items()})
    for options in (["-M"], ["--no-renames"], ["-M", "-U0"], ["-M", "--src-prefix=", "--dst-prefix="]):
        diff = subprocess.run(
            [*git, "diff", "--cached", *options], cwd=repository, env=ENVIRONMENT, capture_output=True, check=True
        ).stdout.decode()
        patch = from_diff(diff, tree, Policy())
        assert isinstance(patch, Patch), (options, patch, diff)
        assert patch.execution_key == patch_between(base, after).execution_key, options
