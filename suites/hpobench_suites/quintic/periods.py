"""The volume Vol_CY = ∫|Ω|² d⁶x of every quintic of the Dwork family with |ψ| < 1, exact: by the periods of Ω.

The periods of Ω around ψ = 0 are combinations of four hypergeometric series (Candelas, de la Ossa, Green & Parkes,
Nucl. Phys. B 359 (1991) 21), one for each power k = 1, ..., 4 by which z_0 → ζ z_0, ζ⁵ = 1, turns them,

    F_k(ψ) = Σ_{n≥0} Γ(n + k/5)⁵ / Γ(5n + k) (5ψ)^(5n+k-1).

As ψ → ζψ gives the same X, the volume has no mixed terms, and the intersection form has alternating signs on the parts
of types (3, 0), (2, 1), (1, 2), (0, 3), which they are at ψ = 0:

    Vol_CY = (π³/625) Σ_k (-1)^(k-1) (sin(πk/5)/π)⁵ |F_k(ψ)|².

The series converge up to the conifold; their terms fall like ψ^5n n^-2 there.
"""

from math import gamma, pi, sin

from hpobench_tui.core import HpobenchError

PRECISION = 1e-17
"""Of a series, relative: where it is broken off."""
MOST = 0.999
"""Of |ψ|: nearer to 1 the series take more than a few thousand terms."""


def volume_cy(psi: complex) -> float:
    """∫|Ω|² d⁶x on Σ z_i⁵ = 5ψ Π z_i.

    Raises:
        HpobenchError: |ψ| > 0.999. From 1 on the series diverge.
    """
    if not abs(psi) <= MOST:
        raise HpobenchError(f"quintic: the series of the volume are for |psi| up to {MOST}, not for psi = {psi}.")
    parts = ((-1.0) ** (k - 1) * (sin(pi * k / 5) / pi) ** 5 * abs(series(psi, k)) ** 2 for k in range(1, 5))
    return float(pi**3 / 625.0 * sum(parts))


def series(psi: complex, k: int) -> complex:
    """F_k(ψ)."""
    power = (5.0 * psi) ** 5
    term: complex = gamma(k / 5) ** 5 / gamma(k) * (5.0 * psi) ** (k - 1)
    total, n = 0.0 + 0.0j, 0
    while abs(term) > PRECISION * abs(total):
        total += term
        m = 5 * n + k
        term *= power * (n + k / 5) ** 5 / (m * (m + 1) * (m + 2) * (m + 3) * (m + 4))
        n += 1
    return total
