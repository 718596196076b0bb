"""Building images for real: what gets in, what stays out, and when nothing is built at all."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reasoncli.errors import SandboxUnavailable
from reasoncli.sandbox import engine, images, labels, reap
from reasoncli.sandbox.config import BuildNetwork, DockerConfig
from reasoncli.sandbox.docker_provider import docker_provider
from reasoncli.sandbox.interface import Command
from tests.sandbox import index_server
from tests.sandbox.snapshots import make_snapshot, snapshot_of

pytestmark = [pytest.mark.docker, pytest.mark.slow]

# A backend inside the project: nothing has to be downloaded to build it.
BACKEND = """
import os, zipfile
def _wheel(folder, name, files):
    with zipfile.ZipFile(os.path.join(folder, name), "w") as z:
        for path, text in files.items():
            z.writestr(path, text)
    return name
META = "Metadata-Version: 2.1\\nName: demo\\nVersion: 1.0\\nRequires-Dist: adep\\nProvides-Extra: test\\n"
WHEEL = "Wheel-Version: 1.0\\nGenerator: us\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
def build_editable(folder, config_settings=None, metadata_directory=None):
    with open("src/demo/_version.py", "w") as f:
        f.write("VERSION = 'generated'\\n")
    os.makedirs("src/demo/__pycache__", exist_ok=True)
    open("src/demo/__pycache__/x.pyc", "w").close()
    return _wheel(folder, "demo-1.0-py3-none-any.whl", {
        "demo.pth": os.path.abspath("src") + "\\n", "demo-1.0.dist-info/METADATA": META,
        "demo-1.0.dist-info/WHEEL": WHEEL, "demo-1.0.dist-info/RECORD": ""})
build_wheel = build_editable
"""
PROJECT = {
    "pyproject.toml": """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "demo"
