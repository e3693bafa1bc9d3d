"""The surrogate's models, replayed with NumPy alone: one vector in, one row of outputs out, in some ten microseconds.

A Gaussian process is a product of kernel values and weights. Trees are walked side by side, all of a model and of all
models at once; a leaf holds the mean outputs of the configurations that fell into it.
"""

from collections.abc import Callable, Mapping, Sequence
from math import sqrt
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Arrays: TypeAlias = Mapping[str, NDArray[np.generic]]
Predictor = Callable[[Floats], Sequence[Floats]]

ROOT_5 = sqrt(5.0)


class GaussianProcess:
    """The mean of a process with a Matérn-5/2 kernel; weights hold the variance and the outputs' scales."""

    def __init__(self, arrays: Arrays) -> None:
        self._points = np.asarray(arrays["points"], float)
        self._squares = (self._points**2).sum(1)
        self._scales = np.asarray(arrays["scales"], float)
        self._weights, self._mean = np.asarray(arrays["weights"], float), np.asarray(arrays["mean"], float)

    def __call__(self, x: Floats) -> Floats:
        """Outputs (k,) at x (width,)."""
        scaled = x / self._scales
        square = self._squares - 2.0 * (self._points @ scaled) + scaled @ scaled
        root = ROOT_5 * np.sqrt(np.maximum(square, 0.0))
        kernel = (1.0 + root + root * root / 3.0) * np.exp(-root)
        outputs: Floats = kernel @ self._weights + self._mean
        return outputs


class Forests:
    """Several forests, walked together."""

    def __init__(self, forests: Sequence[Arrays]) -> None:
        columns, thresholds, targets, roots = [], [], [], []
        self._outputs: list[tuple[slice, Floats]] = []
        nodes = leaves = trees = 0
        for arrays in forests:
            column = np.asarray(arrays["columns"], np.int64)
            leaf = column < 0
            values = leaf_means(arrays)
            columns.append(np.where(leaf, 0, column))
            thresholds.append(np.where(leaf, np.float32(np.inf), np.asarray(arrays["thresholds"], np.float32)))
            places = nodes + np.arange(len(column))
            right = np.asarray(arrays["right"], np.int64)
            targets.append(np.column_stack([np.where(leaf, places, nodes + right), np.where(leaf, places, places + 1)]))
            roots.append(nodes + np.asarray(arrays["roots"], np.int64))
            table = np.zeros((len(column), values.shape[1]))
            table[leaf] = values[right[leaf]]
            self._outputs.append((slice(trees, trees + len(roots[-1])), table))
            nodes, leaves, trees = nodes + len(column), leaves + len(values), trees + len(roots[-1])
        self._columns, self._thresholds = np.concatenate(columns), np.concatenate(thresholds)
        self._next = np.concatenate(targets).ravel()
        self._roots = np.concatenate(roots)
        self._first = np.cumsum([0, *(len(table) for _, table in self._outputs)])

    def __call__(self, x: Floats) -> list[Floats]:
        """The outputs (k,) of each forest at x (width,)."""
        single = x.astype(np.float32)  # as the trees were grown
        at, before = self._roots, None
        while before is None or (at != before).any():
            before = at
            at = self._next[2 * at + (single[self._columns[at]] <= self._thresholds[at])]
        return [
            table[at[part] - first].mean(0) for (part, table), first in zip(self._outputs, self._first, strict=False)
        ]


def leaf_means(arrays: Arrays) -> Floats:
    """The mean outputs (leaves, k) of the configurations in each leaf."""
    outputs, members = np.asarray(arrays["outputs"], float), np.asarray(arrays["members"])
    starts = np.asarray(arrays["starts"], np.int64)
    counts = np.diff([*starts.tolist(), len(members)])
    means: Floats = np.add.reduceat(outputs[members], starts, axis=0) / counts[:, None]
    return means


def predictor(models: Sequence[Arrays]) -> Predictor:
    """A function that gives the outputs of all models at a vector, in their order."""
    kinds = [str(arrays["kind"]) for arrays in models]
    processes = {place: GaussianProcess(models[place]) for place, kind in enumerate(kinds) if kind == "gp"}
    wooden = [place for place, kind in enumerate(kinds) if kind != "gp"]
    forests = Forests([models[place] for place in wooden]) if wooden else None

    def predict(x: Floats) -> Sequence[Floats]:
        outputs = {place: process(x) for place, process in processes.items()}
        if forests is not None:
            outputs |= zip(wooden, forests(x), strict=True)
        return [outputs[place] for place in range(len(models))]

    return predict
