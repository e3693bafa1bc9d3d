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
        restore()  # at once: another that comes while this one is on its way must not raise a second
        raise Interrupted

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        restore()
