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

_LAYOUT = struct.Struct("<qqqdq")  # serial, phase, number, since, serial: equal serials: all of one write
_ATTEMPTS = 100


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
        self._serial = 0
        self._last = Activity(Phase.IDLE, -1, time.monotonic())

    def write(self, phase: Phase, number: int = -1) -> None:
        self._serial += 1
        # Packed beside and copied in one go: `pack_into` would blank the shared bytes first.
        self._map[:] = _LAYOUT.pack(self._serial, phase, number, time.monotonic(), self._serial)

    def read(self) -> Activity:
        """What was written last; what was read before, if a write is under way all the time (or was for ever)."""
        for _ in range(_ATTEMPTS):
            first, phase, number, since, second = _LAYOUT.unpack(self._map[:])
            if first == second and first:
                self._last = Activity(Phase(phase), number, since)
                break
        return self._last

    def close(self) -> None:
        self._map.close()
        os.close(self.fd)
