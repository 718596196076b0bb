"""From settings to what each room takes."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from reasoncli.cluster.cluster import Cluster
from reasoncli.domain import Prompt, Snapshot, TieBreakers, UsedUp
from reasoncli.models.interface import Ability, Choices, ModelInfo
from reasoncli.models.options import ModelOptions
from reasoncli.patches.policy import Policy
from reasoncli.prompting.options import PromptOptions
from reasoncli.sandbox.config import BuildNetwork, DockerConfig, LocalConfig
from reasoncli.sandbox.interface import Limits, SandboxProvider
from reasoncli.search.interface import Strategy
from reasoncli.search.loop import Rules
from reasoncli.search.strategies.best_of_n import BestOfN, Drawing
from reasoncli.search.strategies.mixed import Mixed
from reasoncli.settings.kinds import SandboxKind
from reasoncli.settings.loading import state_folder, worker_count
from reasoncli.settings.values import SandboxSettings, Settings

_LINE_REPAIR = Drawing(min_p=0.02)
"""For models as small as ours, whose many unlikely tokens are noise together. Of temperatures from 0.5 to 1.2 and
minimum probabilities from 0 to 0.1, the one that found most fixes of planted one-line bugs with 64 and with 256
samples; lower temperatures draw the same few answers again."""

_RANKED = 0.5
"""Of 36 bugs in small programs, the line not told, the first weights fix 14 and 36 % with 64 and 256 samples, 44 and
56 % with as many ranked edits, 44 and 58 % with both in turns (`benchmarks.repair`). The rest takes samples."""


def model_spec(settings: Settings) -> str:
    """The model's name, with the name at an endpoint that serves several."""
    return _named(settings, settings.model.model)


def model_options(settings: Settings) -> ModelOptions:
    """How the model is run."""
    model = settings.model
    return ModelOptions(
        threads=model.threads,
        gpu_layers=model.gpu_layers,
        context=model.context,
        slots=model.slots,
        memory=model.model_memory,
        api_key_env=(model.api_key_env,),
        abilities=None if model.endpoint_ability is None else frozenset({Ability(model.endpoint_ability.value)}),
        endpoints=tuple(_named(settings, each) for each in model.endpoint),
        concurrency=model.endpoint_concurrency,
        retries=model.endpoint_retries,
        read_timeout=model.endpoint_timeout,
    )


def _named(settings: Settings, spec: str) -> str:
    name = settings.model.endpoint_model
    return f"{spec}#{name}" if name else spec


