"""Every setting: name, type, default, meaning, and what a repository may do with it, each stated once.

A field `test_command` is the flag `--test-command`, the variable `REASONCLI_TEST_COMMAND` and the key
`test-command` in TOML. Names are unique over all groups; each room gets its own group and sees no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from reasoncli.settings.costs import check_budget, check_money, check_price
from reasoncli.settings.keys import Key, Scope, Unit
from reasoncli.settings.kinds import BuildNetwork, EndpointAbility, EngineKind, SandboxKind

_GIB = 1 << 30
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which model, and how it is run. A model reads the code, so a repository never chooses one."""

    model: Annotated[
        str,
        Key(
            "The model: `embedded`, `./x.gguf`, a name of `models list` or `hf:user/repo:QUANT` (after `models pull`), "
            "`http://host/v1`, `recorded:FILE`.",
            Scope.USER,
        ),
    ] = "embedded"
    endpoint: Annotated[
        tuple[str, ...],
        Key("Further servers of the model at an endpoint, as `http://host/v1`; they share the work.", Scope.USER),
    ] = ()
    endpoint_model: Annotated[str | None, Key("The model's name at an endpoint that serves several.", Scope.USER)] = (
        None
    )
    endpoint_ability: Annotated[
        EndpointAbility | None,
        Key("What the model at an endpoint takes.", Scope.USER, default="found out"),
    ] = None
    endpoint_concurrency: Annotated[
        int, Key("Requests in flight at each endpoint.", Scope.USER, minimum=1, maximum=1024)
    ] = 16
    endpoint_retries: Annotated[
        int, Key("How often a failed request to an endpoint is repeated.", Scope.USER, minimum=0, maximum=100)
    ] = 6
    endpoint_timeout: Annotated[
        float,
        Key("Time for one answer of an endpoint.", Scope.USER, minimum=1.0, maximum=_DAY, unit=Unit.SECONDS),
    ] = 600.0
    api_key_env: Annotated[str, Key("Environment variable that holds an endpoint's key.", Scope.USER)] = (
        "REASONCLI_API_KEY"
    )
    threads: Annotated[
        int | None, Key("CPU threads for the model.", Scope.USER, minimum=1, maximum=1024, default="one a core")
    ] = None
    gpu_layers: Annotated[int, Key("Layers to put on a GPU; -1 means all.", Scope.USER, minimum=-1)] = -1
    context: Annotated[
        int | None,
        Key("Tokens that one prompt and its answer may take.", Scope.USER, minimum=256, default="by model and memory"),
    ] = None
    slots: Annotated[
        int | None,
        Key("Samples decoded together.", Scope.USER, minimum=1, maximum=4096, default="by model and memory"),
    ] = None
    model_memory: Annotated[
        int | None,
        Key("Memory that the model may take.", Scope.USER, minimum=1 << 20, unit=Unit.BYTES, default="what is free"),
    ] = None


