"""What every sandbox must do, whatever it is made of."""

from __future__ import annotations

import dataclasses
import http.client
import os
import resource
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reasoncli.domain import FileChange, Snapshot
from reasoncli.errors import SandboxFailure
from reasoncli.sandbox.config import DockerConfig, LocalConfig
from reasoncli.sandbox.interface import Command, CommandResult, Limits, Sandbox, SandboxProvider
from reasoncli.verification import wire
from tests import lean
from tests.sandbox.snapshots import make_snapshot, snapshot_of

LIMITS = Limits(memory=256 << 20, disk=64 << 20, pids=64, output=64 << 10)


KINDS = [
    pytest.param("docker", marks=pytest.mark.docker),
    pytest.param("docker without python", marks=pytest.mark.docker),
    "local",
    pytest.param("ray", marks=[pytest.mark.docker, pytest.mark.ray]),
]


@pytest.fixture(scope="module", params=KINDS)
def provider(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, base_image: str
) -> Iterator[SandboxProvider]:
    snapshot = make_tree(tmp_path_factory.mktemp("contract-tree"))
    opened: SandboxProvider
    if request.param == "ray":
        from reasoncli.cluster.cluster import found
        from reasoncli.cluster.provider import cluster_provider
        from tests.cluster.nodes import nodes

        with nodes(1) as there:
            cluster = found(there.address, LIMITS.memory, None, print)
            config = DockerConfig(image=base_image, limits=LIMITS)
            opened = cluster_provider(cluster, snapshot, config, "contract", print)
            yield opened
            opened.close()
            cluster.close()
        return
    if request.param.startswith("docker"):
        from reasoncli.sandbox.docker_provider import docker_provider

        config = DockerConfig(image=base_image, limits=LIMITS, state_dir=tmp_path_factory.mktemp("state"))
        if request.param == "docker without python":
            definition = tmp_path_factory.mktemp("definition") / "Dockerfile"
            definition.write_text(f"FROM {base_image}\nRUN rm -f /usr/bin/python* /usr/local/bin/python*\n")
            config = dataclasses.replace(config, image=None, dockerfile=definition)
        opened = docker_provider(snapshot, config, "contract")
    else:
        from reasoncli.sandbox.local_sandbox import local_provider

        opened = local_provider(snapshot, LocalConfig(lean.interpreter(), limits=LIMITS))
    yield opened
    opened.close()
    if request.param == "docker without python":
        from reasoncli.sandbox import engine, reap

        client = engine.connect()
        reap.prune_images(client, project=snapshot.repository.name)
        client.close()


@pytest.fixture(scope="module")
def shared(provider: SandboxProvider) -> Iterator[Sandbox]:
    with provider.open() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared: Sandbox) -> Iterator[Sandbox]:
    yield shared
    shared.restore()


def make_tree(root: Path) -> Snapshot:
    make_snapshot(
        root,
        {
            "plain.txt": "plain\n",
            "pkg/__init__.py": "",
            "pkg/module.py": "VALUE = 1\n",
            "with space/\xe4\u20ac.txt": "umlaut\r\n",
            "tool.sh": "#!/bin/sh\necho tool\n",
        },
    )
    (root / "tool.sh").chmod(0o755)
    (root / "link").symlink_to("pkg/module.py")
    (root / "outside").symlink_to("/tmp")
    return snapshot_of(root)


def sh(sandbox: Sandbox, script: str, *, timeout: float = 30.0, stdin: bytes = b"", cwd: str = ".") -> CommandResult:
    return sandbox.run(Command(("sh", "-c", script), timeout=timeout, stdin=stdin, cwd=cwd))


def listing(sandbox: Sandbox) -> bytes:
    script = (
        "find . -type d -printf 'folder %m %p\\n' | sort; find . ! -type d -printf '%y %m %s %T@ %l %p\\n' | sort; "
        "find . -type f -exec sha256sum {} + | sort; ls -A $HOME $TMPDIR; stat -c '%a %n' $HOME $TMPDIR"
    )
    result = sh(sandbox, script)
    assert result.exit_code == 0, result
    return result.stdout


# ---------------------------------------------------------------- running


def test_a_command_gives_code_and_both_outputs(sandbox: Sandbox) -> None:
    result = sh(sandbox, "echo out; echo err >&2; exit 7")
    assert (result.exit_code, result.stdout, result.stderr) == (7, b"out\n", b"err\n")
    assert (result.timed_out, result.truncated, result.oom) == (False, False, False)


