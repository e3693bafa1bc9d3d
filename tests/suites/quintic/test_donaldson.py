"""Donaldson's algorithm against counts, symmetries, a plain T-operator and known σ; the small problems it leads to."""

from itertools import combinations_with_replacement, pairwise
from math import exp, factorial, log, prod

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from scipy.optimize import minimize

from hpobench_suites.quintic.curvature import riemann as nested_riemann
from hpobench_suites.quintic.donaldson import DONALDSON_PROBLEMS
from hpobench_suites.quintic.donaldson.balanced import balanced, inverse
from hpobench_suites.quintic.donaldson.curvature import riemann as closed_riemann
from hpobench_suites.quintic.donaldson.diagonal import BOUNDS, DiagonalSigma, problem, shapes
from hpobench_suites.quintic.donaldson.differentiable import differentiable_metric
from hpobench_suites.quintic.donaldson.optimal import optimal_values
from hpobench_suites.quintic.donaldson.plain import plain
from hpobench_suites.quintic.donaldson.sections import exponents, independent, metric, monomials, orbits
from hpobench_suites.quintic.geometry.hypersurface import CLASS_VOLUME, Charts, Quintic, charts, determinant
from hpobench_suites.quintic.geometry.sampler import sample
from hpobench_suites.quintic.measures import sigma, volume_k
from hpobench_tui.core import HpobenchError
from hpobench_tui.core.space import default
from hpobench_tui.testing.problems import ProblemConformance

DEGREES = range(1, 7)
IMAGES = 20
KNOWN = {2: 0.272, 3: 0.193, 4: 0.130}


def points(psi: float, n: int, seed: int = 40) -> Charts:
    return charts(Quintic(psi), sample(Quintic(psi), n, np.random.default_rng(seed)))


def sigma_of(at: Charts, form, degree):
    return sigma(at.weights, determinant(metric(at, form, degree)) / at.holomorphic)


@pytest.fixture(scope="module")
def train():
    return points(0.0, 20_000)


@pytest.fixture(scope="module")
def fresh():
    return points(0.0, 20_000, seed=41)


# --- curvature ---


@pytest.mark.parametrize(("degree", "psi"), [(1, 0.0), (2, 0.5), (3, -2.0), (4, 0.0), (5, 0.5), (6, 0.0)])
def test_curvature_in_closed_form_is_that_of_nested_derivatives(psi, degree):
    at = points(psi, 10)
    rng = np.random.default_rng(degree)
    count = len(exponents(degree))
    root = rng.standard_normal((count, count)) + 1j * rng.standard_normal((count, count))
    for form in (np.diag(rng.uniform(0.5, 2.0, count)), root @ root.conj().T / count + np.eye(count)):
        known, curvature = nested_riemann(at, differentiable_metric(form, degree))
        g, found = closed_riemann(at, form, degree)
        assert g == pytest.approx(known, rel=1e-10, abs=1e-12)
        assert np.abs(found - curvature).max() < 1e-9 * np.abs(curvature).max()


# --- without symmetry ---


def test_without_symmetry_the_form_is_balanced(train):
    """A fixed point of T, written out, for a form that no symmetry simplifies."""
    few, degree = train.first(2_000), 2
    form, _ = plain(few, degree)
    s = monomials(few.z, degree)
    weights = few.weights / few.weights.sum() / (s @ form * s.conj()).sum(axis=1).real
    again = np.linalg.inv(independent(degree) * (s.T * weights) @ s.conj()).T
    assert np.abs(again - form).max() < 1e-8 * np.abs(form).max()
    assert np.abs(form.imag).max() > 1e-4 * np.abs(form).max()


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_without_symmetry_it_is_worse_on_as_many_points_and_converges(train, fresh, degree):
    form, iterations = plain(train, degree)
    symmetric = balanced(train, degree)
    assert iterations > symmetric.iterations
    with_all, without = sigma_of(fresh, symmetric.form, degree), sigma_of(fresh, form, degree)
    assert without.value == pytest.approx(with_all.value, rel=0.05)
    assert without.value > with_all.value


