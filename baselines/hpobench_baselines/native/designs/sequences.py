"""Quasi-random sequences: Sobol (directions of Joe and Kuo, SIAM J. Sci. Comput. 30, 2008) and Halton (1960).

The sequences are SciPy's, ``scipy.stats.qmc``. Both are scrambled, so that they are unbiased and depend on the
seed: Sobol by a random linear matrix and a digital shift (Matoušek, J. Complexity 14, 1998), Halton by random
permutations of its digits (Owen, arXiv 1706.02808).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator

import numpy as np
from scipy.stats import qmc

from hpobench_baselines.native.designs.quantiles import Quantiles, configurations
from hpobench_baselines.native.encoding import Encoding, Floats
from hpobench_tui.core import Ask, HpobenchError, Task, Trial

BLOCK = 256
BITS = 62
"""A Sobol sequence ends after 2^BITS points: never."""


class _Sequence(ABC):
    """Never complete, never waits, learns nothing."""

    def __init__(self, task: Task) -> None:
        rng = np.random.default_rng(task.seed)
        encoding = Encoding(task.space)
        quantiles = Quantiles(task.space, encoding)
        engine = self._engine(max(quantiles.dimension, 1), rng)
        self._configurations = configurations(encoding, quantiles, _blocks(engine), rng)

    @abstractmethod
    def _engine(self, dimension: int, rng: np.random.Generator) -> qmc.QMCEngine:
        """The sequence in so many dimensions."""

    def ask(self) -> Ask:
        return Ask(next(self._configurations))

    def tell(self, trial: Trial) -> None:  # noqa: B027 - meant: a sequence does not listen
        """Nothing is learnt from a trial."""


class Sobol(_Sequence):
    """A scrambled Sobol sequence.

    Raises:
        HpobenchError: more hyperparameters than the tables of the sequence have dimensions.

    16 points, one in each square of a 4 x 4 chessboard:

    >>> from hpobench_baselines.native.designs import SOBOL
    >>> from hpobench_tui.testing.by_hand import task
    >>> sequence = Sobol(task(SOBOL, {"x": (0.0, 4.0), "y": (0.0, 4.0)}))
    >>> points = [sequence.ask().configuration for _ in range(16)]
    >>> len({(int(point["x"]), int(point["y"])) for point in points})
    16
    """

    def _engine(self, dimension: int, rng: np.random.Generator) -> qmc.QMCEngine:
        if dimension > qmc.Sobol.MAXDIM:
            raise HpobenchError(
                f"sobol: the space has {dimension} hyperparameters; the sequence is known for at most"
                f" {qmc.Sobol.MAXDIM}. Use halton, latin-hypercube or random."
            )
        return qmc.Sobol(dimension, scramble=True, bits=BITS, seed=rng)


class Halton(_Sequence):
    """A scrambled Halton sequence, in any dimension.

    Its bases are the primes, so six points are in all halves times thirds:

    >>> from hpobench_baselines.native.designs import HALTON
    >>> from hpobench_tui.testing.by_hand import task
    >>> sequence = Halton(task(HALTON, {"x": (0.0, 2.0), "y": (0.0, 3.0)}))
    >>> points = [sequence.ask().configuration for _ in range(6)]
    >>> sorted((int(point["x"]), int(point["y"])) for point in points)
    [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    """

    def _engine(self, dimension: int, rng: np.random.Generator) -> qmc.QMCEngine:
        return qmc.Halton(dimension, scramble=True, seed=rng)


def _blocks(engine: qmc.QMCEngine) -> Iterator[Floats]:
    while True:
        yield engine.random(BLOCK)
