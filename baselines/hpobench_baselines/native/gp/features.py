"""Encoded configurations as points of a Euclidean space, so that stationary kernels serve mixed spaces.

Each searched hyperparameter is a *group* of coordinates, with one length-scale for the whole group:

- a number is its position in [0, 1]; one that can be inactive has a second coordinate, 0 while it is active; while it
  is inactive, the point is (1/2, 1/2);
- a categorical with k choices is a corner of a simplex: two different choices are at distance 1 (Hamming). Where it can
  be inactive, that is one more choice.

A radial function that is positive definite in every dimension stays so on these points. Within a group of choices the
squared distance is the Hamming distance, so kernels of it are those for categoricals in Hutter et al., LION 2011.
"""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hpobench_baselines.native.encoding import Encoding, Floats

APART = 0.5


class Features:
    """The map from masked vectors of an encoding to coordinates.

    Attributes:
        group: int array (M,): the group of each coordinate.
        groups: How many groups there are: the searched hyperparameters.
        numbers: int array: columns of the encoding that are numbers.
        coordinates: int array: where those columns stand among the coordinates.

    Two choices are a distance of one apart:

    >>> from ConfigSpace import ConfigurationSpace
    >>> features = Features(Encoding(ConfigurationSpace({"kind": ["a", "b", "c"], "x": (0.0, 1.0)})))
    >>> features.group.tolist()
    [0, 0, 0, 1]
    >>> a, b = features.embed(np.array([[0.0, 0.5], [1.0, 0.5]]))
    >>> round(float(np.linalg.norm(a - b)), 12)
    1.0
    """

    def __init__(self, encoding: Encoding) -> None:
        self._columns = np.flatnonzero(encoding.searched)
        self.groups = len(self._columns)
        self._choices: list[tuple[int, int, int, bool]] = []  # column, first coordinate, how many choices, conditional
        self._absent: list[tuple[int, int]] = []  # column, its coordinate of absence
        group: list[int] = []
        numbers: list[int] = []
        coordinates: list[int] = []
        for g, j in enumerate(self._columns.tolist()):
            conditional = bool(encoding.conditioned[j])
            if encoding.categorical[j]:
                k = int(encoding.levels[j]) + conditional
                self._choices.append((j, len(group), k, conditional))
                group += [g] * (1 if k == 2 else k)
            else:
                numbers.append(j)
                coordinates.append(len(group))
                group.append(g)
                if conditional:
                    self._absent.append((j, len(group)))
                    group.append(g)
        self.group: NDArray[np.int64] = np.array(group, dtype=np.int64)
        self.numbers: NDArray[np.int64] = np.array(numbers, dtype=np.int64)
        self.coordinates: NDArray[np.int64] = np.array(coordinates, dtype=np.int64)

    @cached_property
    def size(self) -> int:
        """How many coordinates there are."""
        return len(self.group)

    def embed(self, x: Floats) -> Floats:
        """Masked vectors (n, D) as points (n, M)."""
        z = np.zeros((len(x), self.size))
        z[:, self.coordinates] = x[:, self.numbers]
        for j, first in self._absent:
            absent = np.isnan(x[:, j])
            z[absent, first - 1] = APART
            z[absent, first] = APART
        for j, first, k, conditional in self._choices:
            index = np.where(np.isnan(x[:, j]), k - 1, x[:, j]) if conditional else x[:, j]
            if k == 2:
                z[:, first] = index
            else:
                z[np.arange(len(x)), first + index.astype(np.int64)] = np.sqrt(0.5)
        return z
