"""Designs are evenly spread, in the cube and in the space, and keep the contract."""

from itertools import permutations

import numpy as np
import pytest
from ConfigSpace import (
    BetaFloatHyperparameter,
    BetaIntegerHyperparameter,
    Categorical,
    ConfigurationSpace,
    Constant,
    Float,
    ForbiddenAndConjunction,
    ForbiddenEqualsClause,
    Integer,
    NormalFloatHyperparameter,
    NormalIntegerHyperparameter,
    OrdinalHyperparameter,
)
from scipy import stats

from hpobench_baselines.native import designs
from hpobench_baselines.native.designs.latin_hypercube import LatinHypercube, latin_hypercube
from hpobench_baselines.native.designs.quantiles import Quantiles
from hpobench_baselines.native.designs.sequences import Halton, Sobol
from hpobench_baselines.native.encoding import Encoding
from hpobench_tui.core import Budget, Fidelity, HpobenchError, Task
from hpobench_tui.core.space import validator
from hpobench_tui.testing.optimizers import OptimizerConformance


class TestLatinHypercube(OptimizerConformance):
    info = designs.LATIN_HYPERCUBE


class TestSobol(OptimizerConformance):
    info = designs.SOBOL


class TestHalton(OptimizerConformance):
    info = designs.HALTON


def floats(dimension: int) -> ConfigurationSpace:
    return ConfigurationSpace({f"x{i:02}": (0.0, 1.0) for i in range(dimension)})


def task(space: ConfigurationSpace, budget: Budget, fidelity: Fidelity | None = None, seed: int = 1, points: int = 0):
    return Task(space, fidelity, budget, seed, {"points": points})


def asked(optimizer, n: int) -> np.ndarray:
    """The values of the next n configurations."""
    return np.array([list(optimizer.ask().configuration.values()) for _ in range(n)])


@pytest.mark.parametrize(("n", "dimension"), [(1, 3), (2, 1), (37, 5), (1000, 2)])
def test_a_hypercube_has_one_point_in_every_interval(n, dimension):
    x = latin_hypercube(n, dimension, np.random.default_rng(n))
    assert x.shape == (n, dimension)
    for column in x.T:
        assert sorted(np.floor(column * n)) == list(range(n))


def test_the_columns_of_a_hypercube_are_matched_at_random():
    x = np.array([latin_hypercube(2, 2, np.random.default_rng(seed)) for seed in range(400)])
    same = ((x[:, 0, 0] < 0.5) == (x[:, 0, 1] < 0.5)).mean()
    assert same == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize(
    ("budget", "fidelity", "points", "size"),
    [
        (Budget.of(40, "evaluations"), None, 0, 40),
        (Budget.of(270, "fidelity"), Fidelity("epochs", 1, 9), 0, 30),
        (Budget.of(40, "evaluations"), None, 8, 8),
        (Budget.of(1, "seconds"), None, 0, 64),
    ],
)
def test_one_hypercube_after_the_other(budget, fidelity, points, size):
    x = asked(LatinHypercube(task(floats(3), budget, fidelity, points=points)), 3 * size)
    for cube in np.split(x, 3):
        for column in cube.T:
            assert sorted(np.floor(column * size)) == list(range(size))
    assert len(np.unique(x, axis=0)) == 3 * size


def test_a_budget_below_one_evaluation_is_a_hypercube_of_one():
    assert asked(LatinHypercube(task(floats(2), Budget.of(5, "fidelity"), Fidelity("epochs", 1, 9))), 3).shape == (3, 2)


@pytest.mark.parametrize(
    ("sequence", "points", "dimension", "ratio"),
    [(Sobol, 256, 2, 5), (Sobol, 256, 6, 4), (Halton, 200, 2, 5), (Halton, 200, 6, 3)],
)
def test_sequences_have_a_lower_discrepancy_than_random_points(sequence, points, dimension, ratio):
    rng = np.random.default_rng(0)
    random = np.median([stats.qmc.discrepancy(rng.random((points, dimension))) for _ in range(15)])
    budget = Budget.of(points, "evaluations")
    ours = [stats.qmc.discrepancy(asked(sequence(task(floats(dimension), budget, seed=s)), points)) for s in range(5)]
    assert max(ours) * ratio < random


