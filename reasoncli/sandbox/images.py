"""The image that sandboxes start from: taken as it is, or built from a definition and kept by content."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
import secrets
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from reasoncli import __version__
from reasoncli.domain import Snapshot
from reasoncli.errors import SandboxUnavailable
from reasoncli.resources import sandboxes_dir
from reasoncli.sandbox import buildnet, context, engine, labels, recipe
from reasoncli.sandbox.config import BuildNetwork, DockerConfig
from reasoncli.sandbox.tree import Node, from_archive

WORKSPACE = "/workspace"
PREFIX = "reasoncli/"
_TAKEN = ("/", "/tmp", "/var/tmp", "/dev/shm", "/root", "/home", "/usr", "/reasoncli")  # noqa: S108 - inside
_WARNINGS = "/opt/venv/reasoncli-warnings"
_LAST_LINES = 25
_MOST_LAYERS = 128
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.\-]+(?::[a-z0-9]+)?(?:=[A-Za-z0-9.+:~\-]+)?")


@dataclass(frozen=True, slots=True)
class Image:
    """An image to run.

    Attributes:
        name: as people know it.
        id: the engine's digest of it.
        workdir: where the repository lies inside.
        sources: paths that lay there when it was built and are not its own making.
        ours: whether it was built from our own definition.
    """

    name: str
    id: str
    workdir: str
    sources: frozenset[str] = frozenset()
    ours: bool = False


def prepare(client: Any, snapshot: Snapshot, config: DockerConfig, run: str, progress: Callable[[str], None]) -> Image:
    """Find the image, or build it if the engine has none for this definition, these dependencies and options.

    Raises:
        SandboxUnavailable: unknown image, failing build, engine out of reach; the last lines and a hint are in it.
    """
    if config.image is not None:
        return _look_up(client, config.image, config.workdir)
    for package in config.packages:
        if not _PACKAGE.fullmatch(package):
            raise SandboxUnavailable(f"Not the name of a Debian package: {package!r}.")
    definition = _foreign(snapshot, config) if config.dockerfile is not None else _own(client, snapshot, config)
    name = f"{image_name(snapshot.repository.name)}:{definition.key}"
    if _inspect(client, name) is None:
        _build(client, definition, name, config, run, progress)
    return _look_up(client, name, config.workdir, ours=config.dockerfile is None)


def _look_up(client: Any, name: str, workdir: str | None, *, ours: bool = False) -> Image:
    found = _inspect(client, name)
    if found is None:
        raise SandboxUnavailable(
            f"The engine has no image {name}.", hint=f"Get it (`docker pull {name}`), or leave out `--image`."
        )
    settings = found["Config"] or {}
    place = workdir or settings.get("WorkingDir") or "/"
    packed = (settings.get("Labels") or {}).get(labels.SOURCES, "")
    sources = json.loads(zlib.decompress(base64.b64decode(packed))) if packed else ()
    if place in _TAKEN:
        place = WORKSPACE
    return Image(name, found["Id"], place.rstrip("/"), frozenset(sources), ours)


@dataclass(frozen=True, slots=True)
class _Definition:
    """All that a build takes. `pack` writes the context; `key` names the result by what it depends on."""

    key: str
    dockerfile: str
    pack: Callable[[IO[bytes]], None]
    arguments: Mapping[str, str]
    labels: Mapping[str, str]
    warnings: tuple[str, ...] = ()


def _own(client: Any, snapshot: Snapshot, config: DockerConfig) -> _Definition:
    steps = recipe.read_recipe(snapshot)
    base = config.base_image or f"python:{steps.python}-slim"
    access = buildnet.read_access(config.environment)
    folder = sandboxes_dir() / "python"
    definition = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
    plan = context.write_plan(steps, snapshot)
    key = _key(
        {name: hashlib.sha256(data).hexdigest() for name, data in definition.items()},
        {name: hashlib.sha256(data).hexdigest() for name, data in plan.items() if name != "files"},
        recipe.build_relevant(snapshot),
        sorted({path.rpartition("/")[0] for path in snapshot.files if path.endswith(".py")}),
        [_base_id(client, base), list(config.packages)],
    )
    extra = {f"reasoncli/plan/{name}": data for name, data in plan.items()}
    extra |= {f"reasoncli/{name}": data for name, data in definition.items() if name != "Dockerfile"}
    if access.certificates:
        extra["reasoncli/ca.pem"] = access.certificates
    extra["Dockerfile"] = definition["Dockerfile"]
    arguments = {"BASE": base, "PACKAGES": " ".join(config.packages), **access.arguments}
    return _Definition(
        key,
        "Dockerfile",
        lambda sink: context.pack(snapshot, sink, "sources/", extra),
        arguments,
        {},
        access.warnings,
    )


def _foreign(snapshot: Snapshot, config: DockerConfig) -> _Definition:
    assert config.dockerfile is not None  # noqa: S101 - the caller's branch
    try:
        text = config.dockerfile.read_bytes()
    except OSError as error:
        raise SandboxUnavailable(f"The Dockerfile can't be read: {error}") from error
    access = buildnet.read_access(config.environment)
    name = ".reasoncli.Dockerfile"
    packed = base64.b64encode(zlib.compress(json.dumps(sorted(snapshot.files)).encode(), 9)).decode()
    return _Definition(
        _key(hashlib.sha256(text).hexdigest(), recipe.build_relevant(snapshot)),
        name,
        lambda sink: context.pack(snapshot, sink, "", {name: text}),
        {key: value for key, value in access.arguments.items() if key != "FTP_PROXY"},
        {labels.SOURCES: packed},
    )


def _base_id(client: Any, base: str) -> str:
    """The base's digest where the engine has it; its name where it would be pulled."""
    found = _inspect(client, base)
    return base if found is None else str(found["Id"])


