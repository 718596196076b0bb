"""Projects with one fault each, for the verifier's benchmarks: the packaged example, and two that are written here."""

from __future__ import annotations

import subprocess
import textwrap
from dataclasses import dataclass
from pathlib import Path

from benchmarks import real
from reasoncli.domain import Issue
from reasoncli.resources import demo_dir
from reasoncli.workflow.demo import lay_out

SLOW_TESTS = 240
SLOW_SECONDS = 0.28  # of each of them

_PYPROJECT = """
    [build-system]
    requires = ["setuptools>=61"]
    build-backend = "setuptools.build_meta"

    [project]
    name = "{name}"
    version = "1.0"
    dependencies = {dependencies}

    [project.optional-dependencies]
    test = ["pytest"]

    [tool.setuptools]
    packages = ["{name}"]

    [tool.pytest.ini_options]
    testpaths = ["tests"]
    pythonpath = ["."]
    """

_SURVEY = '''
    """A survey's figures, and the letter that tells them."""

    import numpy as np
    from django.conf import settings
    from django.template import Context, Engine

    if not settings.configured:
        settings.configure(USE_TZ=False)

    LETTER = "{% for name, value in rows %}{{ name }}: {{ value|floatformat:1 }}; {% endfor %}"


    def without_outliers(values, limit=3.0):
        """The values that are at most `limit` standard deviations from the mean."""
        values = np.asarray(values, dtype=float)
        spread = values.std()
        if spread == 0:
            return values
        distance = np.abs(values - values.mean()) / spread
        return values[distance < limit]


    def moving_average(values, width):
        """Means of every `width` neighbours."""
        if width < 1 or width > len(values):
            raise ValueError("no such width")
        sums = np.cumsum(np.insert(np.asarray(values, dtype=float), 0, 0.0))
        return (sums[width:] - sums[:-width]) / width


    def share_above(values, limit):
        """Which part of the values is above a limit."""
        values = np.asarray(values, dtype=float)
        if values.size == 0:
            return 0.0
        return float((values > limit).sum() / values.size)


    def letter(figures):
        """Names and figures as one line, in order of the names."""
        rows = sorted(figures.items())
        return Engine().from_string(LETTER).render(Context({"rows": rows}))
    '''
_SURVEY_TESTS = """
    import pytest

    from survey.figures import letter, moving_average, share_above, without_outliers


    def test_a_value_at_the_limit_stays():
        assert list(without_outliers([0, 0, 0, 0, 4], limit=2.0)) == [0, 0, 0, 0, 4]


    def test_an_outlier_goes():
        assert list(without_outliers([1, 1, 1, 1, 9], limit=1.5)) == [1, 1, 1, 1]


    def test_equal_values_stay():
        assert list(without_outliers([2, 2, 2])) == [2, 2, 2]


    def test_moving_average():
        assert list(moving_average([1, 2, 3, 4], 2)) == [1.5, 2.5, 3.5]


    def test_the_whole_width():
        assert list(moving_average([1, 2, 3], 3)) == [2.0]


    @pytest.mark.parametrize("width", [0, 4])
    def test_no_such_width(width):
        with pytest.raises(ValueError):
            moving_average([1, 2, 3], width)


    def test_share_above():
        assert share_above([1, 2, 3, 4], 2) == 0.5


    def test_share_of_nothing():
        assert share_above([], 2) == 0.0


    def test_letter():
        assert letter({"b": 2.25, "a": 1}) == "a: 1.0; b: 2.3; "
    """
_STOCK = '''
    """Prices of shelf {number}."""

    STEP = {step}


    def net(price, pieces):
        """The price of so many pieces."""
        return price * pieces + STEP


    def discounted(price, pieces):
        """From ten pieces on a tenth is taken off."""
        total = net(price, pieces)
        if pieces {comparison} 10:
            total -= total // 10
        return total


    def shipped(price, pieces, express=False):
        """With the fee: none above a hundred, three more if it is to be quick."""
        total = discounted(price, pieces)
        fee = 0 if total > 100 else 5
        if express:
            fee += 3
        return total + fee
    '''
