"""Bayesian optimisation: which trial next, by a Gaussian process on the trials so far (Jones et al., 1998).

A scrambled Sobol sequence begins. Then every question refits or extends the model and takes the configuration of the
greatest acquisition value that was not asked before; only when there seems to be none left, one is asked again.

Trials that were pruned or cut count with the loss that they reached, if any. Failed trials count as bad as the worst
loss, so that their surroundings are avoided; they take no part in fitting the hyperparameters.
"""

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
from scipy.stats import qmc

from hpobench_baselines.native.encoding import Encoding, Floats
from hpobench_baselines.native.gp.acquisition import (
    confidence_bound,
    expected_improvement,
    log_expected_improvement,
    log_probability_of_improvement,
)
from hpobench_baselines.native.gp.criteria import Acquisition, Analytic, Criterion, NoisyImprovement
from hpobench_baselines.native.gp.features import Features
from hpobench_baselines.native.gp.hedge import Hedge
from hpobench_baselines.native.gp.look import look_at
from hpobench_baselines.native.gp.maximise import Maximiser
from hpobench_baselines.native.gp.posterior import Posterior
from hpobench_baselines.native.gp.surrogate import Surrogate
from hpobench_baselines.native.gp.thompson import draw
from hpobench_tui.core import Ask, Configuration, Look, Task, Trial

CENTRES = 5
"""The best trials, around which candidates are drawn."""
PORTFOLIO = ("ei", "pi", "ucb")
IN_WORDS = {
    "log-ei": "log expected improvement",
    "ei": "expected improvement",
    "pi": "log probability of improvement",
    "ucb": "minus the lower confidence bound",
    "noisy-ei": "log expected improvement under noise",
}
DESIGNED = "this question is of the Sobol sequence that begins a run, before there is a model"
DRAWN = "Thompson sampling: asked is the least of one draw from the posterior at random candidates"
DIGITS = 5
"""Configurations that agree in so many digits of each position count as one."""


def analytic(name: str, best: float, xi: float, kappa: float) -> Acquisition:
    """The acquisition function of that name."""
    match name:
        case "ei":
            return partial(expected_improvement, best=best, xi=xi)
        case "pi":
            return partial(log_probability_of_improvement, best=best, xi=xi)
        case "ucb":
            return partial(confidence_bound, kappa=kappa)
    return partial(log_expected_improvement, best=best, xi=xi)


