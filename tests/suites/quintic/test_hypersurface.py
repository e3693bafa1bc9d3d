"""Charts of the quintic against finite differences, changes of chart, and exact volumes by periods."""

from math import factorial, gamma, pi

import mpmath
import numpy as np
import pytest

from hpobench_suites.quintic.geometry.hypersurface import (
    CLASS_VOLUME,
    Charts,
    Complex,
    Quintic,
    charts,
    determinant,
    fubini_study,
)
from hpobench_suites.quintic.geometry.sampler import sample
from hpobench_tui.core import HpobenchError

PSIS = (0.0, 0.5, -2.0, 100.0)


def points(psi: float, n: int = 200, seed: int = 1) -> Charts:
    quintic = Quintic(psi)
    return charts(quintic, sample(quintic, n, np.random.default_rng(seed)))


def exact_volume(psi: float) -> float:
    """∫|Ω|² d⁶x over the quintic, by its periods.

    The four periods in the basis of eigenvectors of ψ → e^(2πi/5) ψ are (5ψ)^(k-1) 4F3(ψ⁵), k = 1 ... 4 (Candelas, de
    la Ossa, Green & Parkes, Nucl. Phys. B 359, 21, 1991), in which the intersection form is diagonal. Its
    entries are Γ(k/5)⁵/Γ(1-k/5)⁵ with alternating signs.
    """
    total = mpmath.mpf(0)
    for k in range(1, 5):
        lower = [mpmath.mpf(k + j) / 5 for j in range(1, 5) if k + j != 5]
        series = mpmath.hyper([mpmath.mpf(k) / 5] * 4, lower, mpmath.mpf(psi) ** 5)
        period = (5 * psi) ** (k - 1) / factorial(k - 1) * abs(series)
        total += (-1) ** (k - 1) * (gamma(k / 5) / gamma(1 - k / 5)) ** 5 * period**2
    return float(pi**3 / 625 * total)


def on_surface(at: Charts, x: Complex) -> Complex:
    """Homogeneous coordinates (n, 5) of the points with the local coordinates (n, 3), near those of ``at``."""
    rows = np.arange(len(at))
    z = at.z.copy()
    np.put_along_axis(z, at.local, x, axis=1)
    for _ in range(6):
        z[rows, at.eliminated] -= at.quintic.value(z) / at.quintic.gradient(z)[rows, at.eliminated]
    return z


def displaced(at: Charts, h: float) -> list[Complex]:
    """The points displaced by h along each local coordinate."""
    x = np.take_along_axis(at.z, at.local, axis=1)
    return [on_surface(at, x + h * np.eye(3)[a]) for a in range(3)]


@pytest.mark.parametrize("psi", PSIS)
def test_points_lie_on_the_surface_in_the_best_chart(psi: float) -> None:
    at = points(psi, 10_000)
    rows = np.arange(len(at))
    assert np.abs(at.quintic.value(at.z)).max() < 1e-13
    assert (at.z[rows, at.patch] == 1.0).all()
    assert np.abs(at.z).max() <= 1.0 + 1e-15
    slopes = np.abs(at.gradient)
    slopes[rows, at.patch] = 0.0
    assert (slopes[rows, at.eliminated] >= slopes.max(axis=1) * (1 - 1e-12)).all()
    chosen = np.column_stack([at.patch, at.eliminated, at.local])
    assert (np.sort(chosen, axis=1) == np.arange(5)).all()
    assert (np.diff(at.local, axis=1) > 0).all()


@pytest.mark.parametrize("psi", PSIS)
def test_the_gradient_is_that_of_the_value(psi: float) -> None:
    at, h = points(psi), 1e-3
    numeric = np.stack(
        [(at.quintic.value(at.z + h * e) - at.quintic.value(at.z - h * e)) / (2 * h) for e in np.eye(5)], axis=1
    )
    cubic = 10.0 * h**2 * at.z**2 + h**4  # of z⁵; Π z is linear in each coordinate
    assert np.abs(numeric - cubic - at.gradient).max() < 1e-10 * (1 + abs(psi))


@pytest.mark.parametrize("psi", PSIS)
def test_pullback_is_the_derivative_of_the_implicit_function(psi: float) -> None:
    at, h = points(psi), 1e-5
    for a, (up, down) in enumerate(zip(displaced(at, h), displaced(at, -h), strict=True)):
        # second derivatives are unbounded for large psi: an error relative to them
        scale = 1.0 + np.abs(up - 2 * at.z + down).max(axis=1) / h**2
        assert (np.abs((up - down) / (2 * h) - at.pullback[:, a]).max(axis=1) < 1e-7 * scale**2).all()


