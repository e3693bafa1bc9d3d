"""A number with the interval that it is sure to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value, and the interval that covers the truth at least with probability ``level``.

    How to read it: of many experiments like this one, a share of ``level`` has the truth inside the interval. What lies
    outside is ruled out at that level; what lies inside is not shown to be so.

    Attributes:
        level: What the interval keeps, 0 to 1. Below what was asked for where so few runs allow no more: of five
            pairs, no rank-based interval keeps more than 0.9375.
        n: Runs, or pairs of runs, that it is from.

    >>> Estimate(-0.2, lower=-0.5, upper=0.1, level=0.95, n=10).excludes(0.0)
    False
    """

    value: float
    lower: float
    upper: float
    level: float
    n: int

    def excludes(self, value: float) -> bool:
        """Whether the value lies outside the interval."""
        return not self.lower <= value <= self.upper
