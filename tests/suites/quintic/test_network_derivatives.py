"""Features, activations, and the ways to a network's second derivatives: all agree, and are what they claim to be."""

from itertools import pairwise

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from hpobench_suites.quintic.curvature import neighbourhood
from hpobench_suites.quintic.geometry.hypersurface import Charts, Quintic, charts, determinant
from hpobench_suites.quintic.geometry.sampler import sample
from hpobench_suites.quintic.network.activations import ACTIVATIONS
from hpobench_suites.quintic.network.derivatives import PotentialHessian, potential_hessian, value_and_tangents
from hpobench_suites.quintic.network.features import KINDS, WIDTH, features, invariant
from hpobench_suites.quintic.network.metric import determinants, indefinite, pack, unpack
from hpobench_suites.quintic.network.overlap import neighbours
from hpobench_suites.quintic.network.perceptron import Perceptron
from hpobench_suites.quintic.network.schemes import ambient_hessian, forward_jets, real_features

PSI = 0.3


@pytest.fixture(scope="module")
def points() -> Charts:
    torch.set_num_threads(1)
    return charts(Quintic(PSI), sample(Quintic(PSI), 40, np.random.default_rng(1)))


def made(points, kind, dtype=torch.float64):
    found = features(kind, points.z, points.pullback)
    second = None if found.second is None else torch.from_numpy(found.second).to(dtype)
    return torch.from_numpy(found.jet).to(dtype), second


def network(kind, activation="gelu", depth=3, width=16, outputs=1):
    shape = Perceptron(WIDTH[kind], width, depth, activation, outputs)
    return shape, shape.initial(1.2, torch.Generator().manual_seed(4)).double() + 0.01


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_have_the_derivatives_that_they_state(name):
    x = torch.linspace(-6, 6, 101, dtype=torch.float64, requires_grad=True)
    jet = ACTIVATIONS[name](x, True)
    for lower, upper in pairwise(jet):
        slope = torch.zeros_like(x)  # of a constant
        if lower.requires_grad:
            (slope,) = torch.autograd.grad(lower.sum(), x, retain_graph=True)
        assert torch.allclose(slope, upper, rtol=1e-11, atol=1e-12)
    assert all(torch.equal(a, b) for a, b in zip(jet[:3], ACTIVATIONS[name](x)[:3], strict=True))


def test_activations_are_the_usual_ones():
    x = torch.linspace(-30, 30, 41, dtype=torch.float64)
    usual = {
        "gelu": torch.nn.functional.gelu,
        "silu": torch.nn.functional.silu,
        "tanh": torch.tanh,
        "sin": torch.sin,
        "softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x)),
        "squared": lambda x: x**2 / 3**0.5,
    }
    for name, function in usual.items():
        assert torch.allclose(ACTIVATIONS[name](x)[0], function(x), rtol=1e-12, atol=1e-12), name


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_three_schemes_agree_to_rounding(points, kind, activation):
    jet, second = made(points, kind)
    shape, parameters = network(kind, activation)
    phi, closed = PotentialHessian.apply(shape, parameters, jet, second)
    scale = float(closed.abs().max())
    assert torch.allclose(phi, shape.values(parameters, jet[0])[:, 0], rtol=1e-12, atol=1e-12)
    for other in (
        potential_hessian(shape, parameters, jet, second)[1],
        forward_jets(shape, parameters, jet, second)[1],
        ambient_hessian(shape, parameters, kind, torch.tensor(points.z), torch.tensor(points.pullback)),
    ):
        assert float((closed - other).abs().max()) < 1e-10 * scale
    rounded = jet.float(), None if second is None else second.float()
    single = PotentialHessian.apply(shape, parameters.float(), *rounded)
    jets = forward_jets(shape, parameters.float(), *rounded)
    for low in (single[1], jets[1]):
        assert float((low - closed).abs().max()) < 1e-6 * scale