def test_a_sobol_sequence_is_a_net():
    """Of 2^m points, every interval of length 2^-m holds one, in each coordinate, also further on in the sequence."""
    x = asked(Sobol(task(floats(4), Budget.of(1024, "evaluations"))), 1024)
    for block in np.split(x, 4):
        for column in block.T:
            assert sorted(np.floor(column * 256)) == list(range(256))


def test_a_halton_sequence_fills_the_intervals_of_its_bases():
    x = asked(Halton(task(floats(3), Budget.of(900, "evaluations"))), 900)
    for column, base in zip(x.T, (2, 3, 5), strict=True):
        counts = np.bincount(np.floor(column * base).astype(int), minlength=base)
        assert (counts == 900 // base).all()


PRIORS = (
    BetaFloatHyperparameter("v", alpha=2.0, beta=5.0, lower=-1.0, upper=1.0),
    BetaFloatHyperparameter("v", alpha=3.0, beta=1.0, lower=1e-4, upper=1.0, log=True),
    BetaIntegerHyperparameter("v", alpha=2.0, beta=4.0, lower=3, upper=40),
    NormalFloatHyperparameter("v", mu=2.0, sigma=3.0, lower=-1.0, upper=4.0),
    NormalFloatHyperparameter("v", mu=1e-2, sigma=0.5, lower=1e-4, upper=1.0, log=True),
    NormalIntegerHyperparameter("v", mu=10, sigma=3, lower=0, upper=20),
    Float("v", (1e-3, 1e3), log=True),
    Integer("v", (-3, 9)),
    Categorical("v", [1, 2, 3], weights=[0.2, 0.5, 0.3]),
    OrdinalHyperparameter("v", [1, 2, 4, 8]),
)


@pytest.mark.parametrize("hyperparameter", PRIORS, ids=lambda h: type(h).__name__)
def test_marginals_are_the_priors(hyperparameter):
    space = ConfigurationSpace(space=[hyperparameter])
    encoding = Encoding(space)
    n = 4000
    x = Quantiles(space, encoding)(((np.arange(n) + 0.5) / n)[:, None])
    ours = np.array([c["v"] for c in encoding.decode_all(x)], dtype=float)
    theirs = np.asarray(hyperparameter.sample_value(n, seed=np.random.RandomState(3)), dtype=float)
    values = np.unique(np.concatenate([ours, theirs]))
    ours_below, theirs_below = (np.searchsorted(np.sort(v), values, side="right") / n for v in (ours, theirs))
    # ours has hardly an error of its own: Kolmogorov's bound for one sample of n, at a level of 1e-4
    assert np.abs(ours_below - theirs_below).max() < 2.3 / np.sqrt(n)


def test_forbidden_points_are_skipped_and_never_stall():
    space = ConfigurationSpace()
    x, a, b = Float("x", (0.0, 1.0)), Categorical("a", list("pqrs")), Categorical("b", list("pqrs"))
    space.add(x, a, b)
    pairs = [(ForbiddenEqualsClause(a, v), ForbiddenEqualsClause(b, w)) for v, w in permutations("pqrs", 2)]
    space.add(*(ForbiddenAndConjunction(*pair) for pair in pairs))
    budget = Budget.of(1, "evaluations")
    for optimizer in (Sobol(task(space, budget)), LatinHypercube(task(space, budget))):
        invalid = validator(space)
        configurations = [optimizer.ask().configuration for _ in range(300)]
        assert not any(map(invalid, configurations))
        assert {c["a"] for c in configurations} == set("pqrs")


def test_a_space_of_constants_is_asked_again_and_again():
    space = ConfigurationSpace(space=[Constant("k", 3)])
    for design in (Sobol, Halton, LatinHypercube):
        optimizer = design(task(space, Budget.of(3, "evaluations")))
        assert [optimizer.ask().configuration for _ in range(5)] == [{"k": 3}] * 5


def test_too_many_dimensions_for_sobol_are_refused_by_name(monkeypatch):
    monkeypatch.setattr(stats.qmc.Sobol, "MAXDIM", 4)
    with pytest.raises(HpobenchError, match=r"at most 4\. Use halton"):
        Sobol(task(floats(5), Budget.of(3, "evaluations")))
    assert asked(Halton(task(floats(5), Budget.of(3, "evaluations"))), 3).shape == (3, 5)