@pytest.mark.parametrize("psi", PSIS[:3])
def test_fubini_study_is_the_second_derivative_of_its_potential(psi: float) -> None:
    at, h = points(psi), 1e-4
    ups, downs = displaced(at, h), displaced(at, -h)

    def potential(z: Complex, y: Complex) -> Complex:
        """log|z|²/π, holomorphic in z and antiholomorphic in y."""
        result: Complex = np.log((z * y.conj()).sum(axis=1)) / pi
        return result

    for a in range(3):
        for b in range(3):
            mixed = (
                potential(ups[a], ups[b])
                - potential(ups[a], downs[b])
                - potential(downs[a], ups[b])
                + potential(downs[a], downs[b])
            )
            assert np.abs(mixed / (4 * h**2) - at.fubini_study[:, a, b]).max() < 2e-6


@pytest.mark.parametrize("psi", PSIS)
def test_the_ratio_of_volume_forms_is_the_same_in_all_twenty_charts(psi: float) -> None:
    at = points(psi, 500)
    reference = CLASS_VOLUME / at.weights  # in closed form
    np.testing.assert_allclose(determinant(at.fubini_study) / at.holomorphic, reference, rtol=1e-12)
    compared = 0
    for p in range(5):
        for e in set(range(5)) - {p}:
            z = at.z / at.z[:, p, None]
            other = Charts(at.quintic, z, np.full(len(z), p), np.full(len(z), e))
            g = other.fubini_study
            determinants = determinant(g)
            # far from its own patch, or at its edge, a chart has a determinant of large terms that nearly cancel
            well = np.einsum("naa->na", g).real.prod(axis=1) < 1e3 * determinants
            ratio = determinants[well] / other.holomorphic[well]
            np.testing.assert_allclose(ratio, reference[well], rtol=1e-11)
            np.testing.assert_allclose(CLASS_VOLUME / other.weights[well], reference[well], rtol=1e-11)
            compared += int(well.sum())
    assert compared > 12 * len(at)


def test_determinant_is_numpys() -> None:
    g = points(0.5).fubini_study
    np.testing.assert_allclose(determinant(g), np.linalg.det(g).real, rtol=1e-12)
    assert np.linalg.eigvalsh(g).min() > 0


def test_the_fermat_volume_is_the_closed_form() -> None:
    closed = pi**3 / 625 * (gamma(1 / 5) / gamma(4 / 5)) ** 5
    assert exact_volume(0.0) == pytest.approx(closed, rel=1e-12)
    assert closed == pytest.approx(47.2975609, abs=1e-7)
    assert abs(points(0.0, 100_000).weights.mean() - closed) < 4 * 27.1 / 100_000**0.5


@pytest.mark.parametrize("psi", [0.25, 0.9, 1.5, -0.7, -2.0, 100.0])
def test_volumes_are_those_by_periods(psi: float) -> None:
    weights = points(psi, 200_000).weights.reshape(-1, 5).mean(axis=1)
    error = weights.std() / len(weights) ** 0.5
    assert abs(weights.mean() - exact_volume(psi)) < 4 * error
    assert error < 0.005 * exact_volume(psi)


@pytest.mark.parametrize("psi", [0.0, 0.5])
def test_every_metric_of_the_class_has_its_volume(psi: float) -> None:
    """log|Az|² differs from log|z|² by a function; A is far from unitary."""
    at = points(psi, 100_000)
    a = np.diag([1.0, 1.3, 0.7, 1.0, 1.5]) + 0.3 * np.eye(5, k=1)
    metric = fubini_study(at.z @ a.T, at.pullback @ a.T)
    volume = (at.weights * determinant(metric) / at.holomorphic).reshape(-1, 5).mean(axis=1)
    error = volume.std() / len(volume) ** 0.5
    assert abs(volume.mean() - CLASS_VOLUME) < 4 * error
    assert 0 < error < 0.01


def test_charts_are_read_only() -> None:
    at = points(0.0, 5)
    arrays = (at.z, at.patch, at.eliminated, at.local, at.gradient, at.pullback, at.holomorphic, at.weights)
    assert not any(array.flags.writeable for array in (*arrays, at.fubini_study))


def test_charting_points_again_changes_nothing() -> None:
    at = points(0.5, 1000)
    again = charts(at.quintic, at.z)
    assert (again.z == at.z).all()
    assert (again.patch == at.patch).all()
    assert (again.eliminated == at.eliminated).all()


@pytest.mark.parametrize("psi", [1.0, 0.9995, 1.0005])
def test_the_conifold_is_refused(psi: float) -> None:
    with pytest.raises(HpobenchError, match="conifold"):
        Quintic(psi)


@pytest.mark.parametrize("psi", [float("nan"), float("inf"), 100.5, -1e6])
def test_impossible_psi_are_refused(psi: float) -> None:
    with pytest.raises(HpobenchError, match="from -100 to 100"):
        Quintic(psi)


def test_minus_one_is_smooth() -> None:
    assert np.isfinite(points(-1.0, 1000).weights).all()
