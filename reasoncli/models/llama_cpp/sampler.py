"""The `Sampler` over a GGUF model in this process."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from reasoncli.domain import ChatContent, Completion, Form, Prompt
from reasoncli.errors import ModelError, ModelMemoryError
from reasoncli.machine import cores, free_memory
from reasoncli.models.gguf import GgufMetadata
from reasoncli.models.interface import KEEP, Choices, ModelInfo, Ranking, SampleRequest
from reasoncli.models.llama_cpp import library, memory
from reasoncli.models.llama_cpp.bindings import llama_cpp
from reasoncli.models.llama_cpp.decoder import LlamaDecoder
from reasoncli.models.llama_cpp.drawing import Drawer, Law
from reasoncli.models.llama_cpp.forest import Forest
from reasoncli.models.llama_cpp.growth import Rules
from reasoncli.models.llama_cpp.lanes import Job
from reasoncli.models.llama_cpp.prefixes import Prefixes
from reasoncli.models.llama_cpp.ranked import RankedTexts
from reasoncli.models.llama_cpp.ranking import Question
from reasoncli.models.llama_cpp.scoring import score
from reasoncli.models.llama_cpp.vocabulary import Vocabulary
from reasoncli.models.options import ModelOptions
from reasoncli.models.profile import ModelProfile, read_profile

_SMALL = 20_000_000  # parameters below which a second thread costs more than it brings


class LlamaSampler:
    """Implements `Sampler`; made by `open_llama_sampler`."""

    def __init__(
        self,
        name: str,
        profile: ModelProfile,
        model: library.LoadedModel,
        decoder: LlamaDecoder,
        context: int,
        threads: int,
    ) -> None:
        self._name = name
        self._profile = profile
        self._model = model
        self._decoder = decoder
        self._context = context
        self._vocabulary = Vocabulary(model.handle)
        self._prefixes = Prefixes(decoder)
        self._drawer = Drawer(threads)
        self._info: ModelInfo | None = None
        self._busy = False
        self._closed = False

    @property
    def info(self) -> ModelInfo:
        """See `Sampler.info`. The digest of a large file takes a moment, the first time."""
        if self._info is None:
            self._info = ModelInfo(
                name=self._name,
                digest=_digest(self._profile.metadata.parts),
                abilities=self._profile.abilities,
                context=self._context,
                reasoning=self._profile.reasoning,
                device=self._model.device,
                ranks=True,
                on_gpu=self._model.on_gpu,
            )
        return self._info

    def sample(self, requests: Sequence[SampleRequest], cancel: threading.Event) -> Iterator[Completion]:
        """See `Sampler.sample`. Equal requests give equal samples, whatever else is asked for with them.

        The one exception is arithmetic: logits may differ in their last bits with the shape of the
        batch they are computed in, so a draw that falls that close to a boundary can go either way.
        Texts that were reached by different tokens come as several completions.
        """
        jobs = [self._job(request) for request in requests]
        with self._work():
            forest = Forest(self._decoder, self._prefixes, self._vocabulary, jobs, self._drawer)
            yield from forest.completions(cancel)

    def score(self, prompt: Prompt, texts: Sequence[str]) -> list[float]:
        """See `Sampler.score`. For a line-repair prompt, `KEEP` is the probability to leave the line."""
        tokens, answers = self._answers(prompt, texts)
        if not answers:
            return []
        with self._work():
            return score(self._decoder, self._prefixes, tokens, answers)

    def rank(self, choices: Sequence[Choices]) -> Ranking:
        """See `Sampler.rank`."""
        return RankedTexts(self._work, self._question, choices, lambda: (self._decoder, self._prefixes))

    def _question(self, choices: Choices, keep: Callable[[Sequence[str]], None]) -> Question:
        """Choices as tokens; `keep` is handed the texts once they are asked for, without those that don't fit."""
        prompt = choices.prompt
        tokens = self._prompt_tokens(prompt, think=False)
        ends = self._end_token()

        def texts() -> Sequence[Sequence[int]]:
            answers = [(text, [*self._vocabulary.tokens(text, special=False), ends]) for text in choices.texts()]
            fitting = [(text, answer) for text, answer in answers if len(tokens) + len(answer) <= self._context]
            keep([text for text, _ in fitting])
            return [answer for _, answer in fitting]

        return Question(tokens, texts, choices.offset, self.banned_tokens(prompt))

    def _answers(self, prompt: Prompt, texts: Sequence[str]) -> tuple[list[int], list[list[int]]]:
        """The tokens of a prompt, and of texts that answer it, their ends included."""
        tokens = self._prompt_tokens(prompt, think=False)
        ends = self._end_token()
        answers = []
        for text in texts:
            if prompt.form is Form.LINE_REPAIR and text == KEEP:
                answers.append(self._vocabulary.tokens(KEEP, special=True))
            else:
                answers.append([*self._vocabulary.tokens(text, special=False), ends])
        longest = len(tokens) + max(map(len, answers), default=0)
        if longest > self._context:
            raise self._too_long(longest)
        return tokens, answers

    def count_tokens(self, prompt: Prompt) -> int:
        """See `Sampler.count_tokens`; exact."""
        self._check_open()
        return len(self._vocabulary.prompt(self._profile.encoder.segments(prompt)))

    def prompt_tokens(self, prompt: Prompt) -> list[int]:
        """The tokens that a prompt becomes."""
        return self._prompt_tokens(prompt, think=False)

    def banned_tokens(self, prompt: Prompt) -> list[int]:
        """The tokens that are never drawn as part of its answer."""
        return sorted(self._vocabulary.named(self._profile.encoder.banned_tokens(prompt)))

    def close(self) -> None:
        """See `Sampler.close`."""
        if self._closed:
            return
        self._closed = True
        self._drawer.close()
        self._profile.encoder.close()
        self._decoder.free()
        llama_cpp.llama_model_free(self._model.handle)

    def __enter__(self) -> LlamaSampler:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _job(self, request: SampleRequest) -> Job:
        prompt = request.prompt
        think = request.thinking_tokens > 0
        segments = self._segments(prompt, think=think)
        tokens = self._prompt_tokens(prompt, think=think)
        style = self._profile.thinking if isinstance(prompt.content, ChatContent) else None
        rules = Rules(
            stops=tuple(stop.encode() for stop in prompt.stop if stop),
            max_tokens=prompt.max_tokens,
            thinking_tokens=request.thinking_tokens,
            style=style,
            start=style.start("".join(text for text, _ in segments)) if style is not None else None,
        )
        encoder = self._profile.encoder
        return Job(
            request=request,
            tokens=tokens,
            law=Law(
                temperature=request.temperature,
                top_p=request.top_p,
                min_p=request.min_p,
                banned=tuple(self.banned_tokens(prompt)),
            ),
            rules=rules,
            ends=self._vocabulary.ends | self._vocabulary.named(encoder.stop_tokens(prompt)),
            limit=self._context,
        )

    def _segments(self, prompt: Prompt, *, think: bool) -> list[tuple[str, bool]]:
        return self._profile.encoder.segments(prompt, think=think)

    def _prompt_tokens(self, prompt: Prompt, *, think: bool) -> list[int]:
        self._check_open()
        tokens = self._vocabulary.prompt(self._segments(prompt, think=think))
        if not tokens:
            raise ModelError("an empty prompt can't be continued")
        if len(tokens) >= self._context:
            raise self._too_long(len(tokens))
        return tokens

    def _too_long(self, tokens: int) -> ModelError:
        return ModelError(
            f"a prompt of {tokens} tokens leaves no room in a context of {self._context}",
            hint="Show the model less, or ask for a larger context.",
        )

    def _end_token(self) -> int:
        vocab = llama_cpp.llama_model_get_vocab(self._model.handle)
        for token in (llama_cpp.llama_vocab_eot(vocab), llama_cpp.llama_vocab_eos(vocab)):
            if token >= 0:
                return int(token)
        raise ModelError(f"{self._name} has no token that ends a text, so texts can't be scored")

    @contextmanager
    def _work(self) -> Iterator[None]:
        """One call at a time may use the model: a suspended `sample` still holds its sequences."""
        self._check_open()
        if self._busy:
            raise ModelError("the model is at work: finish or close the running `sample` first")
        self._busy = True
        try:
            yield
        except ModelError:
            # nothing is known of the cache any more: start from an empty one
            self._decoder.clear()
            self._prefixes = Prefixes(self._decoder)
            raise
        finally:
            self._busy = False

    def _check_open(self) -> None:
        if self._closed:
            raise ModelError(f"{self._name} is closed")


