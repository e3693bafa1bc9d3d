"""The non-stochastic bandit: its envelope, its crossings and its optimum."""

import numpy as np
from scipy.optimize import minimize

from hpobench_suites.bandits.curves import CURVES, Curve, Curves, R, gamma


def random_curves(count):
    return [Curve(*point) for point in np.random.default_rng(3).random((count, 3)).tolist()]


def test_losses_stay_in_the_envelope_and_the_envelope_shrinks():
    for curve in random_curves(2000):
        assert all(abs(curve.loss(r) - curve.limit) <= gamma(r) + 1e-15 for r in range(1, R + 1))
    assert all(gamma(r + 1) < gamma(r) for r in range(1, R))


def test_the_envelope_is_reached():
    assert max(abs(Curve(x, 0.5, 1.0).start) for x in np.linspace(0, 1, 11)) == 1.0


def test_curves_cross():
    """Many pairs swap their order between the first unit and the last, and some patient losers win."""
    curves = random_curves(400)
    early, late = ([curve.loss(r) for curve in curves] for r in (1, R))
    swapped = [(early[i] - early[j]) * (late[i] - late[j]) < 0 for i in range(400) for j in range(i)]
    assert 0.2 < np.mean(swapped) < 0.6
    patient, impatient = Curve(0.3, 0.6, 1.0), Curve(0.3, 0.6, 0.0)
    assert patient.loss(1) > impatient.loss(1)
    assert patient.loss(R) < impatient.loss(R)


def test_minimum_is_one_ninth():
    assert Curve(0.3, 0.6, 1.0).loss(R) == 1 / 9
    for start in np.random.default_rng(4).random((20, 3)):
        found = minimize(lambda point: Curve(*point).loss(R), start, bounds=[(0, 1)] * 3)
        assert found.fun >= 1 / 9 - 1e-12


def test_truth_is_the_loss_at_full_fidelity():
    for curve in random_curves(20):
        assert curve.advance(1).truth == curve.advance(R).loss


def test_the_minimiser_attains_the_reference():
    (minimiser,) = Curves().minimisers()
    assert Curves().start(minimiser, 0, "cpu").advance(R).loss == CURVES.reference.loss


def test_losses_keep_their_range():
    """On a fine grid, and at its two ends: the upper one is reached, the lower one nearly (the bound takes the least of
    each term by itself)."""
    low, high = CURVES.loss_range
    grid = np.linspace(0, 1, 41)
    assert all(low <= Curve(x, y, p).loss(1) <= high for x in grid for y in grid for p in (0.0, 0.5, 1.0))
    assert low < Curve(0.26693699, 0.57638394, 0.0).loss(1) < low + 0.002
    assert abs(Curve(1.0, 0.0, 1.0).loss(1) - high) < 1e-12


def test_cost_is_that_of_the_units_added():
    curve = Curve(0.5, 0.5, 0.5)
    assert [curve.advance(r).cost for r in (3, 9, 81)] == [3.0, 6.0, 72.0]
