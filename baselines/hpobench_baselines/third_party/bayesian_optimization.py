"""The library bayesian-optimization by ``suggest`` and ``register``: the steps of its own loop, ``maximize``.

As there: ``init_points`` random points, then suggestions by its Gaussian process (Matérn 5/2, ``alpha`` on the
diagonal) and one acquisition function. It maximises, so it is told minus the loss; what it is told of trials without a
loss, and of huge ones, `translation.Told` says. A point that it has seen it is not told again, as in ``maximize``,
which does not even evaluate it; here that costs a trial. It may therefore suggest one point for ever where there are
few.

=================  ====================================================================================
hyperparameter     what the library gets
=================  ====================================================================================
float              its ``FloatParameter``; logarithmic: of the logarithm, as its users do
integer            its ``IntParameter``; logarithmic: a type of our own, ``LogInteger``, for it has none
categorical        its ``CategoricalParameter`` (one-hot) of the values' indices
ordinal            its ``IntParameter`` of the indices
constant           nothing
=================  ====================================================================================

Where all are floats the library climbs its acquisition function by L-BFGS-B, else by differential evolution, which
takes a second a trial, and more the more values choices have: with EI and equal losses, as when all trials failed so
far, 5 s with six choices of four, over 20 s with twelve; a choice of 400 took 50 s. All on one
thread: a run has one, and more would change the last bits of the sums.

Source: F. Nogueira, https://github.com/bayesian-optimization/BayesianOptimization; typed parameters: arXiv 1805.03463.
"""

import warnings
from collections.abc import Mapping
from math import exp, log
from typing import Any

import numpy as np
from bayes_opt import BayesianOptimization
from bayes_opt.acquisition import (
    AcquisitionFunction,
    ExpectedImprovement,
    ProbabilityOfImprovement,
    UpperConfidenceBound,
)
from bayes_opt.parameter import BayesParameter, CategoricalParameter, FloatParameter, IntParameter
from ConfigSpace.hyperparameters import (
    CategoricalHyperparameter,
    FloatHyperparameter,
    Hyperparameter,
    IntegerHyperparameter,
)
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from hpobench_baselines.third_party.translation import Told, Translation, refuse_priors, seed32
from hpobench_tui.core import Ask, HpobenchError, Task, Trial
from hpobench_tui.core.configuration import Value
from hpobench_tui.core.space import is_flat

Array = NDArray[np.float64]
LARGEST_BOUND = 1e100


class BayesOpt:
    """Parameters ``init_points``, ``acquisition`` with ``kappa`` or ``xi``, and ``alpha`` are the library's.

    Raises:
        HpobenchError: the space has conditions, forbiddens, priors that the library does not know, or a range that is
            too wide for it.
    """

    def __init__(self, task: Task) -> None:
        refuse_priors(task.space, "bayesian-optimization")
        if not is_flat(task.space):
            raise HpobenchError("bayesian-optimization cannot take conditions and forbidden combinations.")
        self._translation = translation = Translation(task.space)
        self._searched = translation.searched
        if not self._searched:
            return  # the library needs a dimension, and there is only one point
        parameters = {h.name: typed(h, translation.levels(h.name)) for h in self._searched}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its typed parameters are "experimental"
            self._optimizer = BayesianOptimization(
                None,
                parameters,
                acquisition_function=acquisition(task.parameters),
                random_state=seed32(task.seed),
                verbose=0,
            )
        self._optimizer.set_gp_params(alpha=float(task.parameters["alpha"]))
        self._initial = self._optimizer.random_sample(max(int(task.parameters["init_points"]), 1))[::-1]
        self._point: dict[str, Any] = {}
        self._told = Told()
        self._threads = ThreadpoolController()

    def ask(self) -> Ask:
        if not self._searched:
            return Ask(self._translation.values({}))
        with self._threads.limit(limits=1):
            self._point = self._initial.pop() if self._initial else self._optimizer.suggest()
        return Ask(self._translation.values({h.name: legal(h, self._point[h.name]) for h in self._searched}))

    def tell(self, trial: Trial) -> None:
        if not self._searched:
            return
        loss, space = self._told(trial.loss), self._optimizer.space
        point = space.params_to_array(self._point)
        if point not in space:
            space.register(point, -loss)


def acquisition(parameters: Mapping[str, Value]) -> AcquisitionFunction:
    """The library's, by its short name."""
    match parameters["acquisition"]:
        case "EI":
            return ExpectedImprovement(xi=float(parameters["xi"]))
        case "PI":
            return ProbabilityOfImprovement(xi=float(parameters["xi"]))
    return UpperConfidenceBound(kappa=float(parameters["kappa"]))


def typed(hyperparameter: Hyperparameter[Any, Any], levels: int) -> BayesParameter:
    """The library's counterpart of one number, or of the indices of ``levels`` choices.

    Raises:
        HpobenchError: it would square numbers that are too large.
    """
    name = hyperparameter.name
    match hyperparameter:
        case FloatHyperparameter(lower=lower, upper=upper):
            scaled = (log(lower), log(upper)) if hyperparameter.log else (float(lower), float(upper))
            if max(map(abs, scaled)) > LARGEST_BOUND:
                raise HpobenchError(
                    f"bayesian-optimization cannot search hyperparameter {name!r} from {lower:g} to {upper:g}: it"
                    f" squares distances, and goes up to {LARGEST_BOUND:g}. Give it another unit, or a logarithm."
                )
            return FloatParameter(name, scaled)
        case IntegerHyperparameter(lower=lower, upper=upper):
            return (LogInteger if hyperparameter.log else IntParameter)(name, (int(lower), int(upper)))
        case CategoricalHyperparameter():
            return CategoricalParameter(name, range(levels))
    return IntParameter(name, (0, levels - 1))


def legal(hyperparameter: Hyperparameter[Any, Any], value: float) -> float:
    """The library's value as a plain number on the hyperparameter's own scale, of a range within its bounds."""
    match hyperparameter:
        case FloatHyperparameter(lower=lower, upper=upper):
            plain = exp(value) if hyperparameter.log else float(value)
            return float(min(max(plain, lower), upper))
    return int(value)


class LogInteger(BayesParameter):  # type: ignore[misc]
    """Integers from 1 on that are searched by their logarithm, as the library's own ``IntParameter`` does linearly.

    The kernel sees the logarithms of integers; half a step is added at both ends, for all to have their whole share.
    """

    is_continuous = False
    dim = 1

    def __init__(self, name: str, bounds: tuple[int, int]) -> None:
        self._least, self._most = bounds
        super().__init__(name, np.log([bounds[0] - 0.5, bounds[1] + 0.5]))

    def to_float(self, value: float) -> float:
        return log(value)

    def to_param(self, value: Array) -> int:
        return int(self._integers(np.asarray(value)).item())

    def kernel_transform(self, value: Array) -> Array:
        transformed: Array = np.log(self._integers(value))
        return transformed

    def _integers(self, value: Array) -> Array:
        return np.clip(np.round(np.exp(value)), self._least, self._most)
