"""GP-Hedge: a portfolio of acquisition functions (Hoffman, Brochu and de Freitas, UAI 2011, algorithm 2).

Each function nominates its favourite. One is chosen with a probability that grows exponentially with the gain of its
function: after each round, minus the mean that the next model has at its nominee is added. Losses are standardised.
"""

import numpy as np

from hpobench_baselines.native.encoding import Floats


class Hedge:
    """Gains of ``functions`` acquisition functions; ``rate`` is the eta of the paper.

    The function whose nominee had the lower mean is chosen the more often:

    >>> hedge = Hedge(functions=2)
    >>> hedge.reward(np.array([-1.0, 0.5]))
    >>> hedge.probabilities().round(2).tolist()
    [0.82, 0.18]
    """

    def __init__(self, functions: int, rate: float = 1.0) -> None:
        self.gains: Floats = np.zeros(functions)
        self._rate = rate

    def probabilities(self) -> Floats:
        """(functions,), of being chosen."""
        weights: Floats = np.exp(self._rate * (self.gains - self.gains.max()))
        return weights / float(weights.sum())

    def choose(self, rng: np.random.Generator) -> int:
        """The function whose nominee is asked."""
        return int(rng.choice(len(self.gains), p=self.probabilities()))

    def reward(self, means: Floats) -> None:
        """Add what the newest model says of the nominees: the posterior means (functions,) of the losses there."""
        self.gains -= means
