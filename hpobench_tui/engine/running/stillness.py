"""Time in which this process was stopped (SIGSTOP, a suspended job) is nobody's: no clock of a run counts it.

The kernel tells that a process goes on (SIGCONT), but not for how long it stood still: that is the gap between two
beats of a thread, less the usual one and what the process worked in between.
"""

import signal
import time
from collections.abc import Callable
from types import FrameType

LEAST_SECONDS = 0.5
"""Shorter gaps are those of a busy machine."""
RECENT_SECONDS = 5.0
"""A gap from before has another cause, such as code that let no thread run."""


class Stillness:
    """Made in the main thread, where ``tell`` is called with the seconds, as soon as that runs again.

    Args:
        usual: Seconds between beats.
    """

    def __init__(self, usual: float, tell: Callable[[float], None]) -> None:
        self._usual, self._tell = usual, tell
        self._last, self._worked = time.monotonic(), time.process_time()
        self._gap, self._seen = 0.0, -RECENT_SECONDS
        signal.signal(signal.SIGCONT, self._go_on)

    def beat(self) -> None:
        """To be called regularly, by a thread."""
        if (gap := self._passed()) > LEAST_SECONDS:
            self._gap, self._seen = gap, self._last

    def _passed(self) -> float:
        now, worked = time.monotonic(), time.process_time()
        passed = now - self._last - (worked - self._worked) - self._usual
        self._last, self._worked = now, worked
        return passed

    def _go_on(self, _signal: int, _frame: FrameType | None) -> None:
        gap = max(0.0, self._passed())
        if self._last - self._seen < RECENT_SECONDS:
            gap = max(gap, self._gap)
        self._gap = 0.0
        if gap > LEAST_SECONDS:
            self._tell(gap)
