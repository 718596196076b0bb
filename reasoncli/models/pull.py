"""Download of models through huggingface_hub: with progress, resumed after an interruption, verified.

The hub's own client starts from nothing after an interruption and compares sizes only. So the bytes are
fetched with its low-level call into a file beside the cache's blobs, which stays when the download
stops; once their SHA-256 is the one that the hub lists, they become a blob of the cache. An unverified
file is therefore never seen by anyone, and what other programs pulled is used as it is.

The address and the credentials are the hub client's (`HF_ENDPOINT`, `HF_TOKEN`, `HF_HOME`,
`HF_HUB_OFFLINE`).
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import io
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from reasoncli.errors import DiskFullError, EnvironmentFailure, ModelError, ModelFileError, ModelNotFoundError
from reasoncli.models.hub import HubModel, select_files

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

Progress = Callable[[str, int, int], None]
"""Called with a file's name, the bytes of it that are there, and its size."""

_SHA256: Final = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file at the hub; `sha256` is empty where the hub lists none."""

    name: str
    size: int
    sha256: str


def pull(
    model: HubModel, progress: Progress, *, endpoint: str | None = None, cache_dir: Path | None = None
) -> list[Path]:
    """Download a model's files that are not there yet, and verify them.

    Args:
        model: which one.
        progress: told how far each file is.
        endpoint: address of the hub, `None` for the client's own setting.
        cache_dir: folder of the cache, `None` for the client's own.

    Returns:
        The files in the cache, in the order of their parts.

    Raises:
        ModelNotFoundError: no such repository, revision or quantization.
        ModelError: the hub is out of reach, offline mode is on, or access needs consent.
        ModelFileError: what came is not what the hub lists; nothing was kept.
        DiskFullError: there is not enough space.
    """
    with _hub_errors(model):
        commit, files = _look_up(model, endpoint)
        blobs = _blobs_folder(model, cache_dir)
        _check_space(files, blobs)
        return [_fetch(model, commit, file, blobs, progress, endpoint, cache_dir) for file in files]


def _look_up(model: HubModel, endpoint: str | None) -> tuple[str, list[RemoteFile]]:
    from huggingface_hub import HfApi

    info = HfApi(endpoint=endpoint).model_info(model.repo, revision=model.revision, files_metadata=True)
    listed: dict[str, RemoteFile] = {}
    for sibling in info.siblings or ():
        checksum = sibling.lfs.sha256 if sibling.lfs is not None else ""
        # Both become parts of paths, so a hub must not choose them freely.
        if ".." not in sibling.rfilename.split("/"):
            listed[sibling.rfilename] = RemoteFile(
                sibling.rfilename, sibling.size or 0, checksum if _SHA256.fullmatch(checksum) else ""
            )
    return info.sha or model.revision, [listed[name] for name in select_files(model, listed)]


def _blobs_folder(model: HubModel, cache_dir: Path | None) -> Path:
    from huggingface_hub import constants

    folder = Path(cache_dir or constants.HF_HUB_CACHE) / f"models--{model.repo.replace('/', '--')}" / "blobs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _check_space(files: list[RemoteFile], blobs: Path) -> None:
    needed = sum(file.size - _size(blobs / file.sha256) - _size(_part(blobs, file)) for file in files)
    free = shutil.disk_usage(blobs).free
    if needed > free:
        raise DiskFullError(
            f"the model needs {needed / 1e9:.1f} GB more, and {blobs} has {free / 1e9:.1f} GB left",
            hint="Free some space, or set HF_HOME to a folder on another disk.",
        )


def _fetch(
    model: HubModel,
    commit: str,
    file: RemoteFile,
    blobs: Path,
    progress: Progress,
    endpoint: str | None,
    cache_dir: Path | None,
) -> Path:
    """One file, as a path in the cache."""
    from huggingface_hub import hf_hub_download, hf_hub_url

    if not file.sha256:
        raise ModelFileError(
            f"the hub lists no checksum for {file.name}", hint="Download the file yourself and name it by its path."
        )
    blob = blobs / file.sha256
    if not blob.exists():
        url = hf_hub_url(model.repo, file.name, revision=commit, endpoint=endpoint)
        with _open_part(_part(blobs, file), file, progress) as part:
            _complete(part, url, file)
            part.path.rename(blob)
    progress(file.name, file.size, file.size)
    # Finds the blob, and enters it into the cache under its name.
    return Path(hf_hub_download(model.repo, file.name, revision=commit, endpoint=endpoint, cache_dir=cache_dir))


class _Part(io.FileIO):
    """The bytes of a file that are there so far; tells how many they are as they grow."""

    def __init__(self, path: Path, file: RemoteFile, progress: Progress) -> None:
        super().__init__(path, "a+")
        self.path = path
        self._file = file
        self._progress = progress

    @property
    def size(self) -> int:
        """Bytes that are there."""
        return self.seek(0, io.SEEK_END)

    def write(self, data: ReadableBuffer, /) -> int:
        """Append all of it, and report."""
        left = memoryview(data)
        while left:
            left = left[super().write(left) :]
        self._progress(self._file.name, self.size, self._file.size)
        return memoryview(data).nbytes

    def sha256(self) -> str:
        """Checksum of the bytes that are there."""
        self.seek(0)
        return hashlib.file_digest(self, "sha256").hexdigest()


@contextmanager
def _open_part(path: Path, file: RemoteFile, progress: Progress) -> Iterator[_Part]:
    with _Part(path, file, progress) as part:
        try:
            fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise EnvironmentFailure(
                f"{file.name} is being downloaded by another process", hint="Wait until it is done."
            ) from error
        yield part


def _complete(part: _Part, url: str, file: RemoteFile) -> None:
    """Fetch what is missing and verify the whole; a wrong rest of an older attempt is fetched again."""
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import (  # type: ignore[attr-defined]  # public, loaded lazily
        build_hf_headers,
        disable_progress_bars,
    )

    disable_progress_bars("huggingface_hub.http_get")
    while True:
        resumed = part.size
        if resumed < file.size:
            http_get(url, part, resume_size=resumed, headers=build_hf_headers(), expected_size=file.size)
        if part.sha256() == file.sha256:
            return
        part.truncate(0)
        if not resumed:
            part.path.unlink()
            raise ModelFileError(
                f"{file.name} is not what the hub lists: its checksum is wrong",
                hint="Nothing was kept. Try again; if it stays, the hub or a proxy hands out a broken file.",
            )


def _part(blobs: Path, file: RemoteFile) -> Path:
    return blobs / f"{file.sha256}.reasoncli-part"


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


@contextmanager
def _hub_errors(model: HubModel) -> Iterator[None]:
    """Turn the hub client's errors into ours."""
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    # Which library it speaks HTTP with depends on the client's version; its error's bases tell.
    transport: tuple[type[Exception], ...] = (OSError, *cast(tuple[type[Exception], ...], HfHubHTTPError.__bases__))
    try:
        yield
    except GatedRepoError as error:
        raise ModelError(
            f"{model.repo} is given only to those who accept its terms",
            hint="Accept them on the model's page, then run `hf auth login` or set HF_TOKEN.",
        ) from error
    except (RepositoryNotFoundError, RevisionNotFoundError, HFValidationError) as error:
        raise ModelNotFoundError(
            f"the hub has no model {model.repo} ({model.revision})", hint="Check the name; private ones need HF_TOKEN."
        ) from error
    except OfflineModeIsEnabled as error:
        raise ModelError(
            f"{model} is not on this machine, and HF_HUB_OFFLINE forbids to get it",
            hint="Unset HF_HUB_OFFLINE, or name a model that is here: `reasoncli models list`.",
        ) from error
    except transport as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise DiskFullError("no space left for the model", hint="Free some space and pull again.") from error
        raise ModelError(
            f"{model} could not be downloaded: {error}", hint="Pull again: what has arrived is kept."
        ) from error
