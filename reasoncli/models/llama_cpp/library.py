"""Loading llama.cpp and models: its log is kept and silent, its failures become our errors."""

from __future__ import annotations

import ctypes
import functools
import os
import re
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from reasoncli.errors import ModelError, ModelFileError, ModelMemoryError
from reasoncli.models.llama_cpp.bindings import ggml, llama_cpp

_KEPT_LINES = 400
_ERROR_LEVEL = 4
_LONGEST_COMPLAINT = 400
_GPU_KINDS = frozenset({1, 2})  # GGML_BACKEND_DEVICE_TYPE_GPU and _IGPU


class Log:
    """llama.cpp's log: nothing is printed, the last lines are kept."""

    def __init__(self) -> None:
        self._lines: deque[tuple[int, str]] = deque(maxlen=_KEPT_LINES)
        self._level = 0

        def keep(level: int, text: bytes, _: object) -> None:
            line = text.decode("utf-8", "replace").rstrip("\n")
            self._level = level if level <= _ERROR_LEVEL else self._level  # a higher one continues the line before
            if line.strip(" ."):
                self._lines.append((self._level, line))

        # llama.cpp holds a bare pointer to this, so it must live as long as the process
        self._callback = llama_cpp.llama_log_callback(keep)
        llama_cpp.llama_log_set(self._callback, ctypes.c_void_p(0))

    def clear(self) -> None:
        """Forget what was said so far."""
        self._lines.clear()

    def complaint(self) -> str:
        """The errors since `clear`, the cause before its consequences, or an empty string."""
        errors = [re.sub(r"^\w+: ", "", line) for level, line in self._lines if level == _ERROR_LEVEL]
        return "; ".join(dict.fromkeys(errors))[:_LONGEST_COMPLAINT]

    def find(self, pattern: str) -> re.Match[str] | None:
        """The last line that matches."""
        matches = (re.search(pattern, line) for _, line in reversed(self._lines))
        return next((match for match in matches if match), None)


@functools.cache
def start() -> Log:
    """Start llama.cpp once in this process, with its log in our hands."""
    log = Log()
    llama_cpp.llama_backend_init()
    return log


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU that llama.cpp can use: memory in bytes."""

    name: str
    description: str
    free: int
    total: int


def gpus() -> list[Gpu]:
    """The GPUs that this build of llama.cpp sees; empty for a build without any support."""
    start()
    if not llama_cpp.llama_supports_gpu_offload():
        return []
    device_at = _function(ggml.ggml_backend_dev_get, ctypes.c_void_p, ctypes.c_size_t)
    kind = _function(ggml.ggml_backend_dev_type, ctypes.c_int, ctypes.c_void_p)
    name = _function(ggml.ggml_backend_dev_name, ctypes.c_char_p, ctypes.c_void_p)
    description = _function(ggml.ggml_backend_dev_description, ctypes.c_char_p, ctypes.c_void_p)
    memory = ggml.ggml_backend_dev_memory
    memory.restype, memory.argtypes = None, [ctypes.c_void_p, *[ctypes.POINTER(ctypes.c_size_t)] * 2]
    found = []
    for index in range(_function(ggml.ggml_backend_dev_count, ctypes.c_size_t)()):
        device = device_at(index)
        if kind(device) not in _GPU_KINDS:
            continue
        free, total = ctypes.c_size_t(0), ctypes.c_size_t(0)
        memory(device, ctypes.byref(free), ctypes.byref(total))
        found.append(Gpu(name(device).decode(), description(device).decode(), free.value, total.value))
    return found


def _function(function: ctypes._NamedFuncPointer, result: type, *arguments: type) -> ctypes._NamedFuncPointer:
    function.restype, function.argtypes = result, list(arguments)
    return function


_CPU = "CPU"


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model in memory.

    Attributes:
        handle: `llama_model *`.
        device: where its layers are, as llama.cpp reported: `CPU`, `CUDA0 (33/33 layers)`.
        whole: it keeps recurrent states, which can only be copied as they are.
        attends: it has a key-value cache (all but purely recurrent ones).
        on_gpu: some of its layers are on a GPU.
    """

    handle: int
    device: str
    whole: bool
    attends: bool
    on_gpu: bool


def load_model(path: Path, gpu_layers: int) -> LoadedModel:
    """Load the weights; `path` is the first part of a split model.

    Raises:
        ModelFileError: llama.cpp can't read the file.
        ModelMemoryError: it found no room for the weights.
        ModelError: it is no model that continues text from left to right.
    """
    log = start()
    log.clear()
    parameters = llama_cpp.llama_model_default_params()
    offload = gpu_layers != 0 and llama_cpp.llama_supports_gpu_offload()
    parameters.n_gpu_layers = gpu_layers if offload else 0
    handle = llama_cpp.llama_model_load_from_file(os.fsencode(path), parameters)
    if not handle and re.search(r"alloc|out of memory", log.complaint()):
        raise ModelMemoryError(f"{path}: {log.complaint()}", hint="Take a smaller model, or fewer layers on the GPU.")
    if not handle:
        raise ModelFileError(
            f"{path}: llama.cpp can't load it: {log.complaint() or 'no reason given'}",
            hint="The file may be cut short, or of a kind newer than the installed llama-cpp-python.",
        )
    refusal = _refusal(handle)
    if refusal:
        llama_cpp.llama_model_free(handle)
        raise ModelError(f"{path}: {refusal}", hint="Name a decoder-only language model.")
    recurrent = bool(llama_cpp.llama_model_is_recurrent(handle))
    device = _device(log) if offload else _CPU
    return LoadedModel(
        handle=handle,
        device=device,
        whole=recurrent or bool(llama_cpp.llama_model_is_hybrid(handle)),
        attends=not recurrent,
        on_gpu=device != _CPU,
    )


def _refusal(handle: int) -> str:
    if llama_cpp.llama_model_has_encoder(handle):
        return "an encoder-decoder model; its prompt can't be shared between samples"
    if not llama_cpp.llama_model_has_decoder(handle):
        return "an embedding model; it doesn't generate text"
    if llama_cpp.llama_model_is_diffusion(handle):
        return "a diffusion model; it doesn't write from left to right"
    if llama_cpp.llama_vocab_type(llama_cpp.llama_model_get_vocab(handle)) == llama_cpp.LLAMA_VOCAB_TYPE_NONE:
        return "a model without a vocabulary"
    return ""


def _device(log: Log) -> str:
    """What the load said of its layers: this alone shows that they really are on a GPU."""
    offloaded = log.find(r"offloaded (\d+)/(\d+) layers to GPU")
    if offloaded is None or offloaded[1] == "0":
        return _CPU
    device = log.find(r"using device (\S+)")
    return f"{device[1] if device else 'GPU'} ({offloaded[1]}/{offloaded[2]} layers)"
