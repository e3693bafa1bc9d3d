"""Whether a call comes back at all: tried in a process of its own, as compiled code may take down the one it works in.

``python -m hpobench_tui.executors.probe MODULE:FUNCTION TEXT …`` makes the call. What it raises is no matter: whoever
calls it next hears of that.
"""

import resource
import signal
import subprocess
import sys
from contextlib import suppress
from importlib import import_module


def fatal(call: str, *texts: str) -> str | None:
    """How ``module:function``, called with these texts, takes its process down, in words; None if it does not."""
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", __name__, call, *texts],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
        )  # fmt: skip
    except (OSError, ValueError):  # no process can be had: whoever asks finds out by itself
        return None
    if done.returncode >= 0:
        return None
    with suppress(ValueError):
        return f"reading it takes the process down: {signal.Signals(-done.returncode).name}"
    return f"reading it takes the process down: signal {-done.returncode}"


def main() -> None:
    """Make the call."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    module, _, function = sys.argv[1].partition(":")
    getattr(import_module(module), function)(*sys.argv[2:])


if __name__ == "__main__":
    main()