@dataclass(frozen=True, slots=True)
class SamplingSettings:
    """How completions are drawn."""

    seed: Annotated[
        int | None, Key("Seed of the run.", Scope.USER, minimum=0, maximum=2**63 - 1, default="drawn, and recorded")
    ] = None
    temperature: Annotated[
        float | None,
        Key(
            "0 means the most likely token always; named, it holds for all samples, where else a part of a chat "
            "model's is drawn cooler and a part warmer.",
            Scope.USER,
            minimum=0.0,
            maximum=5.0,
            default="by model",
        ),
    ] = None
    top_p: Annotated[
        float | None,
        Key("Nucleus truncation; 1 switches it off.", Scope.USER, minimum=0.01, maximum=1.0, default="by model"),
    ] = None
    min_p: Annotated[
        float | None,
        Key(
            "Minimum-probability truncation; 0 switches it off.",
            Scope.USER,
            minimum=0.0,
            maximum=1.0,
            default="by model",
        ),
    ] = None
    ranked_share: Annotated[
        float | None,
        Key(
            "Share of the proposals that are the likeliest of all small edits, tried in order; the rest are sampled.",
            Scope.USER,
            minimum=0.0,
            maximum=1.0,
            default="0.5 where the model can rank, else 0",
        ),
    ] = None
    max_tokens: Annotated[int, Key("Length of an answer, in tokens.", Scope.NARROW, minimum=1, maximum=1 << 20)] = 1024
    thinking_tokens: Annotated[
        int, Key("Budget of a reasoning model's thoughts, in tokens.", Scope.NARROW, minimum=0, maximum=1 << 20)
    ] = 4096


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """How much is tried, and when it is enough."""

    samples: Annotated[
        int, Key("Patches to propose, samples and ranked edits together.", Scope.NARROW, minimum=1, maximum=100_000)
    ] = 64
    batch_size: Annotated[
        int, Key("Patches proposed before the vote is looked at again.", Scope.USER, minimum=1, maximum=100_000)
    ] = 32
    workers: Annotated[
        int | None,
        Key(
            "Candidates tested at once, over all machines.",
            Scope.NARROW,
            minimum=1,
            maximum=1024,
            default="by cores and memory",
        ),
    ] = None
    suspects: Annotated[int, Key("Suspect places that the model is shown.", Scope.NARROW, minimum=1, maximum=1000)] = 16
    stop_confidence: Annotated[
        float,
        Key(
            "Stop sampling when more samples would change the choice with at most 1 minus this probability; "
            "1 waits until they cannot.",
            Scope.USER,
            minimum=0.5,
            maximum=1.0,
        ),
    ] = 0.95
    behaviour: Annotated[
        bool,
        Key(
            "Compare what patches of equal outcome do while the tests run; those that behave alike vote together.",
            Scope.USER,
        ),
    ] = True
    exhaustive: Annotated[bool, Key("Draw and test everything, though the choice be settled.", Scope.USER)] = False
    reproduction_tests: Annotated[
        int,
        Key(
            "Tests of the issue to sample from a chat model where no test of the project's own fails for it; those "
            "that show it at the base and the patches judge each other.",
            Scope.NARROW,
            minimum=0,
            maximum=10_000,
        ),
    ] = 0
    judges: Annotated[
        int,
        Key(
            "Answers of a chat model to which of two leading patches is right, for each pair and order; they break "
            "near-ties and outweigh no test.",
            Scope.NARROW,
            minimum=0,
            maximum=1000,
        ),
    ] = 0
    smaller_first: Annotated[bool, Key("Where votes are even, the smaller change wins.", Scope.USER)] = False
    likelier_first: Annotated[
        bool, Key("Where votes are even, the change wins that the model holds likelier.", Scope.USER)
    ] = False
    timeout: Annotated[
        float | None,
        Key("Time for the whole search.", Scope.NARROW, minimum=1.0, unit=Unit.SECONDS, default="no limit"),
    ] = None
    max_seconds: Annotated[
        float | None,
        Key(
            "Time for the whole run: when it ends, the best verified patch so far is confirmed and delivered.",
            Scope.NARROW,
            minimum=1.0,
            unit=Unit.SECONDS,
            default="no limit",
        ),
    ] = None
    budget: Annotated[
        tuple[str, ...],
        Key(
            "What a run may spend, or a whole batch: `200samples`, `50ktokens`, `30m`, `90cpu-m`, `20Wh`, `5000J`, "
            "`2.50usd`; repeatable. When one is used up, it ends with the best verified patch.",
            Scope.USER,
            default="no limit",
            check=check_budget,
        ),
    ] = ()


