"""The program in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

HPOBENCH = (sys.executable, "-m", "hpobench_tui")


def python(*arguments: object, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """A call of this Python with nothing on its standard input."""
    command, variables = [sys.executable, *map(str, arguments)], {**os.environ, **environment}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=240, stdin=subprocess.DEVNULL, cwd=cwd, env=variables
    )


def hpobench(*arguments: object, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return python(*HPOBENCH[1:], *arguments, cwd=cwd, **environment)


def imported(program: str) -> set[str]:
    """The modules of a Python that has run this program."""
    done = python("-c", f"{program}\nimport sys; print(*sys.modules)")
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())
