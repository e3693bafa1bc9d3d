"""Where suites keep what they would otherwise make again: $HPOBENCH_CACHE, else $XDG_CACHE_HOME/hpobench-tui, else
~/.cache/hpobench-tui, and below it a folder each. Nothing of it has to be there, nor be writable.
"""

import os
from pathlib import Path

VARIABLE = "HPOBENCH_CACHE"


def folder(suite: str) -> Path:
    """A suite's; it need not exist, nor be writable."""
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return Path(chosen) / suite
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):  # the XDG specification: a relative one is to be ignored
        base = os.path.expanduser("~/.cache")
    if not os.path.isabs(base):  # nobody's home is known: nothing is kept
        base = os.devnull
    return Path(base) / "hpobench-tui" / suite
