"""From a model's name to a sampler; and what can be told of a model without loading it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reasoncli.errors import ModelError, UsageError
from reasoncli.models.catalogue import catalogue
from reasoncli.models.endpoint import Endpoint, find_key, parse_endpoint
from reasoncli.models.interface import Ability, Sampler
from reasoncli.models.options import ModelOptions
from reasoncli.models.profile import ModelProfile, read_profile
from reasoncli.models.resolve import EMBEDDED, Kind, Located, resolve

_CONTEXT_SHOWN = 8_192
_EMBEDDED_LICENCE = "Apache-2.0"  # this project's; the file doesn't say


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What `models info` shows.

    Attributes:
        path: its (first) file, and parts how many there are.
        parameters, weights_bytes: numbers of weights and the bytes they take.
        memory: bytes it takes with one sequence of `memory_context` tokens, computing buffers apart.
        infill: name of the fill-in-the-middle family, or an empty string.
        note: what it is good for, where that is known.
    """

    name: str
    title: str
    path: Path
    parts: int
    architecture: str
    parameters: int
    weights_bytes: int
    context: int
    memory: int
    memory_context: int
    abilities: frozenset[Ability]
    reasoning: bool
    infill: str
    licence: str
    note: str


def open_sampler(spec: str, options: ModelOptions | None = None) -> Sampler:
    """Open a model by its name (see `resolve`). Loads a backend only when it is needed.

    Raises:
        ModelNotFoundError: no such model.
        ModelFileError: its file is broken.
        ModelMemoryError: it would not fit.
        ModelError: it can't be opened, or can't do anything that is of use here.
        EndpointError: its servers are out of reach, or one refuses.
        UsageError: the servers have different models, or there are further servers for a model that is on none.
    """
    options = options or ModelOptions()
    located = resolve(spec)
    if located.kind is Kind.HTTP:
        return _open_http((located.name, *options.endpoints), options)
    if options.endpoints:
        raise UsageError(
            f"the model {located.name} is on no server, so {options.endpoints[0]} can't be a further one of it",
            hint="Name the first server with --model http://host/v1, or leave --endpoint out.",
        )
    if located.kind is Kind.RECORDED:
        from reasoncli.models.recorded import open_recorded

        return open_recorded(_path(located))
    from reasoncli.models.llama_cpp.sampler import open_llama_sampler

    path = _path(located)
    profile = read_profile(path)
    check_usable(profile, located.name)
    return open_llama_sampler(path, options, profile=profile, name=located.name)


def check_usable(profile: ModelProfile, name: str) -> None:
    """Refuse a model that has none of the abilities.

    Raises:
        ModelError: it has none.
    """
    if profile.abilities:
        return
    form = profile.metadata.prompt_form
    if form:
        raise ModelError(
            f"{name} wants prompts of the form {form!r}, which this version doesn't know",
            hint="A newer version of reasoncli may know it.",
        )
    raise ModelError(
        f"{name} has no chat template and no fill-in-the-middle tokens, so it can't be asked for a fix",
        hint="Take the model's instruct (or chat) variant.",
    )


def abilities_of(spec: str, options: ModelOptions) -> frozenset[Ability] | None:
    """What a model can be asked, without loading it; `None` for a server, which has to be asked for that.

    Raises:
        ModelNotFoundError, ModelFileError: see `open_sampler`.
    """
    located = resolve(spec)
    if located.kind is Kind.HTTP:
        return options.abilities
    if located.kind is Kind.RECORDED:
        from reasoncli.models.recorded import open_recorded

        return open_recorded(_path(located)).info.abilities
    return read_profile(_path(located)).abilities


def describe(spec: str) -> ModelCard:
    """A model's card, from its file's head alone.

    Raises:
        UsageError: a server or recording, which has no file to read.
        ModelNotFoundError, ModelFileError: see `open_sampler`.
    """
    located = resolve(spec)
    if located.kind is not Kind.GGUF:
        raise UsageError(f"{spec} has no GGUF file to describe", hint="`reasoncli doctor` asks a server what it has.")
    profile = read_profile(_path(located))
    metadata = profile.metadata
    entry = next((each for each in catalogue() if spec.lower() in (each.name, str(each.source).lower())), None)
    context = min(_CONTEXT_SHOWN, metadata.context_length)
    note = entry.note if entry else ""
    if Ability.LINE_REPAIR in profile.abilities:
        note = "single-line Python bugs"
    return ModelCard(
        name=located.name,
        title=metadata.name,
        path=_path(located),
        parts=len(metadata.parts),
        architecture=metadata.architecture,
        parameters=metadata.parameters,
        weights_bytes=metadata.weights_bytes,
        context=metadata.context_length,
        memory=metadata.weights_bytes + context * metadata.kv_bytes_per_token(),
        memory_context=context,
        abilities=profile.abilities,
        reasoning=profile.reasoning,
        infill=profile.infill.family if profile.infill else "",
        licence=_EMBEDDED_LICENCE if located.name == EMBEDDED else metadata.licence or (entry.licence if entry else ""),
        note=note,
    )


def servers(spec: str, others: Sequence[str] = ()) -> tuple[tuple[str, str], ...]:
    """(address, model's name if one was given) of the servers that have a model; none where it is on this machine.

    Raises:
        ModelNotFoundError, UsageError: see `open_sampler`.
    """
    if resolve(spec).kind is not Kind.HTTP:
        return ()
    return tuple((each.url, each.model) for each in _endpoints((spec, *others)))


def _open_http(specs: Sequence[str], options: ModelOptions) -> Sampler:
    from reasoncli.models.openai_http import HttpSampler

    keys = [(each, find_key(each, options.api_key_env, os.environ)) for each in _endpoints(specs)]
    return HttpSampler(keys, options)


def _endpoints(specs: Sequence[str]) -> Sequence[Endpoint]:
    first, *others = map(parse_endpoint, specs)
    # A server without a name after its # has the first one's model; what is named twice is one.
    named = [each if each.model else replace(each, model=first.model) for each in others]
    return list(dict.fromkeys([first, *named]))


def _path(located: Located) -> Path:
    if located.path is None:
        raise AssertionError(f"{located.kind} models have a path")
    return located.path
