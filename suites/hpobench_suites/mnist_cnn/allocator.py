"""Memory that a training frees and takes again in each step.

The C library gives large blocks back to the kernel when they are freed, and gets them back page by page, zeroed. At
batches of 512 that takes as long as the training itself. Raised thresholds keep such blocks in the process. They hold
from then on for all that runs in it; how much it holds at its most does not change, and no number does. Workers have
them from their environment: this is for everybody else.
"""

import ctypes
import sys
from functools import cache

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
"""Of mallopt(3)."""
KEPT_BYTES = 2**30


@cache
def keep_freed_memory() -> bool:
    """Raise the thresholds, once a process; whether the C library knows them (glibc does)."""
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(TRIM_THRESHOLD, KEPT_BYTES)) and bool(mallopt(MMAP_THRESHOLD, KEPT_BYTES))
