"""The lock of an experiment's folder: held as long as its supervisor lives, released by the kernel when it dies.

The front end takes it and hands it on to the supervisor that it starts, so that there is no moment in which a second
one could be started, or in which the experiment looks abandoned.
"""

import fcntl
import os
import time
from pathlib import Path

FILE = "supervisor.lock"


def acquire(folder: Path) -> int | None:
    """The descriptor that holds the lock, or None if a supervisor has it.

    Raises:
        OSError: the folder cannot be written.
    """
    descriptor = os.open(folder / FILE, os.O_RDWR | os.O_CREAT, 0o644)
    for _ in range(20):  # somebody may be looking whether it is held, which takes it for a moment
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError:
            time.sleep(0.01)
    os.close(descriptor)
    return None


def held(folder: Path) -> bool:
    """Whether a supervisor has the lock."""
    try:
        descriptor = os.open(folder / FILE, os.O_RDONLY | os.O_NONBLOCK)  # not to wait, were it a pipe
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