version = "1.0"
dependencies = ["adep"]
[project.optional-dependencies]
test = []
""",
    "backend.py": BACKEND,
    "src/demo/__init__.py": "from demo._version import VERSION\n",
    "tests/test_demo.py": "import demo\n",
}
SECRETS = (index_server.PASSWORD, "proxy-s3cret", "CA-MARKER-7f3a")


@pytest.fixture(scope="module")
def index() -> Iterator[str]:
    with index_server.serve() as address:
        yield address


@pytest.fixture
def client() -> Iterator[Any]:
    client = engine.connect()
    yield client
    client.close()


@pytest.fixture
def config(tmp_path: Path, index: str, base_image: str) -> DockerConfig:
    # pip reads certificates only for https; a marker does for looking after it.
    (tmp_path / "ca.pem").write_text("CA-MARKER-7f3a\n")
    return DockerConfig(
        base_image=base_image,
        build_network=BuildNetwork.HOST,
        environment={
            "PIP_INDEX_URL": index,
            "SSL_CERT_FILE": str(tmp_path / "ca.pem"),
            "HTTPS_PROXY": "http://u:proxy-s3cret@127.0.0.1:9",
            "NO_PROXY": "127.0.0.1",
            "PIP_CONFIG_FILE": "/dev/null",
            "UNRELATED_TOKEN": "unrelated-s3cret",
        },
        state_dir=tmp_path / "state",
    )


@pytest.fixture(autouse=True)
def _remove_images(client: Any) -> Iterator[None]:
    yield
    for image in client.images(filters={"label": labels.VERSION}):
        for tag in image["RepoTags"] or ():
            if tag.startswith("reasoncli/t-images"):
                client.remove_image(tag, force=True)


def build(tree: Path, config: DockerConfig, script: str = "true") -> tuple[str, str, list[str]]:
    """(image name, what the script printed, the build's lines)"""
    lines: list[str] = []
    snapshot = dataclasses.replace(snapshot_of(tree), repository=Path("/home/u/T_Images"))
    provider = docker_provider(snapshot, config, "images", lines.append)
    try:
        with provider.open() as sandbox:
            done = sandbox.run(Command(("sh", "-c", script)))
            assert done.exit_code == 0, done
            return provider.image.name, done.stdout.decode(), lines
    finally:
        provider.close()


def stage_images(client: Any) -> set[str]:
    return {image["Id"] for image in client.images(all=True, filters={"label": labels.STAGE})}


def test_a_project_is_installed_cached_and_leaves_no_secret(tmp_path: Path, config: DockerConfig, client: Any) -> None:
    tree = tmp_path / "tree"
    make_snapshot(tree, PROJECT)
    script = (
        'python -c "import demo, adep, pytest, coverage; print(demo.VERSION, demo.__file__)"; find . -name "*.pyc"; env'
    )
    name, output, lines = build(tree, config, script)
    assert output.startswith("generated /workspace/src/demo/__init__.py\n")
    assert ".pyc" not in output
    assert name.startswith("reasoncli/t-images:")
    assert any("Successfully installed" in line for line in lines)

    # Nothing of what the build was trusted with: image, parents, configuration, history, other images, environment.
    everything = "\n".join(lines) + output + json.dumps([client.inspect_image(name), client.history(name)])
    for image in client.images(all=True, filters={"label": labels.RUN + "=images"}):
        everything += json.dumps([client.inspect_image(image["Id"]), client.history(image["Id"])])
    assert not [secret for secret in (*SECRETS, "unrelated-s3cret") if secret in everything]
    stages = stage_images(client)
    deadline = time.monotonic() + 120
    while stages and time.monotonic() < deadline:  # another build's may be under way; ours would stay
        time.sleep(1)
        stages &= stage_images(client)
    assert not stages
    assert scan_saved(client, name, SECRETS) == []
    assert client.inspect_image(name)["Config"]["Labels"][labels.RUN] == "images"

    # Again: nothing is built. A plain source changes: nothing is built either, and the change is there.
    (tree / "src/demo/__init__.py").write_text("VERSION = 'edited'\n")
    (tree / "tests/test_more.py").write_text("")
    again, output, lines = build(tree, config, 'python -c "import demo; print(demo.VERSION)"')
    assert (again, output, lines) == (name, "edited\n", [])

    # What the image depends on changes: it would be another one.
    key = images._own(client, snapshot_of(tree), config).key
    assert name.endswith(key)
    (tree / "pyproject.toml").write_text(PROJECT["pyproject.toml"] + "\n# changed\n")
    assert images._own(client, snapshot_of(tree), config).key != key

    client.tag(name, "reasoncli/t-images", "another")
    both = {name, "reasoncli/t-images:another"}
    assert set(reap.prune_images(client, project="T_Images", dry_run=True).images) == both
    assert reap.prune_images(client, project="T_Other").images == ()
    assert set(reap.prune_images(client, project="T_Images").images) == both, "they were still there"
    assert reap.prune_images(client, project="T_Images").images == ()


def scan_saved(client: Any, name: str, needles: tuple[str, ...]) -> list[str]:
    """Which of the needles are in the image as the engine would hand it to anybody."""
    found: set[str] = set()
    rest = b""
    for piece in client.get_image(name, chunk_size=1 << 22):
        window = rest + piece
        found |= {needle for needle in needles if needle.encode() in window}
        rest = piece[-200:]
    return sorted(found)


def test_the_scan_would_find_a_secret(client: Any, base_image: str) -> None:
    assert scan_saved(client, base_image, ("root:x:0:0", "no-such-thing-anywhere")) == ["root:x:0:0"]


def test_what_can_not_be_installed_is_told_and_worked_around(tmp_path: Path, config: DockerConfig) -> None:
    tree = tmp_path / "tree"
    broken = PROJECT["pyproject.toml"].replace('build-backend = "backend"', 'build-backend = "missing"')
    make_snapshot(tree, {**PROJECT, "pyproject.toml": broken, "requirements-test.txt": "nowhere-to-be-found\n"})
    (tree / "src/demo/_version.py").write_text("VERSION = 'plain'\n")
    script = 'python -c "import demo, adep, pytest; print(demo.__file__)"'
    _, output, lines = build(tree, config, script)
    assert output == "/workspace/src/demo/__init__.py\n"
    warnings = "\n".join(line for line in lines if line.startswith("warning: "))
    assert "can't be installed editable" in warnings
    assert "left out: -r requirements-test.txt" in warnings
    _, _, lines = build(tree, config)
    assert "\n".join(lines) == warnings


def test_a_failing_build_says_where_and_what_to_do(tmp_path: Path, config: DockerConfig) -> None:
    tree = tmp_path / "tree"
    broken = PROJECT["pyproject.toml"].replace("[build-system]", '[build-system]\n# the compiler "gcc" failed\n')
    backend = 'raise SystemExit("error: command gcc failed: Python.h: No such file")'
    broken = broken.replace('["adep"]', '["unheard-of"]')
    make_snapshot(tree, {**PROJECT, "pyproject.toml": broken, "backend.py": backend})
    with pytest.raises(SandboxUnavailable, match="can't be built") as caught:
        build(tree, config)
    assert "unheard-of" in str(caught.value)
    assert "packages" in caught.value.hint


def test_a_definition_of_the_users_own(tmp_path: Path, config: DockerConfig, base_image: str) -> None:
    tree = tmp_path / "tree"
    make_snapshot(tree, {"code.txt": "old", "gone.txt": "x"})
    definition = tmp_path / "Dockerfile.tests"
    definition.write_text(f"FROM {base_image}\nWORKDIR /app\nCOPY . .\nRUN touch made.txt && cp code.txt built.txt\n")
    config = dataclasses.replace(config, base_image=None, dockerfile=definition)
    _, output, _ = build(tree, config, "pwd; ls")
    assert output.split() == ["/app", "built.txt", "code.txt", "gone.txt", "made.txt"]
    (tree / "code.txt").write_text("new")
    (tree / "gone.txt").unlink()
    _, output, lines = build(tree, config, "cat code.txt built.txt; ls")
    assert output.split() == ["newoldbuilt.txt", "code.txt", "made.txt"]
    assert lines == []


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"image": "no/such-image:1", "base_image": None}, "no image no/such-image:1"),
        ({"dockerfile": Path("/nonexistent/Dockerfile"), "base_image": None}, "can't be read"),
        ({"packages": ("gcc; rm -rf /",)}, "Not the name of a Debian package"),
        ({"packages": ("--allow-unauthenticated",)}, "Not the name of a Debian package"),
        ({"base_image": "127.0.0.1:1/nowhere:1"}, "can't be built|refused"),
    ],
)
def test_what_can_not_work_is_unavailable(
    tmp_path: Path, config: DockerConfig, change: dict[str, Any], match: str
) -> None:
    make_snapshot(tmp_path / "tree", PROJECT)
    with pytest.raises(SandboxUnavailable, match=match):
        build(tmp_path / "tree", dataclasses.replace(config, **change))
