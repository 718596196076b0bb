from __future__ import annotations

import pytest

from reasoncli.verification.judges import judging_files


@pytest.mark.parametrize(
    ("command", "files"),
    [
        ("python -m pytest {tests}", ()),
        ("pytest --doctest-modules pkg/core.py", ()),
        ("python manage.py test {tests}", ("manage.py",)),
        ("cd tests && python runtests.py --parallel 1", ("runtests.py",)),
        ("PYTHONPATH=. python3.12 -W error ./scripts/run.py a.py", ("scripts/run.py",)),
        ("make check", ("Makefile", "makefile", "GNUmakefile")),
        ("./gradlew test", ("build.gradle", "build.gradle.kts", "gradlew")),
        ("cmake . && sh ci/test.sh | tee log", ("ci/test.sh",)),
        ("env A=1 bash -e run.sh", ("run.sh",)),
        ("node --test", ()),
        ("node -r ./register.js -r tap ci/run.js", ("register.js", "ci/run.js")),
        ("env -u HOME A=1 sudo -u me ./ci.sh", ("ci.sh",)),
        ("uv run --with pytest ./check.sh", ("check.sh",)),
        ("poetry run pytest pkg/core.py", ()),
        ("uv run mypy pkg/core.py", ()),
        ("xvfb-run -s '-screen 0' -a ./ci.sh", ("ci.sh",)),
        ("taskset -c 0,1 bash -c 'cd x && ./ci.sh && make check'", ("ci.sh", "Makefile", "makefile", "GNUmakefile")),
        ("coverage run --branch ci/check.py", ("ci/check.py",)),
        ("python -m coverage run --branch ci/check.py", ("ci/check.py",)),
        ("python -m coverage run -m pytest pkg/core.py", ()),
        ("poetry run python ci/check.py", ("ci/check.py",)),
        ("uv run --frozen ./check.sh", ("check.sh",)),
        ("timeout 60 ./ci.sh", ("ci.sh",)),
        ("timeout -k 5s 1m nice -n 5 ./ci.sh", ("ci.sh",)),
        ("python -X dev run.py", ("run.py",)),
        ("sh -o pipefail ci.sh", ("ci.sh",)),
        ("python -W error -m pytest pkg/core.py", ()),
        ("python -c 'import x' y.py", ()),
        ("echo 'open", ()),
        ("", ()),
    ],
)
def test_what_a_command_runs(command: str, files: tuple[str, ...]) -> None:
    assert judging_files(command) == files
