"""What no corpus may hold, and the filter that keeps it out.

    python -m training.exclusions --show

QuixBugs and the real fixes of some projects judge what is trained; other projects are the tests of `fix` itself. Four
filters keep them out, each counted in the manifest that `training.collect` writes: by source (forks too), by path
(vendored copies), by name (QuixBugs' programs), and by text (copies under any name, and edited ones). The shingles of
QuixBugs and the hashes of the projects' functions are made by `training.collect` and lie in the data folder, never in a
checkout.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from rich.console import Console

from reasoncli.errors import UsageError
from training.collect import likeness

QUIXBUGS = "jkoppel/QuixBugs"
_NAMES = """
bitcount breadth_first_search bucketsort depth_first_search detect_cycle find_first_in_sorted find_in_sorted
flatten gcd get_factors hanoi is_valid_parenthesization kheapsort knapsack kth lcs_length levenshtein lis
longest_common_subsequence max_sublist_sum mergesort minimum_spanning_tree next_palindrome next_permutation
pascal possible_change powerset quicksort reverse_linked_list rpn_eval shortest_path_length
shortest_path_lengths shortest_paths shunting_yard sieve sqrt subsequences to_base topological_ordering wrap
"""
QUIXBUGS_NAMES = frozenset(_NAMES.split())
CONTAINED = 0.5  # of a QuixBugs program's shingles of six tokens, names and literals left out, that a near copy has
VENDOR_FOLDERS = frozenset(
    {"_vendor", "vendor", "_vendored", "vendored", "third_party", "thirdparty", "extern", "externals"}
)

Purpose = Literal["judging", "tests of fix"]


@dataclass(frozen=True, slots=True)
class Project:
    """A project that is kept out.

    Attributes:
        repository: "owner/name" on GitHub.
        package: its name on PyPI.
        modules: what its code is called where it is copied.
        purpose: what it is kept for.
    """

    repository: str
    package: str
    modules: tuple[str, ...]
    purpose: Purpose


def _projects(purpose: Purpose, table: str) -> tuple[Project, ...]:
    rows = [row.split() for row in table.strip().splitlines()]
    return tuple(Project(row[0], row[1], tuple(row[2:]), purpose) for row in rows)


PROJECTS = (
    *_projects(
        "judging",
        """
        Python-Markdown/markdown markdown markdown
        Suor/funcy funcy funcy
        Textualize/rich rich rich
        andialbrecht/sqlparse sqlparse sqlparse
        arrow-py/arrow arrow arrow
        dateutil/dateutil python-dateutil dateutil
        dbader/schedule schedule schedule
        dgilland/pydash pydash pydash
        hynek/structlog structlog structlog
        jd/tenacity tenacity tenacity
        jpadilla/pyjwt PyJWT jwt pyjwt
        keleshev/schema schema schema
        lark-parser/lark lark lark
        lepture/mistune mistune mistune
        mahmoud/boltons boltons boltons
        mahmoud/glom glom glom
        marshmallow-code/marshmallow marshmallow marshmallow
        mewwts/addict addict addict
        more-itertools/more-itertools more-itertools more_itertools
        msiemens/tinydb tinydb tinydb
        pallets/click click click
        pallets/jinja Jinja2 jinja2 jinja
        pallets/werkzeug Werkzeug werkzeug
        pyeve/cerberus Cerberus cerberus
        pypa/packaging packaging packaging
        python-attrs/attrs attrs attr attrs
        python-humanize/humanize humanize humanize
        python-jsonschema/jsonschema jsonschema jsonschema
        r1chardj0n3s/parse parse parse
        scrapy/w3lib w3lib w3lib
        python-poetry/tomlkit tomlkit tomlkit
        pallets-eco/wtforms WTForms wtforms
        """,
    ),
    *_projects(
        "tests of fix",
        """
        pytoolz/toolz toolz toolz
        alecthomas/voluptuous voluptuous voluptuous
        astanin/python-tabulate tabulate tabulate
        gruns/furl furl furl
        h2non/jsonpath-ng jsonpath-ng jsonpath_ng
        jazzband/prettytable prettytable prettytable
        joke2k/django-environ django-environ environ
        savoirfairelinux/num2words num2words num2words
        martinblech/xmltodict xmltodict xmltodict
        PyCQA/pyflakes pyflakes pyflakes
        jaraco/inflect inflect inflect
        tkem/cachetools cachetools cachetools
        python-semver/python-semver semver semver
        gweis/isodate isodate isodate
        matiasb/python-unidiff unidiff unidiff
        danthedeckie/simpleeval simpleeval simpleeval
        un33k/python-slugify python-slugify slugify
        django-compressor/django-appconf django-appconf appconf
        django/django Django django
        sympy/sympy sympy sympy
        """,
    ),
)


def excluded_source(source: str) -> str | None:
    """Why nothing of a source ("github:owner/name", "pypi:name", "stdlib") may be taken; `None` if it may.

    Repositories are told by their name alone: a fork has the same history.
    """
    kind, _, name = source.partition(":")
    plain = _plain(name.rpartition("/")[2])
    if "quixbugs" in plain:
        return "source: QuixBugs"
    for project in PROJECTS:
        own = project.repository.rpartition("/")[2] if kind == "github" else project.package
        if plain in (_plain(own), _plain(project.package)):
            return f"source: kept for {project.purpose}"
    return None


def excluded_path(path: str) -> str | None:
    """Why a file may not be taken, by the names of its folders and its own; `None` if it may."""
    parts = [_plain(part) for part in path.removesuffix(".py").split("/")]
    if any(part in _VENDOR for part in parts[:-1]):
        return "path: vendored"
    if any("quixbugs" in part or _letters(part) in _QUIXBUGS_LETTERS for part in parts):
        return "path: QuixBugs"
    return "path: kept for judging" if any(part in _JUDGED_MODULES for part in parts) else None


def excluded_name(name: str) -> str | None:
    """Why a function may not be taken, by its qualified name, whatever its case and underscores; `None` if it may."""
    return "name: QuixBugs" if _letters(name.rpartition(".")[2]) in _QUIXBUGS_LETTERS else None


@dataclass(slots=True)
class References:
    """The texts that nothing in a corpus may be like.

    Attributes:
        programs: of QuixBugs, right and wrong: of each, how many shingles it has without names.
        having: by such a shingle, the programs that have it, as places in `programs`.
        texts: text keys of the kept projects' functions.
        renamed: their keys without names.
        near: an index of their shingles, names kept.
    """

    programs: list[int] = field(default_factory=list)
    having: dict[int, list[int]] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)
    renamed: set[str] = field(default_factory=set)
    near: likeness.NearIndex = field(default_factory=likeness.NearIndex)

    @classmethod
    def load(cls, data: Path) -> References:
        """Read what `training.collect` left in a data folder.

        Raises:
            UsageError: it isn't there; without it nothing can be kept out.
        """
        references = cls()
        for path in (references_file(data, "quixbugs"), references_file(data, "projects")):
            if not path.is_file():
                raise UsageError(
                    f"the texts to keep out are not in {data}: {path.name} is missing",
                    hint="run `python -m training.collect` with this data folder first",
                )
            with gzip.open(path, "rt", encoding="utf-8") as file:
                references.add(json.loads(line) for line in file)
        return references

    def add(self, records: Iterable[dict[str, list[str] | list[int] | str]]) -> None:
        """Take in records as `reference_of` and `program_of` make them."""
        for record in records:
            shingles = np.array(record["shingles"], dtype=np.uint32)
            if "program" in record:
                for shingle in shingles.tolist():
                    self.having.setdefault(shingle, []).append(len(self.programs))
                self.programs.append(len(shingles))
                continue
            self.texts.add(str(record["text"]))
            if record["renamed"]:
                self.renamed.add(str(record["renamed"]))
                bands = likeness.bands_of(shingles)
                if not self.near.near(shingles, bands):
                    self.near.add(shingles, bands)

    def why(self, lines: Sequence[str], words: Sequence[str]) -> str | None:
        """Why a function may not be taken, by its printed lines and their tokens; `None` if it may."""
        return self.why_like(likeness.Print(lines, words))

    def why_like(self, printed: likeness.Print) -> str | None:
        """The same, of a function that is compared with others as well."""
        if printed.text in self.texts:
            return "text: a kept project's"
        had = Counter(program for shingle in printed.nameless.tolist() for program in self.having.get(shingle, ()))
        if any(number >= CONTAINED * self.programs[program] for program, number in had.items()):
            return "text: near QuixBugs"
        if printed.renamed is None:
            return None
        if printed.renamed in self.renamed:
            return "text: a kept project's, renamed"
        return "text: near a kept project's" if self.near.near(printed.shingles, printed.bands) else None


def program_of(name: str, lines: Sequence[str]) -> dict[str, list[int] | str]:
    """The record of a function of QuixBugs."""
    return {"program": name, "shingles": likeness.Print(lines).nameless.tolist()}


def reference_of(project: str, lines: Sequence[str]) -> dict[str, list[int] | str]:
    """The record of a kept project's function: keys and shingles, not its text."""
    printed = likeness.Print(lines)
    shingles = printed.shingles.tolist() if printed.renamed else []
    return {"project": project, "text": printed.text, "renamed": printed.renamed or "", "shingles": shingles}


