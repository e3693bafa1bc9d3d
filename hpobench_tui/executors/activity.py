"""What a worker does at this moment, in memory that outlives it.

The worker writes two words of eight bytes a step (0.1 µs), each whole or not at all; the supervisor reads them to see
hangs, and after a crash to say what took the process down.
"""

import mmap
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from time import monotonic
from typing import Any

_SIZE = 16  # since, then phase and number in one
_PHASES = 16


class Phase(IntEnum):
    """The steps of a run loop."""

    IDLE = 0
    LOADING = 1
    REPLAYING = 2
    ASKING = 3
    EVALUATING = 4
    TELLING = 5
    PAUSED = 6
    CLOSING = 7
    TOGETHER = 8
    WAITING = 9  # for evaluations in other processes


@dataclass(frozen=True, slots=True)
class Activity:
    """``phase`` of trial ``number`` since ``since`` (``time.monotonic``); of several together it is the last one's."""

    phase: Phase
    number: int
    since: float

    def __str__(self) -> str:
        if self.phase is Phase.TOGETHER:
            return f"evaluating trials together up to {self.number}"
        if self.phase is Phase.WAITING:
            return "evaluating trials side by side"
        name = self.phase.name.lower()
        return f"{name} trial {self.number}" if self.phase in (Phase.ASKING, Phase.EVALUATING, Phase.TELLING) else name


class Board:
    """The shared bytes. The supervisor makes one a worker and hands its file descriptor on."""

    def __init__(self, fd: int | None = None) -> None:
        new = fd is None
        if fd is None:
            with tempfile.TemporaryFile() as file:
                fd = os.dup(file.fileno())
            os.ftruncate(fd, _SIZE)
        self.fd = fd
        self._map = mmap.mmap(fd, _SIZE)
        self._view = memoryview(self._map)
        self._since: Any = self._view[:8].cast("d")
        self._what = self._view[8:].cast("q")
        if new:
            self.write(Phase.IDLE)

    def write(self, phase: Phase, number: int = -1) -> None:
        # The time first: who reads between the two sees the old step as younger than it is, which harms nobody.
        self._since[0] = monotonic()
        self._what[0] = (number + 1) * _PHASES + phase

    def read(self) -> Activity:
        """What was written last."""
        while True:
            what, since = self._what[0], self._since[0]
            if self._what[0] == what:
                return Activity(Phase(what % _PHASES), what // _PHASES - 1, since)

    def end_with_next(self, leave: Callable[[], object]) -> None:
        """Whoever writes next leaves instead."""
        self._since = _Left(leave)

    def close(self) -> None:
        for view in (self._since, self._what, self._view):
            view.release()
        self._map.close()
        os.close(self.fd)


class _Left:
    """In the place of a board's memory."""

    def __init__(self, leave: Callable[[], object]) -> None:
        self._leave = leave

    def __setitem__(self, _place: int, _value: float) -> None:
        self._leave()