@pytest.mark.parametrize("depth", [1, 2, 4])
@pytest.mark.parametrize("kind", KINDS)
def test_hand_written_backward_pass_is_the_gradient(points, kind, depth):
    jet, second = made(points, kind)
    shape, parameters = network(kind, "silu", depth)
    parameters.requires_grad_()
    mixture = torch.linspace(-1, 1, 9, dtype=torch.float64)
    for of_phi, of_hessian in ((1.0, 0.0), (0.0, 1.0), (0.4, 0.6)):
        gradients = []
        for scheme in (potential_hessian, PotentialHessian.apply):
            phi, hessian = scheme(shape, parameters, jet, second)
            loss = of_phi * phi.pow(2).sum() + of_hessian * torch.sin(hessian @ mixture).sum()
            gradients.append(torch.autograd.grad(loss, parameters)[0])
        assert float((gradients[0] - gradients[1]).abs().max()) < 1e-12 * float(gradients[0].abs().max())
    phi, hessian = PotentialHessian.apply(shape, parameters, jet, second)
    alone = torch.autograd.grad(phi.sum(), parameters, retain_graph=True)[0]
    assert torch.allclose(alone, torch.autograd.grad(shape.values(parameters, jet[0]).sum(), parameters)[0])


@pytest.mark.parametrize("kind", KINDS)
def test_derivatives_are_those_along_the_hypersurface(points, kind):
    """Against central differences of the network's value along curves on X, solved for by Newton's iteration."""
    jet, second = made(points, kind)
    shape, parameters = network(kind)
    near = neighbourhood(points, slice(None))

    def phi(x):
        z, _ = near.embedded(x)
        found = torch.stack([real_features(kind, torch.cat([w.real, w.imag])) for w in z])
        return shape.values(parameters, found)[:, 0]

    step = 2e-3
    hessian = unpack(potential_hessian(shape, parameters, jet, second)[1])
    tangents = value_and_tangents(shape, parameters, jet)[..., 0]
    rng = np.random.default_rng(2)
    for _ in range(2):
        v = torch.from_numpy(rng.normal(size=3) + 1j * rng.normal(size=3))
        v = v / v.norm()
        x = near.x
        laplacian = phi(x + step * v) + phi(x - step * v) + phi(x + 1j * step * v) + phi(x - 1j * step * v) - 4 * phi(x)
        exact = torch.einsum("a,nab,b->n", v, hessian, v.conj()).real
        # Newton's two steps leave errors of fourth order; steep charts spoil a few points
        assert float((laplacian / (4 * step**2) - exact).abs().median()) < 1e-5 * max(1.0, float(exact.abs().max()))
        slope = (phi(x + step * v) - phi(x - step * v)) / (2 * step)
        exact = 2.0 * (torch.complex(tangents[1:4], tangents[4:]).T @ v).real
        assert float((slope - exact).abs().median()) < 1e-5 * max(1.0, float(exact.abs().max()))


def test_invariant_features_see_neither_phase_scale_nor_chart(points):
    found = invariant(points.z, points.pullback)
    factor = 0.3 - 1.7j
    scaled = invariant(points.z * factor, points.pullback * factor)
    assert np.abs(found.jet - scaled.jet).max() < 1e-13
    assert np.abs(found.second - scaled.second).max() < 1e-12
    there = neighbours(points)
    assert np.abs(found.jet[0] - invariant(there.z, there.pullback).jet[0]).max() < 1e-13
    assert np.allclose((found.jet[0] ** 2).sum(axis=1), 1.0)  # |F|² = (|z|²/N)²


def test_ricci_flatness_ratio_does_not_depend_on_the_chart(points):
    """det(g_FS + ∂∂̄φ)/|Ω|² in neighbouring charts."""
    shape, parameters = network("invariant")
    ratios = []
    for chart in (points, neighbours(points)):
        jet, second = made(chart, "invariant")
        g = chart.fubini_study + 0.1 * unpack(potential_hessian(shape, parameters, jet, second)[1]).numpy()
        ratios.append(determinant(g) / chart.holomorphic)
    assert np.abs(ratios[0] / ratios[1] - 1.0).max() < 1e-11


def test_packed_determinant_gradient_and_definiteness():
    generator = torch.Generator().manual_seed(3)
    matrices = torch.randn(50, 3, 3, dtype=torch.complex128, generator=generator)
    matrices = matrices + matrices.mH + 2.0 * torch.eye(3)
    packed = pack(matrices).requires_grad_()
    assert torch.allclose(unpack(packed), matrices)
    assert torch.allclose(determinants(packed), torch.linalg.det(matrices).real, rtol=1e-11, atol=1e-12)
    assert torch.autograd.gradcheck(determinants, (packed,))
    expected = torch.linalg.eigvalsh(matrices).min(dim=1).values <= 0
    assert 5 < int(expected.sum()) < 45
    assert torch.equal(indefinite(packed, determinants(packed)), expected)
    unknown = torch.full((1, 9), torch.nan)
    assert bool(indefinite(unknown, determinants(unknown)))
