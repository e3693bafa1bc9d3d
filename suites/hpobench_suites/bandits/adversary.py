"""The adversary's table of losses and references for one seed, made in blocks of rounds.

Only one block and the cumulative losses at the start of each earlier one are kept, so that any round can be reached
again and memory hardly grows with the rounds.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hpobench_suites.noise import GOLDEN

CELLS = 2**15
"""Losses in a block, about."""


def phase_starts(last: int) -> list[int]:
    """The first rounds of the phases, up to round ``last``: lengths 1, 2, 4, 7, ... by l -> ceil(8/5 l)."""
    starts, length = [0], 1
    while starts[-1] <= last:
        starts.append(starts[-1] + length)
        length = -(-8 * length // 5)
    return starts


STARTS = np.array(phase_starts(2**60), dtype=np.int64)


def uniforms(seed: int, first: int, count: int) -> NDArray[np.float64]:
    """``noise.uniform(seed, index)`` for ``count`` indices from ``first``."""
    with np.errstate(over="ignore"):  # arithmetic is modulo 2^64
        z = np.arange(first + 1, first + count + 1, dtype=np.uint64) * np.uint64(GOLDEN) + np.uint64(seed)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    result: NDArray[np.float64] = ((z >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52
    return result


class Table:
    """Losses and references of the rounds ``first`` ... ``first + rounds - 1``; :meth:`go_to` changes ``first``.

    Args:
        seed: The repetition's.
        probabilities: Of a loss by arm, in rows that take turns phase by phase (``in_phases``) or round by round.

    Attributes:
        codes: loss + 2 reference (each 0 or 1), round by round and arm by arm.
    """

    __slots__ = ("_in_phases", "_probabilities", "_seed", "_sums", "codes", "first", "rounds")
    codes: bytes
    first: int

    def __init__(self, seed: int, probabilities: Sequence[Sequence[float]], in_phases: bool) -> None:
        self._seed = seed
        self._in_phases = in_phases
        self._probabilities = np.array(probabilities)
        arms = self._probabilities.shape[1]
        self.rounds = max(1, CELLS // arms)
        self._sums = [np.zeros(arms, dtype=np.int64)]  # cumulative losses before block 0, 1, ...
        self.go_to(0)

    def go_to(self, round: int) -> None:
        """Hold the block of ``round``; blocks before it that were never held are made on the way."""
        block = round // self.rounds
        for number in range(min(len(self._sums) - 1, block), block + 1):
            self._make(number)

    def _make(self, block: int) -> None:
        self.first = block * self.rounds
        rounds, arms = np.arange(self.first, self.first + self.rounds), self._probabilities.shape[1]
        turns = np.searchsorted(STARTS, rounds, side="right") - 1 if self._in_phases else rounds
        draws = uniforms(self._seed, self.first * arms, self.rounds * arms).reshape(self.rounds, arms)
        losses = draws < self._probabilities[turns % len(self._probabilities)]
        sums = self._sums[block] + np.cumsum(losses, axis=0)
        references = np.diff(sums.min(axis=1), prepend=self._sums[block].min())
        self.codes = (losses + 2 * references[:, None]).astype(np.uint8).tobytes()
        if block + 1 == len(self._sums):
            self._sums.append(sums[-1])
