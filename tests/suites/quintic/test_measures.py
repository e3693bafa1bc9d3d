"""The measures on Fubini-Study, where they are known, and their standard errors against the spread of many samples."""

from dataclasses import replace
from math import isnan, sqrt

import numpy as np
import pytest

from hpobench_suites.quintic import gauss
from hpobench_suites.quintic.donaldson.curvature import riemann as donaldson_riemann
from hpobench_suites.quintic.geometry.hypersurface import CLASS_VOLUME, Quintic, charts, determinant
from hpobench_suites.quintic.geometry.sampler import sample
from hpobench_suites.quintic.measures import (
    EULER_NUMBER,
    VOLUME_CY,
    euler_number,
    literature_ricci_measure,
    mean,
    ricci_measure,
    sigma,
    total_curvature,
    volume_cy,
    volume_k,
)
from hpobench_tui.core import HpobenchError

POINTS = 20_000
VOLUME_SPREAD = 27.1


def test_known_means_of_the_same_points_take_their_error_off():
    """Errors of controlled means are a spread, too; the estimate stays unbiased; a known mean itself is met exactly."""
    rng, found = np.random.default_rng(1), []
    for _ in range(300):
        common = np.repeat(rng.standard_normal(100), 5)
        values = 3.0 + 2.0 * common + 0.5 * rng.standard_normal(500)
        found.append(mean(values, [(7.0 + common, 7.0)]))
    spread = np.std([one.value for one in found])
    assert np.mean([one.value for one in found]) == pytest.approx(3.0, abs=4 * spread / sqrt(300))
    assert np.mean([one.error for one in found]) == pytest.approx(spread, rel=0.15)
    assert spread < 0.2 * mean(values).error
    assert mean(common, [(common, 0.0)]).value == pytest.approx(0.0, abs=1e-12)


def test_euler_numbers_beside_known_ones_are_known_ten_times_as_well():
    """Of a metric of degree 4 on few points, beside Fubini-Study's and the weights; whatever the points are."""
    form = np.diag(np.random.default_rng(0).uniform(0.5, 2.0, 70))
    off = []
    for seed in range(6):
        at = charts(Quintic(), sample(Quintic(), 2_500, np.random.default_rng(seed)))
        own = gauss.euler_density(at.fubini_study, gauss.riemann(at))
        density = gauss.euler_density(*donaldson_riemann(at, form, 4))
        alone = euler_number(at.weights, at.holomorphic, density)
        beside = [(at.weights * own / at.holomorphic, EULER_NUMBER), (at.weights, VOLUME_CY)]
        found = euler_number(at.weights, at.holomorphic, density, beside)
        off.append((found.value - EULER_NUMBER) / found.error)
        assert found.error < 0.3 * alone.error
    assert np.abs(off).max() < 4.0
    assert np.sqrt(np.mean(np.square(off))) < 2.0


@pytest.fixture(scope="module")
def fermat():
    return charts(Quintic(), sample(Quintic(), POINTS, np.random.default_rng(20)))


@pytest.fixture(scope="module")
def ratio(fermat):
    return determinant(fermat.fubini_study) / fermat.holomorphic


@pytest.fixture(scope="module")
def scalar(fermat):
    return gauss.ricci_scalar(fermat.fubini_study, gauss.riemann(fermat))


def test_exact_volume():
    assert pytest.approx(47.2975609, abs=5e-8) == VOLUME_CY


def test_volumes(fermat, ratio):
    volume = volume_cy(fermat.weights)
    assert volume.error == pytest.approx(VOLUME_SPREAD / sqrt(POINTS), rel=0.1)
    assert abs(volume.value - VOLUME_CY) < 4 * volume.error
    assert volume_k(fermat.weights, ratio).value == pytest.approx(CLASS_VOLUME, rel=1e-12)


def test_sigma_of_fubini_study(fermat, ratio):
    assert sigma(fermat.weights, ratio).value == pytest.approx(0.3727, abs=0.008)


