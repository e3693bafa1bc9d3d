"""How long an executor was stopped, or waited for something else, such as a disk, while it should have looked."""

import time

LATE_SECONDS = 1.0
"""That the executor was not heard of, nor worked: it was stopped, and so, perhaps, were its workers."""


class Standstill:
    """Told of the end of each look, it knows what has passed beside looks and work."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._beat, self._worked = time.monotonic(), time.process_time()

    def looked(self, seconds: float) -> float:
        """A look that could wait for ``seconds`` has ended; the seconds that were lost since the last one, if many."""
        now, worked = time.monotonic(), time.process_time()
        lost = now - self._beat - seconds - (worked - self._worked)
        self._beat, self._worked = now, worked
        if lost <= LATE_SECONDS:
            return 0.0
        self.seconds += lost
        return lost
