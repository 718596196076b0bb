"""Which GPUs this machine has, whether llama.cpp's build uses them, and how to get a build that does."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

_SECONDS: Final = 10.0
_MIB: Final = 1 << 20


class Backend(StrEnum):
    """What a build of llama.cpp can drive a GPU with."""

    CUDA = "CUDA"
    ROCM = "ROCm"
    METAL = "Metal"
    VULKAN = "Vulkan"


_CMAKE: Final = {
    Backend.CUDA: "-DGGML_CUDA=on",
    Backend.ROCM: "-DGGML_HIP=on",
    Backend.METAL: "-DGGML_METAL=on",
    Backend.VULKAN: "-DGGML_VULKAN=on",
}
_NEEDS: Final = {
    Backend.CUDA: "the CUDA toolkit (nvcc)",
    Backend.ROCM: "ROCm with hipBLAS",
    Backend.METAL: "Xcode's command line tools",
    Backend.VULKAN: "the Vulkan headers and glslc",
}


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU of this machine; `memory` and `free` in bytes, `None` where they can't be told."""

    name: str
    backend: Backend
    memory: int | None = None
    free: int | None = None


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """Where models run, and where they could.

    Attributes:
        used: devices that llama.cpp's build puts layers on, for people; empty with a CPU build.
        gpus: what the machine has, seen without llama.cpp.
        idle: those that the build can't use.
        command: shell command that installs a build for the idle ones, or an empty string.
        needs: what that command needs on the machine.
    """

    used: tuple[str, ...]
    gpus: tuple[Gpu, ...]
    idle: tuple[Gpu, ...]
    command: str
    needs: str


Run = Callable[[Sequence[str]], str]


def check_devices() -> DeviceReport:
    """Compare the machine's GPUs with what llama.cpp's build sees. Loads llama.cpp.

    Raises:
        ModelError: llama.cpp can't be loaded.
    """
    from reasoncli.models.llama_cpp import library

    used = tuple(f"{gpu.name} ({gpu.description})" for gpu in library.gpus())
    return judge(used, find_gpus())


def judge(used: tuple[str, ...], gpus: Sequence[Gpu]) -> DeviceReport:
    """The report for devices that the build uses and GPUs that the machine has."""
    idle = () if used else tuple(gpus)
    backend = idle[0].backend if idle else None
    return DeviceReport(
        used=used,
        gpus=tuple(gpus),
        idle=idle,
        command=install_command(backend) if backend else "",
        needs=_NEEDS[backend] if backend else "",
    )


def install_command(backend: Backend) -> str:
    """The shell command that builds llama-cpp-python for a backend, in this Python and in the version it has."""
    try:
        version = f"=={importlib.metadata.version('llama-cpp-python')}"
    except importlib.metadata.PackageNotFoundError:
        version = ""
    return (
        f'CMAKE_ARGS="{_CMAKE[backend]}" {sys.executable} -m pip install '
        f"--force-reinstall --no-deps --no-cache-dir llama-cpp-python{version}"
    )


def find_gpus(*, root: Path = Path("/"), run: Run | None = None, machine: str | None = None) -> list[Gpu]:
    """The GPUs of this machine, by the best means there is for each maker.

    Args:
        root: of the file system.
        run: runs a program and returns its standard output, empty if it isn't there or fails.
        machine: `system/processor`, as `Darwin/arm64`.
    """
    run = run or _run
    machine = machine or f"{platform.system()}/{platform.machine()}"
    if machine == "Darwin/arm64":
        return [Gpu(run(["sysctl", "-n", "machdep.cpu.brand_string"]).strip() or "Apple GPU", Backend.METAL)]
    return _nvidia(root, run) or _amd(root, run) or _vulkan(run)


def _nvidia(root: Path, run: Run) -> list[Gpu]:
    query = ["nvidia-smi", "--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits"]
    found: list[Gpu] = []
    for line in run(query).splitlines():
        name, *numbers = (part.strip() for part in line.split(","))
        if len(numbers) == 2:
            total, free = (int(number) * _MIB if number.isdigit() else None for number in numbers)
            found.append(Gpu(name, Backend.CUDA, total, free))
    if found:
        return found
    # No nvidia-smi: the driver itself tells the names.
    for file in sorted((root / "proc/driver/nvidia/gpus").glob("*/information")):
        match = re.search(r"^Model:\s*(.+)$", file.read_text(errors="replace"), re.M)
        found.append(Gpu(match[1].strip() if match else "NVIDIA GPU", Backend.CUDA))
    return found


def _amd(root: Path, run: Run) -> list[Gpu]:
    names = re.findall(r"Card [Ss]eries:\s*(.+)", run(["rocm-smi", "--showproductname"]))
    if names:
        return [Gpu(name.strip(), Backend.ROCM) for name in names]
    # The kernel's compute driver lists processors too; only GPUs have SIMD units.
    found: list[Gpu] = []
    for file in sorted((root / "sys/class/kfd/kfd/topology/nodes").glob("*/properties")):
        match = re.search(r"^simd_count (\d+)$", file.read_text(errors="replace"), re.M)
        if match and int(match[1]) > 0:
            found.append(Gpu("AMD GPU", Backend.ROCM))
    return found


def _vulkan(run: Run) -> list[Gpu]:
    """Any other GPU with a Vulkan driver; renderers on the CPU don't count."""
    found: list[Gpu] = []
    for block in re.split(r"^GPU\d+:\s*$", run(["vulkaninfo", "--summary"]), flags=re.M)[1:]:
        kind = re.search(r"deviceType\s*=\s*(\w+)", block)
        name = re.search(r"deviceName\s*=\s*(.+)", block)
        if kind and name and kind[1].endswith(("DISCRETE_GPU", "INTEGRATED_GPU")):
            found.append(Gpu(name[1].strip(), Backend.VULKAN))
    return found


def _run(command: Sequence[str]) -> str:
    program = shutil.which(command[0])
    if program is None:
        return ""
    try:
        done = subprocess.run(
            [program, *command[1:]],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
