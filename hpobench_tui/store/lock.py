"""The lock of an experiment's folder: held as long as its supervisor lives, released by the kernel when it dies.

The front end takes it and hands it on to the supervisor that it starts, so that there is no moment in which a second
one could be started, or in which the experiment looks abandoned.

The file has room for the supervisor's last words, which is filled beforehand: they can be left there when the disk has
no room for anything new.
"""

import errno
import fcntl
import os
import time
from pathlib import Path

FILE = "supervisor.lock"
ROOM = 4096
"""Bytes kept for last words."""
KILLED = "its process was killed, or the machine went down"
"""The last words of a supervisor as long as it lives."""


def acquire(folder: Path) -> int | None:
    """The descriptor that holds the lock, or None if a supervisor has it. Last words of an earlier one are gone.

    Raises:
        OSError: the folder cannot be written, or has no room for last words.
    """
    descriptor = os.open(folder / FILE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        for _ in range(20):  # somebody may be looking whether it is held, which takes it for a moment
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.01)
            else:
                leave(descriptor, "")
                return descriptor
    except BaseException:
        os.close(descriptor)
        raise
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
    except OSError:  # a disk that knows no locks
        return False
    finally:
        os.close(descriptor)
    return False


def in_place(folder: Path, descriptor: int) -> bool:
    """Whether the file that we hold is still the one that others look at."""
    try:
        return os.path.samestat(os.stat(folder / FILE), os.fstat(descriptor))
    except OSError:
        return False


def leave(descriptor: int, words: str) -> None:
    """Put down last words, in the place of earlier ones; what has no room is cut off.

    Raises:
        OSError: the file cannot be written, or is new and has no room.
    """
    text = words.encode(errors="replace")[: ROOM - 1]
    if os.pwrite(descriptor, text.ljust(ROOM, b"\0"), 0) < ROOM:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def words(folder: Path) -> str:
    """The last words that were left there, or nothing."""
    try:
        with open(os.open(folder / FILE, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            return (file.read(ROOM) or b"").partition(b"\0")[0].decode(errors="ignore")
    except OSError:
        return ""