@pytest.mark.parametrize("delay", [0.0, 0.3])
def test_what_is_said_while_we_are_slow_to_listen_is_heard(
    provider: SandboxProvider, monkeypatch: pytest.MonkeyPatch, delay: float
) -> None:
    """A program's first words may come together with the engine's reply that it has begun."""
    if delay:
        begin = http.client.HTTPResponse.begin

        def slow(response: http.client.HTTPResponse) -> None:
            time.sleep(delay)
            begin(response)

        monkeypatch.setattr(http.client.HTTPResponse, "begin", slow)
    with provider.open() as sandbox:
        assert sh(sandbox, "echo out; echo err >&2").stdout == b"out\n"
        sandbox.write([FileChange("plain.txt", b"ours\n")])
        assert sh(sandbox, "cat plain.txt").stdout == b"ours\n"
        sandbox.restore()
        assert sh(sandbox, "cat plain.txt").stdout == b"plain\n"


def test_arguments_pass_without_a_shell(sandbox: Sandbox) -> None:
    result = sandbox.run(Command(("printf", "%s|", "a b", "$HOME", "*", "'", "ü", "-n")))
    assert result.stdout.decode() == "a b|$HOME|*|'|ü|-n|"


def test_standard_input_arrives_and_ends(sandbox: Sandbox) -> None:
    data = os.urandom(300_000)
    result = sandbox.run(Command(("sh", "-c", "cat | wc -c; cat"), stdin=data, timeout=20))
    assert result.stdout.strip() == b"300000"
    assert sandbox.run(Command(("cat",), timeout=20)).stdout == b""


def test_input_that_nobody_reads_is_no_failure(sandbox: Sandbox) -> None:
    assert sandbox.run(Command(("true",), stdin=b"x" * 1_000_000, timeout=20)).exit_code == 0


def test_a_missing_program_is_exit_code_127(sandbox: Sandbox) -> None:
    assert sandbox.run(Command(("no-such-program",))).exit_code == 127


def test_death_by_signal_is_told_as_a_shell_does(sandbox: Sandbox) -> None:
    assert sh(sandbox, "kill -SEGV $$").exit_code == 128 + 11


def test_commands_run_at_the_root_or_below_it(sandbox: Sandbox) -> None:
    assert sh(sandbox, "pwd").stdout.decode().strip() == sandbox.root
    assert sh(sandbox, "pwd", cwd="pkg").stdout.decode().strip() == f"{sandbox.root}/pkg"
    with pytest.raises(ValueError, match="inside the repository"):
        sh(sandbox, "pwd", cwd="../..")