@dataclass(frozen=True, slots=True)
class TestSettings:
    """How the project's tests run. They run inside the sandbox, so the project may say how."""

    __test__ = False

    test_command: Annotated[
        str | None,
        Key(
            "Runs the tests; `{tests}` in it is replaced by selectors, `{junit}` by a file to write JUnit XML to.",
            Scope.ANY,
            default="pytest, detected",
        ),
    ] = None
    junit: Annotated[
        tuple[str, ...],
        Key("Globs of the JUnit XML files that the test command writes by itself, relative to the root.", Scope.ANY),
    ] = ()
    pass_marker: Annotated[
        str | None,
        Key(
            "Regular expression in the output of a run that passes, for a command without per-test results.",
            Scope.USER,
            default="the common summaries",
        ),
    ] = None
    tests: Annotated[tuple[str, ...], Key("Test paths or ids that limit the whole suite.", Scope.ANY)] = ()
    test_timeout: Annotated[
        float | None,
        Key(
            "Time for one candidate's tests.",
            Scope.NARROW,
            minimum=0.1,
            maximum=_DAY,
            unit=Unit.SECONDS,
            default="by the baseline",
        ),
    ] = None
    baseline_timeout: Annotated[
        float,
        Key("Time for one run of all tests at the base.", Scope.NARROW, minimum=1.0, maximum=_DAY, unit=Unit.SECONDS),
    ] = 1800.0
    baseline_time: Annotated[
        float | None,
        Key(
            "Time for one run of the base's tests; where all take longer, they are sampled, near the issue first.",
            Scope.NARROW,
            minimum=1.0,
            maximum=_DAY,
            unit=Unit.SECONDS,
            default="no limit",
        ),
    ] = None
    guards_time: Annotated[
        float | None,
        Key(
            "Time for a candidate's guards at the base's pace; where all of them take longer, they are sampled.",
            Scope.NARROW,
            minimum=0.1,
            maximum=_DAY,
            unit=Unit.SECONDS,
            default="no limit",
        ),
    ] = None
    issue_examples: Annotated[
        bool | None,
        Key(
            "Run the examples that the issue's text shows, at the base and under candidates.",
            Scope.USER,
            default="only in sandboxes that isolate",
        ),
    ] = None
    reuse: Annotated[bool, Key("Reuse what earlier runs measured and judged at the same base.", Scope.USER)] = True


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """Where tests run, and what they may use there.

    A repository may name an image or a Dockerfile: both run nothing but what its tests may run anyway, in the
    same sandbox, and an image that is not on the machine is never pulled. It may not open the
    build's network or raise a limit.
    """

    sandbox: Annotated[
        SandboxKind,
        Key("`docker`, or `local` without any isolation.", Scope.NARROW, order=("docker", "local")),
    ] = SandboxKind.DOCKER
    engine: Annotated[
        EngineKind,
        Key("`threads` on this machine, or `ray`: sandboxes on every node of a Ray cluster.", Scope.USER),
    ] = EngineKind.THREADS
    ray_address: Annotated[
        str | None,
        Key(
            "The Ray cluster, as `HOST:PORT`.",
            Scope.USER,
            default="`RAY_ADDRESS`, else the one on this machine, else one of its own",
        ),
    ] = None
    image: Annotated[
        str | None, Key("Image to run tests in; never pulled.", Scope.ANY, default="built for the project")
    ] = None
    dockerfile: Annotated[
        Path | None, Key("Dockerfile to build that image from.", Scope.ANY, default="our own definition")
    ] = None
    base_image: Annotated[
        str | None, Key("What our own definition starts from.", Scope.USER, default="`python:X.Y-slim`")
    ] = None
    packages: Annotated[tuple[str, ...], Key("Debian packages that building the project needs.", Scope.USER)] = ()
    workdir: Annotated[
        str | None, Key("Where the repository lies inside.", Scope.ANY, default="the image's, or `/workspace`")
    ] = None
    python: Annotated[str | None, Key("The interpreter inside.", Scope.ANY, default="the first on its PATH")] = None
    build_network: Annotated[
        BuildNetwork,
        Key("Network for building an image; tests never have any.", Scope.NARROW, order=("none", "default", "host")),
    ] = BuildNetwork.DEFAULT
    build_timeout: Annotated[
        float, Key("Time for building an image.", Scope.NARROW, minimum=1.0, maximum=_DAY, unit=Unit.SECONDS)
    ] = 1800.0
    memory: Annotated[
        int, Key("Memory of one sandbox.", Scope.NARROW, minimum=64 << 20, maximum=1 << 50, unit=Unit.BYTES)
    ] = 2 * _GIB
    disk: Annotated[
        int, Key("Disk of one sandbox.", Scope.NARROW, minimum=16 << 20, maximum=1 << 50, unit=Unit.BYTES)
    ] = _GIB
    cpus: Annotated[float, Key("Cores of one sandbox.", Scope.NARROW, minimum=0.1, maximum=1024.0)] = 1.0
    pids: Annotated[int, Key("Processes in one sandbox.", Scope.NARROW, minimum=16, maximum=1 << 22)] = 256
    output: Annotated[
        int,
        Key("Output kept of one command.", Scope.NARROW, minimum=4096, maximum=_GIB, unit=Unit.BYTES),
    ] = 1 << 20


