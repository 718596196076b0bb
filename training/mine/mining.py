"""One repository's history becomes fixes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from reasoncli import python_source
from training import licences
from training.hunk import Hunk
from training.mine import changes, history, noise
from training.mine.changes import Function

Excluded = Callable[[str, str], str | None]

_HEAD = 3000  # characters of a file in which a licence of its own would stand


@dataclass(frozen=True, slots=True)
class Fix:
    """A commit's change of one function, as it is stored.

    `after == before[:start] + replacement + before[end:]`; lines are printed ones with their indentation.

    Attributes:
        source: "github:owner/name".
        licence: SPDX identifier.
        name: the function's qualified name.
        revert: the commit takes another one back; such records only serve to find what was taken back.
        tests: the commit changed tests as well.
        imports: it changed imports of the function's module, or of the other module that it touched.
    """

    source: str
    licence: str
    path: str
    name: str
    split: str
    commit: str
    message: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    start: int
    end: int
    replacement: tuple[str, ...]
    tests: bool
    imports: bool
    revert: bool

    def as_json(self) -> dict[str, object]:
        """The record as it is written."""
        return asdict(self)


@dataclass(slots=True)
class Mined:
    """What a repository gave.

    Attributes:
        fixes: in the order of the history, newest first; reverts among them.
        dropped: reason -> how many candidates it ruled out.
    """

    fixes: list[Fix] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)


def mine(repository: Path, source: str, licence: str, split: str, excluded: Excluded) -> Mined:
    """Every small fix in the history of a bare repository.

    Args:
        repository: the git directory.
        source: "github:owner/name", for the records.
        licence: SPDX identifier, for the records.
        split: for the records.
        excluded: why a function (path, qualified name) is kept out of the data, or `None`.

    Raises:
        subprocess.CalledProcessError: no HEAD can be read.
    """
    history.git(repository, "rev-parse", "--verify", "HEAD^{commit}")
    mined = Mined()
    with history.Blobs(repository) as blobs:
        for candidate in history.candidates(repository):
            try:
                found = _fix(candidate, blobs)
            except RecursionError:  # an expression of thousands of terms
                found = "nested too deep"
            if isinstance(found, str):
                mined.dropped[found] += 1
            else:
                path, function, change, imports = found
                if why := excluded(path, function.name):
                    mined.dropped[why] += 1
                else:
                    mined.fixes.append(
                        Fix(
                            source=source,
                            licence=licence,
                            path=path,
                            name=function.name,
                            split=split,
                            commit=candidate.commit,
                            message=candidate.message,
                            before=function.printed_before,
                            after=function.printed_after,
                            start=change.start,
                            end=change.end,
                            replacement=change.replacement,
                            tests=candidate.tests,
                            imports=imports,
                            revert=candidate.revert,
                        )
                    )
    return mined


def _fix(candidate: history.Candidate, blobs: Callable[[str], bytes | None]) -> tuple[str, Function, Hunk, bool] | str:
    """The change, or why the commit is none: path, function, hunk, and whether imports changed."""
    found: list[tuple[str, Function]] = []
    imports = False
    for path, old, new in candidate.files:
        before, after = _text(blobs(old)), _text(blobs(new))
        if after is not None and licences.forbids(after[:_HEAD]):
            return "the file's licence"
        comparison = changes.compare(before, after) if before is not None and after is not None else None
        if comparison is None:
            return "more than functions, or too large"
        imports |= comparison.imports
        found += [(path, function) for function in comparison.functions]
    if len(found) != 1:
        return "several functions" if found else "nothing printed"
    path, function = found[0]
    change = changes.small_hunk(function)
    if change is None:
        return "hunk too large"
    why = noise.reason(function, change)
    return why if why is not None else (path, function, change, imports)


def _text(content: bytes | None) -> str | None:
    return python_source.decode(content) if content is not None else None
