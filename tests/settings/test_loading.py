from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from reasoncli.errors import SettingsError
from reasoncli.sandbox.config import LocalConfig
from reasoncli.sandbox.interface import Command
from reasoncli.sandbox.local_sandbox import local_provider
from reasoncli.settings.kinds import BuildNetwork, SandboxKind
from reasoncli.settings.loading import as_text, load_settings, state_folder, worker_count
from reasoncli.settings.values import Settings, Source
from tests.sandbox.snapshots import make_snapshot


class Places:
    """A repository, a user file, an environment and flags, all empty until something is put there."""

    def __init__(self, folder: Path) -> None:
        self.repository = folder / "repo"
        self.user_file = folder / "user" / "config.toml"
        self.cwd = folder / "cwd"
        for each in (self.repository, self.user_file.parent, self.cwd):
            each.mkdir()

    def repo(self, table: str) -> Places:
        (self.repository / "pyproject.toml").write_text(f"[project]\nname = 'x'\n[tool.reasoncli]\n{table}\n")
        return self

    def user(self, text: str) -> Places:
        self.user_file.write_text(text)
        return self

    def load(self, flags: Mapping[str, object] | None = None, **environ: str) -> Settings:
        return load_settings(flags, repository=self.repository, environ=environ, user_file=self.user_file, cwd=self.cwd)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path)


def test_defaults_without_any_source(places: Places) -> None:
    settings = places.load()
    assert settings.search.samples == 64
    assert settings.sandbox.sandbox is SandboxKind.DOCKER
    assert {origin.source for origin in settings.origins.values()} == {Source.DEFAULT}


def test_each_source_beats_the_ones_below(places: Places) -> None:
    places.user("samples = 60")
    assert places.load().search.samples == 60
    places.repo("samples = 50")
    assert places.load().search.samples == 50
    assert places.load(REASONCLI_SAMPLES="100").search.samples == 100
    assert places.load({"samples": 200}, REASONCLI_SAMPLES="100").search.samples == 200


def test_where_a_value_came_from_is_kept(places: Places) -> None:
    places.user("temperature = 0.5").repo("samples = 50")
    origins = places.load({"min-p": "0.1"}, REASONCLI_TOP_P="0.9").origins
    assert origins["min-p"].source is Source.FLAG
    assert str(origins["min-p"]) == "--min-p"
    assert str(origins["top-p"]) == "REASONCLI_TOP_P"
    assert "pyproject.toml [tool.reasoncli]" in str(origins["samples"])
    assert str(origins["temperature"]) == str(places.user_file)
    assert str(origins["seed"]) == "default"


def test_flags_that_were_not_given_don_t_count(places: Places) -> None:
    places.user("samples = 60\nprotect = ['a/*']")
    settings = places.load({"samples": None, "tests": (), "test_command": None})
    assert settings.search.samples == 60
    assert settings.tests.tests == ()


@pytest.mark.parametrize(
    ("source", "place"),
    [("flag", "no setting sampels"), ("env", "REASONCLI_SAMPELS"), ("repo", "pyproject"), ("user", "config")],
)
def test_an_unknown_key_is_an_error_that_says_where_and_what_was_meant(places: Places, source: str, place: str) -> None:
    if source == "repo":
        places.repo("sampels = 3")
    elif source == "user":
        places.user("sampels = 3")
    flags = {"sampels": 3} if source == "flag" else {}
    environ = {"REASONCLI_SAMPELS": "3"} if source == "env" else {}
    with pytest.raises(SettingsError, match=place) as caught:
        places.load(flags, **environ)
    assert "samples" in caught.value.hint
    assert caught.value.exit_code == 2


def test_keys_in_files_are_spelt_with_dashes(places: Places) -> None:
    with pytest.raises(SettingsError) as caught:
        places.user("test_command = 'x'").load()
    assert "test-command" in caught.value.hint


def test_other_variables_with_the_prefix_are_known(places: Places) -> None:
    places.load(REASONCLI_API_KEY="secret", REASONCLI_NO_INSTALL="1", REASONCLI_DEBUG="1", PATH="/bin")


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("samples = '64x'", "a whole number expected"),
        ("samples = 64.5", "a whole number expected"),
        ("samples = true", "a whole number expected"),
        ("samples = 0", "at least 1"),
        ("samples = 1000001", "at most 100000"),
        ("temperature = 'nan'", "a number expected"),
        ("temperature = []", "a number expected"),
        ("exhaustive = 1", "true or false"),
        ("exhaustive = 'maybe'", "true or false"),
        ("tests = 'a \"b'", "words expected"),
        ("tests = [1]", "a list of texts"),
        ("memory = '2 parsecs'", "a size such as"),
        ("memory = '-2g'", "a size such as"),
        ("timeout = 'soon'", "a duration such as"),
        ("timeout = 'inf'", "a duration such as"),
        ("sandbox = 'podman'", "one of docker, local"),
        ("test-command = 5", "text expected"),
        ('test-command = "a\\u0000b"', "null"),
    ],
)
def test_a_value_that_doesn_t_fit_says_what_would(places: Places, table: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says) as caught:
        places.user(table).load()
    assert str(places.user_file) in str(caught.value)
    assert table.split(" =")[0] in str(caught.value)


