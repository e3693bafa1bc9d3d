"""Regression models for surrogates, fitted with scikit-learn and written as plain arrays that NumPy alone can replay.

Each predicts several outputs at once (a whole learning curve) from :mod:`hpobench_tui.core.tabular.vectors`:

- ``gp``: a Gaussian process with a Matérn-5/2 kernel, a length scale for each column and noise, outputs standardised
  (Rasmussen & Williams, *Gaussian Processes for Machine Learning*, 2006, eqs. 2.25 and 4.17). The kernel is fitted by
  marginal likelihood on at most ``KERNEL_POINTS`` configurations and two outputs: one after a quarter, and the last
  (the first ones of a learning curve are another landscape).
- ``extra-trees``: extremely randomised trees (Geurts, Ernst & Wehenkel, Machine Learning 63, 2006).
- ``forest``: a random forest (Breiman, Machine Learning 45, 2001), half of the columns at a split.

Trees are stored as splits and, for each leaf, the configurations in it: the outputs themselves are stored once.
"""

import warnings
from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Whole: TypeAlias = NDArray[np.int64]
Arrays: TypeAlias = Mapping[str, NDArray[np.generic]]

TREES = 100
KERNEL_POINTS = 500
NARROWEST, WIDEST = 0.05, 100.0
"""Length scales; columns are on [0, 1]. A wide one means that the column has no part in the outputs."""


class Model(Protocol):
    """A fitted model."""

    def predict(self, x: Floats) -> Floats:
        """Outputs (m, k) at vectors (m, width)."""
        ...

    def arrays(self) -> Arrays:
        """What a replay needs; ``kind`` is among them."""
        ...


class GaussianProcess:
    """See the module. ``x`` (n, width), ``y`` (n, k)."""

    def __init__(self, x: Floats, y: Floats, seed: int) -> None:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

        kernel = ConstantKernel(1.0, (1e-2, 1e4)) * Matern(
            np.full(x.shape[1], 1.0), (NARROWEST, WIDEST), nu=2.5
        ) + WhiteKernel(1e-2, (1e-6, 1.0))
        rows = np.sort(np.random.default_rng(seed).permutation(len(x))[:KERNEL_POINTS])
        columns = sorted({y.shape[1] // 4, y.shape[1] - 1})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a length scale at its bound is an irrelevant column
            fitted = GaussianProcessRegressor(kernel, normalize_y=True).fit(x[rows], y[np.ix_(rows, columns)])
        self._mean, self._scale = y.mean(0), y.std(0)
        self._scale[self._scale == 0.0] = 1.0
        standard = (y - self._mean) / self._scale
        self._regressor = GaussianProcessRegressor(fitted.kernel_, optimizer=None).fit(x, standard)

    def predict(self, x: Floats) -> Floats:
        predicted = np.asarray(self._regressor.predict(x), dtype=float).reshape(len(x), -1)
        outputs: Floats = predicted * self._scale + self._mean
        return outputs

    def arrays(self) -> Arrays:
        kernel = self._regressor.kernel_.k1
        scales = np.broadcast_to(kernel.k2.length_scale, self._regressor.X_train_.shape[1:])
        weights = kernel.k1.constant_value * self._regressor.alpha_.reshape(len(self._regressor.X_train_), -1)
        return {
            "kind": np.array("gp"),
            "points": self._regressor.X_train_ / scales,
            "scales": np.array(scales),
            "weights": weights * self._scale,
            "mean": self._mean,
        }


class Trees:
    """See the module. ``x`` (n, width), ``y`` (n, k)."""

    def __init__(self, kind: str, x: Floats, y: Floats, seed: int) -> None:
        from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

        made: ExtraTreesRegressor | RandomForestRegressor
        if kind == "extra-trees":
            made = ExtraTreesRegressor(TREES, min_samples_leaf=2, max_features=1.0, random_state=seed)
        else:
            made = RandomForestRegressor(TREES, min_samples_leaf=2, max_features=0.5, random_state=seed)
        self._forest, self._x, self._y = made.fit(x, y[:, 0] if y.shape[1] == 1 else y), x, y

    def predict(self, x: Floats) -> Floats:
        return np.asarray(self._forest.predict(x), dtype=float).reshape(len(x), -1)

    def arrays(self) -> Arrays:
        columns: list[Whole] = []
        thresholds: list[NDArray[np.float32]] = []
        right: list[Whole] = []
        starts: list[Whole] = []
        members: list[Whole] = []
        roots: list[int] = []
        nodes = leaves = 0
        for estimator, grown_from in zip(self._forest.estimators_, self._forest.estimators_samples_, strict=True):
            tree = estimator.tree_
            is_leaf = tree.children_left < 0
            inner = np.flatnonzero(~is_leaf)
            if not np.array_equal(tree.children_left[inner], inner + 1):
                raise AssertionError("scikit-learn's trees are no longer numbered depth first")
            leaf_number = leaves + np.cumsum(is_leaf) - 1
            columns.append(np.where(is_leaf, -1, tree.feature))
            thresholds.append(np.where(is_leaf, 0.0, below(tree.threshold)))
            right.append(np.where(is_leaf, leaf_number, nodes + tree.children_right))
            roots.append(nodes)
            reached = leaf_number[estimator.apply(self._x[grown_from])]
            order = np.argsort(reached, kind="stable")
            members.append(np.asarray(grown_from)[order])  # with repetitions, as they were drawn
            first = np.searchsorted(reached[order], np.arange(leaves, leaves + is_leaf.sum()))
            starts.append(first + len(self._x) * len(starts))
            nodes, leaves = nodes + len(is_leaf), leaves + int(is_leaf.sum())
        return {
            "kind": np.array("trees"),
            "columns": np.concatenate(columns).astype(np.int16),
            "thresholds": np.concatenate(thresholds).astype(np.float32),
            "right": np.concatenate(right).astype(np.int32),
            "roots": np.array(roots, dtype=np.int32),
            "starts": np.concatenate(starts).astype(np.int32),
            "members": np.concatenate(members).astype(np.int32),
            "outputs": self._y,
        }


def below(thresholds: Floats) -> NDArray[np.float32]:
    """The largest single-precision numbers that are not above the thresholds: the same splits of such numbers."""
    single = thresholds.astype(np.float32)
    return np.where(single > thresholds, np.nextafter(single, np.float32(-np.inf)), single)


MODELS: Mapping[str, Callable[[Floats, Floats, int], Model]] = {
    "gp": GaussianProcess,
    "extra-trees": lambda x, y, seed: Trees("extra-trees", x, y, seed),
    "forest": lambda x, y, seed: Trees("forest", x, y, seed),
}
