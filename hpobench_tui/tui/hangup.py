"""Ends the app when its terminal is gone, or the process that shows it in a browser.

A terminal that controls the process sends SIGHUP, which ends it; one that does not (in a container, under ``setsid``)
only stops answering, and an app that nobody sees would stay for ever. What runs goes on running.
"""

import os
import select
import stat
import sys
import threading
from typing import NoReturn

from hpobench_tui.engine.front.lifecycle import SUPERVISOR
from hpobench_tui.executors import family

STATUS = 129
"""As of a process that SIGHUP has ended."""


def watch() -> None:
    """Wait for it, in a thread that costs nothing."""
    try:
        descriptor = sys.__stdin__.fileno() if sys.__stdin__ is not None else None
    except (OSError, ValueError):
        return
    if descriptor is not None and (os.isatty(descriptor) or is_pipe(descriptor)) and hasattr(select, "poll"):
        threading.Thread(target=_wait, args=(descriptor,), name="hang-up", daemon=True).start()


def _wait(descriptor: int) -> None:
    poll = select.poll()
    poll.register(descriptor, 0)  # a hang-up is told though nobody asks
    while not poll.poll():
        pass
    leave()


def is_pipe(descriptor: int) -> bool:
    """Whether it is one end of a pipe, of which the other may be closed."""
    return stat.S_ISFIFO(os.fstat(descriptor).st_mode)


def leave() -> NoReturn:
    """End this process, and what it has started to look at something. There is nobody to say good-bye to, and nothing
    that is not saved."""
    family.end(lambda: {child for child in family.children() if not family.is_helper(child, SUPERVISOR.encode())})
    os._exit(STATUS)