@pytest.mark.parametrize("degree", [5, 6])
def test_dependent_monomials_have_no_part_in_the_plain_form(degree):
    at = points(0.0, 1_000)
    form, _ = plain(at, degree, tolerance=1e-2)
    dependent = exponents(degree)[:, 0] >= 5
    assert not form[dependent].any()
    assert np.linalg.matrix_rank(form) == independent(degree)


def test_a_plain_iteration_that_does_not_end_is_said(monkeypatch):
    monkeypatch.setattr("hpobench_suites.quintic.donaldson.plain.MOST_ITERATIONS", 2)
    with pytest.raises(HpobenchError, match="without symmetry"):
        plain(points(0.0, 100), 2)


# --- sections and symmetries ---


def test_counts():
    assert [len(exponents(k)) for k in DEGREES] == [5, 15, 35, 70, 126, 210]
    assert [independent(k) for k in DEGREES] == [5, 15, 35, 70, 125, 205]
    assert [len(orbits(k, True)) for k in (1, 2, 3, 4)] == [1, 2, 3, 5]
    for k in (1, 2, 3, 4):
        chosen = orbits(k, True)
        assert (chosen.first == chosen.second).all()
        assert len(chosen.first) == independent(k)
    assert shapes(4) == [(4,), (3, 1), (2, 2), (2, 1, 1), (1, 1, 1, 1)]


@pytest.mark.parametrize("degree", [0, 7, -1, 2.0, True])
def test_unfit_degrees_are_refused(degree):
    with pytest.raises(HpobenchError, match="an integer from 1 to 6"):
        balanced(points(0.0, 10), degree)


def test_unfit_form_is_refused():
    with pytest.raises(HpobenchError, match=r"degree 2 has the shape \(15, 15\), not \(5, 5\)"):
        metric(points(0.0, 10), np.eye(5), 2)


@pytest.mark.parametrize("psi", [0.0, 0.5])
@pytest.mark.parametrize("degree", DEGREES)
def test_symmetric_potentials_are_symmetric(psi, degree):
    """K of random values on the orbits is s†Hs, and the same at the images of a point."""
    rng = np.random.default_rng(degree)
    chosen, z = orbits(degree, psi == 0.0), points(psi, 20).z
    values = rng.normal(size=len(chosen))
    potential = chosen.invariants(z) @ values
    s = monomials(z, degree)
    np.testing.assert_allclose(np.einsum("na,ab,nb->n", s, chosen.form(values), s.conj()), potential, atol=1e-12)
    np.testing.assert_allclose(chosen.values(chosen.form(values)), values)
    phases = rng.integers(5, size=5)
    phases[4] += 0 if psi == 0.0 else -phases.sum() % 5
    image = (z * np.exp(2j * np.pi * phases / 5))[:, rng.permutation(5)].conj()
    np.testing.assert_allclose(chosen.invariants(image) @ values, potential, atol=1e-12)


@pytest.mark.parametrize("psi", [0.0, 0.5])
@pytest.mark.parametrize("degree", DEGREES)
def test_multinomial_coefficients_give_fubini_study(psi, degree):
    """K = |z|^2k; in NumPy and in torch."""
    at = points(psi, 100)
    form = np.diag([factorial(degree) / prod(map(factorial, row)) for row in exponents(degree).tolist()])
    np.testing.assert_allclose(metric(at, form, degree), at.fubini_study, atol=1e-13)
    found = differentiable_metric(form, degree)(torch.from_numpy(at.z.copy()), torch.from_numpy(at.pullback.copy()))
    np.testing.assert_allclose(found.numpy(), at.fubini_study, atol=1e-13)


def test_any_hermitian_form_will_do():
    """A complex one, dense: NumPy and torch agree, and the metric is positive."""
    at, rng = points(-1.0, 100), np.random.default_rng(3)
    root = np.eye(15) + 0.2 * (rng.normal(size=(15, 15)) + 1j * rng.normal(size=(15, 15)))
    g = metric(at, root @ root.conj().T, 2)
    found = differentiable_metric(root @ root.conj().T, 2)(
        torch.from_numpy(at.z.copy()), torch.from_numpy(at.pullback.copy())
    )
    np.testing.assert_allclose(found.numpy(), g, atol=1e-13)
    np.testing.assert_allclose(g, g.conj().transpose(0, 2, 1), atol=1e-14)
    assert (np.linalg.eigvalsh(g) > 0).all()


# --- balanced metrics ---


