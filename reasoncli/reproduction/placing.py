"""Where a new file of tests belongs, and by what name the project's test program knows it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

from reasoncli.domain import Suspect, TestReport
from reasoncli.patches.policy import is_test_file

_PLACES = 5  # most suspect ones that are looked at


class TestFiles:
    """The Python files in which tests stand that ran at the base.

    Ids of tests are relative to where the test program starts, which may be a folder of the repository: pytest's
    `path::name`, unittest's dotted ones.
    """

    __test__ = False

    def __init__(self, report: TestReport, files: Collection[str]) -> None:
        """Find the files.

        Args:
            report: of the base, with coverage.
            files: of the repository.
        """
        self._report = report
        self._endings: dict[str, str] = {}
        for path in sorted(files, key=lambda each: (len(each), each)):
            parts = path.split("/")
            for start in range(len(parts)):
                self._endings.setdefault("/".join(parts[start:]), path)
        self._tests: dict[str, list[str]] = {}
        for test, result in report.results.items():
            file = self.file_of(test) if result.outcome.ok else None
            if file is not None and file.endswith(".py") and is_test_file(file):
                self._tests.setdefault(file, []).append(test)

    def file_of(self, test: str) -> str | None:
        """The file in which a test stands."""
        path, separator, _ = test.partition("::")
        if separator:
            return self._endings.get(path)
        parts = test.split(".")
        names = ("/".join(parts[:length]) + ".py" for length in range(len(parts) - 1, 0, -1))
        return next((self._endings[name] for name in names if name in self._endings), None)

    def nearest(self, suspects: Sequence[Suspect]) -> str | None:
        """The file nearest to the most suspect code; `None` where there is no file.

        One named after a suspect file comes first; then the one most of whose tests run the most suspect function, by
        the base's coverage; then the nearest in the tree. Among equals the one with fewer tests, as the more special.
        """
        places = list(suspects[:_PLACES])
        named = [PurePosixPath(each.path).stem for each in places]

        def nearness(path: str) -> tuple[object, ...]:
            stem, tests = PurePosixPath(path).stem, self._tests[path]
            ranks = (rank for rank, name in enumerate(named) if stem in (f"test_{name}", f"{name}_test"))
            running = sum(self._runs(test, places[0]) for test in tests) if places else 0
            common = _common(path, places[0].path) if places else 0
            return next(ranks, len(named)), -running / len(tests), -common, len(tests), path

        return min(self._tests, key=nearness, default=None)

    def address(self, path: str, beside: str) -> str:
        """What a new file is asked for by, in the form in which the tests of the file beside it are known."""
        known = self._tests[beside][0]
        name, separator, _ = known.partition("::")
        if separator:
            return path.removeprefix(beside.removesuffix(name))
        whole, parts = PurePosixPath(beside).with_suffix("").parts, known.split(".")
        depth = next(depth for depth in range(len(whole), 0, -1) if tuple(parts[:depth]) == whole[-depth:])
        return ".".join(PurePosixPath(path).with_suffix("").parts[len(whole) - depth :])

    def _runs(self, test: str, place: Suspect) -> bool:
        lines = self._report.coverage.get(test, {}).get(place.path, frozenset())
        return any(place.start <= line <= place.end for line in lines)


def new_file(folder: str, stem: str, files: Collection[str]) -> str:
    """A path that is free: `folder/stem.py`, or with a number."""
    number = 1
    while (path := f"{folder}/{stem}{number if number > 1 else ''}.py".lstrip("/")) in files:
        number += 1
    return path


def _common(one: str, other: str) -> int:
    """How many folders two paths have in common from the root on."""
    pairs = list(zip(one.split("/"), other.split("/"), strict=False))
    return next((depth for depth, (mine, theirs) in enumerate(pairs) if mine != theirs), len(pairs))
