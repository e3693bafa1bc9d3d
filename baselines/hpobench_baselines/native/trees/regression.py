"""A random forest with an uncertainty (Hutter, Xu, Hoos & Leyton-Brown, Artificial Intelligence 206, 2014, sect. 4.3).

Each tree predicts the mean and the variance of the leaf that a point falls into. Over the trees, the law of total
variance gives the forest's: the mean of the variances plus the variance of the means.

All trees are grown on all data, and differ by their splits: of a random threshold in each of five in six columns, drawn
for each split, the best is taken (extremely randomized trees: Geurts, Ernst & Wehenkel, Machine Learning 63, 2006).
Midway between two observations the mean then changes gradually, and the variance is small only close to observations;
on this project's problems that found better configurations than bootstrap samples and best thresholds.

The trees are scikit-learn's; they are grown and walked one by one here, since its forests spend far more on their own
calls than on ten small trees.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.tree import DecisionTreeRegressor

from hpobench_baselines.native.encoding import Encoding, Floats

Features: TypeAlias = NDArray[np.float32]

ABSENT = -1.0
SPLIT_FEATURES = 5.0 / 6.0


class Columns:
    """From masked vectors to what trees split: a column a number, one a choice of more than two.

    An inactive column is ``ABSENT``, below every number; of its choices, none is taken. So one split tells.

    >>> from ConfigSpace import ConfigurationSpace
    >>> columns = Columns(Encoding(ConfigurationSpace({"kind": ["a", "b", "c"], "x": (0.0, 1.0)})))
    >>> columns(np.array([[1.0, 0.25]])).tolist()
    [[0.25, 0.0, 1.0, 0.0]]
    """

    def __init__(self, encoding: Encoding) -> None:
        searched = encoding.searched
        several = searched & encoding.categorical & (encoding.levels > 2)
        self._plain = np.flatnonzero(searched & ~several)
        self._choices = [(j, np.arange(encoding.levels[j])) for j in np.flatnonzero(several)]

    def __call__(self, masked: Floats) -> Features:
        """Features (n, p) of masked vectors (n, D)."""
        plain = masked[:, self._plain]
        parts = [np.where(np.isnan(plain), ABSENT, plain)]
        parts += [masked[:, [j]] == choices for j, choices in self._choices]
        return np.ascontiguousarray(np.concatenate(parts, axis=1), dtype=np.float32)


class Regression:
    """A forest of ``count`` trees on the vectors of an encoding.

    Attributes:
        trees: As grown last.

    Where it was told a target it says just that, without variance:

    >>> from ConfigSpace import ConfigurationSpace
    >>> forest = Regression(Columns(Encoding(ConfigurationSpace({"x": (0.0, 1.0)}))), count=4)
    >>> x = np.array([[0.0], [0.5], [1.0]])
    >>> forest.grow(x, np.array([3.0, 1.0, 2.0]), np.random.default_rng(0))
    >>> [values.tolist() for values in forest.predict(x)]
    [[3.0, 1.0, 2.0], [0.0, 0.0, 0.0]]
    """

    def __init__(self, columns: Columns, count: int) -> None:
        self._columns, self._count = columns, count
        self.trees: list[DecisionTreeRegressor] = []

    def grow(self, rows: Floats, targets: Floats, rng: np.random.Generator) -> None:
        """Grow it anew on masked vectors (n, D) and targets (n,)."""
        features = self._columns(rows)
        with config_context(skip_parameter_validation=True):  # as long as growing a small tree
            self.trees = [
                DecisionTreeRegressor(splitter="random", max_features=SPLIT_FEATURES, random_state=seed).fit(
                    features, targets, check_input=False
                )
                for seed in rng.integers(2**31, size=self._count).tolist()
            ]

    def predict(self, masked: Floats) -> tuple[Floats, Floats]:
        """Its mean and variance, (n,) each, at masked vectors (n, D)."""
        features = self._columns(masked)
        means, variances = np.empty((self._count, len(features))), np.empty((self._count, len(features)))
        for k, tree in enumerate(self.trees):
            leaves = tree.tree_.apply(features)
            means[k], variances[k] = tree.tree_.value[leaves, 0, 0], tree.tree_.impurity[leaves]
        return means.mean(axis=0), np.maximum(variances, 0.0).mean(axis=0) + means.var(axis=0)
