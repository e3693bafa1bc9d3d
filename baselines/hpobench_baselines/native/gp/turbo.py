"""TuRBO: a trust region that a local Gaussian process moves and resizes, for many dimensions.

Eriksson, Pearce, Gardner, Turner and Poloczek, NeurIPS 2019, arXiv 1910.01739, with one region (TuRBO-1) and one
question at a time. The region is a box around the best trial: its sides are proportional to the model's length-scales,
with a product of ``length`` to the power of the dimension. The next trial is the best of one posterior draw at
candidates in the box, which differ from the centre in about twenty columns. ``length`` doubles after three improvements
in a row and halves after as many failures as there are dimensions (four at least); below 2^-7 everything starts again
elsewhere. Categorical columns of candidates are drawn anew: the box bounds numbers alone.
"""

import math
from collections.abc import Sequence

import numpy as np
from scipy.stats import qmc

from hpobench_baselines.native.encoding import Encoding, Floats
from hpobench_baselines.native.gp.features import Features
from hpobench_baselines.native.gp.look import look_at
from hpobench_baselines.native.gp.maximise import Maximiser
from hpobench_baselines.native.gp.posterior import Posterior
from hpobench_baselines.native.gp.surrogate import Surrogate
from hpobench_baselines.native.gp.thompson import draw
from hpobench_tui.core import Ask, Configuration, Look, Task, Trial

LENGTH, LEAST_LENGTH, GREATEST_LENGTH = 0.8, 0.5**7, 1.6
SUCCESSES = 3
CANDIDATES = 512
"""A power of two, for the balance of Sobol sequences."""
PERTURBED = 20
IMPROVEMENT = 1e-3
"""A success lowers the loss by this share of its magnitude."""
DESIGNED = "this question is of the Sobol sequence that begins a region, before there is a model"
DRAWN = "asked is the least of one draw from the posterior at candidates in the trust region; the model is of it alone"


class Region:
    """The length of a trust region, and the counters that change it.

    >>> region = Region(dimension=2)
    >>> for loss in (3.0, 2.0, 1.0):
    ...     region.record(loss)
    >>> region.length
    1.6
    >>> for _ in range(4):
    ...     region.record(1.0)
    >>> region.length
    0.8
    """

    def __init__(self, dimension: int) -> None:
        self.failures_allowed = max(4, dimension)
        self.length = LENGTH
        self.best = math.inf
        self._successes = self._failures = 0

    @property
    def spent(self) -> bool:
        """It has become too small: start again."""
        return self.length < LEAST_LENGTH

    def record(self, loss: float) -> None:
        """Count one outcome, infinite where the trial failed."""
        if loss < self.best - IMPROVEMENT * abs(self.best) or (self.best == math.inf and loss < math.inf):
            self._successes, self._failures = self._successes + 1, 0
        else:
            self._successes, self._failures = 0, self._failures + 1
        self.best = min(self.best, loss)
        if self._successes == SUCCESSES:
            self.length, self._successes = min(2.0 * self.length, GREATEST_LENGTH), 0
        elif self._failures == self.failures_allowed:
            self.length, self._failures = 0.5 * self.length, 0


class Turbo:
    """Parameters as in ``native.gp.TURBO``. Never complete, never waits.

    >>> from hpobench_baselines.native.gp import TURBO
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> optimizer = Turbo(task(TURBO, {"x": (0.0, 1.0), "y": (0.0, 1.0)}))
    >>> trials = play(optimizer, lambda c: (c["x"] - 0.3) ** 2 + c["y"] ** 2, 8)
    >>> min(t.loss for t in trials[4:]) < min(t.loss for t in trials[:4])
    True
    """

    def __init__(self, task: Task) -> None:
        self._encoding = Encoding(task.space)
        self._features = Features(self._encoding)
        self._maximiser = Maximiser(self._encoding, self._features)
        self._rng = np.random.default_rng(task.seed)
        self._kernel = str(task.parameters["kernel"])
        groups = self._features.groups
        self._initial = int(task.parameters["initial"]) or min(2 * groups, 20)
        self._sobol = qmc.Sobol(max(groups, 1), rng=self._rng)
        self._asked = 0
        self._posterior: Posterior | None = None
        self._start()

    def _start(self) -> None:
        """An empty region; trials asked before it belong to none."""
        self._first = self._asked
        self._region = Region(self._features.groups)
        self._surrogate = Surrogate(self._features, self._kernel, warp=True, believe=True)
        self._x: list[Floats] = []
        self._losses: list[float] = []

    def ask(self) -> Ask:
        if not self._features.groups:
            return Ask(self._encoding.decode(self._encoding.default))
        if self._region.spent:
            self._start()
        self._posterior = None
        losses = np.array(self._losses)
        begins = len(losses) < self._initial or np.count_nonzero(np.isfinite(losses)) < 2
        x = self._maximiser.designed(self._sobol.random(1), self._rng)[0] if begins else self._suggest(losses)
        self._x.append(x)
        self._losses.append(math.nan)
        self._asked += 1
        return Ask(self._encoding.decode(x))

    def tell(self, trial: Trial) -> None:
        position = trial.asked - self._first
        if not self._features.groups or position < 0:
            return
        loss = math.inf if trial.loss is None else trial.loss
        self._losses[position] = loss
        if position >= self._initial:
            self._region.record(loss)
        else:
            self._region.best = min(self._region.best, loss)

    def look(self, configurations: Sequence[Configuration]) -> Look:
        if self._posterior is None:
            return Look(note=DESIGNED)
        x = np.array([self._encoding.encode(configuration) for configuration in configurations])
        return look_at(self._surrogate, self._posterior, self._features.embed(x), None, DRAWN)

    def _suggest(self, losses: Floats) -> Floats:
        x = np.array(self._x)
        self._posterior = posterior = self._surrogate.update(self._maximiser.embed(x), losses, self._rng)
        assert self._surrogate.hyperparameters is not None
        centre = x[int(np.nanargmin(losses))]
        candidates = self._candidates(centre, self._surrogate.hyperparameters.lengths)
        values = draw(posterior, self._maximiser.embed(candidates), self._rng)
        best: Floats = candidates[int(np.argmin(values))]
        return best

    def _candidates(self, centre: Floats, lengths: Floats) -> Floats:
        """Full vectors (CANDIDATES, D) in the box around the centre (D,); each differs from it somewhere if it can."""
        encoding = self._encoding
        searched = np.flatnonzero(encoding.searched)
        d = len(searched)
        weights = lengths / math.exp(float(np.log(lengths).mean()))
        half = 0.5 * self._region.length * weights
        middle = centre[searched]
        low, high = np.clip(middle - half, 0.0, 1.0), np.clip(middle + half, 0.0, 1.0)
        cube = qmc.Sobol(d, rng=self._rng).random(CANDIDATES)
        levels = encoding.levels[searched]
        values = np.where(encoding.categorical[searched], np.floor(cube * levels), low + cube * (high - low))
        moved = self._rng.random((CANDIDATES, d)) < min(1.0, PERTURBED / d)
        moved[np.arange(CANDIDATES), self._rng.integers(d, size=CANDIDATES)] = True
        x = np.tile(centre, (CANDIDATES, 1))
        x[:, searched] = np.where(moved, values, middle)
        x = self._maximiser.permitted(encoding.snap(x), self._rng)
        elsewhere: Floats = x[(x != centre).any(axis=1)]
        return elsewhere if len(elsewhere) else x
