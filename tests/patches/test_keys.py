from __future__ import annotations

from reasoncli.domain import FileChange, Patch
from reasoncli.patches.build import build
from reasoncli.patches.tree import EXECUTABLE, MemoryTree

BASE = b"def f(a):\n    x = a\n    return x - 1\n"
TREE = MemoryTree(
    {"m.py": BASE, "note.md": b"a\n", "run.sh": b"x\n", "old.py": b"print 'two'\n"}, {"run.sh": EXECUTABLE}
)


def patch(*changes: FileChange) -> Patch:
    return build(changes, TREE)


def test_one_program_in_two_spellings() -> None:
    plain = patch(FileChange("m.py", b"def f(a):\n    x = a\n    return x + 1\n"))
    other = patch(FileChange("m.py", b"def f(a):\n    y = a  # why\n\n    return (y+1)\r\n"))
    assert plain.execution_key != other.execution_key
    assert plain.vote_key == other.vote_key


def test_a_file_changed_in_comments_alone_casts_no_vote() -> None:
    fix = FileChange("m.py", b"def f(a):\n    x = a\n    return x + 1\n")
    comment = FileChange("old.py", b"print 'two'\n")
    assert patch(fix).vote_key == patch(fix, comment).vote_key
    assert patch(FileChange("m.py", BASE + b"# note\n")).vote_key != patch(fix).vote_key


def test_path_mode_and_deletion_count() -> None:
    keys = {
        patch(*changes).vote_key
        for changes in (
            (FileChange("new.py", b"x = 1\n"),),
            (FileChange("other.py", b"x = 1\n"),),
            (FileChange("new.py", b"x = 1\n", True),),
            (FileChange("m.py", None),),
            (FileChange("m.py", b""),),
            (FileChange("run.sh", b"x\n", False),),
            (FileChange("run.sh", b"y\n"),),
        )
    }
    assert len(keys) == 7


def test_text_is_never_stripped_inside() -> None:
    a = patch(FileChange("note.md", b"a b\n"))
    assert a.vote_key != patch(FileChange("note.md", b"ab\n")).vote_key
    assert a.vote_key != patch(FileChange("note.md", b" a b\n")).vote_key
    assert a.vote_key == patch(FileChange("note.md", b"a b  \r\n")).vote_key
    two = patch(FileChange("old.py", b"print 'a  b'\n"))
    assert two.vote_key != patch(FileChange("old.py", b"print 'a b'\n")).vote_key
    assert two.vote_key == patch(FileChange("old.py", b"print 'a  b'\r\n")).vote_key


def test_parts_cannot_run_into_each_other() -> None:
    a = patch(FileChange("a", b"bc"), FileChange("d", b"e"))
    b = patch(FileChange("a", b"b"), FileChange("cd", b"e"))
    assert a.execution_key != b.execution_key


def test_the_order_of_changes_does_not_count() -> None:
    one, two = FileChange("a.py", b"x = 1\n"), FileChange("b.py", b"y = 1\n")
    assert patch(one, two) == patch(two, one)


def test_no_change_is_an_empty_patch() -> None:
    empty = patch(FileChange("m.py", BASE), FileChange("run.sh", b"x\n"))
    assert (empty.changes, empty.diff, empty.size) == ((), "", 0)


def test_size_counts_lines() -> None:
    assert patch(FileChange("m.py", b"def f(a):\n    return a - 1\n")).size == 3
    assert patch(FileChange("m.py", None)).size == 3
