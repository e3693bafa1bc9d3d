"""The library bayesian-optimization by suggest and register.

Floats only. As its ``maximize``: five random points, then its default acquisition function. It maximises, so it is
told minus the loss, within ±1e100, since it squares it; a trial without a loss is told as the worst so far. Duplicated
points are allowed: otherwise it would raise on one.
"""

from bayes_opt import BayesianOptimization

from benchmarks.peers.floats import bounds, floats, value
from hpobench_baselines.third_party.translation import seed32
from hpobench_tui.core import Ask, Task, Trial

INITIAL_POINTS = 5
LARGEST_LOSS = 1e100


class BayesOptGP:
    """Raises ``HpobenchError`` for a space with anything but floats."""

    def __init__(self, task: Task) -> None:
        self._floats = floats(task.space, "bayesian-optimization")
        self._optimizer = BayesianOptimization(
            None, {h.name: bounds(h) for h in self._floats}, random_state=seed32(task.seed), verbose=0,
            allow_duplicate_points=True,
        )  # fmt: skip
        self._initial = self._optimizer.random_sample(INITIAL_POINTS)
        self._point: dict[str, float] = {}
        self._worst = 0.0
        self._told = 0

    def ask(self) -> Ask:
        point = self._initial[self._told] if self._told < INITIAL_POINTS else self._optimizer.suggest()
        self._point = {name: float(coordinate) for name, coordinate in point.items()}
        return Ask({h.name: value(h, self._point[h.name]) for h in self._floats})

    def tell(self, trial: Trial) -> None:
        loss = self._worst if trial.loss is None else min(max(trial.loss, -LARGEST_LOSS), LARGEST_LOSS)
        self._worst = max(self._worst, loss) if self._told else loss
        self._told += 1
        self._optimizer.register(self._point, -loss)