def references_file(data: Path, kind: Literal["quixbugs", "projects"]) -> Path:
    """Where a data folder keeps the records of the texts to keep out."""
    return data / "references" / f"{kind}.jsonl.gz"


def why_excluded(references: References, source: str, path: str, name: str, lines: Sequence[str]) -> str | None:
    """All filters in turn, cheap ones first: why a function may not be taken, or `None`."""
    return (
        excluded_source(source)
        or excluded_path(path)
        or excluded_name(name)
        or references.why(lines, likeness.tokens(lines))
    )


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


_VENDOR = frozenset(_plain(name) for name in VENDOR_FOLDERS)
_QUIXBUGS_LETTERS = frozenset(_letters(name) for name in QUIXBUGS_NAMES)
_JUDGED_MODULES = frozenset(
    _plain(name) for project in PROJECTS if project.purpose == "judging" for name in project.modules
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the names, folders and thresholds that the filters go by."""
    parser = argparse.ArgumentParser(prog="python -m training.exclusions", description=main.__doc__)
    parser.add_argument("--show", action="store_true", help="the default")
    parser.parse_args(arguments)
    console = Console(highlight=False)
    for purpose in ("judging", "tests of fix"):
        names = [project.repository for project in PROJECTS if project.purpose == purpose]
        console.print(f"[bold]kept for {purpose}[/] ({len(names)}): {', '.join(names)}\n")
    console.print(f"[bold]folders of copies[/]: {', '.join(sorted(VENDOR_FOLDERS))}, and any folder or file named like")
    console.print(f"  {', '.join(sorted(_JUDGED_MODULES))}\n")
    console.print(
        f"[bold]names of QuixBugs' programs[/] ({len(QUIXBUGS_NAMES)}), of functions and files, whatever the case"
    )
    console.print(f"  and underscores: {', '.join(sorted(QUIXBUGS_NAMES))}\n")
    run = f"runs of {likeness.SHINGLE} tokens"
    console.print(
        f"[bold]near QuixBugs[/]: has {CONTAINED:.0%} of the {run} of a program, right or wrong, without names and"
    )
    console.print("  literals")
    console.print(
        f"[bold]a kept project's text[/]: equal as printed; or, from {likeness.LONG} tokens on, equal but for names and"
    )
    console.print(f"  literals, or {likeness.NEAR:.0%} of the {run} in common (Jaccard, names kept)")


if __name__ == "__main__":
    main()
