"""The pinned landmarks are what Donaldson's algorithm gives on the problems' own test points."""

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from hpobench_suites.quintic import PROBLEMS, landmarks
from hpobench_suites.quintic.curvature import ricci_scalars
from hpobench_suites.quintic.data import SEED
from hpobench_suites.quintic.donaldson.balanced import balanced
from hpobench_suites.quintic.donaldson.diagonal import problem, shapes
from hpobench_suites.quintic.donaldson.differentiable import differentiable_metric
from hpobench_suites.quintic.donaldson.optimal import optimal_values
from hpobench_suites.quintic.donaldson.sections import metric, orbits
from hpobench_suites.quintic.geometry.cache import point_set
from hpobench_suites.quintic.geometry.hypersurface import Quintic, determinant
from hpobench_suites.quintic.measures import ricci_measure, sigma
from hpobench_tui.core.space import default
from hpobench_tui.plugins import problems

PINNED = 1e-5
KNOWN = {info.id: {mark.name: mark.loss for mark in info.landmarks} for info in PROBLEMS}


@pytest.fixture(scope="module")
def train():
    return point_set(Quintic(), 100_000, SEED, "train")


def sigma_of(points, form, degree):
    return sigma(points.weights, determinant(metric(points, form, degree)) / points.holomorphic).value


@pytest.mark.parametrize("degree", landmarks.DEGREES)
def test_balanced(train, degree):
    form = balanced(train, degree).form
    for name, test in (("sigma-small", 5_000), ("sigma", 10_000)):
        found = sigma_of(point_set(Quintic(), test, SEED, "test"), form, degree)
        assert found == pytest.approx(KNOWN[f"quintic/{name}"][landmarks.name(degree)], rel=PINNED)


def test_optimal(train):
    form = orbits(4, True).form(optimal_values(train, 4, balanced(train, 4).values))
    for name, test in (("sigma-small", 5_000), ("sigma", 10_000)):
        found = sigma_of(point_set(Quintic(), test, SEED, "test"), form, 4)
        assert found == pytest.approx(KNOWN[f"quintic/{name}"]["optimal diagonal k = 4"], rel=1e-3)


@pytest.mark.parametrize("degree", [1, 2, *(pytest.param(k, marks=pytest.mark.slow) for k in (3, 4, 5, 6))])
def test_curvature(train, degree):
    function = differentiable_metric(balanced(train, degree).form, degree)
    some = point_set(Quintic(), 5_000, SEED, "test").first(500)
    g = function(torch.from_numpy(some.z.copy()), torch.from_numpy(some.pullback.copy())).numpy()
    found = ricci_measure(some.weights, determinant(g) / some.holomorphic, ricci_scalars(some, function)).value
    assert found == pytest.approx(KNOWN["quintic/ricci"][landmarks.name(degree)], rel=PINNED)


@pytest.mark.parametrize("degree", [2, 3, 4])
def test_diagonal_problems(train, degree):
    made, known = problem(degree), KNOWN[f"quintic/donaldson-k{degree}"]
    values = balanced(train, degree).values
    names = ["log_" + "".join(map(str, shape)) for shape in shapes(degree)[1:]]
    configuration = dict(zip(names, map(float, np.log(values[1:] / values[0])), strict=True))
    assert made.start(configuration, 0, "cpu").advance(1).loss == pytest.approx(
        known[landmarks.name(degree)], rel=PINNED
    )
    untouched = made.start(default(made.space()), 0, "cpu").advance(1).loss
    assert untouched == pytest.approx(known["Fubini-Study"], rel=PINNED)


def test_other_quintics_have_none_and_other_ansaetze_the_same():
    registry = problems()
    assert registry["quintic/sigma-small[psi=0.5]"].landmarks == ()
    assert registry["quintic/sigma[ansatz=matrix]"].landmarks == registry["quintic/sigma"].landmarks != ()
