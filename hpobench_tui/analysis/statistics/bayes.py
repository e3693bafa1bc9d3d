"""How probable is it that one is better, practically equal, or worse? The Bayesian signed-rank test.

A. Benavoli et al., "A Bayesian Wilcoxon signed-rank test based on the Dirichlet process", ICML 2014, and "Time for a
change: a tutorial for comparing multiple classifiers through Bayesian analysis", JMLR 18(77), 2017. With weights w from
a Dirichlet distribution, of strength ``prior`` for a pseudo-observation z₀ = 0 and 1 for each difference zᵢ:

- θ_lower = Σᵢⱼ wᵢ wⱼ [zᵢ + zⱼ < −2r], θ_higher = Σᵢⱼ wᵢ wⱼ [zᵢ + zⱼ > 2r];
- the rest is the region of practical equivalence, ± r. ``better`` is how often θ_lower is the largest of the three, and
  so on.

A difference is one observation. Of one problem these are a repetition's; of several, one number a problem on a scale
that all share (a difference of normalised losses, of log regrets, or probability of improvement − 0.5).

How to read it: probabilities of what is asked, given the data: 0.97, 0.02, 0.01 says "better, practically surely"; 0.5,
0.45, 0.05 says "not worse". No p, no significance; ±r is what the reader says does not matter. Of few observations all
stay near the prior, that both are equal.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from hpobench_tui.core.columns import Floats

SAMPLES = 10_000


@dataclass(frozen=True, slots=True)
class Posterior:
    """Of ``one`` − ``other``: probabilities that sum to 1, from ``n`` observations; ``rope`` in their unit."""

    n: int
    rope: float
    better: float
    equal: float
    worse: float


def bayesian_signed_rank(
    differences: Floats, rope: float = 0.0, prior: float = 0.5, samples: int = SAMPLES, seed: int = 0
) -> Posterior | None:
    """None without a difference.

    Args:
        differences: Shape (n,), below 0 where ``one`` is better; NaN is left out, ±inf is beyond all others.
        rope: Differences up to it do not matter, at least 0.
        samples: Of the posterior; probabilities are sure to ± 0.01 with 10,000. Drawn from ``seed``: equal differences
            give equal numbers.

    >>> found = bayesian_signed_rank(np.array([-3.0, -2.0, -2.5, -1.5, -4.0, -2.2]), rope=1.0)
    >>> found.better > 0.95
    True
    """
    z = np.sort(differences[~np.isnan(differences)])
    n = len(z)
    if not n:
        return None
    where = int(np.searchsorted(z, 0.0))
    z = np.insert(z, where, 0.0)
    weights = _weights(n, prior, samples, seed)
    weights = np.concatenate((weights[1 : where + 1], weights[:1], weights[where + 1 :]))
    upto = np.concatenate((np.zeros((1, samples)), np.cumsum(weights, axis=0)))
    with np.errstate(over="ignore"):
        below = np.searchsorted(z, -2 * rope - z, side="left")
        above = np.searchsorted(z, 2 * rope - z, side="right")
    lower = (weights * upto[below]).sum(axis=0)
    higher = (weights * (upto[-1] - upto[above])).sum(axis=0)
    inside = 1.0 - lower - higher
    most = np.argmax((inside, lower, higher), axis=0)
    equal, better, worse = (np.bincount(most, minlength=3) / samples).tolist()
    return Posterior(n, rope, better, equal, worse)


@lru_cache(maxsize=4)
def _weights(n: int, prior: float, samples: int, seed: int) -> Floats:
    """Dirichlet weights of the pseudo-observation, which comes first, and of n others: shape (n + 1, samples)."""
    weights = np.random.default_rng(seed).dirichlet((prior, *(1.0,) * n), samples)
    return np.ascontiguousarray(weights.T)
