"""Gradient boosting of trees on histograms of the columns (as LightGBM's, Ke et al., 2017): scikit-learn's.

The fidelity is iterations: each adds a tree, of several classes one a class. There is nothing random in it.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from hpobench_suites.ml.evaluation import Tuning
from hpobench_suites.ml.examples import Examples, Floats
from hpobench_suites.ml.shares import Circumstances, Estimator, Model
from hpobench_tui.core import Configuration

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

PIPELINE_ITERATIONS = 27
"""Of a model whose fidelity is something else."""


def space(regression: bool) -> "ConfigurationSpace":
    """Step length, size of the trees, and what keeps them from learning by heart."""
    from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer

    losses = [Categorical("loss", ["squared_error", "absolute_error"], default="squared_error")]
    return ConfigurationSpace(
        space=[
            *(losses if regression else []),
            Float("learning_rate", (0.01, 1.0), log=True, default=0.1),
            Integer("max_leaf_nodes", (2, 64), log=True, default=31),
            Integer("max_depth", (1, 16), log=True, default=16),
            Integer("min_samples_leaf", (1, 50), log=True, default=20),
            Float("l2_regularization", (1e-6, 1e2), log=True, default=1e-6),
            Integer("max_bins", (8, 255), log=True, default=255),
        ]
    )


def boosting(configuration: Configuration, seed: int, regression: bool, iterations: int) -> Any:
    """An unfitted model of scikit-learn's that can go on."""
    of = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
    return of(max_iter=iterations, warm_start=True, early_stopping=False, random_state=seed, **configuration)


def estimator(configuration: Configuration, made_for: Circumstances) -> Estimator:
    """A model for the pipeline."""
    made: Estimator = boosting(configuration, made_for.seed, made_for.regression, PIPELINE_ITERATIONS)
    return made


MODEL = Model(space, estimator)


class Boosted:
    """A model that is boosted on from where it is."""

    def __init__(self, model: Any, train: Examples, asked: Floats) -> None:
        self._model, self._train, self._asked = model, train, asked

    def learn(self, to: int) -> Floats:
        """Go on to ``to`` iterations and predict."""
        self._model.set_params(max_iter=to).fit(self._train.x, self._train.y)
        return np.asarray(self._model.predict(self._asked))


class Boosting(Tuning):
    """The problem ``ml/boosting``."""

    def space(self) -> "ConfigurationSpace":
        """Six hyperparameters, and which loss on a regression."""
        return space(self.data.regression)

    def learner(self, configuration: Configuration, seed: int, train: Examples, asked: Floats) -> Boosted:
        """The fidelity is iterations."""
        return Boosted(boosting(configuration, seed, self.data.regression, 1), train, asked)


problem = Boosting
