"""Which of a run's trials a chart shows: a million points would be a block of ink, and take a second to draw.

Of the first 512 trials each one; of later ones the lowest and the highest loss of each of 256 parts of an octave. The
parts do not depend on how many trials there will be, so that a new trial changes the last one alone.
"""

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.core.columns import Floats
from hpobench_tui.store.live import Live
from hpobench_tui.store.reader import Reader
from hpobench_tui.tui.feed.trials import OfTrials

DIGITS = 9
PIECE = 500
"""Parts that are looked at in one go."""

Places = NDArray[np.int64]


class Thinned(OfTrials[Places]):
    """Key: a run's id. The picture is places among its recorded trials (``Trials``), ascending."""

    def __init__(self, feed: object, run: int) -> None:
        super().__init__(feed, run)
        self._closed: list[int] = []
        self._from = 0
        self._seen: object = None
        self._epoch = -1

    def step(self, reader: Reader, live: Live) -> bool:
        numbers = self.trials.picture
        if numbers is None or numbers is self._seen:
            self.done, self.total = self.trials.done, self.trials.total
            return False
        if numbers.epoch != self._epoch:
            self._epoch, self._closed, self._from = numbers.epoch, [], 0
        count = len(numbers)
        for _ in range(PIECE):
            end = part_end(self._from)
            if end > count:
                break
            self._closed += extremes(numbers.loss, self._from, end)
            self._from = end
        else:
            return True
        self._seen = numbers
        self.done, self.total = self.trials.done, self.trials.total
        open_part = extremes(numbers.loss, self._from, count)
        self.weight = 8 * len(self._closed)
        self.publish(np.array(self._closed + open_part, dtype=np.int64))
        return False


def part_end(place: int) -> int:
    """Where the part ends that begins at that place."""
    shift = max((place + 1).bit_length() - DIGITS, 0)
    return ((place >> shift) + 1) << shift


def extremes(losses: Floats, start: int, end: int) -> list[int]:
    """The places of the lowest and the highest loss between two places, in order; none where there is no loss."""
    known = np.flatnonzero(~np.isnan(losses[start:end]))
    if not len(known):
        return []
    own = losses[start:end][known]
    return sorted({start + int(known[own.argmin()]), start + int(known[own.argmax()])})