def _inspect(client: Any, name: str) -> dict[str, Any] | None:
    with engine.preparing():
        try:
            found: dict[str, Any] = client.inspect_image(name)
        except engine.ENGINE_ERRORS as error:
            if engine.not_found(error):
                return None
            raise
    return found


def _key(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def image_name(project: str) -> str:
    """What images for a project are called, before the colon."""
    return PREFIX + (re.sub(r"[^a-z0-9]+", "-", project.lower()).strip("-") or "project")


def read_generated(
    client: Any, image: Image, marks: Mapping[str, str], into: Path, progress: Callable[[str], None]
) -> dict[str, Node]:
    """What lies in the image's working directory and is not among its sources: metadata, extensions, version files.

    The files are kept below `into`. What the build had to leave out is told again, since it may have been long ago.

    Raises:
        SandboxUnavailable: the engine doesn't hand them out.
    """
    with engine.preparing():
        made = client.create_container(image.id, ["true"], labels=dict(marks), use_config_proxy=False)["Id"]
        try:
            if image.ours:
                for node in _archive(client, made, _WARNINGS, into / "warnings").values():
                    for line in node.read().decode("utf-8", "replace").splitlines():
                        progress(f"warning: {line}")
            found = _archive(client, made, image.workdir, into / "files")
        finally:
            with contextlib.suppress(*engine.ENGINE_ERRORS):
                client.remove_container(made, force=True)
    return {path: node for path, node in found.items() if path not in image.sources}


def _archive(client: Any, container: str, path: str, into: Path) -> dict[str, Node]:
    into.mkdir()
    try:
        pieces, _ = client.get_archive(container, path)
        found = from_archive(pieces, into)
        for _ in pieces:  # a response read to its end gives its connection back
            pass
        return found
    except engine.ENGINE_ERRORS as error:
        if engine.not_found(error):
            return {}
        raise
    except tarfile.TarError as error:
        raise SandboxUnavailable(f"The engine's copy of {path} can't be read: {error}") from error


# ---------------------------------------------------------------- building


def _build(
    client: Any, definition: _Definition, name: str, config: DockerConfig, run: str, progress: Callable[[str], None]
) -> None:
    for warning in definition.warnings:
        progress(f"warning: {warning}")
    token = secrets.token_hex(8)
    last: list[str] = []
    failed = ""
    network = None if config.build_network is BuildNetwork.DEFAULT else config.build_network.value
    with tempfile.TemporaryFile() as packed:
        definition.pack(packed)
        packed.seek(0)
        arguments = dict(definition.arguments)
        if "BASE" in arguments:
            arguments["TOKEN"] = token
        try:
            stream = _messages(
                client,
                fileobj=packed,
                custom_context=True,
                dockerfile=definition.dockerfile,
                tag=name,
                buildargs=arguments,
                labels={**definition.labels, labels.RUN: run, labels.VERSION: __version__},
                network_mode=network,
                rm=True,
                forcerm=True,
                timeout=config.build_timeout,
            )
            for message in stream:
                for line in str(message.get("stream") or message.get("status") or "").splitlines():
                    if line.strip():
                        progress(line)
                        last = [*last[-_LAST_LINES:], line]
                failed = failed or str(message.get("error") or "").strip()
        finally:
            _drop_stages(client, token)
    if failed:
        said = "\n".join(last)
        raise SandboxUnavailable(f"The image can't be built: {failed}\n{said}", hint=_hint(f"{said}\n{failed}", config))


def _messages(client: Any, **settings: Any) -> Iterator[dict[str, Any]]:
    """What the builder says. Errors of the engine are told as such; those of whoever listens are not caught."""
    with engine.preparing():
        yield from client.build(decode=True, **settings)


def _drop_stages(client: Any, token: str) -> None:
    """The first stage holds certificates, sources and compilers' leavings; nothing of it shall stay.

    It goes layer by layer, as each loses its child: asked to take the parents along, the engine would also take those
    without the label, which another build may be about to continue from.
    """
    filters = {"dangling": True, "label": f"{labels.STAGE}={token}"}
    try:
        for _ in range(_MOST_LAYERS):
            for image in (found := client.images(filters=filters)):
                client.remove_image(image["Id"], force=True, noprune=True)
            if not found:
                break
    except engine.ENGINE_ERRORS as error:
        raise engine.unavailable(error) from error


_HINTS = (
    (
        r"CERTIFICATE_VERIFY_FAILED|certificate verify failed",
        "A proxy seems to sign with a certificate of its own: set SSL_CERT_FILE to the bundle that holds it.",
    ),
    (
        r"name resolution|NewConnectionError|Network is unreachable|Could not resolve|Connection timed out|ProxyError",
        "The build has no network: try `--build-network host`, or set HTTPS_PROXY.",
    ),
    (
        r"gcc|g\+\+|cc1|[Cc]ompiler|Python\.h|rustc|cargo|pkg-config|\.h: No such file",
        "The project needs a compiler or headers: name Debian packages in `[tool.reasoncli.sandbox] packages`, such as "
        '["gcc", "libc6-dev", "python3-dev"].',
    ),
    (
        r"pull access denied|manifest unknown|dial tcp|registry|no such host|TLS handshake",
        "The base image is out of reach: name one that the engine has (REASONCLI_BASE_IMAGE), or make one with "
        "sandboxes/base/debootstrap.sh.",
    ),
    (r"No space left", "The engine's disk is full: `docker system df` says of what."),
)


def _hint(output: str, config: DockerConfig) -> str:
    for pattern, hint in _HINTS:
        if re.search(pattern, output):
            return hint
    if config.dockerfile is not None:
        return f"Does `docker build -f {config.dockerfile} .` work by itself?"
    return "Write a Dockerfile that installs the project and name it by `--dockerfile`, or take an image by `--image`."