_STOCK_TESTS = """
    import time

    import pytest

    from stock.shelf{number:02} import STEP, discounted, net, shipped


    @pytest.fixture(autouse=True)
    def _a_slow_service():
        time.sleep({seconds})


    @pytest.mark.parametrize(("pieces", "expected"), [(1, 7), (3, 21), (9, 63)])
    def test_net(pieces, expected):
        assert net(7, pieces) == expected + STEP


    def test_no_discount_for_few():
        assert discounted(10, 9) == 90 + STEP


    def test_discount_for_ten():
        assert discounted(10, 10) == 100 + STEP - (100 + STEP) // 10


    def test_discount_for_many():
        assert discounted(10, 20) == 200 + STEP - (200 + STEP) // 10


    @pytest.mark.parametrize(("express", "fee"), [(False, 5), (True, 8)])
    def test_shipped(express, fee):
        assert shipped(2, 3, express) == 6 + STEP + fee
    """
_TESTS_EACH = 8


@dataclass(frozen=True, slots=True)
class Planted:
    """A repository with a fault, and where it is.

    Attributes:
        shape: in a few words.
        file: path of the faulty file; its text holds `buggy` once, where `fixed` should stand.
        functions: those whose bodies are mutated; the whole file if empty.
    """

    name: str
    shape: str
    repository: Path
    issue: Issue
    file: str
    buggy: str
    fixed: str
    functions: tuple[str, ...] = ()


def small(folder: Path) -> Planted:
    """The packaged example."""
    text = (demo_dir() / "issue.md").read_text("utf-8")
    return Planted(
        "example",
        "small, pure Python",
        lay_out(folder / "example"),
        Issue(text, text.lstrip("# ").partition("\n")[0], "the packaged example"),
        "roomplan/rooms.py",
        "room.seats <= seats",
        "room.seats < seats",
    )


def heavy(folder: Path) -> Planted:
    """A project that imports numpy and Django."""
    files = {
        "pyproject.toml": _PYPROJECT.format(name="survey", dependencies='["numpy", "django"]'),
        "survey/__init__.py": "",
        "survey/figures.py": _SURVEY,
        "tests/test_figures.py": _SURVEY_TESTS,
    }
    text = "without_outliers drops a value at the limit\n\ntest_a_value_at_the_limit_stays shows it."
    return _written(
        folder / "survey",
        files,
        Planted(
            "survey",
            "imports numpy and Django",
            folder / "survey",
            Issue(text, text.partition("\n")[0], "benchmark"),
            "survey/figures.py",
            "distance < limit",
            "distance <= limit",
        ),
    )


def slow(folder: Path, tests: int = SLOW_TESTS) -> Planted:
    """A project whose tests wait for something, more than a minute in all."""
    shelves = tests // _TESTS_EACH
    files = {
        "pyproject.toml": _PYPROJECT.format(name="stock", dependencies="[]"),
        "stock/__init__.py": "",
    }
    for number in range(shelves):
        comparison = ">" if number == shelves // 2 else ">="
        files[f"stock/shelf{number:02}.py"] = _STOCK.format(number=number, step=number, comparison=comparison)
        files[f"tests/test_shelf{number:02}.py"] = _STOCK_TESTS.format(number=number, seconds=SLOW_SECONDS)
    text = f"shelf {shelves // 2}: ten pieces get no discount\n\ntest_discount_for_ten in shelf{shelves // 2:02} fails."
    planted = Planted(
        "stock",
        f"{shelves * _TESTS_EACH} tests of {SLOW_SECONDS:g} s",
        folder / "stock",
        Issue(text, text.partition("\n")[0], "benchmark"),
        f"stock/shelf{shelves // 2:02}.py",
        "pieces > 10",
        "pieces >= 10",
        functions=("net", "discounted", "shipped"),  # a change at module level would rightly run everything
    )
    return _written(folder / "stock", files, planted)


def released(name: str, folder: Path) -> Planted:
    """One of the real projects of `benchmarks.real`, prepared there."""
    (project,) = real.load([name])
    repository = real.prepare(project, folder)
    text = (folder / name / "issue.md").read_text("utf-8")
    lines = (repository / project.file).read_text("utf-8").split("\n")
    end = "\n".join(lines[project.line - 1 :])  # the line may stand elsewhere, too: with all that follows, it doesn't
    return Planted(
        name,
        project.shape,
        repository,
        Issue(text, text.partition("\n")[0], "benchmark"),
        project.file,
        end,
        end.replace(project.buggy, project.fixed, 1),
    )


def _written(folder: Path, files: dict[str, str], planted: Planted) -> Planted:
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(textwrap.dedent(text).lstrip("\n"), "utf-8")
    identity = ["-c", "user.name=benchmark", "-c", "user.email=benchmark@example.invalid"]
    for command in (["init", "--quiet"], ["add", "--all"], [*identity, "commit", "--quiet", "--message", "all"]):
        subprocess.run(["git", "-C", str(folder), *command], check=True)
    return planted