def test_sigma_is_equation_7_and_blind_to_scale(fermat, ratio):
    w = fermat.weights
    kaehler, calabi_yau = (w * 6 * ratio).mean(), w.mean()
    expected = np.sum(np.abs(1 - (6 * ratio / kaehler) / (1 / calabi_yau)) * w) / (POINTS * calabi_yau)
    found = sigma(w, ratio)
    assert found.value == pytest.approx(expected, rel=1e-12)
    scaled = sigma(3 * w, 7 * ratio)
    assert (scaled.value, scaled.error) == pytest.approx((found.value, found.error), rel=1e-12)


def test_ricci_flat_volume_form_has_no_sigma(fermat):
    found = sigma(fermat.weights, np.full(POINTS, 0.3))
    assert found.value < 1e-14
    assert found.error < 1e-14


def test_ricci_measures_of_fubini_study(fermat, ratio, scalar):
    assert ricci_measure(fermat.weights, ratio, scalar).value == pytest.approx(38.7, rel=0.05)
    assert literature_ricci_measure(fermat.weights, ratio, scalar).value == pytest.approx(0.69, rel=0.05)
    signed = total_curvature(fermat.weights, ratio, scalar)
    assert abs(signed.value) < 4 * signed.error


def test_normalisation_of_the_ricci_measures(fermat, ratio):
    """For |R| = 2 they are 2 Vol_K^(1/3) and 2 Vol_K^(4/3) / (6 mean w), with Vol_K = 5."""
    constant = np.where(np.arange(POINTS) % 3, 2.0, -2.0)
    assert ricci_measure(fermat.weights, ratio, constant).value == pytest.approx(2 * 5 ** (1 / 3), rel=1e-12)
    expected = 2 * 5 ** (4 / 3) / (6 * fermat.weights.mean())
    assert literature_ricci_measure(fermat.weights, ratio, constant).value == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("psi", [0.0, -0.7])
def test_euler_number_of_fubini_study(psi):
    points = charts(Quintic(psi), sample(Quintic(psi), POINTS, np.random.default_rng(21)))
    density = gauss.euler_density(points.fubini_study, gauss.riemann(points))
    found = euler_number(points.weights, points.holomorphic, density)
    assert found.error < 25
    assert abs(found.value - EULER_NUMBER) < 4 * found.error


@pytest.mark.parametrize("measure", [sigma, ricci_measure, literature_ricci_measure, total_curvature])
def test_standard_errors_are_the_spread_of_samples(fermat, ratio, scalar, measure):
    """A hundred samples of forty lines: their spread is known to 7 per cent, and so are the errors that they state."""
    arrays = [fermat.weights, ratio] + ([] if measure is sigma else [scalar])
    found = [measure(*parts) for parts in zip(*(a.reshape(100, -1) for a in arrays), strict=True)]
    spread = np.std([e.value for e in found], ddof=1)
    assert np.sqrt(np.mean([e.error**2 for e in found])) == pytest.approx(spread, rel=0.25)


def test_points_of_a_line_are_not_independent():
    values = np.repeat(np.random.default_rng(0).normal(size=400), 5)
    assert mean(values).error == pytest.approx(values.std() / sqrt(400), rel=1e-2)


def test_nan_in_nan_out(fermat, ratio):
    broken = ratio.copy()
    broken[3] = np.nan
    found = sigma(fermat.weights, broken)
    assert isnan(found.value)
    assert isnan(found.error)


@pytest.mark.parametrize("shape", [(0,), (5,), (12,), (10, 2)])
def test_unfit_arrays_are_refused(shape):
    with pytest.raises(HpobenchError, match="two or more whole lines of 5 points"):
        mean(np.ones(shape))


def test_estimates_are_values(fermat):
    found = volume_cy(fermat.weights)
    assert replace(found) == found
    assert str(replace(found, value=47.25, error=0.123)) == "47.25 ± 0.12"
