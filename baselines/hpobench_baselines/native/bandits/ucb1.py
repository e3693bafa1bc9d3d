"""UCB1: Auer, Cesa-Bianchi and Fischer, Machine Learning 47, 2002, Figure 1.

Index mean_k + sqrt(2 ln t / n_k), t pulls so far, n_k of them of arm k. With rewards in [0, 1] the expected regret
after T pulls is at most the sum over the worse arms of 8 ln T / gap_k + (1 + pi^2 / 3) gap_k (Theorem 1).
"""

from math import log, sqrt

from hpobench_baselines.native.bandits.policy import IndexPolicy


class UCB1(IndexPolicy):
    """Parameter ``sigma``."""

    __slots__ = ()

    def _indices(self) -> list[float]:
        scale = sqrt(2.0 * log(self._asked))
        return [mean + scale * root for mean, root in zip(self._means, self._roots, strict=True)]
