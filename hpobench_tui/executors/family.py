"""Processes that belong together: what a worker's code starts is found, wherever it went, and ended.

A process belongs to a worker that descends from it (workers take in what their descendants leave behind), or whose
environment has the worker's mark, which processes inherit, also those that leave their parents and their session.
What is found is what Linux's ``/proc`` shows; where there is none, nothing is.

Run as a script (``LEADER MARK``) this is a *keeper*: a process that waits for the end of its standard input, which is
that of its executor however it ends, and then ends what is left of its workers.
"""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

MARK = "HPOBENCH_EXECUTOR"
TRACKER, FORK_SERVER = b"resource_tracker import main", b"forkserver import main"
"""In the command lines of the helpers that Python's ``multiprocessing`` starts once a process."""
CLEAN_UP_SECONDS = 2.0
"""That a tracker has to give back what those that it served have left, such as shared memory."""
TOO_LONG = 20.0
"""Seconds until a process that does not die of SIGKILL (it hangs in the kernel) is let be."""
_SET_SUBREAPER, _GET_SUBREAPER = 36, 37  # linux/prctl.h
_STATE, _SESSION, _THREADS = 0, 3, 17  # in /proc/PID/stat, after the name


def adopt() -> None:
    """What descendants of this process leave behind becomes its own, where it can be found."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_SUBREAPER, 1, 0, 0, 0)


def adopts() -> bool:
    """Whether :func:`adopt` was called here."""
    if sys.platform != "linux":
        return False
    answer = ctypes.c_int(0)
    ctypes.CDLL(None).prctl(_GET_SUBREAPER, ctypes.byref(answer), 0, 0, 0)
    return bool(answer.value)


def has_children() -> bool:
    """Whether this process has any, running or ended (1 µs)."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def children(pid: int | None = None) -> set[int]:
    """What a process started, or what was left to it; of this process by default. Also those that nobody waited for."""
    found: set[int] = set()
    with suppress(OSError):
        for task in os.listdir(f"/proc/{pid or 'self'}/task"):
            with suppress(OSError), open(f"/proc/{pid or 'self'}/task/{task}/children", "rb") as file:
                found.update(map(int, file.read().split()))
    return found


def descendants(pids: Iterable[int]) -> set[int]:
    """Those processes, and all that descends from them."""
    found: set[int] = set()
    waiting = set(pids)
    while waiting:
        found |= waiting
        waiting = {child for pid in waiting for child in children(pid)} - found
    return found


def is_running(pid: int) -> bool:
    """Whether it has not ended, nor is one of its threads still about to."""
    stat = _stat(pid)
    return bool(stat) and (stat[_STATE] not in (b"Z", b"X") or int(stat[_THREADS]) > 1)


def is_stopped(pid: int) -> bool:
    """Whether somebody made it stand still (SIGSTOP, a debugger)."""
    return (_stat(pid) or [b""])[_STATE] in (b"T", b"t")


def _stat(pid: int) -> list[bytes]:
    with suppress(OSError), open(f"/proc/{pid}/stat", "rb") as file:
        return file.read().rpartition(b")")[2].split()
    return []


def mark_of(name: str) -> str:
    """The mark of all work of that name; those of an executor and of a worker go on from there."""
    import hashlib  # which a keeper does not need

    return hashlib.blake2b(name.encode("utf-8", "surrogateescape"), digest_size=12).hexdigest() + "-"


def own_mark() -> str:
    """That of this process, if it is a worker; else an empty one."""
    return os.environ.get(MARK, "")


def marked(mark: str) -> set[int]:
    """The other processes of this user that bear that mark, or one that goes on from there."""
    entry = f"{MARK}={mark}".encode()
    found = set()
    for pid in _all():
        with suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:
            environment = file.read()
            if environment.startswith(entry) or b"\0" + entry in environment:
                found.add(pid)
    return found


def in_session(leader: int) -> set[int]:
    """The other running processes of the session that this one leads, or led."""
    text = str(leader).encode()
    return {pid for pid in _all() if (stat := _stat(pid)) and stat[_SESSION] == text and stat[_STATE] != b"Z"}


def _all() -> Iterator[int]:
    own = os.getpid()
    with suppress(OSError):
        yield from (int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != own)


def is_helper(pid: int, *kinds: bytes) -> bool:
    """Whether it is one of those helpers."""
    with suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
        command = file.read()
        return any(kind in command for kind in kinds)
    return False


def end(find: Callable[[], set[int]]) -> set[int]:
    """Kill what is found and all that descends from it, until nothing of it runs any more; what was killed.

    Trackers end by themselves, and clean up, as soon as those are gone that they served.
    """
    ended: set[int] = set()
    began, calm = time.monotonic(), False
    while True:
        found = descendants(find()) - {os.getpid()}
        running = set(filter(is_running, found))
        passed = time.monotonic() - began
        for pid in running:
            if passed < CLEAN_UP_SECONDS and is_helper(pid, TRACKER):
                continue
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        ended |= running
        for pid in found | ended:
            with suppress(OSError):  # it is not ours
                os.waitpid(pid, os.WNOHANG)
        if (calm and not running) or passed > TOO_LONG:
            return ended
        calm = not running  # and once more, as a process has no environment for a moment when it starts
        time.sleep(0.005 if calm else 0.001)


def keep(leader: int, mark: str) -> None:
    """A keeper's work.

    Args:
        leader: The executor's process, if it leads a session (whose other processes are its workers'), else 0.
        mark: Its workers'.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    end(lambda: marked(mark) | (in_session(leader) if leader else set()))


if __name__ == "__main__":
    keep(int(sys.argv[1]), sys.argv[2])
