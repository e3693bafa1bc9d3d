"""Crossover and mutation have the distributions that their papers say, and keep to the space."""

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, Constant, Float, Integer, OrdinalHyperparameter
from scipy import integrate, stats

from hpobench_baselines.native.encoding import Encoding
from hpobench_baselines.native.evolution.operators import (
    crossover,
    mutate,
    polynomial_step,
    simulated_binary,
    tournament,
)
from hpobench_baselines.native.evolution.relaxation import Relaxation, reflect


@pytest.fixture
def rng():
    return np.random.default_rng(11)


@pytest.fixture
def mixed() -> Encoding:
    space = ConfigurationSpace(space=[Float("f", (0.0, 1.0)), Integer("i", (1, 5)), Integer("l", (1, 300), log=True)])
    space.add(Integer("two", (1, 2), log=True), Categorical("c", list("xyz")))
    space.add(OrdinalHyperparameter("o", list("abcd")), Constant("k", 1))
    return Encoding(space)


def test_tournaments_are_won_by_rank(rng):
    """The best of n wins a tournament of s with probability 1 - (1 - 1/n)^s."""
    losses = np.array([3.0, 1.0, np.inf, 2.0])
    counts = np.bincount(tournament(losses, 3, 40_000, rng), minlength=4) / 40_000
    below = np.array([0, 1, 2, 3, 4]) / 4
    expected = np.diff(1 - (1 - below) ** 3)  # of the ranks, best first
    np.testing.assert_allclose(counts[[1, 3, 0, 2]], expected, atol=0.012)


def test_sbx_spreads_as_its_density(rng):
    """Far from the bounds, half the children's distance over half the parents' is beta with Deb and Agrawal's density:
    (eta + 1)/2 beta^eta below one, (eta + 1)/2 beta^-(eta + 2) above.
    """
    eta, n = 4.0, 20_000
    a, b = np.full((n, 1), 0.5 - 1e-4), np.full((n, 1), 0.5 + 1e-4)
    first, second = simulated_binary(a, b, eta, rng)
    np.testing.assert_allclose(first + second, a + b, rtol=1e-6)
    spread = (np.abs(second - first) / (b - a))[:, 0]

    def density(beta):
        return (eta + 1) / 2 * np.where(beta <= 1, beta**eta, np.maximum(beta, 1e-9) ** -(eta + 2))

    assert integrate.quad(density, 0, 1)[0] + integrate.quad(density, 1, np.inf)[0] == pytest.approx(1)

    def distribution(beta):
        return np.where(beta <= 1, 0.5 * beta ** (eta + 1), 1 - 0.5 * np.maximum(beta, 1e-9) ** -(eta + 1))

    assert stats.kstest(spread, distribution).pvalue > 1e-3
    assert ((first < second).mean()) == pytest.approx(0.5, abs=0.02)


def test_sbx_keeps_to_the_bounds_and_to_equal_parents(rng):
    a, b = rng.random((5000, 2)), rng.random((5000, 2))
    a[:500], b[:500] = 0.0, 1.0
    for child in simulated_binary(a, b, 2.0, rng):
        assert ((child >= 0) & (child <= 1)).all()
    for child in simulated_binary(a, a, 2.0, rng):
        np.testing.assert_allclose(child, a, atol=1e-9)


def test_uniform_crossover_exchanges_half_of_the_genes(rng):
    a, b = np.zeros((4000, 3)), np.ones((4000, 3))
    first, second = crossover(a, b, np.ones(3, dtype=bool), 2.0, 0.6, True, rng)
    np.testing.assert_array_equal(first + second, 1.0)
    assert first.mean() == pytest.approx(0.3, abs=0.02)
    assert (first.any(axis=1)).mean() == pytest.approx(0.6 * 7 / 8, abs=0.03)


@pytest.mark.parametrize("x", [0.0, 0.3, 0.97, 1.0])
def test_polynomial_steps_are_as_their_density(rng, x):
    """Deb's bounded form: below x, 1 - |step| is U-distributed to the power eta + 1 between (1 - x)^(eta + 1) and 1."""
    eta, n = 5.0, 20_000
    steps = polynomial_step(np.full(n, x), eta, rng)
    assert ((x + steps >= -1e-12) & (x + steps <= 1 + 1e-12)).all()
    for side, room in ((steps[steps < 0], x), (steps[steps > 0], 1 - x)):
        if room == 0:
            assert not len(side)
            continue
        assert len(side) / n == pytest.approx(0.5, abs=0.02)
        low = (1 - room) ** (eta + 1)
        uniform = ((1 - np.abs(side)) ** (eta + 1) - low) / (1 - low)
        assert stats.kstest(uniform, "uniform").pvalue > 1e-3


def test_a_chosen_gene_of_a_discrete_hyperparameter_always_changes(mixed, rng):
    x = mixed.snap(mixed.sample(500, rng))
    everything = np.tile(mixed.searched, (len(x), 1))
    mutants = mutate(x, everything, mixed, 20.0, rng)
    np.testing.assert_array_equal(mutants, mixed.snap(mutants))
    np.testing.assert_array_equal((mutants != x)[:, mixed.searched], True)
    np.testing.assert_array_equal(mutants[:, ~mixed.searched], x[:, ~mixed.searched])


def test_genes_that_are_not_chosen_stay(mixed, rng):
    x = mixed.snap(mixed.sample(500, rng))
    chosen = (rng.random(x.shape) < 0.3) & mixed.searched
    assert ((mutate(x, chosen, mixed, 20.0, rng) != x) == chosen).all()


def test_integers_move_to_their_neighbours_mostly(mixed, rng):
    j = mixed.names.index("i")
    x = np.tile(mixed.snap(mixed.default[None]), (2000, 1))
    chosen = np.zeros(x.shape, dtype=bool)
    chosen[:, j] = True
    distance = np.rint(np.abs(mutate(x, chosen, mixed, 20.0, rng) - x)[:, j] * 5)
    assert (distance == 1).mean() > 0.8


def test_categoricals_change_to_every_other_choice_alike(mixed, rng):
    j = mixed.names.index("c")
    x = np.tile(mixed.snap(mixed.default[None]), (6000, 1))
    x[:, j] = 1
    chosen = np.zeros(x.shape, dtype=bool)
    chosen[:, j] = True
    counts = np.bincount(mutate(x, chosen, mixed, 20.0, rng)[:, j].astype(int), minlength=3)
    assert counts[1] == 0
    assert stats.binomtest(counts[0], 6000).pvalue > 1e-3


def test_relaxed_vectors_come_back(mixed, rng):
    relaxation = Relaxation(mixed)
    x = mixed.snap(mixed.sample(300, rng))
    points = relaxation.relax(x)
    assert points.shape == (300, 6)
    assert ((points >= 0) & (points <= 1)).all()
    np.testing.assert_allclose(relaxation.full(points), x, atol=1e-12)


def test_a_relaxed_categorical_has_equal_intervals(mixed):
    relaxation = Relaxation(mixed)
    points = np.full((900, 6), 0.5)
    column = [n for n, s in zip(mixed.names, mixed.searched, strict=True) if s].index("c")
    points[:, column] = np.linspace(0, 1, 900)
    assert list(np.bincount(relaxation.full(points)[:, mixed.names.index("c")].astype(int))) == [300, 300, 300]


def test_reflection():
    np.testing.assert_allclose(reflect(np.array([-0.2, 0.3, 1.1, 2.6, -3.1])), [0.2, 0.3, 0.9, 0.6, 0.9], atol=1e-12)