def thinking_tokens(settings: Settings, info: ModelInfo) -> int:
    """A reasoning model's budget for thoughts: as set, but at most half its context, to leave room for the prompt."""
    return min(settings.sampling.thinking_tokens, info.context // 2) if info.reasoning else 0


def prompt_options(settings: Settings, info: ModelInfo) -> PromptOptions:
    """What prompts may cost, and how far they are varied.

    A temperature that the user names holds for all samples. Reasoning models are tuned to be drawn at one temperature,
    and vary by their thoughts.
    """
    return PromptOptions(
        answer_tokens=settings.sampling.max_tokens,
        functions=settings.search.suspects,
        thinking_tokens=thinking_tokens(settings, info),
        warmths=settings.sampling.temperature is None and not info.reasoning,
    )


def drawing(settings: Settings, info: ModelInfo) -> Drawing:
    """How samples are drawn: as set, and where nothing is set as suits the model."""
    sampling = settings.sampling
    repairs = Ability.LINE_REPAIR in info.abilities and Ability.CHAT not in info.abilities
    by_model = _LINE_REPAIR if repairs else Drawing()
    return Drawing(
        temperature=by_model.temperature if sampling.temperature is None else sampling.temperature,
        top_p=by_model.top_p if sampling.top_p is None else sampling.top_p,
        min_p=by_model.min_p if sampling.min_p is None else sampling.min_p,
        thinking_tokens=thinking_tokens(settings, info),
    )


def ranked_share(settings: Settings, info: ModelInfo) -> float:
    """Share of the proposals that are ranked edits, in [0, 1]: as set, else half; none where a model can't rank."""
    wanted = settings.sampling.ranked_share
    return 0.0 if not info.ranks else _RANKED if wanted is None else wanted


def strategy(
    settings: Settings, info: ModelInfo, prompts: Sequence[Prompt], seed: int, choices: tuple[Choices, ...]
) -> Strategy:
    """What to ask: samples, and ranked edits where there are any."""
    search = settings.search
    sampling = BestOfN(tuple(prompts), search.samples, seed, drawing(settings, info), first=search.batch_size)
    return Mixed(sampling, choices, ranked_share(settings, info)) if choices else sampling


def rules(
    settings: Settings,
    targets: int,
    proposals: int,
    seconds: float | None,
    *,
    ranked_only: bool = False,
    exhaustive: bool = False,
    used_up: Callable[[], UsedUp | None] = lambda: None,
) -> Rules:
    """What the search may spend, and when it stops; `proposals` are made at most, in `seconds`."""
    search = settings.search
    return Rules(
        samples=proposals,
        targets=targets,
        seconds=seconds,
        confidence=search.stop_confidence,
        exhaustive=exhaustive,
        workers=worker_count(settings),
        ranked_only=ranked_only,
        tie_breakers=TieBreakers(size=search.smaller_first, logprob=search.likelier_first),
        used_up=used_up,
    )


def policy(settings: Settings) -> Policy:
    """What a patch may touch."""
    return Policy(protected=settings.patches.protect, allowed=settings.patches.allow)


def seed(settings: Settings) -> int:
    """The run's seed: the setting, or a new one."""
    return secrets.randbits(63) if settings.sampling.seed is None else settings.sampling.seed


def open_provider(
    snapshot: Snapshot,
    settings: Settings,
    run: str,
    progress: Callable[[str], None],
    cluster: Cluster | None = None,
) -> SandboxProvider:
    """Get sandboxes ready over a snapshot, here or on a cluster's nodes; for Docker this builds the image.

    Raises:
        SandboxUnavailable: no engine, no permission, an image that doesn't build.
    """
    local = settings.sandbox.sandbox is SandboxKind.LOCAL
    if cluster is not None:
        from reasoncli.cluster.provider import cluster_provider

        config = local_config(settings.sandbox) if local else docker_config(settings)
        return cluster_provider(cluster, snapshot, config, run, progress)
    if local:
        from reasoncli.sandbox.local_sandbox import local_provider

        return local_provider(snapshot, local_config(settings.sandbox), progress)
    from reasoncli.sandbox.docker_provider import docker_provider

    return docker_provider(snapshot, docker_config(settings), run, progress)


def docker_config(settings: Settings) -> DockerConfig:
    """How Docker sandboxes are made."""
    sandbox = settings.sandbox
    return DockerConfig(
        image=sandbox.image,
        dockerfile=sandbox.dockerfile,
        base_image=sandbox.base_image,
        packages=sandbox.packages,
        workdir=sandbox.workdir,
        python=sandbox.python,
        build_network=BuildNetwork(sandbox.build_network.value),
        build_timeout=sandbox.build_timeout,
        environment=dict(os.environ),
        limits=limits(sandbox),
        state_dir=state_folder(settings),
    )


def local_config(sandbox: SandboxSettings) -> LocalConfig:
    """How local sandboxes are made: with the user's programs, and the interpreter named or the active environment's.

    A relative place on the PATH would be one in the tree under test, where a candidate could put a program.
    """
    python = sandbox.python
    if python is None and (active := os.environ.get("VIRTUAL_ENV")):
        found = Path(active) / "bin" / "python"
        python = str(found) if found.exists() else None
    places = [place for place in os.environ.get("PATH", "").split(os.pathsep) if Path(place).is_absolute()]
    config = LocalConfig(limits=limits(sandbox))
    return replace(config, python=python or config.python, path=os.pathsep.join(places) or config.path)


def limits(sandbox: SandboxSettings) -> Limits:
    """What one sandbox may use."""
    return Limits(memory=sandbox.memory, disk=sandbox.disk, cpus=sandbox.cpus, pids=sandbox.pids, output=sandbox.output)
