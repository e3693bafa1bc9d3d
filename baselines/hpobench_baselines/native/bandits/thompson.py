"""Thompson sampling: each arm's mean is drawn from its posterior, the arm with the highest draw is pulled.

*Beta.* Agrawal and Goyal, *Analysis of Thompson sampling for the multi-armed bandit problem*, COLT 2012, arXiv
1111.1797, Algorithms 1 and 2: Beta(1 + successes, 1 + failures); a reward r in (0, 1) counts as a success with
probability r. Regret attains the Lai-Robbins bound for Bernoulli rewards (Kaufmann, Korda and Munos, ALT 2012, arXiv
1205.4217).

*Gaussian.* Agrawal and Goyal, *Further optimal regret bounds for Thompson sampling*, AISTATS 2013, arXiv 1209.3353,
Algorithm 2: Normal(sum of rewards / (n + 1), 1 / (n + 1)), rewards in [0, 1]. With a parameter ``sigma`` > 0 rewards
are taken to be normal with that standard deviation in units of the loss, and drawn is from the posterior under the
flat prior, Normal(mean, sigma^2 / n), after one pull of each arm (Korda, Kaufmann and Munos, NIPS 2013, arXiv
1307.3400).

Posteriors know the pulls that are told; their randomness spreads pulls that are made side by side.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from hpobench_baselines.native.bandits.choice import argmax
from hpobench_baselines.native.bandits.policy import Bounds, Policy
from hpobench_tui.core import Task
from hpobench_tui.core.seeds import derive

MOST_DRAWN_AHEAD = 64
DRAWN = "pulled is the arm with the highest of one draw from each posterior"
POSTERIOR = "5-95 % of the posterior"
TAIL, TAIL_SDS = 0.05, 1.6448536269514722
"""What each end leaves out, and how many standard deviations of a normal distribution that is."""
NORMALS = 4096


class ThompsonBeta(Policy):
    """Draws ahead: an arm that is not pulled keeps its posterior, so draws from it are made in batches, twice as many
    each time. What is left of a batch when the posterior changes is dropped, unseen, so the rest stays independent.

    Attributes:
        _successes: Arm to its successes; fractions where a widened range of losses rescaled them.
        _drawn: Arm to draws from its posterior that are not used yet.
        _batch: Arm to the size of its next batch.

    >>> from hpobench_baselines.native import bandits
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> arms = task(bandits.THOMPSON_BETA, {"arm": ["good", "bad"]}, loss_range=(0.0, 1.0))
    >>> trials = play(ThompsonBeta(arms), lambda c: 0.2 if c["arm"] == "good" else 0.8, 100)
    >>> sum(t.configuration["arm"] == "good" for t in trials) > 75
    True
    """

    has_prior = True
    __slots__ = ("_batch", "_beta", "_drawn", "_successes")

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        count = len(self._asks)
        self._beta = np.random.default_rng(derive(task.seed, "posterior")).beta
        self._successes = [0.0] * count
        self._drawn: list[list[float]] = [[] for _ in range(count)]
        self._batch = [1] * count

    def _choose(self) -> int:
        best, highest = 0, -1.0
        for arm, drawn in enumerate(self._drawn):
            if not drawn:
                drawn = self._draw(arm)
            value = drawn.pop()
            if value > highest:  # ties have probability zero
                best, highest = arm, value
        return best

    def _draw(self, arm: int) -> list[float]:
        successes, batch = self._successes[arm], self._batch[arm]
        a, b = 1.0 + successes, 1.0 + max(0.0, self._told[arm] - successes)
        # One number comes faster without an array around it.
        drawn: list[float] = [self._beta(a, b)] if batch == 1 else self._beta(a, b, batch).tolist()
        self._batch[arm] = min(2 * batch, MOST_DRAWN_AHEAD)
        self._drawn[arm] = drawn
        return drawn

    def _learn(self, asked: int, arm: int, reward: float) -> None:
        if reward == 1.0 or (reward > 0.0 and self._uniform() < reward):
            self._successes[arm] += 1.0
        self._drawn[arm] = []
        self._batch[arm] = 1

    def _parameters(self) -> list[tuple[float, float]]:
        """Of each arm's Beta distribution."""
        pairs = zip(self._successes, self._told, strict=True)
        return [(1.0 + successes, 1.0 + max(0.0, told - successes)) for successes, told in pairs]

    def _believed(self) -> Sequence[float]:
        return [a / (a + b) for a, b in self._parameters()]

    def _bounds(self) -> Bounds | None:
        from scipy.special import betaincinv  # a million pulls need none

        a, b = zip(*self._parameters(), strict=True)
        lower, upper = (betaincinv(a, b, share).tolist() for share in (TAIL, 1.0 - TAIL))
        return Bounds(lower, upper, POSTERIOR)

    def _worth(self) -> tuple[Sequence[float] | None, str]:
        return None, DRAWN

    def _rescaled(self, slope: float, intercept: float) -> None:
        for arm, successes in enumerate(self._successes):
            self._successes[arm] = slope * successes + intercept * (self._told[arm] - self._failed[arm])
            self._drawn[arm] = []
            self._batch[arm] = 1


