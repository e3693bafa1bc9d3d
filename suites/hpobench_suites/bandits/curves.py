"""Hyperband's non-stochastic infinitely-armed bandit (Li et al., arXiv 1603.06560, section 5): crossing loss curves.

An arm is a configuration (x, y, patience) in [0, 1]^3. Its loss after r units is, without any noise,

    l(r) = nu + gamma(r) s
    nu   = (x - 0.3)^2 + (y - 0.6)^2 + 0.4 (1 - patience)              the limit of the curve
    s    = patience + (1 - patience) / 2 sin(2 pi (7 x + 5 y))         in [-1, 1]: how it starts
    gamma(r) = r^(-1/2)                                                the envelope: |l(r) - nu| <= gamma(r)

A patient configuration starts badly and ends well, an impatient one the reverse: curves cross, and what is best after
one unit is not best after 81. The sine gives neighbours different beginnings, so that early losses mislead as in life.

The optimum at the full fidelity R = 81: for every (x, y) the derivative of l(R) by patience is
-0.4 + gamma(R) (1 - sin(...)/2) <= -0.4 + 1.5/9 < 0, hence patience = 1, where s = 1 whatever x and y; hence x = 0.3,
y = 0.6, and the least loss is gamma(81) = 1/9 exactly. At any fidelity losses lie in [-0.1, 1.85]: at least 0.4 - 1/2,
for an impatient one at the trough of the sine, and at most 0.49 + 0.36 + 1, for a patient one at (1, 0).
"""

from math import pi, sin, sqrt
from typing import TYPE_CHECKING

from hpobench_tui.core import Configuration, Dimensions, Fidelity, ProblemInfo, Reference, Report
from hpobench_tui.core.configuration import Value
from hpobench_tui.core.problem import NO_METRICS
from hpobench_tui.core.targets import spaced

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

R = 81
LEVEL = 0.33
"""Median regret of a configuration drawn at random (``python -m benchmarks.levels``)."""


def gamma(r: int) -> float:
    """The envelope after r >= 1 units."""
    return 1.0 / sqrt(r)


class Curve:
    """One loss curve: ``limit`` (nu) and ``start`` (s) as in the module's formulas."""

    __slots__ = ("_reached", "_truth", "limit", "start")

    def __init__(self, x: float, y: float, patience: float) -> None:
        self.limit = (x - 0.3) ** 2 + (y - 0.6) ** 2 + 0.4 * (1.0 - patience)
        self.start = patience + (1.0 - patience) / 2.0 * sin(2.0 * pi * (7.0 * x + 5.0 * y))
        self._truth = self.loss(R)
        self._reached = 0

    def loss(self, r: int) -> float:
        """The loss after r units."""
        return self.limit + gamma(r) * self.start

    def advance(self, to_fidelity: int) -> Report:
        """The loss after ``to_fidelity`` units; ``truth`` is that after R; a unit costs a second."""
        cost = float(to_fidelity - self._reached)
        self._reached = to_fidelity
        return Report(self.loss(to_fidelity), NO_METRICS, self._truth, cost)


class Curves:
    """The problem ``bandits/curves``.

    Patience costs at first, and pays in the end:

    >>> patient, impatient = ({"x": 0.3, "y": 0.6, "patience": p} for p in (1.0, 0.0))
    >>> [[round(Curves().start(c, 0, "cpu").advance(r).loss, 2) for c in (patient, impatient)] for r in (1, 81)]
    [[1.0, 0.69], [0.11, 0.43]]
    """

    def space(self) -> "ConfigurationSpace":
        """Three floats in [0, 1]."""
        from ConfigSpace import ConfigurationSpace, Float

        return ConfigurationSpace(space=[Float(name, (0.0, 1.0)) for name in ("x", "y", "patience")])

    def start(self, configuration: Configuration, seed: int, device: str) -> Curve:
        """The configuration's curve; the seed has no part in it."""
        return Curve(float(configuration["x"]), float(configuration["y"]), float(configuration["patience"]))

    def minimisers(self) -> list[dict[str, Value]]:
        """The one minimiser."""
        return [{"x": 0.3, "y": 0.6, "patience": 1.0}]


CURVES = ProblemInfo(
    id="bandits/curves",
    summary="Crossing loss curves with a known envelope: Hyperband's infinitely-armed bandit",
    load="hpobench_suites.bandits.curves:Curves",
    dimensions=Dimensions(floats=3),
    reference=Reference(1.0 / 9.0, "gamma(81), by construction"),
    fidelity=Fidelity("units", 1, R, step=1),
    seconds=2e-6,
    tags=("bandit", "non-stochastic", "multi-fidelity"),
    loss_range=(-0.1, 1.85),
    costs=True,
    targets=spaced(LEVEL, 1e-8),
)
