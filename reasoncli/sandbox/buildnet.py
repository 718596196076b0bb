"""How the host reaches package indexes, so that a build can do the same: proxies, certificates, pip's settings.

Credentials in any of them must not stay in an image. Proxies go in as predefined build arguments, which the engine
keeps out of history and configuration; pip's settings and the matching netrc entries go the same way, packed into
FTP_PROXY, which nothing else here needs; install.sh unpacks them to memory. Certificates are no secret, and lie in a
stage that is thrown away.
"""

from __future__ import annotations

import base64
import configparser
import io
import netrc
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
_CERTIFICATES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")
_INDEXES = ("index-url", "extra-index-url", "find-links", "trusted-host", "no-index")
_PLAIN = ("timeout", "default-timeout", "retries")
_CARRIER_LIMIT = 100_000  # the kernel takes 128 kB in one variable


@dataclass(frozen=True, slots=True)
class BuildAccess:
    """What a build gets.

    Attributes:
        arguments: predefined build arguments (never persisted by the engine).
        certificates: a PEM bundle, or nothing.
        warnings: settings of the host that can't hold inside, for the user.
    """

    arguments: Mapping[str, str]
    certificates: bytes
    warnings: tuple[str, ...]


def read_access(environment: Mapping[str, str]) -> BuildAccess:
    """Gather from environment variables and from pip's configuration files, as pip itself would."""
    arguments: dict[str, str] = {}
    for name in PROXIES:
        value = environment.get(name.lower()) or environment.get(name)
        if value:
            arguments[name] = arguments[name.lower()] = value
    warnings: list[str] = []
    settings = _pip_settings(environment)
    kept = {key: value for key, value in settings.items() if key in _PLAIN}
    hosts: set[str] = set()
    for key in _INDEXES:
        values = [value for value in settings.get(key, "").split() if value]
        usable = [value for value in values if key in ("trusted-host", "no-index") or "://" in value]
        usable = [value for value in usable if not value.startswith("file:")]
        for value in sorted(set(values) - set(usable)):
            warnings.append(f"pip's {key} {value} is a folder of this machine, out of a build's reach; it is left out")
        if usable:
            kept[key] = "\n".join(usable) if len(usable) > 1 else usable[0]
            hosts |= {host for value in usable if (host := urlsplit(value).hostname)}
    carried = {"pip.conf": _render(kept), ".netrc": _netrc(environment, hosts)}
    if any(carried.values()):
        bundle = _pack({name: text for name, text in carried.items() if text})
        if len(bundle) > _CARRIER_LIMIT:
            warnings.append("pip's settings are too large to be handed to a build; they are left out")
        else:
            arguments["FTP_PROXY"] = bundle
    return BuildAccess(arguments, _certificates(environment, settings), tuple(warnings))


def _pip_settings(environment: Mapping[str, str]) -> dict[str, str]:
    settings: dict[str, str] = {}
    for path in _pip_files(environment):
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue
        for section in ("global", "install"):
            if parser.has_section(section):
                settings |= {key.replace("_", "-"): value for key, value in parser.items(section)}
    for name, value in environment.items():
        if name.startswith("PIP_") and value:
            settings[name[4:].lower().replace("_", "-")] = value
    return settings


def _pip_files(environment: Mapping[str, str]) -> Iterator[Path]:
    """In pip's order: system, user, environment; PIP_CONFIG_FILE last, and its null device switches all off."""
    named = environment.get("PIP_CONFIG_FILE")
    if named == "/dev/null":
        return
    yield Path("/etc/pip.conf")
    if home := environment.get("HOME"):
        yield Path(home) / ".pip" / "pip.conf"
        yield Path(environment.get("XDG_CONFIG_HOME") or Path(home) / ".config") / "pip" / "pip.conf"
        yield Path(home) / "Library" / "Application Support" / "pip" / "pip.conf"
    if prefix := environment.get("VIRTUAL_ENV"):
        yield Path(prefix) / "pip.conf"
    if named:
        yield Path(named)


def _certificates(environment: Mapping[str, str], settings: Mapping[str, str]) -> bytes:
    for place in (*(environment.get(name) for name in _CERTIFICATES), settings.get("cert")):
        if place and (path := Path(place)).is_file():
            return path.read_bytes()
    return b""


def _netrc(environment: Mapping[str, str], hosts: set[str]) -> str:
    path = Path(environment.get("NETRC") or Path(environment.get("HOME", "/nonexistent")) / ".netrc")
    try:
        entries = netrc.netrc(str(path)).hosts
    except (OSError, netrc.NetrcParseError):
        return ""
    lines = [
        f"machine {host} login {login} password {password}"
        for host, (login, _, password) in entries.items()
        if host in hosts
    ]
    return "".join(line + "\n" for line in lines)


def _render(settings: Mapping[str, str]) -> str:
    if not settings:
        return ""
    lines = [f"{key} = {value.replace(chr(10), chr(10) + '    ')}" for key, value in settings.items()]
    return "[global]\n" + "\n".join(lines) + "\n"


def _pack(files: Mapping[str, str]) -> str:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, text in files.items():
            data = text.encode()
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o600
            archive.addfile(info, io.BytesIO(data))
    return base64.b64encode(buffer.getvalue()).decode("ascii")
