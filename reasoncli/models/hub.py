"""Names of models at a hub, and which of a repository's files they mean.

A name is `hf:user/repo` or `hf:user/repo:QUANT`, as llama.cpp writes them; `@revision` may follow the
repository. A quantization is found in the file names (`Q4_K_M`, `UD-Q4_K_XL`, `MXFP4` …); models split into
parts (`-00001-of-00003.gguf`) count as one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reasoncli.errors import ModelNotFoundError

_SPEC: Final = re.compile(
    r"hf:(?P<repo>[\w.-]+/[\w.-]+?)(?:@(?P<revision>[\w./-]+))?(?::(?P<quant>[\w.-]+))?", re.ASCII
)
_QUANT: Final = re.compile(r"(?<![A-Za-z0-9])(?:UD-)?(?:I?Q\d\w*|BF16|F16|F32|MXFP4\w*|TQ\d_\d)(?![A-Za-z0-9])", re.I)
_PART: Final = re.compile(r"-(\d{5})-of-(\d{5})(?=\.gguf$)", re.I)
_NO_MODEL: Final = re.compile(r"(?:^|[/._-])(?:mmproj|imatrix|vocab|mtp|draft)", re.I)
_PREFERRED: Final = ("Q4_K_M", "MXFP4", "Q4_0", "Q5_K_M", "Q8_0")  # where the user names none


@dataclass(frozen=True, slots=True)
class HubModel:
    """A model at a hub: repository, quantization (or empty: the usual one), revision."""

    repo: str
    quant: str = ""
    revision: str = "main"

    def __str__(self) -> str:
        """The name as users write it."""
        revision = "" if self.revision == "main" else f"@{self.revision}"
        return f"hf:{self.repo}{revision}{f':{self.quant}' if self.quant else ''}"


@dataclass(frozen=True, slots=True)
class CachedModel:
    """A model that was pulled: how to name it, its first file, and the bytes of all its files."""

    name: str
    path: Path
    size: int


def parse_hub_model(spec: str) -> HubModel:
    """Read `hf:user/repo[@revision][:QUANT]`.

    Raises:
        ModelNotFoundError: it has another form.
    """
    match = _SPEC.fullmatch(spec)
    if match is None:
        raise ModelNotFoundError(f"{spec!r} names no model at a hub", hint="Write hf:user/repo:Q4_K_M.")
    return HubModel(match["repo"], match["quant"] or "", match["revision"] or "main")


def select_files(model: HubModel, names: Iterable[str]) -> list[str]:
    """The files of a repository that make up the model, in the order of their parts.

    Raises:
        ModelNotFoundError: it has no GGUF, or none of that quantization.
    """
    groups = _groups(names)
    if not groups:
        raise ModelNotFoundError(
            f"{model.repo} holds no GGUF model", hint="Most models have a second repository whose name ends with -GGUF."
        )
    wanted = [model.quant] if model.quant else list(_PREFERRED)
    for quant in wanted:
        pattern = re.compile(rf"(?<![A-Za-z0-9]){re.escape(quant)}(?![A-Za-z0-9_])", re.I)
        found = [name for name in groups if pattern.search(name)]
        if found:
            # A variant (`UD-Q4_K_M`) has a longer name; of one file and the same in parts, one file is better.
            return groups[min(found, key=lambda name: (len(groups[name]), len(name), name))]
    if not model.quant and len(groups) == 1:
        return next(iter(groups.values()))
    quants = sorted({match[0] for name in groups if (match := _QUANT.search(name.rsplit("/", 1)[-1]))})
    raise ModelNotFoundError(
        f"{model.repo} has no {model.quant or 'usual'} quantization", hint=f"It has: {', '.join(quants) or 'others'}."
    )


def cached_files(model: HubModel, cache_dir: Path | None = None) -> list[Path]:
    """The model's files in the hub's cache; empty unless all of them are there."""
    for root, names in _snapshots(cache_dir, model):
        try:
            return [root / name for name in select_files(model, names)]
        except ModelNotFoundError:
            continue
    return []


def cached_models(cache_dir: Path | None = None) -> list[CachedModel]:
    """All complete GGUF models in the hub's cache, by name."""
    found: dict[str, CachedModel] = {}
    for repo, root, names in _all_snapshots(cache_dir):
        for stem, parts in _groups(names).items():
            quant = _QUANT.search(stem.rsplit("/", 1)[-1])
            name = str(HubModel(repo, quant[0] if quant else ""))
            files = [root / part for part in parts]
            found.setdefault(name, CachedModel(name, files[0], sum(file.stat().st_size for file in files)))
    return [found[name] for name in sorted(found)]


def _groups(names: Iterable[str]) -> dict[str, list[str]]:
    """Models among file names: name without the part's number -> its files; incomplete ones left out."""
    parts: defaultdict[str, list[str]] = defaultdict(list)
    whole: dict[str, list[str]] = {}
    counts: dict[str, int] = {}
    for name in sorted(names):
        if not name.lower().endswith(".gguf") or _NO_MODEL.search(name.rsplit("/", 1)[-1]):
            continue
        part = _PART.search(name)
        if part is None:
            whole[name] = [name]
        else:
            stem = f"{name[: part.start()]}-parts.gguf"
            parts[stem].append(name)
            counts[stem] = int(part[2])
    return whole | {stem: files for stem, files in parts.items() if len(files) == counts[stem]}


def _snapshots(cache_dir: Path | None, model: HubModel) -> list[tuple[Path, Sequence[str]]]:
    return [(root, names) for repo, root, names in _all_snapshots(cache_dir, model.revision) if repo == model.repo]


def _all_snapshots(cache_dir: Path | None, revision: str = "main") -> list[tuple[str, Path, list[str]]]:
    """(repository, folder, files) of every revision in the cache, the named one first, then the newest."""
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        repos = scan_cache_dir(cache_dir).repos
    except CacheNotFound:
        return []
    found: list[tuple[str, Path, list[str]]] = []
    for repo in sorted(repos, key=lambda each: each.repo_id):
        if repo.repo_type != "model":
            continue
        order = sorted(
            repo.revisions,
            key=lambda each: (revision in (*each.refs, each.commit_hash), each.last_modified),
            reverse=True,
        )
        for each in order:
            names = [file.file_path.relative_to(each.snapshot_path).as_posix() for file in each.files]
            found.append((repo.repo_id, each.snapshot_path, names))
    return found
