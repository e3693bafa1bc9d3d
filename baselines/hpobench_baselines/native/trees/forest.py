"""Bayesian optimisation with a random forest, SMAC's idea (Hutter, Hoos & Leyton-Brown, LION 2011, section 4).

The forest is grown on what was told, and the configuration of the greatest expected improvement is asked: the best of
``CANDIDATES`` random ones and of local searches (see ``search``) from the best known and from the best of the random
ones. With probability ``random_fraction`` a random configuration is asked instead; the first ``startup`` are a Latin
hypercube. A configuration that was asked before is passed over while another candidate is left.

*Losses* are replaced by normal scores, Phi^-1((rank - 1/2) / n), ties at their mean rank: the forest does not depend on
the scale of the losses, and none is too large for it. Trials that failed or were stopped share the worst rank; pending
ones stand at the median, so that the model thinks it knows what is there, and sends the next worker elsewhere.

*Cost.* Of n configurations asked, one in max(1, n / ``REGROWN``) has the forest grown anew.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from hpobench_baselines.native.density.observations import Known, Observations, final_loss, first_new
from hpobench_baselines.native.designs.latin_hypercube import latin_hypercube
from hpobench_baselines.native.designs.quantiles import Quantiles
from hpobench_baselines.native.encoding import Encoding, Floats
from hpobench_baselines.native.gp.acquisition import log_expected_improvement
from hpobench_baselines.native.trees.regression import Columns, Regression
from hpobench_baselines.native.trees.search import climb
from hpobench_tui.core import Ask, Configuration, Look, Task, Trial

CANDIDATES = 1000
STARTS_KNOWN, STARTS_RANDOM = 10, 5
REGROWN = 100
RANDOM = "this question is of the design that begins a run, or drawn at random: no model chose it"


class Forest:
    """Parameters ``startup``, ``trees`` and ``random_fraction``.

    >>> from hpobench_baselines.native.trees import FOREST
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> optimizer = Forest(task(FOREST, {"x": (0.0, 1.0)}, startup=5, trees=3, random_fraction=0.0))
    >>> trials = play(optimizer, lambda c: (c["x"] - 0.3) ** 2, 8)
    >>> min(t.loss for t in trials[5:]) < min(t.loss for t in trials[:5])
    True
    """

    def __init__(self, task: Task) -> None:
        self._startup = int(task.parameters["startup"])
        self._random_fraction = float(task.parameters["random_fraction"])
        self._rng = np.random.default_rng(task.seed)
        self._encoding = Encoding(task.space)
        self._regression = Regression(Columns(self._encoding), int(task.parameters["trees"]))
        self._quantiles = Quantiles(task.space, self._encoding)
        self._drawn = self._draws()
        self._asked, self._grown_at = 0, 0
        self._best = 0.0
        self._pending: dict[int, Floats] = {}
        self._observations = Observations(len(self._encoding.names))
        self._known: Known = set()
        self._decided = False
        self._ladder: tuple[Floats, Floats] = np.empty(0), np.empty(0)

    def ask(self) -> Ask:
        """A configuration of the design while too few losses are known, then mostly the model's."""
        modelled = self._observations.usable >= self._startup and bool(self._encoding.searched.any())
        self._decided = modelled and self._rng.random() >= self._random_fraction
        configuration = self._propose() if self._decided else next(self._drawn)
        self._known.add(frozenset(configuration.items()))
        self._pending[self._asked] = self._encoding.encode(configuration)
        self._asked += 1
        return Ask(configuration)

    def tell(self, trial: Trial) -> None:
        self._observations.add(self._pending.pop(trial.asked), final_loss(trial))

    def look(self, configurations: Sequence[Configuration]) -> Look:
        if not self._decided:
            return Look(note=RANDOM)
        x = np.array([self._encoding.encode(configuration) for configuration in configurations])
        mean, variance = self._regression.predict(x)
        deviation = np.sqrt(variance + 1e-12)
        value = log_expected_improvement(mean, deviation, self._best).value
        scores, losses = self._ladder
        middle, lower, upper = (np.interp(mean + sds * deviation, scores, losses).tolist() for sds in (0.0, -1.0, 1.0))
        return Look(
            mean.tolist(), deviation.tolist(), "normal score of the loss's rank", middle, lower, upper,
            "mean ± sd of the scores, between the losses that have them", value.tolist(), "log expected improvement",
        )  # fmt: skip

    def _propose(self) -> Configuration:
        encoding, told = self._encoding, self._observations
        if not self._grown_at or self._asked - self._grown_at >= max(1, self._asked // REGROWN):
            self._grow()
        random = self._random(CANDIDATES)
        value = self._worth(random)
        known = encoding.filled(told.points[told.order()[:STARTS_KNOWN]])
        starts = np.concatenate([known, random[np.argsort(-value, kind="stable")[:STARTS_RANDOM]]])
        found, found_value = climb(encoding, starts, self._worth, self._rng)
        candidates, values = np.concatenate([found, random]), np.concatenate([found_value, value])
        ranked = candidates[np.argsort(-values, kind="stable")]
        new = first_new(encoding, ranked, self._known)
        return encoding.decode(ranked[0]) if new is None else new

    def _grow(self) -> None:
        told = self._observations
        scores = normal_scores(told.losses)
        order = [place for place in told.order() if np.isfinite(told.losses[place])]
        self._ladder = scores[order], told.losses[order]
        pending = np.array([*self._pending.values()]).reshape(-1, told.points.shape[1])
        rows = np.concatenate([told.points, pending])
        self._regression.grow(rows, np.append(scores, np.full(len(pending), np.median(scores))), self._rng)
        self._best, self._grown_at = float(scores.min()), self._asked

    def _worth(self, vectors: Floats) -> Floats:
        """The logarithm of the expected improvement (n,) at full vectors (n, D)."""
        mean, variance = self._regression.predict(self._encoding.masked(vectors))
        return log_expected_improvement(mean, np.sqrt(variance + 1e-12), self._best).value

    def _draws(self) -> Iterator[Configuration]:
        """A Latin hypercube of ``startup`` points, then draws from the space's own distribution."""
        points = self._quantiles(latin_hypercube(self._startup, self._quantiles.dimension, self._rng))
        yield from self._encoding.decode_all(self._encoding.mend(points, self._rng))
        while True:
            yield from self._encoding.decode_all(self._random(self._startup))

    def _random(self, n: int) -> Floats:
        """Permitted full vectors (n, D) from the space's own distribution."""
        drawn = self._quantiles(self._rng.random((n, self._quantiles.dimension)))
        return self._encoding.resampled(drawn, self._rng)


def normal_scores(losses: Floats) -> Floats:
    """Phi^-1((rank - 1/2) / n) of losses (n,), ties at their mean rank; infinite ones are the worst.

    >>> normal_scores(np.array([1e300, -5.0, np.inf])).round(2).tolist()
    [0.0, -0.97, 0.97]
    """
    scores: Floats = ndtri((rankdata(losses) - 0.5) / len(losses))
    return scores
