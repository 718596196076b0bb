"""The source that is kept of the first suspects."""

from __future__ import annotations

from reasoncli.domain import Suspect
from reasoncli.localization.excerpts import excerpts


def suspect(path: str, line: int | None, start: int, end: int) -> Suspect:
    return Suspect(path, line, "f", start, end, 0.5)


def test_functions_are_kept_once_with_a_few_lines_around() -> None:
    files = {"a.py": b"".join(b"line %d\r\n" % i for i in range(1, 31))}
    found = excerpts(
        [suspect("a.py", 12, 10, 14), suspect("a.py", 13, 10, 14), suspect("a.py", None, 29, 30)], files.get
    )
    assert [(each.path, each.start, len(each.lines)) for each in found] == [("a.py", 7, 11), ("a.py", 26, 5)]
    assert found[0].lines[0] == "line 7"


def test_a_long_function_is_kept_around_its_suspect_lines() -> None:
    files = {"a.py": b"x\x0cy\n" * 2_000}  # a form feed ends no line
    found = excerpts([suspect("a.py", 1_000, 1, 2_000), suspect("a.py", 1_010, 1, 2_000)], files.get)
    assert len(found) == 1
    assert found[0].start <= 1_000 < found[0].start + len(found[0].lines)
    assert len(found[0].lines) < 200


def test_what_is_not_there_and_what_is_too_much_is_left_out() -> None:
    many = [suspect(f"{i}.py", 1, 1, 1) for i in range(100)]
    assert len(excerpts([suspect("gone.py", 1, 1, 1), *many], {f"{i}.py": b"x" * 5_000 for i in range(100)}.get)) == 12
