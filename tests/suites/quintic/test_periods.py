"""The volumes of the Dwork family by periods: symmetries, the equation that they solve, and points."""

from math import gamma, pi

import mpmath
import numpy as np
import pytest

from hpobench_suites.quintic import measures
from hpobench_suites.quintic.geometry.hypersurface import Quintic, charts
from hpobench_suites.quintic.geometry.sampler import sample
from hpobench_suites.quintic.periods import series, volume_cy
from hpobench_tui.core import HpobenchError


def test_fermat_is_in_closed_form():
    assert volume_cy(0.0) == pytest.approx(pi**3 / 625.0 * (gamma(0.2) / gamma(0.8)) ** 5, rel=1e-15)
    assert pytest.approx(volume_cy(0.0), rel=1e-15) == measures.VOLUME_CY


def test_known_values():
    for psi, known in ((0.5, 45.1088), (-0.5, 45.0714), (0.9, 40.7895), (0.99, 39.5864)):
        assert volume_cy(psi) == pytest.approx(known, abs=5e-5)


@pytest.mark.parametrize("psi", [0.3, -0.8, 0.4 + 0.5j])
def test_quintics_that_a_change_of_coordinates_makes_one_have_one_volume(psi):
    for power in range(1, 5):
        assert volume_cy(psi * np.exp(2j * pi * power / 5)) == pytest.approx(volume_cy(psi), rel=1e-13)
    assert volume_cy(np.conj(psi)) == pytest.approx(volume_cy(psi), rel=1e-13)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
@pytest.mark.parametrize("psi", [0.2, -0.7, 0.3 + 0.6j, 0.97])
def test_the_series_are_hypergeometric(psi, k):
    """F_k as ₅F₄ by mpmath, whose summation is another."""
    parts = [mpmath.mpf(k + j) / 5 for j in range(5)]
    found = mpmath.hyper([mpmath.mpf(k) / 5] * 5 + [1], [*parts], mpmath.mpc(psi) ** 5)
    first = mpmath.gamma(mpmath.mpf(k) / 5) ** 5 / mpmath.gamma(k) * (5 * mpmath.mpc(psi)) ** (k - 1)
    assert series(psi, k) == pytest.approx(complex(first * found), rel=1e-12)


@pytest.mark.parametrize("psi", [0.5, -0.5, 0.9, -0.95, 0.99])
def test_points_have_these_volumes(psi):
    quintic = Quintic(psi)
    found = measures.volume_cy(charts(quintic, sample(quintic, 100_000, np.random.default_rng(6))).weights)
    assert found.value == pytest.approx(volume_cy(psi), abs=4.0 * found.error)
    assert found.error < 0.005 * found.value, "the test would notice one per cent"


@pytest.mark.parametrize("psi", [1.0, -1.0, 1.5, float("nan"), 0.8 + 0.8j])
def test_beyond_the_conifold_it_is_not_known(psi):
    with pytest.raises(HpobenchError, match=r"psi\| up to 0.999"):
        volume_cy(psi)
