"""The literature's ansätze: overlaps of charts, penalties, and the differentiable metric beside the one that trains."""

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from torch.func import jvp

from hpobench_suites.quintic.curvature import neighbourhood
from hpobench_suites.quintic.data import tensors
from hpobench_suites.quintic.geometry.hypersurface import Charts, Quintic, charts
from hpobench_suites.quintic.geometry.sampler import sample
from hpobench_suites.quintic.network.ansatz import ANSAETZE, OUTPUTS
from hpobench_suites.quintic.network.features import WIDTH
from hpobench_suites.quintic.network.metric import unpack
from hpobench_suites.quintic.network.model import LearntMetric
from hpobench_suites.quintic.network.overlap import fubini_study_slopes, jacobian, neighbours
from hpobench_suites.quintic.network.perceptron import Perceptron

PATCHED = ["phi", "additive", "multiplicative", "matrix"]
CASES = [("phi", "invariant"), *((ansatz, "patch") for ansatz in PATCHED)]


@pytest.fixture(scope="module", params=[0.0, -1.5])
def points(request) -> Charts:
    torch.set_num_threads(1)
    quintic = Quintic(request.param)
    return charts(quintic, sample(quintic, 60, np.random.default_rng(2)))


def learnt(ansatz, kind, scale=0.5):
    shape = Perceptron(WIDTH[kind], 16, 2, "tanh", OUTPUTS[ansatz])
    return LearntMetric(shape, shape.initial(scale, torch.Generator().manual_seed(1)).double(), ansatz, kind)


def holomorphic_slopes(points, function):
    """∂_c of a function of (z, P) along X, (n, c, ...), by forward derivatives."""
    near = neighbourhood(points, slice(None))
    parts = []
    for c in range(3):
        v = torch.zeros_like(near.x)
        v[:, c] = 1.0
        along = [jvp(lambda x: function(*near.embedded(x)), (near.x,), (d,))[1] for d in (v, 1j * v)]
        parts.append(0.5 * (along[0] - 1j * along[1]))
    return torch.stack(parts, dim=1)


def test_fubini_study_is_one_metric_on_all_charts(points):
    there = neighbours(points)
    assert (there.patch != points.patch).all()
    change = jacobian(points, there)
    carried = change @ there.fubini_study @ change.conj().transpose(0, 2, 1)
    assert np.abs(points.fubini_study - carried).max() < 1e-13


def test_fubini_study_slopes(points):
    zero = learnt("additive", "patch", 0.0)
    found = fubini_study_slopes(points)
    assert np.abs(found - holomorphic_slopes(points, zero.metric).numpy()).max() < 1e-12
    assert np.abs(found - found.transpose(0, 2, 1, 3)).max() < 1e-12  # Kähler


@pytest.mark.parametrize(("ansatz", "kind"), CASES)
def test_differentiable_metric_is_the_one_that_trains(points, ansatz, kind):
    model = learnt(ansatz, kind)
    trained = model.at(points)
    plain = model.metric(torch.tensor(points.z), torch.tensor(points.pullback)).numpy()
    assert np.abs(trained - points.fubini_study).max() > 1e-3
    assert np.abs(trained - plain).max() < 1e-13
    assert np.abs(trained - trained.conj().transpose(0, 2, 1)).max() == 0.0


@pytest.mark.parametrize(("ansatz", "kind"), CASES)
def test_penalties(points, ansatz, kind):
    """Zero for Fubini-Study; else what their definitions give, from independent derivatives."""
    made = tensors(points, kind, ansatz, torch.float64, "cpu")
    model = learnt(ansatz, kind)
    flat = ANSAETZE[ansatz](model.network, torch.zeros_like(model.parameters), made).penalties
    assert all(float(value) < 1e-13 for value in flat.values())
    found = ANSAETZE[ansatz](model.network, model.parameters, made).penalties
    if kind == "invariant":
        assert not found
        return
    there = neighbours(points)
    if ansatz == "phi":
        values = [
            model.network.values(model.parameters, torch.from_numpy(np.concatenate([c.z.real, c.z.imag], axis=1)))
            for c in (points, there)
        ]
        assert float(found["transition"]) == pytest.approx(float((values[0] - values[1]).abs().mean()), rel=1e-12)
        return
    change = jacobian(points, there)
    jump = model.at(points) - change @ model.at(there) @ change.conj().transpose(0, 2, 1)
    assert float(found["transition"]) == pytest.approx(np.abs(jump).sum(axis=(1, 2)).mean(), rel=1e-12)
    slopes = holomorphic_slopes(points, model.metric)
    curl = (slopes - slopes.transpose(1, 2)).abs().sum(dim=(1, 2, 3)).mean() / 2  # each pair c < a counts once
    assert float(found["kaehler"]) == pytest.approx(float(curl), rel=1e-10)
    assert float(curl) > 1e-4


def test_potentials_are_kaehler(points):
    slopes = holomorphic_slopes(points, learnt("phi", "invariant").metric)
    assert float((slopes - slopes.transpose(1, 2)).abs().max()) < 1e-12 * float(slopes.abs().max())


def test_subsets_of_points_keep_all_columns(points):
    made = tensors(points, "patch", "matrix", torch.float64, "cpu")
    rows = torch.tensor([3, 1, 7])
    taken, first = made.take(rows), made.first(8).take(rows)
    for name in ("jet", "table", "other", "overlap"):
        assert torch.equal(getattr(taken, name), getattr(first, name))
    assert len(made.first(8)) == 8
    assert np.abs(unpack(taken.fubini_study).numpy() - points.fubini_study[[3, 1, 7]]).max() < 1e-16
