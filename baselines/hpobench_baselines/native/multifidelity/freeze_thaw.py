"""Freeze-thaw Bayesian optimisation (Swersky, Snoek and Adams, arXiv 1406.3896).

Trainings advance one step at a time, R / ``steps`` units of fidelity, and are frozen in between. What the next step
goes to, a frozen training or a new one, is decided by a Gaussian process over all learning curves (``curves``).

The paper takes a basket of configurations of great expected improvement, and gives the step to the one that tells most
about where the minimum is. Here it goes to the greatest expected improvement of the loss at R, over the least loss seen
at R (before there is one, over the average loss), per unit of fidelity that is left to get there. A frozen training
whose curve turns out worse loses its improvement, and another one is thawed. New configurations are sampled over the
space and around the best; after the first step of a new training, the next step thaws one, so that promising ones are
finished, as in a basket of both. This needs no Monte Carlo. The model knows all trainings or, where there are more than
``MOST``, the best and the latest.

Losses are clipped above their median by twice its lead over the best, and standardised. The method is made for budgets
in which a continued training costs only what it adds: with fidelity from scratch, every step pays for all before it.

Hyperparameters are fitted again whenever there are a fifth more losses. While trainings are under way, new ones among
them are taken as if they had reported what is expected of them. A configuration whose training failed before it had any
loss counts as if it had reported the worst.
"""

from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from hpobench_baselines.native.encoding import Encoding, Floats
from hpobench_baselines.native.gp.acquisition import log_expected_improvement
from hpobench_baselines.native.gp.features import Features
from hpobench_baselines.native.gp.maximise import Maximiser
from hpobench_baselines.native.multifidelity.curves import CurvePosterior, Observations, fit, log_density, typical
from hpobench_tui.core import Ask, Configuration, HpobenchError, Task, Trial, TrialStatus

MOST = 200
"""Trainings that the model knows at a time."""
GROWTH = 1.2
CENTRES = 5
CLIP = 2.0
"""How far above their median losses are told apart, in units of its lead over the best."""
LEAST_DEVIATION = 1e-6
"""Of a prediction, where rounding leaves none."""


@dataclass(eq=False, slots=True)
class Curve:
    """One training.

    Attributes:
        x: (D,) the full vector of its configuration.
        losses: At the first so many of the times.
        trial: The number of its last trial.
        waiting: It is under way.
        over: It failed, or was cut short; it cannot be continued.
    """

    configuration: Configuration
    x: Floats
    losses: list[float] = field(default_factory=list)
    trial: int | None = None
    waiting: bool = True
    over: bool = False