def test_environment_is_ours_alone(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET_TOKEN", "s3cr3t")
    result = sandbox.run(Command(("env",), env={"EXTRA": "a=b c"}))
    variables = dict(line.split("=", 1) for line in result.stdout.decode().splitlines())
    assert "A_SECRET_TOKEN" not in variables
    assert variables["EXTRA"] == "a=b c"
    assert (variables["TZ"], variables["LANG"], variables["PYTHONHASHSEED"]) == ("UTC", "C.UTF-8", "0")
    assert variables["PYTHONDONTWRITEBYTECODE"] == "1"
    assert sh(sandbox, 'test -d "$HOME" && touch "$HOME/x" "$TMPDIR/x"').exit_code == 0


def test_the_interpreter_runs(sandbox: Sandbox) -> None:
    if sandbox.python is None:
        pytest.skip("this image has none")
    result = sandbox.run(Command((sandbox.python, "-c", "import pkg.module; print(pkg.module.VALUE)")))
    assert result.stdout == b"1\n"


# ---------------------------------------------------------------- limits


def test_output_is_capped_at_both_ends_while_it_streams(sandbox: Sandbox) -> None:
    result = sh(sandbox, "echo first; yes 0123456789 2> /dev/null | head -c 20000000; echo; echo last; echo small >&2")
    assert result.exit_code == 0
    assert result.truncated
    assert len(result.stdout) == LIMITS.output
    assert result.stdout.startswith(b"first\n")
    assert result.stdout.endswith(b"last\n")
    assert result.stderr == b"small\n"


def test_a_timeout_is_a_result_and_kills_everything(sandbox: Sandbox) -> None:
    started = time.monotonic()
    result = sh(sandbox, "echo begun; (trap '' TERM HUP INT; setsid sleep 301 &) & sleep 302", timeout=1.0)
    assert (result.timed_out, result.exit_code, result.stdout) == (True, None, b"begun\n")
    assert time.monotonic() - started < 200
    assert alive(sandbox, "sleep 30[12]") == ""


def test_a_program_that_closes_its_output_still_times_out(sandbox: Sandbox) -> None:
    result = sh(sandbox, "exec >&- 2>&-; sleep 303", timeout=1.0)
    assert (result.timed_out, result.exit_code) == (True, None)


def test_daemons_end_with_their_command(sandbox: Sandbox) -> None:
    result = sh(sandbox, "(setsid sleep 304 > /dev/null 2>&1 &) ; nohup sleep 305 > /dev/null 2>&1 & echo ok")
    assert (result.exit_code, result.stdout) == (0, b"ok\n")
    assert alive(sandbox, "sleep 30[45]") == ""


def alive(sandbox: Sandbox, pattern: str) -> str:
    script = "for f in /proc/[0-9]*/cmdline; do tr '\\0' ' ' < $f; echo; done 2> /dev/null | grep -x '" + pattern + " '"
    return sh(sandbox, script).stdout.decode()


# ---------------------------------------------------------------- the tree


def test_the_tree_is_the_snapshot(sandbox: Sandbox) -> None:
    assert sh(sandbox, "cat plain.txt link; ./tool.sh").stdout == b"plain\nVALUE = 1\ntool\n"
    assert sh(sandbox, "readlink link; readlink outside").stdout == b"pkg/module.py\n/tmp\n"
    assert sh(sandbox, "cat 'with space/'*").stdout == b"umlaut\r\n"


def test_write_creates_replaces_and_deletes(sandbox: Sandbox) -> None:
    sandbox.write(
        [
            FileChange("new/deep/file.py", b"x = 1\n"),
            FileChange("plain.txt", b"other\n"),
            FileChange("tool.sh", b"#!/bin/sh\necho changed\n"),
            FileChange("run.sh", b"#!/bin/sh\necho run\n", executable=True),
            FileChange("pkg/module.py", None),
        ]
    )
    result = sh(sandbox, "cat new/deep/file.py plain.txt; ./tool.sh; ./run.sh; test ! -e pkg/module.py")
    assert (result.exit_code, result.stdout) == (0, b"x = 1\nother\nchanged\nrun\n")


def test_write_replaces_a_link_and_does_not_follow_it(sandbox: Sandbox) -> None:
    sandbox.write([FileChange("link", b"now a file\n")])
    assert sh(sandbox, "test ! -L link; cat link pkg/module.py").stdout == b"now a file\nVALUE = 1\n"


@pytest.mark.parametrize("path", ["../escape", "/tmp/escape", "a/../../escape", "outside/escape", "", "pkg//x", "./x"])
def test_write_stays_inside(sandbox: Sandbox, path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        sandbox.write([FileChange(path, b"x")])
    assert sh(sandbox, "test -e /tmp/escape || test -e ../escape").exit_code != 0


DAMAGE = {
    "content": "echo changed > plain.txt",
    "forged": 'touch -r plain.txt "$HOME/stamp"; printf "PLAIN\\n" > plain.txt; touch -r "$HOME/stamp" plain.txt',
    "added": "mkdir -p extra/deep pkg/more; echo x > extra/deep/f; echo x > pkg/conftest.py; mkfifo pipe; ln -s / root",
    "deleted": "rm -rf pkg plain.txt 'with space'",
    "mode": "chmod 000 plain.txt pkg; chmod 777 tool.sh; chmod 700 .",
    "closed root": "chmod 555 .",
    "closed home": 'mkdir "$HOME/x"; chmod 500 "$HOME"',
    "open home": 'chmod 777 "$HOME"',
    "kind": "rm -rf pkg link; echo file > pkg; mkdir link; echo x > link/x; rm plain.txt; ln -s tool.sh plain.txt",
    "retargeted": "ln -sfn /etc/passwd link",
    "temporary": 'mkdir -p "$HOME/.config/x" "$TMPDIR/t/u"; echo x > "$HOME/.pth"; chmod 000 "$TMPDIR/t"',
    "hidden": "mkdir hidden; echo x > hidden/x; chmod 000 hidden",
    "hard link": "ln plain.txt copy; echo more >> copy",
    "odd names": "echo x > \"$(printf 'new\\nline')\"; echo x > \"$(printf 'bad\\377byte')\"; echo x > ' -rf'",
    "deep": "d=x; i=0; while [ $i -lt 300 ]; do mkdir $d && cd $d; i=$((i+1)); "
    "d=0123456789012345678901234567890123456789; done",
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_restore_undoes(sandbox: Sandbox, kind: str) -> None:
    before = listing(sandbox)
    assert sh(sandbox, DAMAGE[kind]).exit_code == 0
    sandbox.restore()
    assert listing(sandbox) == before


def test_restore_undoes_write(sandbox: Sandbox) -> None:
    before = listing(sandbox)
    sandbox.write([FileChange("plain.txt", b"x"), FileChange("n/e/w", b"x"), FileChange("link", None)])
    sandbox.restore()
    assert listing(sandbox) == before


# ---------------------------------------------------------------- the resident runner


def ask(sandbox: Sandbox, command: str, **request: Any) -> wire.Answer:
    spec = wire.encode(wire.Request(command, None, 20.0, **request), root=sandbox.root, nonce="n")
    answer = wire.read(sandbox.ask(spec, None, 40.0))
    assert answer is not None
    return answer


def test_a_resident_answers_again_and_again(sandbox: Sandbox) -> None:
    if not sandbox.resident:
        pytest.skip("there is none here")
    before = listing(sandbox)
    assert ask(sandbox, "cat plain.txt").output == "plain\n"
    sandbox.write([FileChange("plain.txt", b"other\n"), FileChange("tool.sh", None), FileChange("n/e/w", b"new\n")])
    changed = ask(sandbox, "cat plain.txt n/e/w; test ! -e tool.sh && exit 7")
    assert (changed.output, changed.exit_code, changed.lane) == ("other\nnew\n", 7, "cold: not asked for")
    assert ask(sandbox, "touch ran", compile=["pkg/module.py", "n/e/w"]).invalid is None
    sandbox.write([FileChange("pkg/module.py", b"VALUE = (\n")])
    assert ask(sandbox, "touch never", compile=["pkg/module.py"]).invalid == "pkg/module.py"
    assert sh(sandbox, "test -e ran -a ! -e never").exit_code == 0
    sandbox.restore()
    assert listing(sandbox) == before
    assert ask(sandbox, "cat plain.txt; ./tool.sh").output == "plain\ntool\n"


def test_a_resident_leaves_no_process_of_a_run(sandbox: Sandbox) -> None:
    if not sandbox.resident:
        pytest.skip("there is none here")
    answer = ask(sandbox, "(setsid sleep 306 > /dev/null 2>&1 &) ; echo ok")
    assert (answer.output, alive(sandbox, "sleep 306")) == ("ok\n", "")


# ---------------------------------------------------------------- many, and the end


def test_sandboxes_do_not_share_their_tree(provider: SandboxProvider, sandbox: Sandbox) -> None:
    with provider.open() as other:
        other.write([FileChange("plain.txt", b"theirs\n")])
        assert sh(sandbox, "cat plain.txt").stdout == b"plain\n"


def test_processor_time_is_told_by_the_provider_or_charged_to_us(provider: SandboxProvider) -> None:
    """In the time of our children where sandboxes are these; the provider's, while it works and after its end."""
    burn = "i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done"

    def taken() -> float:
        of_children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return provider.cpu_seconds + of_children.ru_utime + of_children.ru_stime

    before = taken()
    with provider.open() as sandbox:
        sh(sandbox, burn)
        if provider.isolated:
            assert taken() - before > 0.1
    once = taken() - before
    assert 0.1 < once < 60
    with provider.open() as sandbox:
        sh(sandbox, burn)
    assert taken() - before > 1.3 * once


def test_a_closed_sandbox_fails_and_closes_again(provider: SandboxProvider) -> None:
    sandbox = provider.open()
    sandbox.close()
    sandbox.close()
    with pytest.raises(SandboxFailure):
        sandbox.run(Command(("true",)))


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05, 0.1, 0.2, 0.4])
def test_closing_ends_what_another_thread_waits_for(provider: SandboxProvider, delay: float) -> None:
    """However far it has come: before it begins, while it begins, while it works."""
    sandbox = provider.open()
    failures: list[Exception] = []

    def work() -> None:
        request = wire.Request(command="sleep 1000", tests=None, timeout=1000)
        try:
            if sandbox.resident:
                sandbox.ask(wire.encode(request, root=sandbox.root, nonce="n"), None, 1000)
            else:
                sandbox.run(Command(("sleep", "1000"), timeout=1000))
        except Exception as failure:  # noqa: BLE001 - a dead thread's own would only be a warning
            failures.append(failure)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    time.sleep(delay)
    sandbox.close()
    thread.join(60)
    assert not thread.is_alive()
    assert [type(failure) for failure in failures] == [SandboxFailure], failures


def test_the_runner_is_there(sandbox: Sandbox) -> None:
    assert sh(sandbox, f"test -d '{sandbox.runner}'").exit_code == 0


def test_the_provider_says_what_it_is(provider: SandboxProvider) -> None:
    assert provider.description.startswith("docker" if provider.isolated else "local")


def test_stderr_can_be_listened_to_while_it_comes(sandbox: Sandbox) -> None:
    pieces: list[tuple[float, bytes]] = []
    flood = "i=0; while [ $i -lt 3000 ]; do echo a line that is longer than that >&2; i=$((i+1)); done"
    script = f"echo first >&2; sleep 0.5; {flood}"
    done = sandbox.run(
        Command(("/bin/sh", "-c", script), on_stderr=lambda data: pieces.append((time.monotonic(), data)))
    )
    whole = b"".join(data for _, data in pieces)
    assert whole.startswith(b"first\na line")
    assert whole.count(b"\n") == 3001, "the listener hears what the cap leaves out"
    assert done.truncated
    assert pieces[-1][0] - pieces[0][0] > 0.3, "and hears it at once"


def test_providers_know_when_they_are_the_same(provider: SandboxProvider) -> None:
    assert provider.identity
    assert provider.identity == provider.identity
