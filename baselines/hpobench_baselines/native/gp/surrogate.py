"""A Gaussian process that is kept up to date with a growing list of trials, as cheaply as its quality allows.

Hyperparameters are fitted at every update while there are few losses, then each time that they grew by a share, from
where the last fit ended. Between fits, rows are appended to the Cholesky factor, and only the losses are transformed
anew. Of very many trials, some are kept: the best, the newest, and others at random.
"""

import numpy as np
from numpy.typing import NDArray

from hpobench_baselines.native.encoding import Floats
from hpobench_baselines.native.gp.features import Features
from hpobench_baselines.native.gp.kernels import KERNELS
from hpobench_baselines.native.gp.likelihood import Hyperparameters, fit, typical
from hpobench_baselines.native.gp.posterior import Posterior
from hpobench_baselines.native.gp.warping import Power, Scale, bent, scale_of

CAPACITY = 400
"""Rows that a model is built on; it grows by a quarter before it is thinned again."""
ALWAYS = 30
"""Up to so many losses, every update fits the hyperparameters."""
GROWTH = 1.1
"""Later, they are fitted when there are so many times as many losses."""


class Surrogate:
    """Args:
    features: The space's coordinates.
    kernel: A key of ``KERNELS``.
    warp: Fit a power transformation of the losses.
    believe: Assume the model's mean for pending trials, not the best loss.

    A pending trial is believed to be what the others say:

    >>> from ConfigSpace import ConfigurationSpace
    >>> from hpobench_baselines.native.encoding import Encoding
    >>> features = Features(Encoding(ConfigurationSpace({"x": (0.0, 1.0)})))
    >>> surrogate = Surrogate(features, "matern52", warp=False, believe=True)
    >>> points, losses = np.array([[0.0], [0.5], [1.0]]), np.array([4.0, 1.0, np.nan])
    >>> posterior = surrogate.update(points, losses, np.random.default_rng(0))
    >>> mean = posterior.predict(points).mean
    >>> bool(mean[1] < mean[2] < mean[0])
    True
    """

    def __init__(self, features: Features, kernel: str, warp: bool, believe: bool) -> None:
        self._group, self._groups = features.group, features.groups
        self._kernel = KERNELS[kernel]
        self._warp, self._believe = warp, believe
        self.hyperparameters: Hyperparameters | None = None
        self._posterior: Posterior | None = None
        self.rows: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._upto = 0
        self._fitted = 0
        self._y: Floats = np.empty(0)

    def update(self, points: Floats, losses: Floats, rng: np.random.Generator) -> Posterior:
        """The posterior of (n, M) points and (n,) losses, at least one of them finite.

        Losses are NaN for pending trials and infinite for failed ones. The points known at the last update must be
        the first ones still.
        """
        known = int(np.isfinite(losses).sum())
        due = (known <= ALWAYS and known > self._fitted) or known >= GROWTH * self._fitted
        full = len(self.rows) + len(points) - self._upto > 1.25 * CAPACITY
        if due or full or self._posterior is None or self.hyperparameters is None:
            self.rows = thinned(losses, CAPACITY, rng)
            if due or self.hyperparameters is None:
                self.hyperparameters = self._refitted(points[self.rows], losses[self.rows])
                self._fitted = known
            self._posterior = Posterior(points[self.rows], self._group, self.hyperparameters, self._kernel)
        elif len(points) > self._upto:
            self._posterior.append(points[self._upto :])
            self.rows = np.concatenate((self.rows, np.arange(self._upto, len(points))))
        self._upto = len(points)
        self._y = y = losses[self.rows]
        targets = standardised(y, self.hyperparameters.power)
        pending = np.isnan(y)
        if not self._believe:
            targets[pending] = targets[~pending].min()
        self._posterior.learn(targets, pending if self._believe and pending.any() else None)
        return self._posterior

    def best(self) -> float:
        """The least posterior mean at a trial, in the model's units."""
        assert self._posterior is not None
        return float(self._posterior.fitted.min())

    def transformation(self) -> tuple[Scale, Power]:
        """How losses became the targets of the last update."""
        assert self.hyperparameters is not None
        finite = self._y[np.isfinite(self._y)]
        scale = scale_of(finite)
        return scale, bent(scale.apply(finite), self.hyperparameters.power)[-1]

    def _refitted(self, points: Floats, losses: Floats) -> Hyperparameters:
        finite = np.isfinite(losses)
        scaled = scale_of(losses[finite]).apply(losses[finite])
        starts = [typical(self._groups)]
        if self._warp:
            starts.append(typical(self._groups, 0.0))
        if self.hyperparameters is not None:
            starts = [self.hyperparameters] if self._fitted > 12 else [self.hyperparameters, *starts]
        iterations = 50 if self._fitted < 60 else 15
        return fit(points[finite], self._group, scaled, self._kernel, starts, iterations, self._warp)


def standardised(losses: Floats, power: float) -> Floats:
    """The model's targets (n,): NaN where pending, the worst where failed."""
    finite = np.isfinite(losses)
    targets = np.full(len(losses), np.nan)
    targets[finite] = bent(scale_of(losses[finite]).apply(losses[finite]), power)[0]
    targets[np.isinf(losses)] = targets[finite].max()
    return targets


def thinned(losses: Floats, capacity: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Which of n trials a model is built on, in order: all up to the capacity, else half of it the best, a quarter the
    newest and a quarter any others."""
    n = len(losses)
    if n <= capacity:
        return np.arange(n)
    chosen = np.zeros(n, dtype=bool)
    chosen[-(capacity // 4) :] = True
    chosen[np.argsort(losses, kind="stable")[: capacity // 2]] = True  # NaN and infinities come last
    others = np.flatnonzero(~chosen)
    chosen[rng.choice(others, min(len(others), capacity - int(chosen.sum())), replace=False)] = True
    return np.flatnonzero(chosen)
