"""Disks that are full, read-only or limited, for programs in processes of their own."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from program import HPOBENCH

UNSHARE = ("unshare", "--user", "--map-root-user", "--mount")


@cache
def mountable() -> str:
    """Why this machine does not let us mount a small disk that we alone see; nothing if it does."""
    command = "mkdir -p /tmp/small-disk && mount -t tmpfs -o size=64k none /tmp/small-disk"
    try:
        done = subprocess.run([*UNSHARE, "sh", "-c", command], capture_output=True, text=True, timeout=30)
    except OSError as error:
        return str(error)
    return done.stderr.strip() if done.returncode else ""


def needs_mounts() -> None:
    if reason := mountable():
        pytest.skip(f"no small disk can be mounted here: {reason}")


def on_disk(scenario: str, place: Path, kilobytes: int, *arguments: object, module: str) -> Any:
    """What a function of a test module returns (as JSON), called where ``place`` is a disk of that size.

    It gets ``place`` and the arguments; only what it returns, or writes elsewhere, is there afterwards.
    """
    place.mkdir(parents=True, exist_ok=True)
    mount = 'mount -t tmpfs -o size="$0"k none "$1" && shift && exec "$@"'
    program = f"import json, sys, {module} as m; print(json.dumps(m.{scenario}(*json.loads(sys.argv[1]))))"
    values = json.dumps([str(place), *arguments])
    done = subprocess.run(
        [*UNSHARE, "sh", "-c", mount, str(kilobytes), str(place), sys.executable, "-c", program, values],
        capture_output=True, text=True, timeout=240, stdin=subprocess.DEVNULL, cwd=Path(__file__).parent,
        env=_environment(module),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def _environment(module: str) -> dict[str, str]:
    folder = Path(sys.modules[module].__file__ or "").parent
    here = [str(folder), str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(part for part in here if part)}


def remount(place: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(place)], check=True)


def limited(size: int) -> Callable[[], None]:
    """For ``preexec_fn``: no file may become larger than that many bytes."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def hpobench_limited(size: int, *arguments: object) -> subprocess.CompletedProcess[str]:
    """The program where no file may become larger than ``size`` bytes."""
    return subprocess.run(
        [*HPOBENCH, *map(str, arguments)], capture_output=True, text=True, timeout=240, stdin=subprocess.DEVNULL,
        preexec_fn=limited(size),
    )  # fmt: skip
