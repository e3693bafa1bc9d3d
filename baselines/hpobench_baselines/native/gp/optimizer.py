"""Bayesian optimisation: which trial next, by a Gaussian process on the trials so far (Jones et al., 1998).

A scrambled Sobol sequence begins. Then every question refits or extends the model and takes the configuration of the
greatest acquisition value that was not asked before.

Trials that were pruned or cut count with the loss that they reached, if any. Failed trials count as bad as the worst
loss, so that their surroundings are avoided; they take no part in fitting the hyperparameters.
"""

import math

import numpy as np
from scipy.stats import qmc

from hpobench_baselines.native.encoding import Encoding, Floats
from hpobench_baselines.native.gp import acquisition as acquisitions
from hpobench_baselines.native.gp.acquisition import Value
from hpobench_baselines.native.gp.features import Features
from hpobench_baselines.native.gp.maximise import Maximiser
from hpobench_baselines.native.gp.model import Posterior, Prediction
from hpobench_baselines.native.gp.surrogate import Surrogate
from hpobench_tui.core import Ask, Task, Trial

CENTRES = 5


class GaussianProcess:
    """Parameters as in ``native.gp.GP``. Never complete, never waits."""

    def __init__(self, task: Task) -> None:
        self._encoding = Encoding(task.space)
        self._features = Features(self._encoding)
        self._maximiser = Maximiser(self._encoding, self._features)
        self._rng = np.random.default_rng(task.seed)
        self._acquisition = str(task.parameters["acquisition"])
        self._xi, self._kappa = float(task.parameters["xi"]), float(task.parameters["kappa"])
        self._surrogate = Surrogate(
            self._features, str(task.parameters["kernel"]), task.parameters["warp"] == "power",
            task.parameters["pending"] == "kriging-believer",
        )  # fmt: skip
        groups = self._features.groups
        self._initial = int(task.parameters["initial"]) or min(3 + groups, 10)
        self._sobol = qmc.Sobol(max(groups, 1), rng=self._rng)
        self._x = np.empty((64, len(self._encoding.names)))
        self._z = np.empty((64, self._features.size))
        self._losses = np.empty(64)  # NaN while pending, infinite where failed
        self._asked = 0
        self._seen: set[bytes] = set()

    def ask(self) -> Ask:
        if not self._features.groups:
            return Ask(self._encoding.decode(self._encoding.default))
        losses = self._losses[: self._asked]
        x = self._begin() if self._asked < self._initial or np.isfinite(losses).sum() < 2 else self._suggest(losses)
        if self._asked == len(self._x):
            self._x, self._z, self._losses = (
                np.concatenate((array, np.empty_like(array))) for array in (self._x, self._z, self._losses)
            )
        self._x[self._asked], self._z[self._asked] = x, self._maximiser.embed(x[None])[0]
        self._losses[self._asked] = math.nan
        self._asked += 1
        self._seen.add(self._key(x))
        return Ask(self._encoding.decode(x))

    def tell(self, trial: Trial) -> None:
        if self._features.groups:
            self._losses[trial.asked] = math.inf if trial.loss is None else trial.loss

    def _key(self, x: Floats) -> bytes:
        return bytes(self._encoding.masked(x[None])[0].tobytes())

    def _begin(self) -> Floats:
        """The next point of the Sobol sequence that was not asked before; where all were, any."""
        for _ in range(20):
            cube = np.full((1, len(self._encoding.names)), 0.5)
            cube[:, self._encoding.searched] = self._sobol.random(1)
            x: Floats = self._maximiser.permitted(self._maximiser.spread(cube), self._rng)[0]
            if self._key(x) not in self._seen:
                break
        return x

    def _suggest(self, losses: Floats) -> Floats:
        posterior = self._surrogate.update(self._z[: self._asked], losses, self._rng)
        best = self._surrogate.best()
        order = np.argsort(posterior.fitted, kind="stable")[:CENTRES]
        centres = self._x[self._surrogate.rows[order]]
        ranked = self._maximiser.ranked(
            centres,
            lambda z: self._value(posterior.predict(z), best).value,
            lambda z: self._climb(posterior, z, best),
            self._rng,
        )
        for x in ranked:
            if self._key(x) not in self._seen:
                return x
        return ranked[0]

    def _value(self, at: Prediction, best: float) -> Value:
        match self._acquisition:
            case "ei":
                return acquisitions.expected_improvement(at.mean, at.deviation, best, self._xi)
            case "pi":
                return acquisitions.log_probability_of_improvement(at.mean, at.deviation, best, self._xi)
            case "ucb":
                return acquisitions.confidence_bound(at.mean, at.deviation, self._kappa)
        return acquisitions.log_expected_improvement(at.mean, at.deviation, best, self._xi)

    def _climb(self, posterior: Posterior, z: Floats, best: float) -> tuple[Floats, Floats]:
        at, slopes = posterior.predict_with_slopes(z)
        v = self._value(at, best)
        return v.value, v.by_mean[:, None] * slopes.mean + v.by_deviation[:, None] * slopes.deviation
