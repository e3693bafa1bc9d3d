"""Ctrl-C and SIGTERM as one request, which a command answers in its own words."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupted(Exception):  # noqa: N818 - a request, not an error
    """Ctrl-C or SIGTERM."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C and SIGTERM raise :class:`Interrupted`; a closed terminal (SIGHUP) ends the program as ever."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise Interrupted

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
