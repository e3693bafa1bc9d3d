"""Cross-validation: five models, one a fold, that are taken further together; the loss is the mean of the five.

What a model is, a :class:`Learner` says. Trainings are on one thread, whatever the machine has.
"""

import multiprocessing
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from math import isfinite
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Protocol

from threadpoolctl import ThreadpoolController

from hpobench_suites.ml.examples import Examples, Floats, Split, split
from hpobench_tui.core import Configuration, Report, TrainingError

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace


class Learner(Protocol):
    """One model with the examples that it learns from, and those that it predicts."""

    def learn(self, to: int) -> Floats:
        """Take it to a fidelity, further than before, and predict."""
        ...


class Diverged(TrainingError):  # noqa: N818 - what happened to the training
    """The numbers of the model are not finite."""


def finite(loss: float) -> float:
    """A loss that is a number.

    Raises:
        Diverged: it is none.
    """
    if not isfinite(loss):
        raise Diverged("the training diverged: a prediction is no finite number.")
    return loss


class Validation:
    """The training of one configuration."""

    def __init__(self, data: Split, learners: Sequence[Learner]) -> None:
        self._data, self._learners = data, learners

    def advance(self, to_fidelity: int) -> Report:
        """Take the five models to a fidelity; ``deviation`` is the standard deviation of their losses.

        Raises:
            Diverged: the numbers of one of them are not finite.
        """
        with one_thread():
            losses = [
                self._data.loss(learner.learn(to_fidelity), fold.held_out.y)
                for learner, fold in zip(self._learners, self._data.folds, strict=True)
            ]
        return Report(finite(fmean(losses)), {"deviation": stdev(losses)})


class Tuning(ABC):
    """The tuning of a model on a data set."""

    def __init__(self, data: str) -> None:
        self.data = split(data)

    @abstractmethod
    def space(self) -> "ConfigurationSpace":
        """The model's hyperparameters; scikit-learn's defaults are the default where it has them."""

    @abstractmethod
    def learner(self, configuration: Configuration, seed: int, train: Examples, asked: Floats) -> Learner:
        """A fresh model that learns from ``train`` and predicts ``asked`` (n, columns)."""

    def start(self, configuration: Configuration, seed: int, device: str) -> Validation:
        """Five fresh models, one a fold. scikit-learn's seeds have 32 bits: the lowest ones of ``seed``."""
        seed %= 2**32
        with one_thread():
            learners = [self.learner(configuration, seed, fold.train, fold.held_out.x) for fold in self.data.folds]
        return Validation(self.data, learners)

    def test_loss(self, configuration: Configuration, seed: int, fidelity: int) -> float:
        """The loss on the test set after learning from all that is tuned on. For final reports, never for tuning.

        Raises:
            Diverged: the model's numbers are not finite.
        """
        with one_thread():
            learner = self.learner(configuration, seed % 2**32, self.data.tuned, self.data.test.x)
            return finite(self.data.loss(learner.learn(fidelity), self.data.test.y))


@cache
def _controller() -> ThreadpoolController:
    """Of all libraries with threads; finding them takes milliseconds, so once a process."""
    return ThreadpoolController()


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread, and no warnings of what the loss tells: iterations that ran out, overflows, constant columns.

    Of a forest, joblib asks how processes are started, which settles it for the whole process; that is taken back.
    """
    method = multiprocessing.get_start_method(allow_none=True)
    with _controller().limit(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            multiprocessing.set_start_method(method, force=True)
