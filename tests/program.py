"""The program in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

HPOBENCH = (sys.executable, "-m", "hpobench_tui")


def hpobench(*arguments: object, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """A call with nothing on its standard input."""
    command, variables = [*HPOBENCH, *map(str, arguments)], {**os.environ, **environment}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=240, stdin=subprocess.DEVNULL, cwd=cwd, env=variables
    )
