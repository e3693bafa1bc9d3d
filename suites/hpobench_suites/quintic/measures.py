"""How far a metric is from Calabi-Yau: volumes, σ, the Ricci measure and topological self-checks, with standard errors.

All are means over points that are distributed like det g_FS d⁶x, with the weights w of ``geometry.hypersurface``, so
that mean(w f) = ∫ f |Ω|² d⁶x. With r = det g/|Ω|² (eqs. 6-8 are those of the lecture that this suite is after; σ goes
back to Douglas, Karp, Lukic & Reinbacher, hep-th/0612075):

    Vol_CY = mean(w)                                                        (6)
    σ      = mean(w |1 - (r / mean(w r)) Vol_CY|) / Vol_CY                  (7)
    ‖R‖    = mean(w (ω³/Ω∧Ω̄) |R|) / Vol_K^(2/3),  Vol_K = mean(w ω³/Ω∧Ω̄)   (8)

**Conventions.** ω³ = 6 det g d⁶x. In σ the 6 cancels, in ‖R‖ it does not: ``ricci_measure`` is (8) with the 6, so that
Vol_K = 5 (exactly, for every metric in the class of Fubini-Study's). Without it, Vol_K = 5/6 and ‖R‖ is smaller by
6^(1/3). The literature's measure, Vol_K^(1/3)/Vol_CY ∫|R| ω³, has the 6 in both volumes and in the integral
(Vol_CY = 6 mean(w)): ``literature_ricci_measure``. ``volume_k`` is mean(w r), without the 6: exactly 5/6.

**Standard errors.** The five points of one line are correlated, the lines are not. So each is that of the mean of
independent line means; for functions of means, of their linearisation (delta method).

Arrays: n points, five consecutive ones a line, float64. NaN in gives NaN out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import gamma, pi

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.core import HpobenchError

Floats = NDArray[np.float64]

VOLUME_CY = pi**3 / 625.0 * (gamma(0.2) / gamma(0.8)) ** 5
"""∫|Ω|² d⁶x of the Fermat quintic (psi = 0), exact; ``periods`` has those of others."""
EULER_NUMBER = -200
"""Of every smooth quintic threefold."""
FORM_FACTOR = 6.0
"""ω³ = 6 det g d⁶x."""
POINTS_A_LINE = 5


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over points, or a function of such means, with its standard error."""

    value: float
    error: float

    def __str__(self) -> str:
        return f"{self.value:.6g} ± {self.error:.2g}"


def volume_cy(weights: Floats) -> Estimate:
    """Vol_CY = ∫|Ω|² d⁶x; ``VOLUME_CY`` for psi = 0, ``periods.volume_cy`` for others."""
    return mean(weights)


def volume_k(weights: Floats, ratio: Floats) -> Estimate:
    """∫ det g d⁶x from ``ratio`` = det g/|Ω|²; 5/6 for every metric in the class of Fubini-Study's."""
    return mean(weights * ratio)


def sigma(weights: Floats, ratio: Floats) -> Estimate:
    """σ of a metric from ``ratio`` = det g/|Ω|², both volumes being estimated from the same points."""
    calabi_yau, kaehler = weights.mean(), (weights * ratio).mean()
    scale = calabi_yau / kaehler
    deviation = 1.0 - scale * ratio
    value = (weights * np.abs(deviation)).mean() / calabi_yau
    slope = -(weights * ratio * np.sign(deviation)).mean() / calabi_yau  # of σ in `scale`
    influence = weights * (np.abs(deviation) - value) / calabi_yau
    influence += slope * scale * (weights / calabi_yau - weights * ratio / kaehler)
    return Estimate(float(value), mean(influence).error)


def ricci_measure(weights: Floats, ratio: Floats, scalar: Floats) -> Estimate:
    """‖R‖ = Vol_K^(-2/3) ∫|R| ω³ with Vol_K = 5 (eq. 8), from the Ricci scalars R = -g^b̄a ∂_a∂_b̄ log det g."""
    return _of_means((FORM_FACTOR * weights * ratio * np.abs(scalar), 1.0), (FORM_FACTOR * weights * ratio, -2.0 / 3.0))


def literature_ricci_measure(weights: Floats, ratio: Floats, scalar: Floats) -> Estimate:
    """Vol_K^(1/3)/Vol_CY ∫|R| det g d⁶x with Vol_K = 5 and Vol_CY = mean(w)."""
    return _of_means(
        (weights * ratio * np.abs(scalar), 1.0), (FORM_FACTOR * weights * ratio, 1.0 / 3.0), (weights, -1.0)
    )


def total_curvature(weights: Floats, ratio: Floats, scalar: Floats) -> Estimate:
    """∫ R det g d⁶x, signed: exactly 0, as c₁ = 0."""
    return mean(weights * ratio * scalar)


def euler_number(
    weights: Floats, holomorphic: Floats, density: Floats, beside: Sequence[tuple[Floats, float]] = ()
) -> Estimate:
    """∫ c₃ from the Euler density c₃/d⁶x and |Ω|², both in the same coordinates: exactly -200.

    Its tails are heavy: -200 ± 16 from 5,000 points. Beside Fubini-Study's density on the same points, and the weights,
    of which the means are known, the same points give -200 ± 1.3.

    Args:
        beside: See ``mean``.
    """
    return mean(weights * density / holomorphic, beside)


def mean(values: Floats, beside: Sequence[tuple[Floats, float]] = ()) -> Estimate:
    """The mean over points, with its standard error from line means.

    Args:
        beside: Control variates: other values at the same points, and their means over all of X, which are known. What
            the points miss of those is taken off by linear regression over the lines; the error is that of the rest.

    Raises:
        HpobenchError: the points are not at least two whole lines.
    """
    if values.ndim != 1 or len(values) % POINTS_A_LINE or len(values) < 2 * POINTS_A_LINE:
        raise HpobenchError(
            f"quintic measures: need one number a point for two or more whole lines of {POINTS_A_LINE} points, "
            f"not an array of shape {values.shape}."
        )
    lines = values.reshape(-1, POINTS_A_LINE).mean(axis=1)
    if beside:
        off = np.stack([each.reshape(-1, POINTS_A_LINE).mean(axis=1) - known for each, known in beside], axis=1)
        slopes = np.linalg.lstsq(off - off.mean(axis=0), lines - lines.mean(), rcond=None)[0]
        lines = lines - off @ slopes
    return Estimate(float(lines.mean()), float(lines.std(ddof=1) / np.sqrt(len(lines))))


def _of_means(*factors: tuple[Floats, float]) -> Estimate:
    """Π_i mean(x_i)^p_i for pairs (x_i, p_i)."""
    means = [values.mean() for values, _ in factors]
    value = float(np.prod([m**power for m, (_, power) in zip(means, factors, strict=True)]))
    relative = sum(power * values / m for m, (values, power) in zip(means, factors, strict=True))
    return Estimate(value, abs(value) * mean(np.asarray(relative)).error)