class BayesianOptimization:
    """Parameters as in ``native.gp.GP``. Never complete, never waits.

    >>> from hpobench_baselines.native.gp import GP
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> optimizer = BayesianOptimization(task(GP, {"x": (0.0, 1.0)}, acquisition="ei"))
    >>> trials = play(optimizer, lambda c: (c["x"] - 0.3) ** 2, 8)
    >>> round(min(trials, key=lambda t: t.loss).configuration["x"], 2)
    0.3
    """

    def __init__(self, task: Task) -> None:
        self._encoding = Encoding(task.space)
        self._features = Features(self._encoding)
        self._maximiser = Maximiser(self._encoding, self._features)
        self._rng = np.random.default_rng(task.seed)
        given = task.parameters
        self._acquisition = str(given["acquisition"])
        self._xi, self._kappa = float(given["xi"]), float(given["kappa"])
        warp, believe = given["warp"] == "power", given["pending"] == "kriging-believer"
        self._surrogate = Surrogate(self._features, str(given["kernel"]), warp, believe)
        groups = self._features.groups
        self._initial = int(given["initial"]) or min(3 + groups, 10)
        self._sobol = qmc.Sobol(max(groups, 1), rng=self._rng)
        self._hedge = Hedge(len(PORTFOLIO))
        self._nominees: Floats | None = None
        self._decided: tuple[Posterior, Criterion | None, str] | None = None  # what the last question came from
        self._x = np.empty((64, len(self._encoding.names)))
        self._z = np.empty((64, self._features.size))
        self._losses = np.empty(64)  # NaN while pending, infinite where failed
        self._asked = 0
        self._seen: set[bytes] = set()

    def ask(self) -> Ask:
        if not self._features.groups:
            return Ask(self._encoding.decode(self._encoding.default))
        losses = self._losses[: self._asked]
        begins = self._asked < self._initial or np.count_nonzero(np.isfinite(losses)) < 2
        self._decided = None
        x = self._begin() if begins else self._suggest(losses)
        if self._asked == len(self._x):
            self._x, self._z, self._losses = (
                np.concatenate((array, np.empty_like(array))) for array in (self._x, self._z, self._losses)
            )
        self._x[self._asked], self._z[self._asked] = x, self._maximiser.embed(x[None])[0]
        self._losses[self._asked] = math.nan
        self._asked += 1
        self._seen.update(self._keys(x[None]))
        return Ask(self._encoding.decode(x))

    def tell(self, trial: Trial) -> None:
        if self._features.groups:
            self._losses[trial.asked] = math.inf if trial.loss is None else trial.loss

    def look(self, configurations: Sequence[Configuration]) -> Look:
        if self._decided is None:
            return Look(note=DESIGNED)
        x = np.array([self._encoding.encode(configuration) for configuration in configurations])
        posterior, criterion, words = self._decided
        return look_at(self._surrogate, posterior, self._features.embed(x), criterion, words)

    def _keys(self, x: Floats) -> list[bytes]:
        return [row.tobytes() for row in np.round(self._encoding.masked(x), DIGITS)]

    def _unseen(self, ranked: Floats) -> Floats:
        """The first of full vectors (n, D) that was not asked before; where all were, the first."""
        for begin in range(0, len(ranked), 16):
            for x, key in zip(ranked[begin:], self._keys(ranked[begin : begin + 16]), strict=False):
                if key not in self._seen:
                    return np.asarray(x)
        first: Floats = ranked[0]
        return first

    def _begin(self) -> Floats:
        """The next point of the Sobol sequence that was not asked before; where few are left, any."""
        for _ in range(8):
            x = self._maximiser.designed(self._sobol.random(1), self._rng)
            if self._keys(x)[0] not in self._seen:
                break
        return np.asarray(x[0])

    def _suggest(self, losses: Floats) -> Floats:
        posterior = self._surrogate.update(self._z[: self._asked], losses, self._rng)
        order = np.argsort(posterior.fitted, kind="stable")[:CENTRES]
        centres = self._x[self._surrogate.rows[order]]
        match self._acquisition:
            case "thompson":
                candidates = self._maximiser.candidates(centres, self._rng)
                self._decided = posterior, None, DRAWN
                values = draw(posterior, self._maximiser.embed(candidates), self._rng)
                return self._unseen(candidates[np.argsort(values, kind="stable")])
            case "hedge":
                return self._from_portfolio(posterior, centres)
            case "noisy-ei":
                criterion: Criterion = NoisyImprovement(posterior, self._xi, self._rng)
            case name:
                criterion = self._criterion(name, posterior)
        self._decided = posterior, criterion, IN_WORDS[self._acquisition]
        return self._greatest(criterion, centres)

    def _criterion(self, name: str, posterior: Posterior) -> Criterion:
        return Analytic(posterior, analytic(name, self._surrogate.best(), self._xi, self._kappa))

    def _greatest(self, criterion: Criterion, centres: Floats) -> Floats:
        return self._unseen(self._maximiser.ranked(centres, criterion, self._rng))

    def _from_portfolio(self, posterior: Posterior, centres: Floats) -> Floats:
        if self._nominees is not None:
            self._hedge.reward(posterior.predict(self._maximiser.embed(self._nominees)).mean)
        criteria = [self._criterion(name, posterior) for name in PORTFOLIO]
        self._nominees = np.array([self._greatest(criterion, centres) for criterion in criteria])
        chosen = self._hedge.choose(self._rng)
        self._decided = posterior, criteria[chosen], IN_WORDS[PORTFOLIO[chosen]]
        nominee: Floats = self._nominees[chosen]
        return nominee
