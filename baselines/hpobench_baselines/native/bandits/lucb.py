"""LUCB1: Kalyanakrishnan, Tewari, Auer and Stone, *PAC Subset Selection in Stochastic Multi-armed Bandits*, ICML
2012, with m = 1.

Each round pulls two arms: the one with the best mean, and of the others the one with the highest upper confidence
bound. It stops when that bound is less than epsilon above the lower confidence bound of the best arm, which is then,
with probability at least 1 - delta, within epsilon of the best there is. The confidence width of an arm after n
pulls, in round t, is sqrt(ln(5 K t^4 / (4 delta)) / (2 n)) (its equation for beta, k_1 = 5/4). When it has stopped,
the arm that it found is pulled for as long as the budget lasts.
"""

from collections.abc import Sequence
from math import inf, log, sqrt

from hpobench_baselines.native.bandits.choice import argmax
from hpobench_baselines.native.bandits.policy import FIRST, Bounds, OptimisticPolicy
from hpobench_tui.core import NotReady, Task


class LUCB(OptimisticPolicy):
    """Parameters ``delta``, ``epsilon`` (in units of the scaled reward) and ``sigma``.

    Attributes:
        _found: The arm that it stopped with, or None.
        _challenger: The second arm of the round under way, or None.

    Two pulls a round, until the bounds part but for epsilon:

    >>> from hpobench_baselines.native import bandits
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> arms = task(bandits.LUCB, {"arm": ["good", "bad"]}, loss_range=(0.0, 1.0), epsilon=0.3)
    >>> trials = play(LUCB(arms), lambda c: 0.2 if c["arm"] == "good" else 0.8, 120)
    >>> "".join(t.configuration["arm"][0] for t in trials)[80:]
    'gbgbgbgbgbgbgbgbgggggggggggggggggggggggg'
    """

    __slots__ = ("_challenger", "_constant", "_epsilon", "_found", "_round")

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self._constant = 1.25 * len(self._asks) / float(task.parameters["delta"])
        self._epsilon = float(task.parameters["epsilon"])
        self._round = 0
        self._challenger: int | None = None
        self._found = 0 if len(self._asks) == 1 else None

    def _most_promising(self) -> int:
        """One of the two arms of a round.

        Raises:
            NotReady: pulls of the round before are still to be told.
        """
        if self._found is not None:
            return self._found
        if self._challenger is not None:
            arm, self._challenger = self._challenger, None
            return arm
        if self._waiting:
            raise NotReady
        self._round += 1
        scale = self._scale_of_round()
        best = self._best()
        bounds = [mean + scale * root for mean, root in zip(self._means, self._roots, strict=True)]
        bounds[best] = -inf
        challenger = argmax(bounds, self._uniform)
        if bounds[challenger] - (self._means[best] - scale * self._roots[best]) < self._epsilon:
            self._found = best
        else:
            self._challenger = challenger
        return best

    def _scale_of_round(self) -> float:
        return sqrt(0.5 * (log(self._constant) + 4.0 * log(max(self._round, 1))))

    def _worth(self) -> tuple[Sequence[float] | None, str]:
        return None, FIRST if self._begins else "each round pulls the best arm and its closest rival"

    def _bounds(self) -> Bounds | None:
        if self._begins:
            return None
        scale = self._scale_of_round()
        pairs = list(zip(self._means, self._roots, strict=True))
        return Bounds(
            [mean - scale * root for mean, root in pairs],
            [mean + scale * root for mean, root in pairs],
            "confidence bounds",
        )
