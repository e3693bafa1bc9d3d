"""Regret targets: how near to the reference counts as a success, in steps that a problem pins.

Anytime performance is measured by when a run first comes within each of them (Hansen et al., *COCO: performance
assessment*, arXiv 1605.03560). They are part of the problem's description, never taken from the compared runs, so that
nobody's numbers depend on whom he is compared with.
"""

from collections.abc import Sequence
from math import log10

PER_DECADE = 5
COCO = tuple(10 ** (2 - k / PER_DECADE) for k in range(51))
"""100 to 1e-8, as COCO takes them of its functions: those of a problem that pins none of its own."""


def spaced(first: float, last: float, per_decade: int = PER_DECADE) -> tuple[float, ...]:
    """Targets from ``first`` down to ``last``, even in the logarithm, at least ``per_decade`` in a factor of ten.

    Rounded to four digits, both ends among them.

    >>> spaced(0.5, 0.05, per_decade=3)
    (0.5, 0.2321, 0.1077, 0.05)
    >>> spaced(100.0, 1e-8) == tuple(float(f"{target:.4g}") for target in COCO)
    True
    """
    decades = log10(first / last)
    steps = max(1, round(decades * per_decade + 0.499))
    return tuple(dict.fromkeys(float(f"{first * 10 ** (-decades * k / steps):.4g}") for k in range(steps + 1)))


def of_arms(losses: Sequence[float]) -> tuple[float, ...]:
    """Of finitely many arms with these expected losses: from just below the largest gap, which the worst arm has, down
    to half of the smallest one, which only the best arms are within; none (COCO's) where all arms are equal.

    >>> of_arms([0.1, 0.3, 0.2])
    (0.198, 0.1252, 0.0791, 0.05)
    """
    best = min(losses)
    gaps = [loss - best for loss in losses if loss - best > 1e-12 * max(1.0, abs(best))]
    return spaced(0.99 * max(gaps), min(gaps) / 2) if gaps else ()
