"""What of the host's network settings a build gets, and in which clothes."""

from __future__ import annotations

import base64
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from reasoncli.sandbox.buildnet import BuildAccess, read_access


def access(home: Path, environment: Mapping[str, str]) -> BuildAccess:
    # The machine's own files are switched off, lest a test depend on them.
    return read_access({"HOME": str(home), "PIP_CONFIG_FILE": str(home / "pip.conf"), **environment})


def carried(found: BuildAccess) -> dict[str, str]:
    packed = io.BytesIO(base64.b64decode(found.arguments["FTP_PROXY"]))
    with tarfile.open(fileobj=packed) as archive:
        return {name: archive.extractfile(name).read().decode() for name in archive.getnames()}  # type: ignore[union-attr]


@pytest.fixture(autouse=True)
def _no_system_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from reasoncli.sandbox import buildnet

    real = buildnet._pip_files
    monkeypatch.setattr(
        buildnet, "_pip_files", lambda environment: (p for p in real(environment) if p.is_relative_to(tmp_path))
    )


def test_proxies_pass_in_both_spellings(tmp_path: Path) -> None:
    found = access(tmp_path, {"HTTPS_PROXY": "http://u:p@proxy:3128", "no_proxy": "localhost"})
    assert found.arguments == {
        "HTTPS_PROXY": "http://u:p@proxy:3128", "https_proxy": "http://u:p@proxy:3128",
        "NO_PROXY": "localhost", "no_proxy": "localhost",
    }  # fmt: skip


def test_only_predefined_arguments_are_used(tmp_path: Path) -> None:
    """All others stay in an image's history."""
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = https://user:s3cret@pypi.corp/simple\n")
    found = access(tmp_path, {"HTTP_PROXY": "http://proxy", "PIP_EXTRA_INDEX_URL": "https://t0ken@other.corp/simple"})
    predefined = {
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "https_proxy",
        "NO_PROXY",
        "no_proxy",
        "FTP_PROXY",
        "ftp_proxy",
    }
    assert set(found.arguments) <= predefined


def test_pip_settings_follow_its_order(tmp_path: Path) -> None:
    (tmp_path / ".config/pip").mkdir(parents=True)
    (tmp_path / ".config/pip/pip.conf").write_text("[global]\nindex-url = https://user.corp/simple\ntimeout = 7\n")
    (tmp_path / "pip.conf").write_text("[install]\nindex_url = https://named.corp/simple\n")
    assert "https://named.corp/simple" in carried(access(tmp_path, {}))["pip.conf"]
    conf = carried(access(tmp_path, {"PIP_INDEX_URL": "https://env.corp/simple"}))["pip.conf"]
    assert "index-url = https://env.corp/simple" in conf
    assert "timeout = 7" in conf
    assert "named" not in conf


def test_several_indexes_stay_several(tmp_path: Path) -> None:
    conf = carried(access(tmp_path, {"PIP_EXTRA_INDEX_URL": "https://a.corp/s https://b.corp/s"}))["pip.conf"]
    assert "extra-index-url = https://a.corp/s\n    https://b.corp/s\n" in conf


def test_folders_of_this_machine_are_left_out_with_a_warning(tmp_path: Path) -> None:
    found = access(tmp_path, {"PIP_FIND_LINKS": "/opt/wheels file:///srv/simple"})
    assert len(found.warnings) == 2
    assert "FTP_PROXY" not in found.arguments


def test_netrc_gives_no_more_than_the_indexes_need(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine pypi.corp login me password pw\nmachine bank login me password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    found = carried(access(tmp_path, {"PIP_INDEX_URL": "https://pypi.corp/simple"}))
    assert found[".netrc"] == "machine pypi.corp login me password pw\n"


def test_certificates_are_found_where_any_tool_names_them(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("PEM")
    assert access(tmp_path, {"SSL_CERT_FILE": str(tmp_path / "ca.pem")}).certificates == b"PEM"
    assert access(tmp_path, {"SSL_CERT_FILE": str(tmp_path / "missing")}).certificates == b""
    (tmp_path / "pip.conf").write_text(f"[global]\ncert = {tmp_path}/ca.pem\n")
    assert access(tmp_path, {}).certificates == b"PEM"


def test_nothing_set_is_nothing_passed(tmp_path: Path) -> None:
    assert access(tmp_path, {}) == BuildAccess({}, b"", ())
