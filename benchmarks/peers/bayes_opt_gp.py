"""The library bayesian-optimization by suggest and register.

Floats only, logarithmic ones in their logarithms. As its ``maximize``: five random points, then its default acquisition
function. It maximises, so it is told minus the loss; a trial without a loss is told as the worst so far. Duplicated
points are allowed: otherwise it would raise on one.
"""

from math import exp, log

from bayes_opt import BayesianOptimization
from ConfigSpace.hyperparameters import FloatHyperparameter

from hpobench_baselines.third_party.translation import refuse_priors, seed32
from hpobench_tui.core import Ask, HpobenchError, Task, Trial

INITIAL_POINTS = 5


class BayesOptGP:
    """Raises ``HpobenchError`` for a space with anything but floats."""

    def __init__(self, task: Task) -> None:
        refuse_priors(task.space, "bayesian-optimization")
        if task.space.conditions or task.space.forbidden_clauses:
            raise HpobenchError("bayesian-optimization cannot take conditions and forbidden combinations.")
        self._floats: list[FloatHyperparameter] = []
        for hyperparameter in task.space.values():
            if not isinstance(hyperparameter, FloatHyperparameter):
                raise HpobenchError(f"bayesian-optimization takes floats only, not {hyperparameter}.")
            self._floats.append(hyperparameter)
        bounds = {h.name: (_inward(h, h.lower), _inward(h, h.upper)) for h in self._floats}
        self._optimizer = BayesianOptimization(
            None, bounds, random_state=seed32(task.seed), verbose=0, allow_duplicate_points=True
        )
        self._initial = self._optimizer.random_sample(INITIAL_POINTS)
        self._point: dict[str, float] = {}
        self._worst = 0.0
        self._told = 0

    def ask(self) -> Ask:
        point = self._initial[self._told] if self._told < INITIAL_POINTS else self._optimizer.suggest()
        self._point = {name: float(value) for name, value in point.items()}
        return Ask({h.name: _outward(h, self._point[h.name]) for h in self._floats})

    def tell(self, trial: Trial) -> None:
        loss = self._worst if trial.loss is None else trial.loss
        self._worst = max(self._worst, loss) if self._told else loss
        self._told += 1
        self._optimizer.register(self._point, -loss)


def _inward(hyperparameter: FloatHyperparameter, value: float) -> float:
    return log(value) if hyperparameter.log else float(value)


def _outward(hyperparameter: FloatHyperparameter, value: float) -> float:
    value = exp(value) if hyperparameter.log else value
    return min(max(value, float(hyperparameter.lower)), float(hyperparameter.upper))
