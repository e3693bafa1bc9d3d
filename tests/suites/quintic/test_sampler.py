"""The sampler against numpy.roots and the symmetries of its distribution; it never returns what is not a root."""

import numpy as np
import pytest

from hpobench_suites.quintic.geometry import sampler
from hpobench_suites.quintic.geometry.hypersurface import Complex, Quintic, rescaled
from hpobench_suites.quintic.geometry.sampler import coefficients, intersections, lines, sample
from hpobench_tui.core import HpobenchError

PSIS = (0.0, 0.5, -2.0, 100.0)


def one_by_one(quintic: Quintic, p: Complex, q: Complex) -> Complex:
    """The points (lines, 5, 5) by numpy.roots, from Q's values on each line alone."""
    t = np.exp(2j * np.pi * np.arange(6) / 6)
    result = np.empty((p.shape[1], 5, 5), dtype=np.complex128)
    for line in range(p.shape[1]):
        c = np.fft.fft(quintic.value(t[:, None] * p[:, line] + q[:, line])) / 6
        result[line] = rescaled(np.roots(c[::-1])[:, None] * p[:, line] + q[:, line])[0]
    return result


def assert_same_points(ours: Complex, theirs: Complex) -> None:
    """As sets, line by line."""
    distance = np.abs(ours[:, :, None, :] - theirs[:, None, :, :]).max(axis=3)
    nearest = distance.argmin(axis=2)
    assert (np.sort(nearest, axis=1) == np.arange(5)).all()
    assert distance.min(axis=2).max() < 1e-9


@pytest.mark.parametrize("psi", PSIS)
def test_points_are_those_of_numpy_roots(psi: float) -> None:
    quintic = Quintic(psi)
    p, q = lines(500, np.random.default_rng(3))
    assert_same_points(intersections(quintic, p, q), one_by_one(quintic, p, q))


@pytest.mark.parametrize("psi", PSIS)
def test_coefficients_are_those_of_the_restricted_polynomial(psi: float) -> None:
    quintic, t = Quintic(psi), 0.3 - 0.8j
    p, q = lines(100, np.random.default_rng(4))
    value = quintic.value((p * t + q).T)
    np.testing.assert_allclose((coefficients(quintic, p, q).T * t ** np.arange(6)).sum(axis=1), value, atol=1e-13 * 500)


def test_five_consecutive_points_share_a_line() -> None:
    z = sample(Quintic(), 100, np.random.default_rng(0)).reshape(20, 5, 5)
    singular = np.linalg.svd(z, compute_uv=False)
    assert (singular[:, 2] < 1e-12).all()
    assert (singular[:, 1] > 1e-3).all()


def test_a_seed_gives_its_points_and_fewer_of_them_are_the_first() -> None:
    quintic = Quintic(0.5)
    z = sample(quintic, 20_000, np.random.default_rng(7))
    assert (z == sample(quintic, 20_000, np.random.default_rng(7))).all()
    np.testing.assert_allclose(sample(quintic, 35, np.random.default_rng(7)), z[:35], rtol=0, atol=1e-12)
    assert (sample(quintic, 35, np.random.default_rng(8)) != z[:35]).any(axis=1).all()


@pytest.mark.parametrize("psi", [0.0, -2.0])
def test_the_distribution_has_the_quintics_symmetries(psi: float) -> None:
    """Permutations of the coordinates, and phases of any two of them against each other."""
    z = sample(Quintic(psi), 100_000, np.random.default_rng(5))
    norm = (np.abs(z) ** 2).sum(axis=1)[:, None]
    patches = (z == 1.0).astype(float)
    shares = np.abs(z) ** 2 / norm
    fourth = shares**2 - (shares**2).mean()
    products = (z * np.roll(z, 1, axis=1).conj()) / norm
    expected = ((patches, 0.2), (shares, 0.2), (fourth, 0.0), (products.real, 0.0), (products.imag, 0.0))
    for statistic, mean in expected:
        by_line = statistic.reshape(-1, 5, 5).mean(axis=1)
        error = by_line.std(axis=0) / len(by_line) ** 0.5
        assert (np.abs(by_line.mean(axis=0) - mean) < 4.5 * error).all()


def spoiled(c: Complex) -> Complex:
    """Roots, among them some that are missing, doubled, wrong or not settled."""
    t = good_roots(c)
    t[:, 3] = np.nan
    t[1, 5] = t[0, 5]
    t[2, 8] = 17.0
    t[:, 13] = 0.0
    return t


good_roots = sampler.roots


@pytest.mark.parametrize("psi", PSIS)
def test_lines_that_went_wrong_are_done_again(psi: float, monkeypatch: pytest.MonkeyPatch) -> None:
    quintic = Quintic(psi)
    p, q = lines(50, np.random.default_rng(6))
    expected = intersections(quintic, p, q)
    monkeypatch.setattr(sampler, "roots", spoiled)
    assert_same_points(intersections(quintic, p, q), expected)


def test_lines_that_do_not_settle_are_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    p, q = lines(50, np.random.default_rng(6))
    expected = intersections(Quintic(), p, q)
    monkeypatch.setattr(sampler, "MOST_ITERATIONS", 2)
    assert 0 < np.isnan(sampler.roots(coefficients(Quintic(), p, q))[0]).sum() < 50
    assert_same_points(intersections(Quintic(), p, q), expected)


def test_what_is_no_root_is_never_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler, "roots", spoiled)
    monkeypatch.setattr(sampler, "companion_roots", lambda c: np.full_like(c[:5], np.nan))
    with pytest.raises(ArithmeticError, match="no roots on a line"):
        sample(Quintic(), 100, np.random.default_rng(0))


def test_a_tangent_line_gives_its_double_point_twice() -> None:
    """Through a point of X, along X: two of the five points fall together there."""
    z = sample(Quintic(), 5, np.random.default_rng(9))[0]
    normal = Quintic().gradient(z[None])[0].conj()
    direction = np.random.default_rng(1).standard_normal(5) + 0j
    direction -= normal * (normal.conj() @ direction) / (normal.conj() @ normal)
    found = intersections(Quintic(), direction[:, None], z[:, None])[0]
    assert np.abs(Quintic().value(found)).max() < 1e-12
    assert (np.abs(found - z).max(axis=1) < 1e-5).sum() == 2


@pytest.mark.parametrize("n", [0, -5, 7, 10_000_005, 10.0, "10"])
def test_impossible_numbers_of_points_are_refused(n: int) -> None:
    with pytest.raises(HpobenchError, match="multiple of 5"):
        sample(Quintic(), n, np.random.default_rng(0))
