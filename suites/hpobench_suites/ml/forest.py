"""Forests of decision trees: Breiman's (doi 10.1023/A:1010933404324) or extremely randomised (Geurts et al., 2006).

The fidelity is the number of trees: a forest grows on, and a tree that stands is asked once.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn import ensemble

from hpobench_suites.ml.evaluation import Tuning
from hpobench_suites.ml.examples import Examples, Floats
from hpobench_suites.ml.shares import Circumstances, Estimator, Model
from hpobench_tui.core import Configuration

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

PIPELINE_TREES = 27
"""Of a forest whose fidelity is something else."""
KINDS = {"random": "RandomForest", "extremely-random": "ExtraTrees"}


def space(regression: bool) -> "ConfigurationSpace":
    """Which forest, and how deep and how different its trees are."""
    from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer

    return ConfigurationSpace(
        space=[
            Categorical("kind", list(KINDS), default="random"),
            *([] if regression else [Categorical("criterion", ["gini", "entropy"], default="gini")]),
            Categorical("bootstrap", [True, False], default=True),
            Float("max_features", (0.05, 1.0), log=True, default=0.25),
            Integer("max_depth", (1, 32), log=True, default=32),
            Integer("min_samples_leaf", (1, 20), log=True, default=1),
            Integer("min_samples_split", (2, 40), log=True, default=2),
        ]
    )


def forest(configuration: Configuration, seed: int, regression: bool, trees: int) -> Any:
    """An unfitted forest of scikit-learn's that can grow on."""
    of = getattr(ensemble, KINDS[str(configuration["kind"])] + ("Regressor" if regression else "Classifier"))
    given = {name: value for name, value in configuration.items() if name != "kind"}
    return of(n_estimators=trees, warm_start=True, n_jobs=1, random_state=seed, **given)


def estimator(configuration: Configuration, made_for: Circumstances) -> Estimator:
    """A forest for the pipeline."""
    made: Estimator = forest(configuration, made_for.seed, made_for.regression, PIPELINE_TREES)
    return made


MODEL = Model(space, estimator)


class Growing:
    """A forest, and the sum of what its trees say: votes of the classes (n, classes), or numbers (n,)."""

    def __init__(self, grown: Any, regression: bool, train: Examples, asked: Floats) -> None:
        self._forest, self._regression, self._train = grown, regression, train
        self._asked = asked.astype(np.float32)  # as its trees want them
        self._said: Floats | float = 0.0
        self._trees = 0

    def learn(self, to: int) -> Floats:
        """Grow to ``to`` trees and predict as the forest does: by the mean of its trees."""
        self._forest.set_params(n_estimators=to).fit(self._train.x, self._train.y)
        for tree in self._forest.estimators_[self._trees : to]:
            says = tree.predict if self._regression else tree.predict_proba
            self._said = self._said + says(self._asked, check_input=False)
        self._trees = to
        mean = np.asarray(self._said) / to
        return mean if self._regression else self._forest.classes_[mean.argmax(1)]


class Forest(Tuning):
    """The problem ``ml/forest``."""

    def space(self) -> "ConfigurationSpace":
        """Six hyperparameters, and the criterion where there are classes."""
        return space(self.data.regression)

    def learner(self, configuration: Configuration, seed: int, train: Examples, asked: Floats) -> Growing:
        """The fidelity is trees."""
        regression = self.data.regression
        return Growing(forest(configuration, seed, regression, 1), regression, train, asked)


problem = Forest
