"""GPUs as NVML reports them, and who gets which; there is none on most machines that run tests."""

from dataclasses import replace
from types import SimpleNamespace

import pynvml
import pytest

from hpobench_tui.core import Dimensions, HpobenchError, ProblemInfo, Reference
from hpobench_tui.executors import devices
from hpobench_tui.executors.local import environment

CPU_ONLY = ProblemInfo("a/b", "", "m:p", Dimensions(floats=1), Reference(0.0, ""))
BOTH = ProblemInfo("a/b", "", "m:p", Dimensions(floats=1), Reference(0.0, ""), devices=("cuda", "cpu"))


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    fakes = {
        "nvmlInit": lambda: None,
        "nvmlShutdown": lambda: None,
        "nvmlDeviceGetCount": lambda: 2,
        "nvmlDeviceGetHandleByIndex": lambda i: SimpleNamespace(index=i),
        "nvmlDeviceGetUUID": lambda h: f"GPU-{h.index}{h.index}aa",
        "nvmlDeviceGetName": lambda h: f"card {h.index}",
    }
    for name, fake in fakes.items():
        monkeypatch.setattr(pynvml, name, fake)


@pytest.mark.usefixtures("two_gpus")
@pytest.mark.parametrize(
    ("visible", "found"),
    [
        (None, [("0", "card 0"), ("1", "card 1")]),
        ("1", [("1", "card 1")]),
        ("GPU-11aa", [("GPU-11aa", "card 1")]),
        ("1,0", [("1", "card 1"), ("0", "card 0")]),
        ("", []),
        ("7", []),
    ],
)
def test_visible_gpus(visible: str | None, found: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert devices.gpus() == found


def test_a_machine_without_driver_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_driver() -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    monkeypatch.setattr(pynvml, "nvmlInit", no_driver)
    assert devices.gpus() == []


def test_the_device_of_a_problem() -> None:
    assert devices.resolve("auto", BOTH, True) == "cuda"
    assert devices.resolve("auto", BOTH, False) == "cpu"
    assert devices.resolve("auto", CPU_ONLY, True) == "cpu"
    assert devices.resolve("cpu", BOTH, True) == "cpu"
    with pytest.raises(HpobenchError, match="no NVIDIA GPU found"):
        devices.resolve("cuda", BOTH, False)


def test_a_problem_for_a_gpu_alone_goes_nowhere_else() -> None:
    alone = replace(BOTH, devices=("cuda",))
    assert devices.resolve("auto", alone, True) == "cuda"
    with pytest.raises(HpobenchError, match="runs on a GPU alone, and no NVIDIA GPU found"):
        devices.resolve("auto", alone, False)
    with pytest.raises(HpobenchError, match="runs on a GPU alone, and device 'cpu' was asked for"):
        devices.resolve("cpu", alone, True)


def test_workers_get_one_thread_and_their_gpu() -> None:
    found = environment("1")
    assert found["CUDA_VISIBLE_DEVICES"] == "1"
    assert found["OMP_NUM_THREADS"] == found["MKL_NUM_THREADS"] == "1"
    assert found["PYTHONHASHSEED"] == "0"
