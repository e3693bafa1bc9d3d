"""Curvature by nested derivatives against Gauss's equation, finite differences and topology."""

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from hpobench_suites.quintic import curvature, gauss
from hpobench_suites.quintic.curvature import ricci_scalars, riemann
from hpobench_suites.quintic.donaldson.balanced import balanced
from hpobench_suites.quintic.donaldson.differentiable import differentiable_metric
from hpobench_suites.quintic.geometry.hypersurface import Charts, Quintic, charts, determinant
from hpobench_suites.quintic.geometry.sampler import sample
from hpobench_suites.quintic.measures import EULER_NUMBER, euler_number, total_curvature

STEP = 2e-3


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def points(psi: float, n: int) -> Charts:
    return charts(Quintic(psi), sample(Quintic(psi), n, np.random.default_rng(30)))


def conformal(z, pullback):
    """Hermitian, but not Kähler: the connection's torsion is not 0."""
    share = z[:, 0].abs() ** 2 / (z.abs() ** 2).sum(dim=1)
    return curvature.fubini_study(z, pullback) * (1.0 + 0.5 * share)[:, None, None]


def moved(at: Charts, shift: np.ndarray) -> Charts:
    """The points with local coordinates changed by ``shift`` (3,), in the same charts: the root by Newton in NumPy."""
    z, rows = at.z.copy(), np.arange(len(at))
    z[rows[:, None], at.local] += shift
    for _ in range(6):
        slope = at.quintic.gradient(z)[rows, at.eliminated]
        z[rows, at.eliminated] -= at.quintic.value(z) / slope
    return Charts(at.quintic, z, at.patch, at.eliminated)


def by_differences(at: Charts, metric) -> np.ndarray:
    """R from differences of fourth order of log det g along x_a, i x_a, x_a + x_b and x_a + i x_b."""

    def value(shift):
        there = moved(at, shift)
        g = metric(torch.from_numpy(there.z.copy()), torch.from_numpy(there.pullback.copy())).numpy()
        return np.log(determinant(g)), g

    (centre, g), unit = value(np.zeros(3)), np.eye(3, dtype=complex)

    def laplacian(v):
        """∂_v∂_v̄."""
        total = 0.0
        for w in (v, 1j * v):
            near = value(STEP * w)[0] + value(-STEP * w)[0]
            far = value(2 * STEP * w)[0] + value(-2 * STEP * w)[0]
            total = total + (16 * near - far - 30 * centre) / (12 * STEP**2)
        return total / 4

    second = np.zeros((len(at), 3, 3), dtype=complex)
    for a in range(3):
        second[:, a, a] = laplacian(unit[a])
    for a in range(3):
        for b in range(a):
            diagonal = second[:, a, a] + second[:, b, b]
            re, im = (0.5 * (laplacian(unit[a] + phase * unit[b]) - diagonal) for phase in (1, 1j))
            second[:, a, b], second[:, b, a] = re + 1j * im, re - 1j * im
    return -np.einsum("nba,nab->n", np.linalg.inv(g), second).real


@pytest.mark.parametrize("psi", [0.0, 0.5])
def test_fubini_study_against_gauss(psi):
    at = points(psi, 300)
    tensor = gauss.riemann(at)
    expected = gauss.ricci_scalar(at.fubini_study, tensor)
    np.testing.assert_allclose(ricci_scalars(at, curvature.fubini_study), expected, rtol=1e-9, atol=1e-9)
    g, found = riemann(at, curvature.fubini_study)
    np.testing.assert_allclose(g, at.fubini_study, rtol=0, atol=1e-11)
    np.testing.assert_allclose(found, tensor, rtol=0, atol=1e-10 * np.abs(tensor).max())


@pytest.mark.parametrize("psi", [0.0, -1.5])
@pytest.mark.parametrize("metric", [curvature.fubini_study, conformal])
def test_ricci_scalar_against_finite_differences(psi, metric):
    at = points(psi, 100)
    found, expected = ricci_scalars(at, metric), by_differences(at, metric)
    # where X is strongly curved the steps are long: the differences are bad there, at few points
    errors = np.abs(found - expected) / (1 + np.abs(found))
    assert np.median(errors) < 1e-8
    assert np.quantile(errors, 0.9) < 1e-5


@pytest.mark.parametrize("metric", [curvature.fubini_study, conformal])
def test_riemann_tensor_has_the_ricci_scalar_as_its_trace(metric):
    at = points(0.5, 100)
    g, tensor = riemann(at, metric)
    np.testing.assert_allclose(gauss.ricci_scalar(g, tensor), ricci_scalars(at, metric), rtol=1e-9, atol=1e-9)
    reality = tensor - tensor.transpose(0, 2, 1, 4, 3).conj()
    assert np.abs(reality).max() < 1e-10 * np.abs(tensor).max()
    torsion = np.abs(tensor - tensor.transpose(0, 3, 2, 1, 4)).max()
    assert (torsion < 1e-9) == (metric is curvature.fubini_study)


@pytest.mark.parametrize("metric", ["conformal", "balanced"])
def test_topology(metric):
    """∫c₃ = -200 for any Hermitian metric, ∫R = 0 for any Kähler one."""
    at = points(0.0, 1_000)
    function = conformal if metric == "conformal" else differentiable_metric(balanced(at, 2).form, 2)
    g, tensor = riemann(at, function)
    euler = euler_number(at.weights, at.holomorphic, gauss.euler_density(g, tensor))
    assert abs(euler.value - EULER_NUMBER) < 4 * euler.error
    assert euler.error < 40
    if metric == "balanced":
        signed = total_curvature(at.weights, determinant(g) / at.holomorphic, gauss.ricci_scalar(g, tensor))
        assert abs(signed.value) < 4 * signed.error


def test_chunks_do_not_matter(monkeypatch):
    at, done = points(0.0, 50), []
    whole = ricci_scalars(at, curvature.fubini_study)
    monkeypatch.setattr(curvature, "ROWS", 7 * 6)
    parts = ricci_scalars(at, curvature.fubini_study, progress=done.append)
    np.testing.assert_allclose(parts, whole, rtol=1e-10, atol=1e-10)
    assert done == [*range(7, 50, 7), 50]


def test_unfit_metrics_give_numbers_or_nan_and_no_crash():
    at = points(0.0, 10)
    signs = torch.diag(torch.tensor([1.0, -1.0, 1.0], dtype=torch.complex128))
    indefinite = ricci_scalars(at, lambda z, p: signs @ curvature.fubini_study(z, p) @ signs.conj() - 0.05 * signs)
    assert np.isfinite(indefinite).all()
    for broken in (torch.nan, torch.inf):
        here = torch.from_numpy(at.z[3].copy())

        def partly(z, p, broken=broken, here=here):
            hit = torch.isclose(z, here).all(dim=1)
            return curvature.fubini_study(z, p) + torch.where(hit, broken, 0.0)[:, None, None]

        assert np.isnan(ricci_scalars(at, partly)).nonzero()[0].tolist() == [3]
    g, tensor = riemann(at, lambda z, p: curvature.fubini_study(z, p) * torch.nan)
    assert np.isnan(g).all()
    assert np.isnan(tensor).all()


@pytest.mark.slow
def test_topology_of_a_balanced_metric_at_10_000_points():
    at = points(0.0, 10_000)
    g, tensor = riemann(at, differentiable_metric(balanced(at, 4).form, 4))
    euler = euler_number(at.weights, at.holomorphic, gauss.euler_density(g, tensor))
    assert abs(euler.value - EULER_NUMBER) < 40