@dataclass(frozen=True, slots=True)
class PatchSettings:
    """What a patch may touch, and what becomes of the chosen one."""

    protect: Annotated[
        tuple[str, ...], Key("Globs that no patch may touch, besides tests and their configuration.", Scope.ADD)
    ] = ()
    allow: Annotated[tuple[str, ...], Key("Globs that a patch may touch though they are protected.", Scope.USER)] = ()
    allow_unverified: Annotated[
        bool, Key("Apply the best patch though no failing test shows that it fixes the issue.", Scope.USER)
    ] = False
    allow_partial: Annotated[
        bool, Key("Apply the best patch though it leaves a target red or breaks a guard.", Scope.USER)
    ] = False
    allow_suspicious: Annotated[
        bool, Key("Apply the best patch though it reaches for the tests' own machinery or the like.", Scope.USER)
    ] = False
    allow_regressions: Annotated[
        bool,
        Key("Apply the best patch though it breaks tests, where most votes are for breaking just these.", Scope.USER),
    ] = False
    min_confidence: Annotated[
        float,
        Key(
            "Don't apply a patch that is right with a smaller probability than this, as votes and tests have it.",
            Scope.USER,
            minimum=0.0,
            maximum=1.0,
        ),
    ] = 0.0
    keep_test: Annotated[
        bool,
        Key(
            "Write tests into a new file, as a part of the patch: of what was answered to `--ask`, and the best of "
            "`--reproduction-tests`.",
            Scope.USER,
        ),
    ] = False
    trailer: Annotated[bool, Key("Name this tool in the message of a commit it makes.", Scope.ANY)] = True


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where runs are kept."""

    state_dir: Annotated[Path | None, Key("Folder of the runs.", Scope.USER, default="the user's state folder")] = None


@dataclass(frozen=True, slots=True)
class PriceSettings:
    """What things cost, all in one currency. Nothing is paid by this: it is what reports and `budget` count with."""

    price: Annotated[
        tuple[str, ...],
        Key(
            "Price of a million tokens at an endpoint, `PROMPT[/CACHED]/COMPLETION` and a currency: `0.15/0.60usd`; of "
            "one server or model `PLACE=0.15/0.075/0.60usd`, as `http://host/v1#name`; repeatable.",
            Scope.USER,
            check=check_price,
        ),
    ] = ()
    price_hour: Annotated[
        str | None, Key("Price of an hour of this machine: `1.20usd`.", Scope.USER, check=check_money)
    ] = None
    price_kwh: Annotated[
        str | None, Key("Price of a kWh, where energy can be read: `0.30usd`.", Scope.USER, check=check_money)
    ] = None


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """What is told to whom."""

    github: Annotated[
        bool | None,
        Key(
            "Write a job summary and annotations for GitHub Actions; `false` switches them off.",
            Scope.USER,
            default="in GitHub Actions",
        ),
    ] = None


class Source(StrEnum):
    """Where a value came from, the strongest first."""

    FLAG = "flag"
    ENVIRONMENT = "environment"
    REPOSITORY = "repository"
    USER_FILE = "user file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from: the kind of place, and its name (`--samples`, `REASONCLI_SAMPLES`, a file)."""

    source: Source
    where: str = ""

    def __str__(self) -> str:
        return self.where or self.source.value


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one run.

    Attributes:
        origins: where each setting came from, by its name (`test-command`).
    """

    model: ModelSettings
    sampling: SamplingSettings
    search: SearchSettings
    tests: TestSettings
    sandbox: SandboxSettings
    patches: PatchSettings
    store: StoreSettings
    origins: Mapping[str, Origin]
    reports: ReportSettings = ReportSettings()
    prices: PriceSettings = PriceSettings()
