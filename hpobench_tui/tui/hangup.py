"""Ends the app when its terminal is gone.

A terminal that controls the process sends SIGHUP, which ends it; one that does not (in a container, under ``setsid``)
only stops answering, and an app that nobody sees would stay for ever. What runs goes on running.
"""

import os
import select
import sys
import threading

STATUS = 129
"""As of a process that SIGHUP has ended."""


def watch() -> None:
    """Wait for it, in a thread that costs nothing."""
    try:
        descriptor = sys.__stdin__.fileno() if sys.__stdin__ is not None else None
    except (OSError, ValueError):
        return
    if descriptor is not None and os.isatty(descriptor) and hasattr(select, "poll"):
        threading.Thread(target=_wait, args=(descriptor,), name="hang-up", daemon=True).start()


def _wait(descriptor: int) -> None:
    poll = select.poll()
    poll.register(descriptor, 0)  # a hang-up is told though nobody asks
    while not poll.poll():
        pass
    os._exit(STATUS)  # there is nobody to say good-bye to, and nothing that is not saved
