"""What a worker does at this moment, in memory that outlives it.

The worker writes a few bytes a step (0.3 µs); the supervisor reads them to see hangs, and after a crash to say what
took the process down.
"""

import mmap
import os
import struct
import tempfile
import time
from dataclasses import dataclass
from enum import IntEnum

_LAYOUT = struct.Struct("<qqd")


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


@dataclass(frozen=True, slots=True)
class Activity:
    """``phase`` of trial ``number`` since ``since`` (``time.monotonic``)."""

    phase: Phase
    number: int
    since: float

    def __str__(self) -> str:
        name = self.phase.name.lower()
        return f"{name} trial {self.number}" if self.phase in (Phase.ASKING, Phase.EVALUATING, Phase.TELLING) else name


class Board:
    """The shared bytes. The supervisor makes one a worker and hands its file descriptor on."""

    def __init__(self, fd: int | None = None) -> None:
        if fd is None:
            with tempfile.TemporaryFile() as file:
                fd = os.dup(file.fileno())
            os.ftruncate(fd, _LAYOUT.size)
        self.fd = fd
        self._map = mmap.mmap(fd, _LAYOUT.size)

    def write(self, phase: Phase, number: int = -1) -> None:
        _LAYOUT.pack_into(self._map, 0, phase, number, time.monotonic())

    def read(self) -> Activity:
        phase, number, since = _LAYOUT.unpack_from(self._map, 0)
        return Activity(Phase(phase), number, since)

    def close(self) -> None:
        self._map.close()
        os.close(self.fd)
