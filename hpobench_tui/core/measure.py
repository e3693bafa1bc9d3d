"""What runs are measured by: regret, or the incumbent's loss."""

from enum import StrEnum
from sys import float_info


class Measure(StrEnum):
    """What is measured; lower is better in each.

    >>> [str(measure) for measure in Measure if measure.summed]
    ['cumulative regret', 'pseudo-regret']
    """

    SIMPLE = "simple regret"
    """The incumbent's (noise-free) loss less the problem's pinned reference loss."""
    CUMULATIVE = "cumulative regret"
    """rho = T mu* - sum of rewards (Bubeck & Cesa-Bianchi, arXiv 1204.5721, section 1), with the losses observed."""
    PSEUDO = "pseudo-regret"
    """The same with the noise-free losses: T mu* - sum of the mean rewards of the arms that were pulled."""
    INCUMBENT = "incumbent loss"
    """The incumbent's (noise-free) loss itself."""

    @property
    def summed(self) -> bool:
        """Whether it sums up over the trials."""
        return self in (Measure.CUMULATIVE, Measure.PSEUDO)


def within_floats(total: float) -> float:
    """The number itself, or the largest float of its sign where it has overflown to infinity."""
    return min(max(total, -float_info.max), float_info.max)