class ThompsonGaussian(Policy):
    """Parameter ``sigma``.

    Attributes:
        _centres, _roots: Arm to mean and standard deviation of its posterior, in units of the reward.

    >>> from hpobench_baselines.native import bandits
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> arms = task(bandits.THOMPSON_GAUSSIAN, {"arm": ["good", "bad"]}, loss_range=(0.0, 1.0))
    >>> trials = play(ThompsonGaussian(arms), lambda c: 0.2 if c["arm"] == "good" else 0.8, 100)
    >>> sum(t.configuration["arm"] == "good" for t in trials) > 75
    True
    """

    __slots__ = ("_centres", "_normals", "_prior", "_roots")

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        count = len(self._asks)
        self._normals = standard_normals(derive(task.seed, "posterior"))
        self._prior = 0 if self._sigma else 1  # pulls that the prior is worth
        self._centres = [0.0] * count
        self._roots = [1.0] * count
        if self._prior:
            self._untried.clear()  # the prior alone says where to begin

    def _choose(self) -> int:
        if self._untried:
            arm = self._first_pull()
            self._update(arm)
            return arm
        drawn = zip(self._centres, self._roots, self._normals, strict=False)  # endless normals, one an arm are taken
        return argmax([centre + root * normal for centre, root, normal in drawn], self._uniform)

    def _learn(self, asked: int, arm: int, reward: float) -> None:
        self._update(arm)

    def _believed(self) -> Sequence[float]:
        return self._centres

    def _bounds(self) -> Bounds | None:
        pairs = list(zip(self._centres, self._roots, strict=True))
        lower, upper = ([centre + sds * root for centre, root in pairs] for sds in (-TAIL_SDS, TAIL_SDS))
        return Bounds(lower, upper, POSTERIOR)

    def _worth(self) -> tuple[Sequence[float] | None, str]:
        return None, DRAWN

    def _rescaled(self, slope: float, intercept: float) -> None:
        for arm in range(len(self._asks)):
            self._update(arm)

    def _update(self, arm: int) -> None:
        told = self._told[arm]
        if self._prior:
            self._centres[arm] = self._sums[arm] / (told + 1)
            self._roots[arm] = (told + 1) ** -0.5
        else:  # rewards are in units of 2 sigma; an arm whose first pull is pending counts as pulled
            self._centres[arm] = self._means[arm]
            self._roots[arm] = 0.5 * max(told, 1) ** -0.5


def standard_normals(seed: int) -> Iterator[float]:
    """Endless independent draws, made in batches."""
    generator = np.random.default_rng(seed)
    while True:
        yield from generator.standard_normal(NORMALS).tolist()