@pytest.mark.parametrize("degree", KNOWN)
def test_sigma_of_balanced_metrics(train, fresh, degree):
    found = balanced(train, degree)
    assert sigma_of(fresh, found.form, degree).value == pytest.approx(KNOWN[degree], abs=0.008)


@pytest.mark.slow
@pytest.mark.parametrize("degree", KNOWN)
def test_sigma_of_balanced_metrics_at_100_000_points(degree):
    found = balanced(points(0.0, 100_000, seed=42), degree)
    assert sigma_of(points(0.0, 100_000, seed=43), found.form, degree).value == pytest.approx(KNOWN[degree], abs=0.003)


@pytest.mark.parametrize("psi", [0.0, 0.5])
def test_balanced_metrics_improve_with_the_degree_and_keep_the_class(psi):
    train, fresh = points(psi, 5_000), points(psi, 5_000, seed=41)
    values = []
    for degree in DEGREES:
        g = metric(fresh, balanced(train, degree).form, degree)
        ratio = determinant(g) / fresh.holomorphic
        volume = volume_k(fresh.weights, ratio)
        assert abs(volume.value - CLASS_VOLUME) < max(4 * volume.error, 1e-12)
        values.append(sigma(fresh.weights, ratio).value)
    assert all(later < 0.85 * earlier for earlier, later in pairwise(values))


@pytest.mark.parametrize(("psi", "degree", "noise"), [(0.0, 2, 0.01), (0.5, 4, 0.03), (0.0, 5, 0.03)])
def test_balanced_is_a_fixed_point_of_the_plain_operator(psi, degree, noise):
    """T on independent monomials alone, with the images of the points under random symmetries in place of orbits."""
    at, rng = points(psi, 1_000), np.random.default_rng(4)
    found = balanced(at, degree)
    keep = np.flatnonzero(exponents(degree)[:, 0] < 5)
    assert len(keep) == independent(degree)
    z, weights = [], []
    for _ in range(IMAGES):
        phases = rng.integers(5, size=(len(at), 5))
        if psi:
            phases[:, 4] -= phases.sum(axis=1)
        image = rng.permuted(at.z * np.exp(2j * np.pi * phases / 5), axis=1)
        z.append(np.where(rng.integers(2, size=(len(at), 1)), image, image.conj()))
        weights.append(at.weights)
    z, weights = np.concatenate(z), np.concatenate(weights)
    s = monomials(z, degree)
    potential = np.einsum("na,na->n", s @ found.form, s.conj()).real
    np.testing.assert_allclose(potential, np.tile(found.orbits.invariants(at.z) @ found.values, IMAGES), rtol=1e-9)
    s = s[:, keep]
    t = independent(degree) / weights.sum() * (s.T * (weights / potential)) @ s.conj()
    lowered = np.linalg.solve(t, s.T)
    again = np.einsum("an,na->n", lowered, s.conj()).real
    assert np.abs(np.log(again / potential)).mean() < noise


@pytest.mark.parametrize("degree", [5, 6])
def test_pseudo_inverse_is_the_inverse_on_independent_monomials(train, degree):
    """The potential of T⁺ on all monomials is that of T⁻¹ on those that z_0⁵ does not divide."""
    found = balanced(train, degree)
    s = monomials(train.z[:50], degree)
    potential = np.einsum("na,ab,nb->n", s, found.form, s.conj()).real
    # the T of which `found.values` are the pseudo-inverse
    t = found.orbits.form(inverse(found.orbits, found.values))
    keep = exponents(degree)[:, 0] < 5
    lowered = np.linalg.inv(t[np.ix_(keep, keep)])
    np.testing.assert_allclose(
        np.einsum("na,ab,nb->n", s[:, keep], lowered, s[:, keep].conj()).real, potential, rtol=1e-8
    )


def test_balanced_against_a_full_complex_form(train, fresh):
    """The textbook iteration: no symmetry is used, so the form has Monte Carlo noise everywhere, which adds to σ."""
    s = monomials(train.z, 2)
    form, weights = np.eye(15, dtype=complex), train.weights / train.weights.sum()
    for _ in range(12):
        potential = np.einsum("na,na->n", s @ form, s.conj()).real
        form = np.linalg.inv(15 * (s.T * (weights / potential)) @ s.conj()).T
    symmetric = balanced(train, 2).form
    assert 0 < np.abs(form - symmetric).max() < 0.2 * symmetric.max()
    assert sigma_of(fresh, form, 2).value == pytest.approx(sigma_of(fresh, symmetric, 2).value, abs=0.006)


