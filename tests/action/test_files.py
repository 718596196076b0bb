"""action.yml and the workflows of docs/ci.md, read as GitHub reads them."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
SCRIPTS = sorted((ROOT / "scripts" / "action").glob("*.sh"))
EXAMPLES = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/ci.md").read_text(), re.S)]
WORKFLOWS = [each for each in EXAMPLES if "jobs" in each]


def uses(tree: Any) -> Iterator[str]:
    if isinstance(tree, dict):
        yield from (tree["uses"] for _ in [0] if "uses" in tree)
        for each in tree.values():
            yield from uses(each)
    elif isinstance(tree, list):
        for each in tree:
            yield from uses(each)


def test_it_is_a_composite_action() -> None:
    assert ACTION["runs"]["using"] == "composite"
    assert {"name", "description", "inputs", "outputs", "runs"} <= set(ACTION)
    assert all(set(each) <= {"description", "default", "required"} for each in ACTION["inputs"].values())
    for step in STEPS:
        assert set(step) <= {"id", "if", "shell", "env", "run", "uses", "with"}
        assert "run" not in step or step["shell"] == "bash"  # a composite action's step must name it


def test_no_expression_stands_in_a_script() -> None:
    assert [step["run"] for step in STEPS if "${{" in step.get("run", "")] == []
    for workflow in WORKFLOWS:
        for job in workflow["jobs"].values():
            assert [step["run"] for step in job["steps"] if "${{" in step.get("run", "")] == []


def test_every_step_runs_a_script_that_is_there() -> None:
    for step in STEPS:
        match = re.fullmatch(r'"\$GITHUB_ACTION_PATH/(scripts/action/\w+\.sh)"', step["run"])
        assert match is not None
        assert os.access(ROOT / match[1], os.X_OK)


def test_expressions_name_what_there_is() -> None:
    ids = {step["id"] for step in STEPS if "id" in step}
    text = (ROOT / "action.yml").read_text()
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(ACTION["inputs"])
    assert set(re.findall(r"steps\.([\w-]+)", text)) <= ids
    written = {
        step["id"]: set(re.findall(r"^ *output ([\w-]+)", (ROOT / f"scripts/action/{step['id']}.sh").read_text(), re.M))
        for step in STEPS
        if "id" in step
    }
    for step, name in re.findall(r"steps\.([\w-]+)\.outputs\.([\w-]+)", text):
        assert name in written[step] | ({"run"} if step == "check" else set())


def test_the_token_is_where_no_code_of_the_repository_runs() -> None:
    with_token = [step["id"] for step in STEPS if "token" in str(step.get("env", "")).lower()]
    assert with_token == ["check", "publish"]
    for name in with_token:
        text = (ROOT / "scripts" / "action" / f"{name}.sh").read_text()
        assert "reasoncli fix" not in text
        assert "pip" not in text


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_shell_and_evaluate_nothing(script: Path) -> None:
    subprocess.run(["bash", "-n", script], check=True)
    text = re.sub(r"^\s*#.*$", "", script.read_text(), flags=re.M)
    assert not re.search(r"\b(eval|envsubst|xargs)\b|\bbash -c\b|\bsh -c\b|::set-output|set -x", text)
    assert "${{" not in text


def test_actions_are_pinned() -> None:
    names = [name for tree in [ACTION, *WORKFLOWS] for name in uses(tree)]
    assert names
    for name in names:
        assert re.fullmatch(r"[\w-]+/[\w.-]+@[0-9a-f]{40}", name) or name == "OWNER/reasoncli@COMMIT"


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda each: each["name"])
def test_workflows_have_no_right_that_they_don_t_need(workflow: dict[str, Any]) -> None:
    assert workflow["permissions"] == {}
    assert "group" in workflow["concurrency"]
    (trigger,) = workflow[True]  # YAML 1.1 takes `on` for a truth value
    needed = {"contents": "write", "pull-requests": "write"}
    needed |= {"issues": "write"} if trigger == "issues" else {"actions": "read"}
    for job in workflow["jobs"].values():
        assert job["permissions"] == needed
        assert job["timeout-minutes"] <= 60
        checkouts = [each for each in job["steps"] if "checkout" in each["uses"]]
        assert [each["with"]["persist-credentials"] for each in checkouts] == [False]
        if trigger == "workflow_run":
            assert "head_repository.full_name == github.repository" in job["if"]


def test_there_are_both_uses_and_gitlab() -> None:
    assert [next(iter(each[True])) for each in WORKFLOWS] == ["issues", "workflow_run"]
    (gitlab,) = [each for each in EXAMPLES if "jobs" not in each]
    assert all(isinstance(line, str) for line in gitlab["reasoncli"]["script"])