@pytest.mark.parametrize(
    ("flag", "raw", "attribute", "value"),
    [
        ("memory", "512m", "memory", 512 << 20),
        ("memory", "2GiB", "memory", 2 << 30),
        ("memory", "1.5g", "memory", 3 << 29),
        ("memory", 1 << 30, "memory", 1 << 30),
        ("build-timeout", "5m", "build_timeout", 300.0),
        ("build-timeout", "90", "build_timeout", 90.0),
        ("build-timeout", "1h", "build_timeout", 3600.0),
        ("build-network", "host", "build_network", BuildNetwork.HOST),
        ("packages", "gcc 'lib x'", "packages", ("gcc", "lib x")),
        ("packages", ("gcc",), "packages", ("gcc",)),
        ("image", "", "image", None),
        ("cpus", "2", "cpus", 2.0),
    ],
)
def test_how_values_may_be_written(places: Places, flag: str, raw: object, attribute: str, value: object) -> None:
    assert getattr(places.load({flag: raw}).sandbox, attribute) == value


def test_what_is_set_can_be_unset(places: Places) -> None:
    places.user("timeout = 60\nthreads = 2")
    settings = places.load({"timeout": "none"}, REASONCLI_THREADS="auto")
    assert (settings.search.timeout, settings.model.threads) == (None, None)


def test_relative_paths_start_where_they_are_written(places: Places) -> None:
    (places.repository / "ci").mkdir()
    assert places.load({"dockerfile": "D"}).sandbox.dockerfile == places.cwd / "D"
    assert places.load(REASONCLI_DOCKERFILE="D").sandbox.dockerfile == places.cwd / "D"
    assert places.user("dockerfile = 'D'").load().sandbox.dockerfile == places.user_file.parent / "D"
    assert places.repo("dockerfile = 'ci/D'").load().sandbox.dockerfile == places.repository / "ci" / "D"


class TestWhatARepositoryMayDo:
    def test_it_describes_its_tests(self, places: Places) -> None:
        settings = places.repo("test-command = 'tox -e py'\ntests = ['tests/unit']\nimage = 'ours:1'").load()
        assert settings.tests.test_command == "tox -e py"
        assert settings.tests.tests == ("tests/unit",)
        assert settings.sandbox.image == "ours:1"

    @pytest.mark.parametrize(
        "table",
        [
            "model = 'http://evil.example/v1'",
            "model = 'hf:evil/model:Q4'",
            "api-key-env = 'HOME'",
            "base-image = 'evil'",
            "packages = ['evil']",
            "allow = ['tests/*']",
            "allow-unverified = true",
            "allow-partial = true",
            "state-dir = '/tmp/x'",
            "temperature = 0",
            "stop-confidence = 0.5",
        ],
    )
    def test_it_may_not_set_what_is_the_user_s(self, places: Places, table: str) -> None:
        with pytest.raises(SettingsError, match="not for a repository") as caught:
            places.repo(table).load()
        assert "--" in caught.value.hint

    @pytest.mark.parametrize(
        "table",
        [
            "sandbox = 'local'",
            "build-network = 'host'",
            "memory = '3g'",
            "disk = '2g'",
            "cpus = 2",
            "pids = 257",
            "output = '2m'",
            "samples = 65",
            "baseline-timeout = '1h'",
            "max-tokens = 1025",
        ],
    )
    def test_it_may_not_widen(self, places: Places, table: str) -> None:
        with pytest.raises(SettingsError, match="more than the") as caught:
            places.repo(table).load()
        assert "--" in caught.value.hint

    @pytest.mark.parametrize(
        "table",
        ["sandbox = 'docker'", "build-network = 'none'", "memory = '1g'", "samples = 8", "timeout = 60", "workers = 1"],
    )
    def test_it_may_narrow(self, places: Places, table: str) -> None:
        key = table.split(" =")[0]
        assert places.repo(table).load().origins[key].source is Source.REPOSITORY

    def test_the_user_s_file_sets_the_measure(self, places: Places) -> None:
        places.user("memory = '8g'").repo("memory = '6g'")
        assert places.load().sandbox.memory == 6 << 30
        places.user("memory = '1g'")
        with pytest.raises(SettingsError, match="6g, more than the 1g"):
            places.load()
        places.user("sandbox = 'local'").repo("sandbox = 'docker'")
        assert places.load().sandbox.sandbox is SandboxKind.DOCKER

    def test_a_flag_or_variable_settles_it(self, places: Places) -> None:
        places.repo("memory = '6g'\nallow-partial = true\nsandbox = 'local'")
        settings = places.load({"memory": "1g", "allow-partial": False}, REASONCLI_SANDBOX="docker")
        assert (settings.sandbox.memory, settings.patches.allow_partial) == (1 << 30, False)

    def test_it_may_protect_more_but_never_less(self, places: Places) -> None:
        places.user("protect = ['mine/*']").repo("protect = ['theirs/*', 'mine/*']")
        assert places.load({"protect": ("flag/*",)}).patches.protect == ("flag/*", "theirs/*", "mine/*")
        assert places.repo("protect = []").load().patches.protect == ("mine/*",)

    @pytest.mark.parametrize("path", ["../Dockerfile", "/etc/passwd", "ci/../../x", "link/Dockerfile"])
    def test_its_paths_stay_inside(self, places: Places, path: str) -> None:
        (places.repository / "link").symlink_to("/etc")
        with pytest.raises(SettingsError, match="outside the repository"):
            places.repo(f"dockerfile = '{path}'").load()

    def test_every_setting_has_a_scope_that_is_enforced(self, places: Places) -> None:
        from reasoncli.settings.fields import fields
        from reasoncli.settings.keys import Scope

        free = {name for name, field in fields().items() if field.key.scope is Scope.ANY}
        assert free == {"test-command", "junit", "tests", "image", "dockerfile", "workdir", "python", "trailer"}


