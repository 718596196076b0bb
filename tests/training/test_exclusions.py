from __future__ import annotations

from pathlib import Path

import pytest

from reasoncli.errors import UsageError
from tests.training.collecting import KEPT_OUT, MERGED, PROGRAM, World, small_world
from training import exclusions

RENAMED_PROGRAM = """
def convert(value, radix):
    out = ''
    while value > 0:
        value, remainder = divmod(value, radix)
        if remainder >= 10:
            out += chr(ord('a') + remainder - 10)
        else:
            out += str(remainder)
    print(out)
    return out[::-1] or '0'
"""
RENAMED_COPY = KEPT_OUT.replace("line", "row").replace("word", "token").replace("wrapped", "fold")
EDITED_COPY = KEPT_OUT.replace("    return lines", "    lines.reverse()\n    return lines")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return small_world(tmp_path)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (KEPT_OUT, "text: a kept project's"),
        (RENAMED_COPY, "text: a kept project's, renamed"),
        (EDITED_COPY, "text: near a kept project's"),
        (PROGRAM, "name: QuixBugs"),
        (PROGRAM.replace("to_base", "_toBase"), "name: QuixBugs"),
        (RENAMED_PROGRAM, "text: near QuixBugs"),
    ],
)
def test_copies_are_kept_out_whatever_the_file(world: World, code: str, why: str) -> None:
    world.repository("acme/a", {"src/a/util.py": code, "src/a/b.py": MERGED})
    world.collect()
    assert world.names() == ["merged"]
    assert world.manifest()["github:acme/a"]["dropped"] == {why: 1}


def test_copies_of_older_versions_are_kept_out(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.repository(exclusions.QUIXBUGS, {"python_programs/to_base.py": PROGRAM})
    world.repository("acme/judged", {"text.py": KEPT_OUT}, tag="v1")
    world.repository("acme/judged", {"text.py": "def other(a):\n    return a.other\n"}, tag="v2")
    world.repository("acme/a", {"a.py": KEPT_OUT})
    world.collect()
    assert world.functions() == []


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("src/_vendor/thing/a.py", "path: vendored"),
        ("third_party/a.py", "path: vendored"),
        ("lib/more_itertools/more.py", "path: kept for judging"),
        ("lib/Jinja2/nodes.py", "path: kept for judging"),
        ("compat/tenacity.py", "path: kept for judging"),
        ("sorts/quick_sort.py", "path: QuixBugs"),
        ("quixbugs-mirror/a.py", "path: QuixBugs"),
        ("src/vendors.py", None),
        ("src/clicking/enrich.py", None),
    ],
)
def test_paths(path: str, why: str | None) -> None:
    assert exclusions.excluded_path(path) == why


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("github:pallets/click", "source: kept for judging"),
        ("github:somebody/Click", "source: kept for judging"),
        ("pypi:python-dateutil", "source: kept for judging"),
        ("github:dateutil/dateutil", "source: kept for judging"),
        ("pypi:more_itertools", "source: kept for judging"),
        ("github:mirror/django", "source: kept for tests of fix"),
        ("github:somebody/my-QuixBugs", "source: QuixBugs"),
        ("github:acme/clicker", None),
        ("stdlib", None),
    ],
)
def test_sources(source: str, why: str | None) -> None:
    assert exclusions.excluded_source(source) == why


def test_a_kept_project_is_no_source_itself(world: World) -> None:
    world.repository("somebody/tinydb", {"a.py": MERGED})
    world.collect()
    assert world.functions() == []
    assert world.manifest()["github:somebody/tinydb"]["why"] == "source: kept for judging"


def test_the_filters_serve_others_too(world: World) -> None:
    world.collect()
    references = exclusions.References.load(world.data)
    lines = RENAMED_PROGRAM.strip().splitlines()
    assert exclusions.why_excluded(references, "github:acme/a", "a.py", "convert", lines) == "text: near QuixBugs"
    assert exclusions.why_excluded(references, "github:acme/a", "a.py", "merged", MERGED.strip().splitlines()) is None


def test_without_references_nothing_is_judged(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="keep out") as caught:
        exclusions.References.load(tmp_path)
    assert "training.collect" in caught.value.hint


def test_forty_programs_and_all_projects_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(exclusions.QUIXBUGS_NAMES) == 40
    exclusions.main(["--show"])
    shown = " ".join(capsys.readouterr().out.split())
    for name in ("topological_ordering", "pallets/werkzeug", "sympy/sympy", "50%", "70%"):
        assert name in shown
