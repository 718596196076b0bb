"""GPUs are found by what each maker's tools and drivers say."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from reasoncli.models.devices import Backend, Gpu, Run, check_devices, find_gpus, install_command, judge

NVIDIA = "NVIDIA H200, 143771, 143160\nNVIDIA L4, 23034, [N/A]\n"
ROCM = "GPU[0]\t\t: Card Series: \t\tAMD Radeon RX 7900 XTX\nGPU[0]\t\t: Card Vendor: \t\tAMD\n"
VULKAN = """Devices:
========
GPU0:
	apiVersion         = 1.3.280
	deviceType         = PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU
	deviceName         = Intel(R) Arc(tm) Graphics (MTL)
GPU1:
	deviceType         = PHYSICAL_DEVICE_TYPE_CPU
	deviceName         = llvmpipe (LLVM 15.0.7, 256 bits)
"""
LINUX = "Linux/x86_64"


def programs(outputs: Mapping[str, str]) -> Run:
    def run(command: Sequence[str]) -> str:
        return outputs.get(command[0], "")

    return run


def test_nvidia(tmp_path: Path) -> None:
    assert find_gpus(root=tmp_path, run=programs({"nvidia-smi": NVIDIA}), machine=LINUX) == [
        Gpu("NVIDIA H200", Backend.CUDA, 143771 << 20, 143160 << 20),
        Gpu("NVIDIA L4", Backend.CUDA, 23034 << 20, None),
    ]


def test_nvidia_without_its_tool(tmp_path: Path) -> None:
    folder = tmp_path / "proc/driver/nvidia/gpus/0000:01:00.0"
    folder.mkdir(parents=True)
    (folder / "information").write_text("Model: \t\t NVIDIA GeForce RTX 3090\nIRQ:   1\n")
    assert find_gpus(root=tmp_path, run=programs({}), machine=LINUX) == [Gpu("NVIDIA GeForce RTX 3090", Backend.CUDA)]


def test_amd(tmp_path: Path) -> None:
    found = find_gpus(root=tmp_path, run=programs({"rocm-smi": ROCM}), machine=LINUX)
    assert found == [Gpu("AMD Radeon RX 7900 XTX", Backend.ROCM)]
    for index, units in enumerate((0, 192)):
        node = tmp_path / f"sys/class/kfd/kfd/topology/nodes/{index}"
        node.mkdir(parents=True)
        (node / "properties").write_text(f"cpu_cores_count 0\nsimd_count {units}\n")
    assert find_gpus(root=tmp_path, run=programs({}), machine=LINUX) == [Gpu("AMD GPU", Backend.ROCM)]


def test_others_by_vulkan(tmp_path: Path) -> None:
    found = find_gpus(root=tmp_path, run=programs({"vulkaninfo": VULKAN}), machine=LINUX)
    assert found == [Gpu("Intel(R) Arc(tm) Graphics (MTL)", Backend.VULKAN)]


def test_apple(tmp_path: Path) -> None:
    assert find_gpus(root=tmp_path, run=programs({"sysctl": "Apple M3\n"}), machine="Darwin/arm64") == [
        Gpu("Apple M3", Backend.METAL)
    ]


def test_none(tmp_path: Path) -> None:
    assert find_gpus(root=tmp_path, run=programs({}), machine=LINUX) == []


def test_an_idle_gpu_comes_with_the_command_that_puts_it_to_use() -> None:
    gpu = Gpu("NVIDIA L4", Backend.CUDA)
    report = judge((), [gpu])
    assert report.idle == (gpu,)
    assert "GGML_CUDA=on" in report.command
    assert "CUDA toolkit" in report.needs
    assert judge(("CUDA0",), [gpu]).idle == ()
    assert judge((), []).command == ""


@pytest.mark.parametrize("backend", Backend)
def test_commands_are_shell_commands_for_this_python(backend: Backend) -> None:
    command = install_command(backend)
    assert sys.executable in command
    assert "llama-cpp-python==" in command
    echoed = subprocess.run(
        ["sh", "-c", command.replace(sys.executable, "printenv CMAKE_ARGS; :")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert echoed.stdout.startswith("-DGGML_")


def test_this_machine_can_be_looked_at() -> None:
    report = check_devices()
    assert bool(report.command) == bool(report.idle)