def open_llama_sampler(
    path: Path, options: ModelOptions, *, profile: ModelProfile | None = None, name: str = ""
) -> LlamaSampler:
    """Load a GGUF model for sampling.

    Args:
        path: the file, or the first part of a split model.
        options: `context`, `slots`, `batch` and `memory` follow from model and machine where not given.
        profile: of the file, if it was read already.
        name: as the user would name the model again; the path by default.

    Raises:
        ModelFileError: the file is broken or of an unknown kind.
        ModelMemoryError: it wouldn't fit; said before memory is taken.
        ModelError: it is no model that writes text from left to right.
    """
    profile = profile or read_profile(path)
    plan, layers = _fit(profile.metadata, options)
    model = library.load_model(path, layers)
    threads = options.threads or (1 if profile.metadata.parameters < _SMALL else cores())
    context = _make_context(model, plan, threads)
    if not context:
        complaint = library.start().complaint()
        llama_cpp.llama_model_free(model.handle)
        raise ModelMemoryError(
            f"llama.cpp can't make a context of {plan.cells} tokens: {complaint or 'no reason given'}",
            hint="Ask for a smaller context or fewer slots.",
        )
    if not llama_cpp.llama_get_memory(context):
        llama_cpp.llama_free(context)
        llama_cpp.llama_model_free(model.handle)
        raise ModelError(f"{path}: an embedding model; it doesn't generate text", hint="Name a language model.")
    decoder = LlamaDecoder(
        context,
        vocabulary=int(llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model.handle))),
        sequences=plan.sequences,
        outputs=plan.sequences,
        whole=model.whole,
        complaint=library.start().complaint,
    )
    if not model.attends:
        decoder.cells = plan.context * (plan.sequences + 1)  # states don't run out before the sequences do
    return LlamaSampler(name or str(path), profile, model, decoder, min(plan.context, decoder.cells), threads)


