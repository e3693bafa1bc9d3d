"""The machine's cores, memory and GPUs, found without importing torch."""

import os
from collections.abc import Iterable
from pathlib import Path

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.problem import ProblemInfo

AUTO, CPU, CUDA = "auto", "cpu", "cuda"
DEVICES = (AUTO, CPU, CUDA)
SHOWN = 3
"""Problems that a warning names."""


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def places(workers: int | None, evaluations: int | None) -> int:
    """Runs at a time, of which each keeps so many processes busy: the given number, or as many as there are cores for.

    >>> places(3, None), places(3, 4)
    (3, 3)
    """
    return workers or max(1, cores() // (evaluations or 1))


def memory_mb() -> int:
    """The machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20


def resident_mb(pid: int) -> int:
    """Resident memory of a process; 0 where /proc does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


def proportional_mb(pid: int) -> int:
    """As :func:`resident_mb`, of what several processes share only its part."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) // 2**10
    except (OSError, IndexError, ValueError, StopIteration):
        return resident_mb(pid)


def gpus() -> list[tuple[str, str]]:
    """(id, name) of every NVIDIA GPU that CUDA_VISIBLE_DEVICES leaves visible; ids suit that variable."""
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
        found = [
            (str(i), str(pynvml.nvmlDeviceGetUUID(h)), str(pynvml.nvmlDeviceGetName(h))) for i, h in enumerate(handles)
        ]
    finally:
        pynvml.nvmlShutdown()
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return [(index, name) for index, _, name in found]
    wanted = [entry.strip() for entry in visible.split(",") if entry.strip()]
    return [
        (entry, name) for entry in wanted for index, uuid, name in found if entry == index or uuid.startswith(entry)
    ]


def resolve(requested: str, problem: ProblemInfo, available: bool) -> str:
    """``cpu`` or ``cuda`` for a problem's trainings.

    Raises:
        HpobenchError: CUDA is demanded, but there is no GPU, or the problem runs on nothing else and is to do without.
    """
    if requested == CUDA and not available:
        raise HpobenchError("device 'cuda': no NVIDIA GPU found (`hpobench doctor` says more). Valid here: auto, cpu.")
    if requested != CPU and available and CUDA in problem.devices:
        return CUDA
    if CPU not in problem.devices:
        why = "device 'cpu' was asked for" if requested == CPU else "no NVIDIA GPU found (`hpobench doctor` says more)"
        raise HpobenchError(f"problem {problem.id!r} runs on a GPU alone, and {why}.")
    return CPU


def without_gpu(requested: str, problems: Iterable[ProblemInfo], available: bool) -> str | None:
    """What to warn of: problems made for a GPU that are about to run without one; None if nobody asked for better."""
    if requested != AUTO or available:
        return None
    names = [problem.id for problem in problems if problem.devices[0] == CUDA]
    if not names:
        return None
    shown = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
    return f"no NVIDIA GPU found (`hpobench doctor` says more), so on the CPU: {shown}. Device 'cpu' asks for none"
