"""JUnit files as the in-sandbox runner gathers them: this run's, all of them, and nobody else's."""

from __future__ import annotations

import os
from pathlib import Path

from tests.runner.support import run

OLD = '<testsuite><testcase name="old"/></testsuite>'
NEW = '<testsuite><testcase name="new"/></testsuite>'


def documents(python: str, root: Path, command: str, *globs: str) -> list[bytes]:
    return [each.strip() for each in run(python, root, command, junit=globs).answer.junit]


def test_where_it_is_told_to_write_them(python: str, tmp_path: Path) -> None:
    assert documents(python, tmp_path, f"echo '{NEW}' > {{junit}}") == [NEW.encode()]
    assert documents(python, tmp_path, f"echo '{NEW}' > $REASONCLI_JUNIT") == [NEW.encode()]
    folder = f"mkdir -p {{junit}}/deep && echo '{NEW}' > {{junit}}/a.xml && echo '{NEW}' > {{junit}}/deep/b.xml"
    assert documents(python, tmp_path, folder + " && echo x > {junit}/c.txt") == [NEW.encode()] * 2


def test_bytes_come_as_they_are(python: str, tmp_path: Path) -> None:
    assert documents(python, tmp_path, "printf '<a>\\303\\274\\377</a>' > {junit}") == [b"<a>\xc3\xbc\xff</a>"]


def test_reports_from_before_the_run_never_count(python: str, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old.xml").write_text(OLD)
    (tmp_path / "kept.xml").write_text(OLD)
    os.utime(tmp_path / "kept.xml", (1_600_000_000, 1_600_000_000))
    copied = f"test ! -e out/old.xml && echo '{NEW}' > out/new.xml && cp -p ../kept.xml out/cached.xml"
    (tmp_path / "kept.xml").rename(tmp_path.parent / "kept.xml")
    assert documents(python, tmp_path, copied, "out/*.xml") == [NEW.encode()]
    assert documents(python, tmp_path, "true", "out/*.xml") == []


def test_what_is_no_report_stays_where_it_is(python: str, tmp_path: Path) -> None:
    (tmp_path / "pom.xml").write_text("<project/>")
    (tmp_path / "notes.txt").write_text(OLD)
    assert documents(python, tmp_path, f"echo '{NEW}' > new.xml", "**") == [NEW.encode()]
    assert (tmp_path / "pom.xml").exists()
    assert (tmp_path / "notes.txt").exists()


def test_globs(python: str, tmp_path: Path) -> None:
    command = f"mkdir -p m/a/target/r m/b/target/r && for d in a b; do echo '{NEW}' > m/$d/target/r/t.xml; done"
    assert len(documents(python, tmp_path, command, "m/*/target/r/*.xml")) == 2
    assert len(documents(python, tmp_path, command, "**/target/r/*.xml", "m/a/target/r/t.xml")) == 2, "each once"
    assert len(documents(python, tmp_path, command, "m")) == 2, "a folder stands for what is in it"
    assert documents(python, tmp_path, command, "*.xml", "m/a/*.xml") == []


def test_links_lead_nowhere(python: str, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine.xml").write_text(OLD)
    root = tmp_path / "root"
    root.mkdir()
    (root / "out").symlink_to(outside)
    (root / "one.xml").symlink_to(outside / "mine.xml")
    assert documents(python, root, "true", "out/*.xml", "*.xml", "../outside/*.xml", "**/*.xml") == []
    assert (outside / "mine.xml").read_text() == OLD
