"""Where the chosen patch goes, and that a delivery that fails leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from reasoncli.domain import Candidate, FileChange, Issue, Patch
from reasoncli.errors import ConflictError, ReasoncliError, UsageError
from reasoncli.repository import Applied, open_repository
from reasoncli.runs.request import Delivery
from reasoncli.workflow.delivery import deliver
from tests.end_to_end.project import SOURCE, git, make_repository

FIXED = SOURCE.replace("100 + discount", "100 - discount")


class Delivering:
    """A repository, a snapshot of it and a patch on its way there."""

    def __init__(self, folder: Path) -> None:
        self.announced: list[Applied] = []
        self.root = make_repository(folder / "r")
        self._repository = open_repository(self.root)
        self._snapshot = self._repository.snapshot(folder / "snapshot", lambda message: None)

    def to(self, delivery: Delivery, title: str = "Dearer") -> None:
        patch = Patch((FileChange("shop/prices.py", FIXED.encode()),), "the diff\n", "e", "v", 2)
        deliver(
            Candidate(0, patch, 1.0, -0.5, ("p0",)),
            self._snapshot,
            Issue(title, title, "text"),
            repository=self._repository,
            delivery=delivery,
            trailer=False,
            announce=self.announced.append,
            withdraw=self.announced.clear,
        )


@pytest.fixture
def delivering(tmp_path: Path) -> Delivering:
    return Delivering(tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "fix.patch"


def test_a_patch_file_beside_a_branch(delivering: Delivering, file: Path) -> None:
    delivering.to(Delivery(branch="fix", patch=file))
    assert file.read_text() == "the diff\n"
    assert git(delivering.root, "show", "fix:shop/prices.py") == FIXED
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("delivery", [{"commit": True}, {"branch": "main"}], ids=str)
def test_where_the_repository_refuses_there_is_no_patch_file(
    delivering: Delivering, file: Path, delivery: dict[str, object]
) -> None:
    (delivering.root / "shop" / "prices.py").write_text("# changed meanwhile\n")
    with pytest.raises(ReasoncliError):
        delivering.to(Delivery(patch=file, **delivery))  # type: ignore[arg-type]
    assert not list(file.parent.iterdir())


def test_a_file_that_was_there_stays_where_the_repository_refuses(delivering: Delivering, file: Path) -> None:
    file.write_text("older")
    (delivering.root / "shop" / "prices.py").write_text("# changed meanwhile\n")
    with pytest.raises(ConflictError):
        delivering.to(Delivery(commit=True, patch=file))
    assert file.read_text() == "older"


def test_where_the_file_can_not_be_written_there_is_no_commit(delivering: Delivering, tmp_path: Path) -> None:
    for delivery in (Delivery(commit=True, patch=tmp_path), Delivery(branch="fix", patch=tmp_path / "none" / "p")):
        with pytest.raises(UsageError):
            delivering.to(delivery)
    assert git(delivering.root, "rev-list", "--all", "--count").strip() == "1"
    assert git(delivering.root, "status", "--porcelain") == ""


def test_what_another_run_wrote_first_is_not_ours_to_take_back(delivering: Delivering) -> None:
    (delivering.root / "shop/prices.py").write_text(FIXED)
    with pytest.raises(ConflictError):
        delivering.to(Delivery())
    assert delivering.announced == []


@pytest.mark.parametrize(
    ("title", "subject"),
    [
        ("\x1b]0;owned\x07Prices\x1b[2J\r\n\nCo-authored-by: evil", "Fix: Prices Co-authored-by: evil"),
        ("x" * 500, f"Fix: {'x' * 119}…"),
    ],
)
def test_a_title_stays_one_line_of_the_commit(delivering: Delivering, title: str, subject: str) -> None:
    delivering.to(Delivery(branch="fix"), title)
    assert git(delivering.root, "log", "-1", "--format=%B", "fix").strip() == subject
