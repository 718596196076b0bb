"""`reasoncli doctor`, with the model loaded."""

from __future__ import annotations

from tests.end_to_end.project import Tool


def test_everything_that_a_run_rests_on_is_looked_at(tool: Tool) -> None:
    ran = tool.run("doctor", "--sandbox", "local", "--json")
    assert ran.code == 0, ran.err
    findings = {each["subject"]: each for each in ran.json["findings"]}
    assert {"reasoncli", "git", "Docker", "sandbox", "run store", "energy", "model"} <= findings.keys()
    assert findings["model"]["good"]
    assert "embedded" in findings["model"]["detail"]
    assert not findings["sandbox"]["good"], "it says that nothing protects this machine"
    assert not any(each["fatal"] for each in findings.values())


def test_a_model_that_is_not_there_is_fatal(tool: Tool) -> None:
    ran = tool.run("doctor", "--sandbox", "local", "--model", "./none.gguf")
    assert ran.code == 3
    assert "none.gguf" in ran.out


def test_a_cluster_that_is_not_there_is_fatal(tool: Tool) -> None:
    ran = tool.run(
        "doctor", "--quick", "--sandbox", "local", "--engine", "ray", "--ray-address", "127.0.0.1:9", "--json"
    )
    assert ran.code == 3
    findings = {each["subject"]: each for each in ran.json["findings"]}
    assert findings["Ray"]["fatal"]
    assert findings["Ray"]["hint"]
