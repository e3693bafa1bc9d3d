"""TPE (Bergstra, Bardenet, Bengio & Kégl, Algorithms for Hyper-Parameter Optimization, NeurIPS 2011, section 4).

The observations are split into the best few and the rest, a Parzen estimator is laid through each, l and g, and of some
draws from l the one with the largest l / g is asked: expected improvement grows with that ratio. Of the choices that
Watanabe (arXiv 2304.11127) compares, and one more, the defaults are those that did best on this project's problems:

- good are the best ceil(0.15 n), at most 25; ties go to those told first;
- kernels are products over the hyperparameters (multivariate);
- a numeric kernel's width is Scott's rule on the spread of its group times ``SCOTT``, at least 1 / min(100, 1 + K) for
  the K observations of the group ("magic clipping"); a categorical one adds 1 / (K + 1) to every choice's count;
- the i-th best of k good ones weighs log(k + 1/2) - log(i), as CMA-ES weighs parents (Hansen, arXiv 1604.00772,
  section 3.1), scaled to mean one; the prior weighs one, and so does each bad one;
- the first ``startup`` configurations are a Latin hypercube.

Every observation that was not trained to the end, having failed or been stopped, is bad; so are pending trials (the
constant liar), which drives workers apart. A configuration that was asked before is passed over while another
candidate is left, or one of as many random draws: only a space that is small and explored makes it repeat itself.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from hpobench_baselines.native.density import parzen
from hpobench_baselines.native.density.observations import Known, Observations, final_loss, first_new, rank_weights
from hpobench_baselines.native.designs.latin_hypercube import latin_hypercube
from hpobench_baselines.native.designs.quantiles import Quantiles
from hpobench_baselines.native.encoding import Encoding, Floats
from hpobench_tui.core import Ask, Configuration, Look, Task, Trial

GOOD_SHARE = 15
MOST_GOOD = 25
SCOTT = 0.8
PRIOR_WEIGHT = 1.0
RATIO = "log l/g, of the densities of good and of other configurations"
DESIGNED = "this question is of the Latin hypercube that begins a run, before there is a model"


class TPE:
    """Parameters ``multivariate``, ``startup``, ``candidates``, ``gamma``, ``bandwidth`` and ``weights``.

    What was good is drawn more often:

    >>> from hpobench_baselines.native.density import TPE as INFO
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> optimizer = TPE(task(INFO, {"kind": ["a", "b", "c"], "x": (0.0, 1.0)}))
    >>> trials = play(optimizer, lambda c: c["x"] + (c["kind"] != "b"), 40)
    >>> sum(t.configuration["kind"] == "b" for t in trials[-20:]) > 12
    True
    """

    def __init__(self, task: Task) -> None:
        parameters = task.parameters
        self._joint = bool(parameters["multivariate"])
        self._startup = int(parameters["startup"])
        self._candidates = int(parameters["candidates"])
        self._gamma = str(parameters["gamma"])
        self._scott = parameters["bandwidth"] == "scott"
        self._ranked = parameters["weights"] == "rank"
        self._rng = np.random.default_rng(task.seed)
        self._encoding = Encoding(task.space)
        self._axes = parzen.Axes(self._encoding)
        self._first = self._design(task)
        self._asked = 0
        self._pending: dict[int, Floats] = {}
        self._observations = Observations(len(self._axes.columns))
        self._known: Known = set()
        self._groups: tuple[parzen.Mixture, parzen.Mixture] | None = None

    def ask(self) -> Ask:
        """A configuration of the design while too few losses are known, then the model's."""
        usable, self._groups = self._observations.usable, None
        configuration = next(self._first) if usable < self._startup else self._propose(good_count(usable, self._gamma))
        self._known.add(frozenset(configuration.items()))
        self._pending[self._asked] = self._encoding.encode(configuration)[self._axes.columns]
        self._asked += 1
        return Ask(configuration)

    def tell(self, trial: Trial) -> None:
        self._observations.add(self._pending.pop(trial.asked), final_loss(trial))

    def look(self, configurations: Sequence[Configuration]) -> Look:
        if self._groups is None:
            return Look(note=DESIGNED)
        points = np.array([self._encoding.encode(configuration) for configuration in configurations])
        ratio = parzen.log_ratio(self._axes, *self._groups, points[:, self._axes.columns])
        return Look(acquisition=ratio.tolist(), criterion=RATIO, note="TPE has densities, no mean of the loss")

    def _propose(self, good: int) -> Configuration:
        points, order = self._observations.points, self._observations.order()
        best = self._mixture(points[order[:good]], rank_weights(good) if self._ranked else np.ones(good))
        rest = np.concatenate([points[order[good:]], *(point[None] for point in self._pending.values())])
        others = self._mixture(rest, np.ones(len(rest)))
        self._groups = best, others
        drawn = self._axes.full(parzen.draw(self._axes, best, self._candidates, self._rng))
        favourites = self._in_order(best, others, self._encoding.mend(drawn, self._rng))
        if (new := first_new(self._encoding, favourites, self._known)) is not None:
            return new
        random = self._in_order(best, others, self._encoding.sample(self._candidates, self._rng))
        if (new := first_new(self._encoding, random, self._known)) is not None:
            return new
        return self._encoding.decode(favourites[0])

    def _in_order(self, best: parzen.Mixture, others: parzen.Mixture, vectors: Floats) -> Floats:
        """Full vectors, the largest density ratio first."""
        points = self._encoding.masked(vectors)[:, self._axes.columns]
        ratio = parzen.log_ratio(self._axes, best, others, points)
        return vectors[np.argsort(-ratio, kind="stable")]

    def _mixture(self, observations: Floats, weights: Floats) -> parzen.Mixture:
        """The estimator of a group: its observations (K, D), NaN where inactive, and their weights (K,)."""
        axes, kernels = self._axes, len(observations)
        if self._scott:
            widths = np.tile(parzen.spread_widths(axes, observations, SCOTT, self._joint), (kernels, 1))
        else:
            widths = parzen.neighbour_widths(observations)
        widths = np.clip(widths, 1.0 / min(100, 1 + kernels), 1.0)
        widths[:, axes.categorical] = parzen.additive_width(axes.choices[axes.categorical], 1.0 / (kernels + 1))
        return parzen.mixture(axes, observations, widths, weights, PRIOR_WEIGHT, self._joint)

    def _design(self, task: Task) -> Iterator[Configuration]:
        """A Latin hypercube of ``startup`` points, then draws from the space's own distribution."""
        quantiles = Quantiles(task.space, self._encoding)
        points = quantiles(latin_hypercube(self._startup, quantiles.dimension, self._rng))
        yield from self._encoding.decode_all(self._encoding.mend(points, self._rng))
        while True:
            yield from self._encoding.decode_all(self._encoding.sample(self._startup, self._rng))


def good_count(n: int, rule: str) -> int:
    """How many of ``n`` losses count as good by the rule ``linear`` or ``sqrt``; in integers."""
    if rule == "sqrt":
        return min(math.isqrt(n - 1) + 1, MOST_GOOD)
    return min(-(-GOOD_SHARE * n // 100), MOST_GOOD)