def test_too_tight_a_tolerance_is_said_so():
    with pytest.raises(HpobenchError, match="has not converged"):
        balanced(points(0.0, 100), 3, tolerance=-1.0)


def test_optimal_values(train, fresh):
    balanced_values = balanced(train, 3).values
    chosen, values = orbits(3, True), optimal_values(train, 3, balanced_values)
    assert values[0] == 1.0
    assert sigma_of(fresh, chosen.form(values), 3).value == pytest.approx(0.0268, abs=0.001)
    assert sigma_of(fresh, chosen.form(balanced_values), 3).value > 0.18
    assert optimal_values(train, 1, np.array([2.0])).tolist() == [1.0]


# --- the problems ---


@pytest.mark.parametrize("degree", [1, 2, 3, 4])
def test_fast_sigma_is_sigma(degree):
    at, rng = points(0.0, 500), np.random.default_rng(degree)
    fast, chosen = DiagonalSigma(at, degree), orbits(degree, True)
    for _ in range(5):
        logarithms = rng.uniform(*BOUNDS, size=len(chosen) - 1)
        values = np.array([1.0, *map(exp, logarithms)])
        expected = sigma_of(at, chosen.form(values), degree).value
        assert fast(tuple(logarithms)) == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize(("psi", "degree"), [(0.5, 2), (0.0, 5)])
def test_forms_that_are_not_diagonal_are_refused(psi, degree):
    with pytest.raises(HpobenchError, match="forms are diagonal for psi = 0 and k up to 4"):
        DiagonalSigma(points(psi, 10), degree)


@pytest.mark.parametrize("info", DONALDSON_PROBLEMS, ids=lambda info: info.id)
def test_default_is_fubini_study(info):
    made = problem(**info.arguments)
    found = made.start(default(made.space()), 0, "cpu").advance(1).loss
    assert found == pytest.approx(0.3727, abs=0.01)
    degree = info.arguments["degree"]
    expected = {}
    for factors in combinations_with_replacement("abcde", degree):
        shape = sorted((factors.count(x) for x in set(factors)), reverse=True)
        expected["log_" + "".join(map(str, shape))] = log(factorial(degree) / prod(map(factorial, shape)))
    del expected[f"log_{degree}"]
    assert default(made.space()) == pytest.approx(expected)


@pytest.mark.parametrize("info", DONALDSON_PROBLEMS, ids=lambda info: info.id)
def test_pinned_optimum_is_found_again_and_not_beaten(info):
    made, rng = problem(**info.arguments), np.random.default_rng(50)
    names, found = list(made.space()), []

    def loss(x):
        configuration = dict(zip(names, map(float, x), strict=True))
        return made.start(configuration, 0, "cpu").advance(1).loss

    for _ in range(4):
        x = rng.uniform(*BOUNDS, size=len(names))
        for _ in range(2):
            options = {"xatol": 1e-8, "fatol": 1e-12, "maxfev": 4_000}
            result = minimize(loss, x, method="Nelder-Mead", bounds=[BOUNDS] * len(names), options=options)
            x = result.x
        found.append(result.fun)
    assert min(found) == pytest.approx(info.reference.loss, abs=1e-6)
    assert min(found) > info.reference.loss - 1e-9


@pytest.mark.parametrize("info", DONALDSON_PROBLEMS, ids=lambda info: info.id)
def test_optimum_holds_on_other_points(info, fresh):
    (minimiser,) = problem(**info.arguments).minimisers()
    there = DiagonalSigma(fresh, info.arguments["degree"])(tuple(minimiser.values()))
    assert info.reference.loss < there < 1.1 * info.reference.loss


class TestDonaldsonK2(ProblemConformance):
    info = DONALDSON_PROBLEMS[0]


class TestDonaldsonK3(ProblemConformance):
    info = DONALDSON_PROBLEMS[1]


class TestDonaldsonK4(ProblemConformance):
    info = DONALDSON_PROBLEMS[2]
