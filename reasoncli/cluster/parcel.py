"""A snapshot as one value that travels to other machines, and a folder again there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from reasoncli.domain import Snapshot


@dataclass(frozen=True, slots=True)
class Parcel:
    """What sandboxes on another machine are made of.

    Attributes:
        repository: the user's work tree; only its name matters elsewhere.
        commit, tree_hash, dirty: see `Snapshot`.
        entries: path, sha256, kind (`f`, `x` for an executable, `l` for a link) and bytes (a link's target).
        dockerfile: what `--dockerfile` names, which may lie outside the repository.
    """

    repository: Path
    commit: str
    tree_hash: str
    dirty: bool
    entries: tuple[tuple[str, str, str, bytes], ...]
    dockerfile: bytes | None = None


def pack(snapshot: Snapshot, dockerfile: bytes | None = None) -> Parcel:
    """Everything of a snapshot, in memory."""
    entries = tuple((path, digest, *_read(snapshot.root / path)) for path, digest in snapshot.files.items())
    return Parcel(snapshot.repository, snapshot.commit, snapshot.tree_hash, snapshot.dirty, entries, dockerfile)


def unpack(parcel: Parcel, into: Path) -> Snapshot:
    """Write it into an empty folder. Links come last, so that nothing is written through one.

    Raises:
        OSError: there is no space, or no permission.
    """
    for path, _, kind, content in sorted(parcel.entries, key=lambda entry: entry[2] == "l"):
        place = into / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if kind == "l":
            place.symlink_to(content.decode("utf-8", "surrogateescape"))
        else:
            place.write_bytes(content)
            place.chmod(0o755 if kind == "x" else 0o644)
    files = MappingProxyType({path: digest for path, digest, _, _ in parcel.entries})
    return Snapshot(parcel.repository, into, parcel.commit, parcel.tree_hash, parcel.dirty, files)


def _read(path: Path) -> tuple[str, bytes]:
    if path.is_symlink():
        return "l", str(path.readlink()).encode("utf-8", "surrogateescape")
    return "x" if path.stat().st_mode & 0o100 else "f", path.read_bytes()
