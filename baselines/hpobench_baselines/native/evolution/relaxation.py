"""Full vectors as points of a unit cube: categoricals, too, become intervals of one coordinate.

For optimizers that add and subtract. A categorical with k choices divides [0, 1] into k intervals of one width, as an
ordinal does (so do Awad, Mallik and Hutter, DEHB, arXiv 2105.09821). The order of the intervals means nothing, which
costs such optimizers efficiency, not correctness.
"""

import numpy as np

from hpobench_baselines.native.encoding import Encoding, Floats


class Relaxation:
    """Between full vectors (n, D) and points (n, d) for the d hyperparameters with more than one value.

    >>> from ConfigSpace import ConfigurationSpace
    >>> relaxation = Relaxation(Encoding(ConfigurationSpace({"kind": ["a", "b", "c", "d"], "x": (0.0, 1.0)})))
    >>> relaxation.relax(np.array([[2.0, 0.25]])).tolist()
    [[0.625, 0.25]]
    >>> relaxation.full(np.array([[0.7, 0.25]])).tolist()
    [[2.0, 0.25]]
    """

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self._columns = np.flatnonzero(encoding.searched)
        self._categorical = np.flatnonzero(encoding.searched & encoding.categorical)
        self._choices = encoding.levels[self._categorical]

    def relax(self, x: Floats) -> Floats:
        """The points of full vectors; categoricals and integers in the middle of their intervals."""
        x = x.copy()
        x[:, self._categorical] = (x[:, self._categorical] + 0.5) / self._choices
        return x[:, self._columns]

    def full(self, points: Floats) -> Floats:
        """The full vectors, snapped, at points in [0, 1]; some may be forbidden."""
        x = np.tile(self._encoding.default, (len(points), 1))
        x[:, self._columns] = points
        x[:, self._categorical] = np.minimum(np.floor(x[:, self._categorical] * self._choices), self._choices - 1)
        return self._encoding.snap(x)

    def permitted(self, points: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Points and their full vectors, the forbidden ones mended in both."""
        x = self.full(points)
        if self._encoding.constrained and not (allowed := self._encoding.permitted(x)).all():
            x = self._encoding.mend(x, rng)
            points = np.where(allowed[:, None], points, self.relax(x))
        return points, x


def reflect(points: Floats) -> Floats:
    """Points brought into [0, 1] by mirrors at both ends, however far out they are."""
    return 1.0 - np.abs(1.0 - np.mod(points, 2.0))