class FreezeThaw:
    """Parameters ``steps`` and ``initial``. Never complete, never waits.

    Raises:
        HpobenchError: the problem has no fidelity, or its trainings cannot be continued.

    New trainings at first; then it takes on what promises most for its price:

    >>> from hpobench_baselines.native.multifidelity import FREEZE_THAW
    >>> from hpobench_tui.core import Fidelity
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> given = task(FREEZE_THAW, {"x": (0.0, 1.0)}, fidelity=Fidelity("epochs", 1, 4), steps=4, initial=3)
    >>> [t.fidelity for t in play(FreezeThaw(given), lambda c: c["x"], 12)]
    [1, 1, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2]
    """

    def __init__(self, task: Task) -> None:
        fidelity = task.needed_fidelity("freeze-thaw")
        if not fidelity.resumable:
            raise HpobenchError(
                "freeze-thaw continues trainings, and those of this problem cannot be continued. Use an optimizer that"
                " trains from scratch, such as dehb or hyperband."
            )
        self._grid = grid(fidelity.minimum, fidelity.maximum, int(task.parameters["steps"]))
        self._times = np.array(self._grid) / self._grid[-1]
        self._rng = np.random.default_rng(task.seed)
        self._encoding = Encoding(task.space)
        self._features = Features(self._encoding)
        self._maximiser = Maximiser(self._encoding, self._features)
        self._initial = int(task.parameters["initial"]) or min(2 * self._features.groups + 2, 20)
        self._curves: list[Curve] = []
        self._begun: set[bytes] = set()
        self._asked: list[Curve] = []
        self._hyperparameters = typical(self._features.groups)
        self._fitted = 0

    def ask(self) -> Ask:
        """The next step of a frozen training, or the first of a new one."""
        curve = self._choose()
        curve.waiting = True
        self._asked.append(curve)
        step = len(curve.losses)
        return Ask(curve.configuration, self._grid[step], None, None, curve.trial)

    def tell(self, trial: Trial) -> None:
        curve = self._asked[trial.asked]
        curve.waiting = False
        if trial.status is TrialStatus.DONE and trial.loss is not None:
            curve.losses.append(trial.loss)
            curve.trial = trial.number
        else:
            curve.over = True

    def _choose(self) -> Curve:
        """Where the greatest expected improvement at full fidelity is."""
        known = self._known()
        if len(self._curves) < self._initial or not any(curve.losses for curve in known):
            return self._new(self._encoding.sample(1, self._rng)[0])
        data = self._observations(known)
        if (count := int(data.lengths.sum())) >= GROWTH * self._fitted:
            starts = self._hyperparameters, typical(self._features.groups)
            self._hyperparameters = max((fit(data, start) for start in starts), key=partial(log_density, data))
            self._fitted = count
        posterior = CurvePosterior(data, self._hyperparameters)
        if begun := [curve for curve in self._curves if curve.waiting and not curve.losses][-MOST // 2 :]:
            points = self._maximiser.embed(np.stack([curve.x for curve in begun]))
            posterior = CurvePosterior(believed(data, points, posterior.fresh(points, 0).mean), self._hyperparameters)
        n = len(known)
        mean, variance = (values[:n] for values in posterior.limits())
        finished = data.losses[data.lengths == len(self._grid), -1]
        best = float(finished.min()) if len(finished) else 0.0
        frozen = np.array([not (c.waiting or c.over) and len(c.losses) < len(self._grid) for c in known])
        left = np.maximum(self._grid[-1] - np.array(self._grid)[data.lengths - 1], 1)
        thawed = np.where(frozen, improvement(mean, variance, best) - np.log(left), -np.inf)
        x = self._candidates(known, mean)
        started = improvement(*posterior.fresh(self._maximiser.embed(x)), best) - np.log(self._grid[-1])
        begins = len(self._asked[-1].losses) < 2  # the step before this one was the first of its training
        if thawed.max() >= started.max() or (begins and frozen.any()):
            return known[int(np.argmax(thawed))]
        return self._new(x[int(np.argmax(started))])

    def _known(self) -> list[Curve]:
        """The trainings that the model knows: all with a loss, and those that failed before; at most ``MOST``."""
        known = [curve for curve in self._curves if curve.losses or curve.over]
        if len(known) <= MOST:
            return known
        old = sorted(known[: -MOST // 2], key=lambda curve: curve.losses[-1] if curve.losses else np.inf)
        return old[: MOST // 2] + known[-MOST // 2 :]

    def _observations(self, known: list[Curve]) -> Observations:
        """What the model is given."""
        losses, lengths = standardised([curve.losses for curve in known], len(self._grid))
        points = self._maximiser.embed(np.stack([curve.x for curve in known]))
        return Observations(points, self._features.group, self._times, losses, lengths)

    def _candidates(self, known: list[Curve], mean: Floats) -> Floats:
        """Full vectors (n, D) over the space and around the most promising configurations, new ones if there are."""
        if not self._features.groups:
            return self._encoding.default[None]
        centres = np.stack([known[i].x for i in np.argsort(mean, kind="stable")[:CENTRES]])
        x = self._maximiser.candidates(centres, self._rng)
        new = [vector.tobytes() not in self._begun for vector in self._encoding.masked(x)]
        return x[new] if any(new) else x

    def _new(self, x: Floats) -> Curve:
        curve = Curve(self._encoding.decode(x), x)
        self._begun.add(self._encoding.masked(x[None])[0].tobytes())
        self._curves.append(curve)
        return curve


def grid(minimum: int, maximum: int, steps: int) -> list[int]:
    """The fidelities at which a training is frozen: every ``steps``-th part of the maximum, rounded up.

    >>> grid(minimum=2, maximum=20, steps=5)
    [4, 8, 12, 16, 20]
    """
    return sorted({max(minimum, -(-maximum * j // steps)) for j in range(1, steps + 1)})


def standardised(rows: list[list[float]], times: int) -> tuple[Floats, NDArray[np.int64]]:
    """Losses (N, ``times``), 0 where there are none, and how many there are of each; a row without any has the worst.

    They are divided by the greatest first, so that 1e300 does not overflow, and again when it is clipped.
    """
    every = np.array([loss for row in rows for loss in row])
    unit = float(np.abs(every).max()) or 1.0
    every /= unit
    middle, lowest = float(np.median(every)), float(every.min())
    highest = middle + CLIP * (middle - lowest) if middle > lowest else float(every.max())
    every = np.minimum(every, highest)
    rest = float(np.abs(every).max()) or 1.0  # what is clipped may have been the unit, and far above
    every /= rest
    mean, deviation = float(every.mean()), float(every.std())
    scale = deviation if deviation > 1e-12 else 1.0
    losses, lengths = np.zeros((len(rows), times)), np.ones(len(rows), dtype=np.int64)
    for row, values, i in zip(rows, losses, range(len(rows)), strict=True):
        lengths[i] = max(len(row), 1)
        values[: lengths[i]] = (np.minimum(np.array(row or [np.inf]) / unit, highest) / rest - mean) / scale
    return losses, lengths


def believed(data: Observations, points: Floats, first: Floats) -> Observations:
    """The observations, and new trainings (m, M) that have reported the losses ``first`` (m,)."""
    losses = np.zeros((len(points), len(data.times)))
    losses[:, 0] = first
    return data._replace(
        points=np.concatenate((data.points, points)),
        losses=np.concatenate((data.losses, losses)),
        lengths=np.concatenate((data.lengths, np.ones(len(points), dtype=np.int64))),
    )


def improvement(mean: Floats, variance: Floats, best: float) -> Floats:
    """The logarithm of the expected improvement over ``best``, (n,)."""
    return log_expected_improvement(mean, np.sqrt(np.maximum(variance, LEAST_DEVIATION**2)), best).value