class TestFiles:
    def test_broken_toml(self, places: Places) -> None:
        with pytest.raises(SettingsError, match="not valid TOML"):
            places.user("samples = ").load()

    def test_not_text(self, places: Places) -> None:
        places.user_file.write_bytes(b"\xff\xfe\x00")
        with pytest.raises(SettingsError, match="not valid TOML"):
            places.load()

    def test_a_table_that_is_none(self, places: Places) -> None:
        (places.repository / "pyproject.toml").write_text("tool = 5")
        places.load()
        (places.repository / "pyproject.toml").write_text("[tool]\nreasoncli = 5")
        with pytest.raises(SettingsError, match="must be a table"):
            places.load()

    def test_a_huge_file(self, places: Places) -> None:
        places.user("# " + "x" * (1 << 20))
        with pytest.raises(SettingsError, match="larger than"):
            places.load()

    def test_a_folder_in_its_place(self, places: Places) -> None:
        places.user_file.mkdir()
        with pytest.raises(SettingsError, match="can't be read"):
            places.load()

    def test_the_variable_that_names_the_user_file(self, tmp_path: Path) -> None:
        (tmp_path / "c.toml").write_text("samples = 7")
        environ = {"REASONCLI_CONFIG": str(tmp_path / "c.toml")}
        assert load_settings(environ=environ).search.samples == 7
        with pytest.raises(SettingsError, match="no such file"):
            load_settings(environ={"REASONCLI_CONFIG": str(tmp_path / "none.toml")})

    def test_the_user_s_config_folder_by_default(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "reasoncli").mkdir()
        (tmp_path / "reasoncli" / "config.toml").write_text("samples = 9")
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        assert load_settings(environ={}).search.samples == 9


def test_the_state_folder(places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_folder(places.load()) == tmp_path / "reasoncli"
    assert state_folder(places.load(REASONCLI_STATE_DIR="/elsewhere")) == Path("/elsewhere")


def test_the_number_of_workers(places: Places) -> None:
    assert worker_count(places.load({"workers": 3})) == 3
    assert worker_count(places.load({"memory": "64m"})) == len(os.sched_getaffinity(0))
    assert worker_count(places.load({"memory": "500t"})) == 1, "a sandbox needs its memory"


def test_values_as_text_can_be_read_again(places: Places) -> None:
    settings = places.load({"memory": "3g", "packages": ("a b", "c"), "timeout": 90})
    texts = as_text(settings)
    assert (texts["memory"], texts["timeout"], texts["seed"]) == ("3g", "90", "drawn, and recorded")
    plain = {name: texts[name] for name in ("memory", "packages", "timeout", "samples", "sandbox", "max-tokens")}
    again = places.load(plain)
    assert (again.sandbox, again.search, again.sampling) == (settings.sandbox, settings.search, settings.sampling)


def test_tests_in_a_local_sandbox_may_call_the_tool(places: Places, tmp_path: Path) -> None:
    with (
        closing(local_provider(make_snapshot(tmp_path / "tree", {"a.py": ""}), LocalConfig())) as provider,
        provider.open() as sandbox,
    ):
        told = sandbox.run(Command(("env",))).stdout.decode()
    environ = dict(line.split("=", 1) for line in told.splitlines())
    assert any(name.startswith("REASONCLI_") for name in environ), "by it the sandbox's processes are known"
    assert {origin.source for origin in places.load(**environ).origins.values()} == {Source.DEFAULT}
