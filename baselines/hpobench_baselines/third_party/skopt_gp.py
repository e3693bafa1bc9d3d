"""scikit-optimize's ``Optimizer`` with a Gaussian process, by ask and tell.

Floats and integers (logarithmic or not) have the library's own counterparts; a categorical becomes one of the indices
of its values, an ordinal an integer; constants are left out. Values are clipped to their bounds, from which the
library's logarithms stray by an ulp; it is told the point that was evaluated.

The library needs a number from every point: `translation.Told` says which. A pruned or cut trial is told its loss at
the fidelity it reached.

A point that was evaluated before is replaced by a random one: scikit-optimize's own default (``avoid_duplicates``).
``ask`` without ``tell`` returns the same point again, so one trial at a time. Most of the time is spent in ``tell``,
where the library fits its model, on one thread: a run has one, and more would change the last bits of the sums.
"""

import warnings
from typing import Any

from ConfigSpace.hyperparameters import (
    CategoricalHyperparameter,
    FloatHyperparameter,
    Hyperparameter,
    IntegerHyperparameter,
)
from skopt import Optimizer
from skopt.space import Categorical, Integer, Real
from skopt.space.space import Dimension
from threadpoolctl import ThreadpoolController

from hpobench_baselines.third_party.translation import Told, Translation, refuse_priors, seed32
from hpobench_tui.core import Ask, HpobenchError, Task, Trial
from hpobench_tui.core.space import is_flat


class SkoptGP:
    """Parameters ``n_initial_points`` and ``acq_func`` are the library's; the rest is at its defaults.

    Raises:
        HpobenchError: the space has conditions, forbiddens, or priors that the library does not know.
    """

    def __init__(self, task: Task) -> None:
        refuse_priors(task.space, "skopt-gp")
        if not is_flat(task.space):
            raise HpobenchError("skopt-gp cannot take conditions and forbidden combinations.")
        self._translation = translation = Translation(task.space)
        self._searched = translation.searched
        if not self._searched:
            return  # the library needs a dimension, and there is only one point
        self._optimizer = Optimizer(
            [dimension(h, translation.levels(h.name)) for h in self._searched],
            base_estimator="GP",
            n_initial_points=int(task.parameters["n_initial_points"]),
            acq_func=str(task.parameters["acq_func"]),
            random_state=seed32(task.seed),
        )
        self._threads = ThreadpoolController()
        self._told = Told()

    def ask(self) -> Ask:
        if not self._searched:
            return Ask(self._translation.values({}))
        with self._threads.limit(limits=1), warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # a repeated point, see above
            point = self._optimizer.ask()
        coded = {h.name: legal(h, value) for h, value in zip(self._searched, point, strict=True)}
        return Ask(self._translation.values(coded))

    def tell(self, trial: Trial) -> None:
        if not self._searched:
            return
        loss = self._told(trial.loss)
        with self._threads.limit(limits=1), warnings.catch_warnings():
            # The GP's kernel bounds and repeated points on small spaces: nothing a benchmark's user could mend.
            warnings.simplefilter("ignore")
            told = [self._translation.coded(h.name, trial.configuration[h.name]) for h in self._searched]
            self._optimizer.tell(told, loss)


def dimension(hyperparameter: Hyperparameter[Any, Any], levels: int) -> Dimension:
    """The library's counterpart of one number, or of the indices of ``levels`` choices."""
    name = hyperparameter.name
    match hyperparameter:
        case FloatHyperparameter(lower=lower, upper=upper):
            return Real(float(lower), float(upper), prior="log-uniform" if hyperparameter.log else "uniform", name=name)
        case IntegerHyperparameter(lower=lower, upper=upper):
            return Integer(int(lower), int(upper), prior="log-uniform" if hyperparameter.log else "uniform", name=name)
        case CategoricalHyperparameter():
            return Categorical(list(range(levels)), name=name)
    return Integer(0, levels - 1, name=name)


def legal(hyperparameter: Hyperparameter[Any, Any], value: float) -> float:
    """The library's value as a plain number, of a range within its bounds."""
    match hyperparameter:
        case FloatHyperparameter(lower=lower, upper=upper):
            return float(min(max(float(value), lower), upper))
        case IntegerHyperparameter(lower=lower, upper=upper):
            return int(min(max(int(value), lower), upper))
    return int(value)
