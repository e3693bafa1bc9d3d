"""Losses as the model sees them: finite, bounded, bent by a power and standardised; with derivatives by the power.

Losses of hyperparameter problems, and of test functions such as Rosenbrock's, range over orders of magnitude, while a
Gaussian process expects one scale. ``scaled`` maps the best loss to 0 and the median to 1, and flattens what is far
above. ``bent`` then applies the Box-Cox power transformation ((t + d)^p - 1) / p, which is the logarithm for p = 0
(Box and Cox, JRSS B 26, 1964), and standardises. The power is fitted with the kernel's parameters by the marginal
likelihood of the losses, whose Jacobian is part of it: a warped Gaussian process (Snelson et al., NIPS 2003).
"""

import math
from typing import NamedTuple

import numpy as np

from hpobench_baselines.native.encoding import Floats

OFFSET = 0.1
"""The d of the transformation: differences well below a tenth of what lies between best and median stay linear."""
HIGHEST = 1e4
"""Scaled losses above are flattened: to this, all of them."""
TINY_POWER = 1e-4


class Scale(NamedTuple):
    """scaled = loss / unit - lowest, in two steps so that 1e300 does not overflow."""

    unit: float
    lowest: float
    spread: float

    def apply(self, losses: Floats) -> Floats:
        """Losses (n,) to scaled ones (n,), clipped to HIGHEST."""
        return np.minimum((losses / self.unit - self.lowest) / self.spread, HIGHEST)

    def undo(self, scaled: Floats) -> Floats:
        """Scaled losses to losses."""
        losses: Floats = (scaled * self.spread + self.lowest) * self.unit
        return losses


class Power(NamedTuple):
    """The fitted bend: standardised = (boxcox(scaled) - mean) / deviation."""

    power: float
    mean: float
    deviation: float

    def apply(self, scaled: Floats) -> Floats:
        """Scaled losses to the model's targets."""
        return (box_cox(scaled, self.power)[0] - self.mean) / self.deviation

    def undo(self, targets: Floats) -> Floats:
        """The model's targets to scaled losses; where no loss has such a target, the nearest that one can have."""
        bent = targets * self.deviation + self.mean
        if abs(self.power) < TINY_POWER:
            return np.exp(np.minimum(bent, 300.0)) - OFFSET
        return np.maximum(self.power * bent + 1.0, 0.0) ** (1.0 / self.power) - OFFSET


def scale_of(losses: Floats) -> Scale:
    """The scale of finite losses (n,), n > 0. Equal losses have a spread of one unit."""
    unit = max(float(np.abs(losses).max()), 1e-300)
    relative = losses / unit
    lowest = float(relative.min())
    spread = float(np.median(relative)) - lowest
    if spread <= 1e-15:  # half of them are best, but for rounding
        above = relative[relative > lowest]
        spread = float(above.mean()) - lowest if len(above) else 0.0
    return Scale(unit, lowest, spread if spread > 1e-15 else 1.0)


def box_cox(scaled: Floats, power: float) -> tuple[Floats, Floats, Floats]:
    """Bent values (n,), their derivatives by the power, and the logarithms log(t + d)."""
    logs = np.log(np.maximum(scaled + OFFSET, 1e-12))
    if abs(power) < TINY_POWER:
        return logs + 0.5 * power * logs**2, 0.5 * logs**2 + power / 3.0 * logs**3, logs
    raised = np.exp(power * logs)
    return (raised - 1.0) / power, (raised * (power * logs - 1.0) + 1.0) / power**2, logs


def bent(scaled: Floats, power: float) -> tuple[Floats, Floats, float, float, Power]:
    """Targets (n,) with mean 0 and deviation 1, their derivatives by the power, the logarithm of the transformation's
    Jacobian, its derivative by the power, and the transformation itself."""
    values, slopes, logs = box_cox(scaled, power)
    mean = float(values.mean())
    deviation = float(values.std())
    if deviation < 1e-12:
        return np.zeros(len(scaled)), np.zeros(len(scaled)), 0.0, 0.0, Power(power, mean, 1.0)
    targets = (values - mean) / deviation
    growth = float(targets @ slopes) / len(scaled)  # d deviation / d power
    change = (slopes - slopes.mean() - targets * growth) / deviation
    total = float(logs.sum())
    jacobian = (power - 1.0) * total - len(scaled) * math.log(deviation)
    return targets, change, jacobian, total - len(scaled) * growth / deviation, Power(power, mean, deviation)
