"""What the results are made with: versions, hardware, threads."""

import os
import platform
import subprocess
from pathlib import Path

import hpobench_tui
from hpobench_tui.engine.front import libraries
from hpobench_tui.executors import devices

ABSENT = "not installed"


def manifest() -> dict[str, str]:
    """Everything worth keeping beside the results, as text by key."""
    direct, below = libraries.versions()
    return {**machine(), **{name: version or ABSENT for name, version in (direct | below).items()}}


def machine() -> dict[str, str]:
    """The program and what it runs on, as text by key."""
    return {
        "hpobench-tui": hpobench_tui.__version__,
        "git revision": _git_revision() or "not a checkout",
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": str(devices.cores()),
        "memory MB": str(devices.memory_mb()),
        "boot": _boot(),
        "gpus": "; ".join(name for _, name in devices.gpus()) or "none",
        "threads a worker": "1",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _boot() -> str:
    """Which start of which machine this is: what is measured can only be compared within one."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return "unknown"


def _git_revision() -> str | None:
    """The revision of the checkout that the program runs from, with + if it has changes."""
    root = Path(hpobench_tui.__file__).parents[1]
    if not (root / ".git").exists():
        return None
    command = ["git", "-C", os.fspath(root), "describe", "--always", "--dirty=+", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
