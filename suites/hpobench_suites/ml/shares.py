"""Models that learn from a share of the examples: the fidelity is percent of them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
from sklearn.pipeline import make_pipeline

from hpobench_suites.ml import scaling
from hpobench_suites.ml.evaluation import Tuning
from hpobench_suites.ml.examples import Examples, Floats
from hpobench_tui.core import Configuration

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace


class Estimator(Protocol):
    """scikit-learn's protocol, as far as it is used here."""

    def fit(self, x: Floats, y: Floats) -> object: ...

    def predict(self, x: Floats) -> Floats: ...


@dataclass(frozen=True)
class Circumstances:
    """What a model is made for, beside its configuration: seed, how many examples and columns, classes or numbers."""

    seed: int
    examples: int
    columns: int
    regression: bool


Maker: TypeAlias = Callable[[Configuration, Circumstances], Estimator]


@dataclass(frozen=True)
class Model:
    """A model that can be tuned alone or as a part of the pipeline.

    Attributes:
        space: Its hyperparameters, given whether it is a regression.
        estimator: An unfitted one.
    """

    space: "Callable[[bool], ConfigurationSpace]"
    estimator: Maker


class Share:
    """A fresh estimator, made for as many examples as it learns from: the first ones."""

    def __init__(self, make: Callable[[int], Estimator], train: Examples, asked: Floats) -> None:
        self._make, self._train, self._asked = make, train, asked

    def learn(self, to: int) -> Floats:
        """Learn from ``to`` percent, rounded up, and predict."""
        part = self._train[: -(-len(self._train) * to // 100)]
        estimator = self._make(len(part))
        estimator.fit(part.x, part.y)
        return np.asarray(estimator.predict(self._asked))


class ShareTuning(Tuning):
    """The tuning of a model that learns from shares of the examples."""

    def __init__(self, data: str, model: Model) -> None:
        super().__init__(data)
        self._model = model

    def space(self) -> "ConfigurationSpace":
        """The model's."""
        return self._model.space(self.data.regression)

    def learner(self, configuration: Configuration, seed: int, train: Examples, asked: Floats) -> Share:
        """The fidelity is percent of the examples."""
        return Share(partial(self.estimator, configuration, seed), train, asked)

    def estimator(self, configuration: Configuration, seed: int, examples: int) -> Estimator:
        """What is fitted to so many examples."""
        columns = self.data.tuned.x.shape[1]
        return self._model.estimator(configuration, Circumstances(seed, examples, columns, self.data.regression))


def scaled(model: Model) -> Model:
    """The same model behind a scaling of the columns, which is one more hyperparameter."""

    def space(regression: bool) -> "ConfigurationSpace":
        whole = model.space(regression)
        whole.add(scaling.hyperparameter())
        return whole

    def estimator(configuration: Configuration, made_for: Circumstances) -> Estimator:
        made: Estimator = make_pipeline(scaling.scaler(configuration), model.estimator(configuration, made_for))
        return made

    return Model(space, estimator)
