"""UCB1: Auer, Cesa-Bianchi and Fischer, Machine Learning 47, 2002, Figure 1.

Index mean_k + sqrt(2 ln t / n_k), t pulls so far, n_k of them of arm k. With rewards in [0, 1] the expected regret
after T pulls is at most the sum over the worse arms of 8 ln T / gap_k + (1 + pi^2 / 3) gap_k (Theorem 1).
"""

from math import log, sqrt

from hpobench_baselines.native.bandits.policy import IndexPolicy


class UCB1(IndexPolicy):
    """Parameter ``sigma``.

    The worse arm is pulled ever more rarely:

    >>> from hpobench_baselines.native import bandits
    >>> from hpobench_tui.testing.by_hand import play, task
    >>> arms = task(bandits.UCB1, {"arm": ["good", "bad"]}, loss_range=(0.0, 1.0))
    >>> trials = play(UCB1(arms), lambda c: 0.2 if c["arm"] == "good" else 0.8, 50)
    >>> "".join(t.configuration["arm"][0] for t in trials)
    'bgggbgggbgggggbgggggbggggggbggggggggbgggggggggbggg'
    """

    __slots__ = ()

    def _indices(self) -> list[float]:
        scale = sqrt(2.0 * log(self._asked))
        return [mean + scale * root for mean, root in zip(self._means, self._roots, strict=True)]
