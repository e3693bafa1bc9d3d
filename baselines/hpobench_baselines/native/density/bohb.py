"""BOHB (Falkner, Klein & Hutter, ICML 2018, arXiv 1807.01774): Hyperband whose configurations come from a model.

Brackets, rungs and promotions are Hyperband's. A new configuration is drawn at random with probability
``random_fraction``; else from the model of the largest fidelity that has enough observations. Of a fidelity's n, the
best max(N_min, q n) are good and the worst max(N_min, n - q n) bad (eq. 3), q = ``top_n_percent`` / 100; N_min + 2 are
enough if each group has more members than there are hyperparameters. N_min is ``min_points``, by default one more than
those.

Both groups get a joint Parzen estimator without a prior. The width of a numeric kernel is Scott's rule,
1.06 s n^(-1 / (d + 4)) with s the group's standard deviation in the column, at least ``min_bandwidth``. Of
``num_samples`` draws from the good ones' estimator, with numeric kernels ``bandwidth_factor`` times as wide, that with
the largest l / g is asked; densities below 1e-32 count as that.

Where this is not as in the paper or its authors' code, it did better on this project's problems:

- categorical kernels add 1 / (n + 1) to every choice's count, where Scott's rule on 0 / 1 variables in many dimensions
  leaves them almost uniform; good observations weigh by rank, as in ``tpe``; ``min_bandwidth`` is 0.02, not 0.001;
- Gaussians are truncated to the range, where untruncated ones have half the density at its bounds; integers are
  integrated over their bins;
- a kernel says nothing about a column in which its observation is inactive (see ``parzen``), where the authors fill
  inactive columns with values of other observations, or random ones.

Trials that failed or were stopped are bad. So are pending ones, at any fidelity: workers that ask at the same time are
sent to different places.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from hpobench_baselines.native.density import parzen
from hpobench_baselines.native.density.observations import Observations, final_loss, rank_weights
from hpobench_baselines.native.encoding import Encoding, Floats
from hpobench_baselines.native.rungs import BracketCycle
from hpobench_tui.core import Ask, Bracket, Configuration, Look, Task, Trial, Variant
from hpobench_tui.core.brackets import hyperband

LOG_LEAST = math.log(1e-32)
RATIO = "log l/g, of the densities of good and of bad configurations"
PROMOTED = "this question was promoted, or drawn at random: no model chose it"


class BOHB:
    """Parameters ``eta``, ``variant``, ``random_fraction``, ``top_n_percent``, ``num_samples``, ``bandwidth_factor``,
    ``min_bandwidth`` and ``min_points``.

    Raises:
        HpobenchError: the problem has no fidelity.

    Hyperband's first rungs, ever nearer to what was good:

    >>> from hpobench_baselines.native.density import BOHB as INFO
    >>> from hpobench_tui.core import Fidelity
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> optimizer = BOHB(task(INFO, {"x": (0.0, 1.0)}, fidelity=Fidelity("epochs", 1, 9), random_fraction=0.0))
    >>> trials = play(optimizer, lambda c: abs(c["x"] - 0.3), 60)
    >>> new = [abs(t.configuration["x"] - 0.3) for t in trials if t.rung == 0]
    >>> sum(new[-9:]) < sum(new[:9])
    True
    """

    def __init__(self, task: Task) -> None:
        fidelity, parameters = task.needed_fidelity("bohb"), task.parameters
        self._random_fraction = float(parameters["random_fraction"])
        self._top_n_percent = float(parameters["top_n_percent"])
        self._num_samples = int(parameters["num_samples"])
        self._bandwidth_factor = float(parameters["bandwidth_factor"])
        self._min_bandwidth = float(parameters["min_bandwidth"])
        self._rng = np.random.default_rng(task.seed)
        self._encoding = Encoding(task.space)
        self._axes = parzen.Axes(self._encoding)
        self._min_points = int(parameters["min_points"]) or len(self._axes.columns) + 1
        self._observations: dict[int, Observations] = {}
        self._pending: dict[int, tuple[int, Floats]] = {}
        self._asked = 0
        self._mixtures: tuple[parzen.Mixture, parzen.Mixture] | None = None
        self._random = self._draws()
        variant = Variant(str(parameters["variant"]))
        brackets = hyperband(int(parameters["eta"]), fidelity.maximum, variant, fidelity.minimum)
        self._cycle = BracketCycle(brackets, self._configurations())

    def plan(self) -> Sequence[Bracket]:
        """One cycle of brackets."""
        return self._cycle.plan()

    def ask(self) -> Ask:
        """The next question.

        Raises:
            NotReady: the current rung waits for pending trials.
        """
        self._mixtures = None
        ask = self._cycle.ask()
        point = self._encoding.encode(ask.configuration)[self._axes.columns]
        self._pending[self._asked] = int(ask.fidelity or 0), point
        self._asked += 1
        return ask

    def tell(self, trial: Trial) -> None:
        fidelity, point = self._pending.pop(trial.asked)
        self._observations.setdefault(fidelity, Observations(len(point))).add(point, final_loss(trial))
        self._cycle.tell(trial)

    def look(self, configurations: Sequence[Configuration]) -> Look:
        if self._mixtures is None:
            return Look(note=PROMOTED)
        points = np.array([self._encoding.encode(configuration) for configuration in configurations])
        ratio = parzen.log_ratio(self._axes, *self._mixtures, points[:, self._axes.columns], LOG_LEAST)
        return Look(acquisition=ratio.tolist(), criterion=RATIO, note="BOHB has densities, no mean of the loss")

    def _draws(self) -> Iterator[Configuration]:
        while True:
            yield from self._encoding.decode_all(self._encoding.sample(64, self._rng))

    def _configurations(self) -> Iterator[Configuration]:
        """What first rungs are filled with, decided when it is asked for."""
        while True:
            groups = None if self._rng.random() < self._random_fraction else self._groups()
            yield next(self._random) if groups is None else self._propose(*groups)

    def _groups(self) -> tuple[Floats, Floats] | None:
        """The good (n, D) and the bad (m, D) of the largest fidelity that has enough of both, or None."""
        dimension = len(self._axes.columns)
        for fidelity in sorted(self._observations, reverse=True):
            told = self._observations[fidelity]
            good, bad = split(told.count, self._top_n_percent, self._min_points)
            if told.count >= self._min_points + 2 and min(good, bad) > dimension > 0 and good <= told.usable:
                order = told.order()
                pending = [point for _, point in self._pending.values()]
                return told.points[order[:good]], np.array([*told.points[order[told.count - bad :]], *pending])
        return None

    def _propose(self, good: Floats, bad: Floats) -> Configuration:
        axes = self._axes
        likely, unlikely = self._mixture(good, rank_weights(len(good))), self._mixture(bad, np.ones(len(bad)))
        self._mixtures = likely, unlikely
        widths = np.where(axes.numeric, likely.widths * self._bandwidth_factor, likely.widths)
        wider = parzen.Mixture(likely.weights, likely.centers, widths, True)
        candidates = axes.full(parzen.draw(axes, wider, self._num_samples, self._rng))
        candidates = self._encoding.mend(candidates, self._rng)
        points = self._encoding.masked(candidates)[:, axes.columns]
        ratio = parzen.log_ratio(axes, likely, unlikely, points, LOG_LEAST)
        return self._encoding.decode(candidates[np.argmax(ratio)])

    def _mixture(self, observations: Floats, weights: Floats) -> parzen.Mixture:
        """The estimator of a group (n, D) with weights (n,)."""
        axes = self._axes
        widths = np.clip(reference_widths(axes, observations), self._min_bandwidth, 1.0)
        smoothing = 1.0 / (len(observations) + 1)
        widths[axes.categorical] = parzen.additive_width(axes.choices[axes.categorical], smoothing)
        return parzen.mixture(axes, observations, np.tile(widths, (len(observations), 1)), weights, 0.0, joint=True)


def split(count: int, top_n_percent: float, min_points: int) -> tuple[int, int]:
    """How many of ``count`` observations are good, from the best, and bad, from the worst (eq. 3)."""
    return (
        min(count, max(min_points, int(top_n_percent * count / 100))),
        min(count, max(min_points, int((100 - top_n_percent) * count / 100))),
    )


def reference_widths(axes: parzen.Axes, observations: Floats) -> Floats:
    """Scott's rule for a joint estimator, (D,): 1.06 s n^(-1 / (4 + D)) of the observations (n, D) that are active."""
    active = ~np.isnan(observations)
    count = np.maximum(active.sum(axis=0), 1)
    x = np.where(active, observations, 0.0)
    spread = np.sqrt(np.where(active, (x - x.sum(axis=0) / count) ** 2, 0.0).sum(axis=0) / count)
    widths: Floats = 1.06 * spread * float(len(observations)) ** (-1.0 / (4 + len(axes.columns)))
    return widths
