"""scikit-learn's data sets, each in one fixed order that makes every split: tuned on, tested on, folds and shares.

The examples are shuffled once, with a seed that has nothing to do with an experiment's, and then ordered so that every
run of them has the classes in proportion: the i-th of the n examples of a class stands at (i + 1/2) / n. So the last
fifth is a stratified test set, which no evaluation sees, and the first examples of what a model learns from are a
stratified part of them.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TypeAlias

import numpy as np
import sklearn
from numpy.typing import NDArray
from packaging.version import Version
from sklearn import datasets
from sklearn.model_selection import KFold, StratifiedKFold

from hpobench_suites.ml.descriptions import DATA
from hpobench_tui.core import HpobenchError
from hpobench_tui.core.errors import unknown

Floats: TypeAlias = NDArray[np.float64]
ORDER_SEED = 2026
OLDEST = "1.8"
FOLDS = 5
TEST_SHARE = 5
"""One in so many is kept aside."""


@dataclass(frozen=True)
class Examples:
    """Inputs (n, columns) and what they belong to (n,): the number of a class, or one with mean 0 and deviation 1."""

    x: Floats
    y: Floats

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, chosen: slice | NDArray[np.int64]) -> "Examples":
        return Examples(self.x[chosen], self.y[chosen])


@dataclass(frozen=True)
class Fold:
    """What is learnt from, and what is held out."""

    train: Examples
    held_out: Examples


@dataclass(frozen=True)
class Split:
    """A data set as it is used: ``tuned`` for cross-validation, ``test`` for final reports alone."""

    tuned: Examples
    test: Examples
    regression: bool

    @cached_property
    def classes(self) -> Floats:
        return np.unique(self.tuned.y)

    @cached_property
    def folds(self) -> tuple[Fold, ...]:
        """Five, stratified where there are classes, always the same."""
        splitter = KFold(FOLDS) if self.regression else StratifiedKFold(FOLDS)
        pairs = splitter.split(self.tuned.x, self.tuned.y)
        return tuple(Fold(self.tuned[train], self.tuned[held_out]) for train, held_out in pairs)

    def loss(self, predicted: Floats, true: Floats) -> float:
        """1 - accuracy, or 1 - R²; NaN where a prediction is."""
        if not np.isfinite(predicted).all():
            return float("nan")
        if self.regression:
            return float(((true - predicted) ** 2).sum() / ((true - true.mean()) ** 2).sum())
        return float((predicted != true).mean())


@cache
def split(name: str) -> Split:
    """The data set of a name, read once a process.

    Raises:
        HpobenchError: there is none of that name, scikit-learn is too old, or it has another number of examples.
    """
    if name not in DATA:
        raise unknown("data set", name, list(DATA))
    if Version(sklearn.__version__) < Version(OLDEST):  # an older one would leave out the penalty that is asked for
        raise HpobenchError(
            f"ml: needs scikit-learn {OLDEST} or newer, not {sklearn.__version__}."
            " pip install --upgrade 'hpobench-tui[ml]' brings it."
        )
    loaded = getattr(datasets, f"load_{name.replace('-', '_')}")()
    x, y = np.asarray(loaded.data, float), np.asarray(loaded.target, float)
    order = np.random.RandomState(ORDER_SEED).permutation(len(y))  # whose draws NumPy never changes
    if not DATA[name].regression:
        order = order[np.argsort(_places(y[order]), kind="stable")]
    tuned = len(y) - len(y) // TEST_SHARE
    if tuned != DATA[name].examples:
        raise HpobenchError(f"ml: this scikit-learn's {name} has {len(y)} examples, not those of the description.")
    if DATA[name].regression:
        y = (y - y[order[:tuned]].mean()) / y[order[:tuned]].std()
    examples = Examples(x[order], y[order])
    return Split(examples[:tuned], examples[tuned:], DATA[name].regression)


def _places(classes: Floats) -> Floats:
    """Where each example stands among those of its class, from 0 to 1."""
    places = np.empty(len(classes))
    for one in np.unique(classes):
        members = np.flatnonzero(classes == one)
        places[members] = (np.arange(len(members)) + 0.5) / len(members)
    return places