def _fit(metadata: GgufMetadata, options: ModelOptions) -> tuple[memory.Plan, int]:
    """Sizes, and how many layers go to a GPU: all that fit, unless the user says how many."""
    gpus = library.gpus() if options.gpu_layers != 0 else []
    room = sum(gpu.free for gpu in gpus)

    def planned(free: int, *, gpu: bool) -> memory.Plan:
        wishes = {"context": options.context, "sequences": options.slots, "batch": options.batch}
        return memory.plan(metadata, options.memory or free, gpu=gpu, **wishes)

    if not gpus:
        return planned(free_memory(), gpu=False), 0
    if options.gpu_layers > 0:
        return planned(room + free_memory(), gpu=True), options.gpu_layers
    try:
        return planned(room, gpu=True), -1
    except ModelMemoryError:
        both = planned(room + free_memory(), gpu=True)
        share = room * 0.8 / both.bytes
        return both, max(1, int(metadata.block_count * share))


def _make_context(model: library.LoadedModel, plan: memory.Plan, threads: int) -> int:
    parameters = llama_cpp.llama_context_default_params()
    parameters.n_ctx = plan.cells
    parameters.n_batch = parameters.n_ubatch = plan.batch
    parameters.n_seq_max = plan.sequences
    parameters.n_threads = parameters.n_threads_batch = threads
    parameters.kv_unified = True  # sequences share cells instead of each having a buffer of its own
    parameters.swa_full = True  # a window that drops cells could not be cut back or copied from the middle
    flash = llama_cpp.LLAMA_FLASH_ATTN_TYPE_AUTO if plan.flash else llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
    parameters.flash_attn_type = flash
    parameters.no_perf = True
    if hasattr(parameters, "n_outputs_max"):
        parameters.n_outputs_max = min(plan.sequences, plan.batch)
    return llama_cpp.llama_init_from_model(model.handle, parameters) or 0


def _digest(parts: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        with part.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
