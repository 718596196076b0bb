"""From settings to what each room takes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reasoncli.domain import Form, Prompt, RepairContent, TieBreakers
from reasoncli.models.interface import Ability, Choices, ModelInfo
from reasoncli.search.strategies.best_of_n import BestOfN, Drawing
from reasoncli.search.strategies.mixed import Mixed
from reasoncli.settings.loading import load_settings
from reasoncli.workflow.preparation import (
    drawing,
    local_config,
    model_options,
    model_spec,
    prompt_options,
    ranked_share,
    rules,
    strategy,
)

CHOICES = (Choices(Prompt("p", Form.LINE_REPAIR, RepairContent("", "")), tuple),)


def info(*abilities: Ability, reasoning: bool = False) -> ModelInfo:
    return ModelInfo("m", "", frozenset(abilities), context=512, reasoning=reasoning, device="CPU")


@pytest.fixture(autouse=True)
def _nobody_s_settings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))


def test_how_samples_are_drawn_depends_on_the_model() -> None:
    settings = load_settings({}, repository=None)
    assert drawing(settings, info(Ability.LINE_REPAIR)) == Drawing(temperature=1.0, top_p=1.0, min_p=0.02)
    assert drawing(settings, info(Ability.CHAT)) == Drawing()
    assert drawing(settings, info(Ability.CHAT, Ability.LINE_REPAIR)) == Drawing()  # it is asked in chat


def test_what_is_set_holds_for_every_model() -> None:
    settings = load_settings({"temperature": "0", "min-p": "0", "top-p": "0.9"}, repository=None)
    for ability in Ability:
        assert drawing(settings, info(ability)) == Drawing(temperature=0.0, top_p=0.9, min_p=0.0)


@pytest.mark.parametrize(("setting", "share"), [(None, 0.5), ("0", 0.0), ("0.25", 0.25), ("1", 1.0)])
def test_only_a_model_that_can_rank_is_asked_to(setting: str | None, share: float) -> None:
    settings = load_settings({"ranked-share": setting}, repository=None)
    model = info(Ability.LINE_REPAIR)
    assert ranked_share(settings, model) == 0.0
    assert ranked_share(settings, replace(model, ranks=True)) == share


def test_without_choices_all_proposals_are_samples() -> None:
    settings = load_settings({"samples": "48", "batch-size": "16"}, repository=None)
    model = replace(info(Ability.LINE_REPAIR), ranks=True)
    plain = strategy(settings, model, (), 7, ())
    assert plain == BestOfN((), 48, 7, drawing(settings, model), first=16)
    assert strategy(settings, model, (), 7, CHOICES) == Mixed(plain, CHOICES, 0.5)


def test_temperatures_are_spread_unless_one_is_named_or_the_model_reasons() -> None:
    unset = load_settings({}, repository=None)
    assert prompt_options(unset, info(Ability.CHAT)).warmths
    assert not prompt_options(unset, info(Ability.CHAT, reasoning=True)).warmths
    assert not prompt_options(load_settings({"temperature": "1"}, repository=None), info(Ability.CHAT)).warmths


def test_only_a_reasoning_model_has_room_for_thoughts() -> None:
    settings = load_settings({"thinking-tokens": "77"}, repository=None)
    assert drawing(settings, info(Ability.CHAT, reasoning=True)).thinking_tokens == 77
    assert drawing(settings, info(Ability.CHAT)).thinking_tokens == 0


def test_thoughts_leave_half_the_context_to_the_prompt_and_the_answer() -> None:
    settings = load_settings({"thinking-tokens": "4096"}, repository=None)
    model = info(Ability.CHAT, reasoning=True)
    assert drawing(settings, model).thinking_tokens == 256
    assert prompt_options(settings, model).thinking_tokens == 256


def test_local_sandboxes_find_the_user_s_programs_and_none_in_the_tree_under_test(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sandbox = load_settings({}, repository=None).sandbox
    monkeypatch.setenv("PATH", "/opt/node/bin::.:node_modules/.bin:/usr/bin")
    assert local_config(sandbox).path == "/opt/node/bin:/usr/bin"
    monkeypatch.delenv("PATH")
    assert "/usr/bin" in local_config(sandbox).path.split(":")


def test_what_breaks_ties_is_by_settings() -> None:
    def ties(**flags: object) -> TieBreakers:
        return rules(load_settings(flags), 1, 8, None, ranked_only=False, exhaustive=False).tie_breakers

    assert ties() == TieBreakers(size=False, logprob=False)
    assert ties(smaller_first=True) == TieBreakers(size=True, logprob=False)
    assert ties(likelier_first=True) == TieBreakers(size=False, logprob=True)


def test_further_servers_have_the_name_of_the_model_too() -> None:
    flags = {"model": "http://a/v1", "endpoint": ("http://b/v1", "http://c/v1"), "endpoint-model": "coder"}
    settings = load_settings(flags, repository=None)
    assert model_spec(settings) == "http://a/v1#coder"
    assert model_options(settings).endpoints == ("http://b/v1#coder", "http://c/v1#coder")
    assert model_options(load_settings({}, repository=None)).endpoints == ()
