"""What the populations do with what they are told, against their papers' rules written out plainly."""

import math
from itertools import permutations

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float
from unit_cube import bowl, cube, told

from hpobench_baselines.native import evolution
from hpobench_baselines.native.evolution.aging import RegularizedEvolution
from hpobench_baselines.native.evolution.batches import Convergence
from hpobench_baselines.native.evolution.differential import DifferentialEvolution, trial_vectors
from hpobench_baselines.native.evolution.genetic import GeneticAlgorithm
from hpobench_baselines.native.evolution.swarm import (
    ParticleSwarm,
    constriction,
    neighbourhood_best,
    velocities,
    walled,
)
from hpobench_tui.core import Budget, Task
from hpobench_tui.testing.by_hand import play
from hpobench_tui.testing.optimizers import OptimizerConformance


class TestGenetic(OptimizerConformance):
    info = evolution.GENETIC
    asks = 80


class TestGeneticSteadyState(OptimizerConformance):
    info = evolution.GENETIC
    parameters = {"population": 8, "offspring": 1, "crossover": "uniform", "elite": 0.5}  # noqa: RUF012


class TestDifferentialEvolution(OptimizerConformance):
    info = evolution.DIFFERENTIAL_EVOLUTION
    asks = 80


class TestRegularizedEvolution(OptimizerConformance):
    info = evolution.REGULARIZED_EVOLUTION
    asks = 60


class TestParticleSwarm(OptimizerConformance):
    info = evolution.PARTICLE_SWARM
    asks = 80


def built(kind, info, space: ConfigurationSpace, seed: int = 1, **parameters):
    return kind(Task(space, None, Budget.of(1000, "evaluations"), seed, info.settings(parameters)))


def minimise(optimizer, loss, evaluations: int) -> list[float]:
    return [trial.loss for trial in play(optimizer, loss, evaluations)]


CASES = [
    (GeneticAlgorithm, evolution.GENETIC),
    (DifferentialEvolution, evolution.DIFFERENTIAL_EVOLUTION),
    (RegularizedEvolution, evolution.REGULARIZED_EVOLUTION),
    (ParticleSwarm, evolution.PARTICLE_SWARM),
]


@pytest.mark.parametrize(("kind", "info"), CASES, ids=lambda case: getattr(case, "name", ""))
def test_a_bowl_is_descended(kind, info):
    """The best of as many random points is at 0.07 on average."""
    for seed in range(3):
        assert min(minimise(built(kind, info, cube(5), seed), bowl, 600)) < 2e-3


@pytest.mark.parametrize("strategy", ["rand1", "best1", "current-to-best1"])
def test_trial_vectors_are_those_of_the_paper(strategy):
    """Each is, in every coordinate, the target's or that of one and the same mutant of three distinct other members."""
    rng = np.random.default_rng(5)
    points = rng.random((6, 3)) * 0.1 + 0.45  # no mutant leaves the cube
    targets, best, factor = np.array([0, 3, 5]), 3, 0.6
    trials = np.vstack([trial_vectors(points, targets, best, strategy, factor, 0.7, rng) for _ in range(40)])
    for trial, i in zip(trials, np.tile(targets, 40), strict=True):
        base = {
            "rand1": lambda a, i=i: points[a],
            "best1": lambda a, i=i: points[best],
            "current-to-best1": lambda a, i=i: points[i] + factor * (points[best] - points[i]),
        }[strategy]
        others = permutations(set(range(6)) - {i}, 3)
        mutants = [base(a) + factor * (points[b] - points[c]) for a, b, c in others]
        fits = [np.isclose(trial, m, atol=1e-12) | (trial == points[i]) for m in mutants]
        assert any(f.all() and not (trial == points[i]).all() for f in fits)


def test_crossover_takes_one_coordinate_at_least_and_else_its_rate():
    rng = np.random.default_rng(5)
    points = rng.random((8, 20)) * 0.1 + 0.45

    def changed(rate: float) -> np.ndarray:
        return np.vstack(
            [trial_vectors(points, np.arange(8), 0, "rand1", 0.5, rate, rng) != points for _ in range(100)]
        )

    assert (changed(0.0).sum(axis=1) == 1).all()
    assert changed(0.3).mean() == pytest.approx(0.3 + 0.7 / 20, abs=0.02)


def test_a_trial_vector_takes_its_targets_place_if_it_is_no_worse():
    optimizer = built(DifferentialEvolution, evolution.DIFFERENTIAL_EVOLUTION, cube(2), population=4)
    first = [optimizer.ask().configuration for _ in range(4)]
    for i, configuration in enumerate(first):
        optimizer.tell(told(i, configuration, float(i)))
    second = [optimizer.ask().configuration for _ in range(4)]
    for i, (configuration, loss) in enumerate(zip(second, (5.0, 1.0, None, -7.0), strict=True)):
        optimizer.tell(told(4 + i, configuration, loss))
    names = sorted(first[0])
    expected = [[c[n] for n in names] for c in (first[0], second[1], first[2], second[3])]
    order = [optimizer.encoding.names.index(n) for n in names]
    np.testing.assert_allclose(optimizer._points[:, order], expected, atol=1e-12)
    assert optimizer._losses.tolist() == [0.0, 1.0, 2.0, -7.0]


@pytest.mark.parametrize("elite", [0.0, 0.5, 1.0])
def test_the_best_of_children_and_elite_survive(elite):
    optimizer = built(GeneticAlgorithm, evolution.GENETIC, cube(3), population=6, offspring=6, elite=elite)
    rng = np.random.default_rng(3)
    population: list[float] = []
    for generation in range(6):
        losses = rng.permutation(6) + rng.random(6)
        for i, loss in enumerate(losses):
            configuration = optimizer.ask().configuration
            if i == 0 and generation:
                assert sorted(optimizer._losses) == sorted(population)
            optimizer.tell(told(6 * generation + i, configuration, float(loss)))
        kept = sorted(population)[: int(elite * 6)]
        population = sorted([*kept, *losses])[:6]


def test_the_genetic_algorithm_does_not_repeat_itself_while_there_is_something_new():
    space = ConfigurationSpace({f"c{i}": list("abcd") for i in range(3)})
    optimizer = built(GeneticAlgorithm, evolution.GENETIC, space)
    asked: list[tuple[object, ...]] = []

    def loss(configuration) -> float:
        asked.append(tuple(configuration.values()))
        return float(sum(v != "b" for v in configuration.values()))

    minimise(optimizer, loss, 40)
    assert len(set(asked[10:]) - set(asked[:10])) >= 27  # of 30; the first 10 are a design


def test_only_the_youngest_live_and_the_parent_is_changed_in_one_place():
    optimizer = built(
        RegularizedEvolution, evolution.REGULARIZED_EVOLUTION, cube(4), population=5, sample=64, local=0.5
    )
    alive: list[tuple[float, dict[str, object]]] = []
    rng = np.random.default_rng(3)
    for i in range(60):
        child = optimizer.ask().configuration
        if i >= 5:
            _, parent = min(alive, key=lambda member: member[0])  # of 64 draws among 5, the best is one but for 1e-6
            assert sum(child[name] != parent[name] for name in child) == 1
        loss = float(rng.random()) - (10.0 if i == 7 else 0.0)
        optimizer.tell(told(i, child, loss))
        alive = [*alive, (loss, dict(child))][-5:]


def test_a_mutation_is_seen():
    """A change of a hyperparameter that is inactive would be none: one is never chosen."""
    space = ConfigurationSpace()
    kind, x = Categorical("kind", ["a", "b"]), Float("x", (0.0, 1.0))
    space.add(kind, x)
    space.add(EqualsCondition(x, kind, "b"))
    optimizer = built(RegularizedEvolution, evolution.REGULARIZED_EVOLUTION, space, population=2, sample=64)
    alive: list[dict[str, object]] = []
    for i in range(40):
        child = optimizer.ask().configuration
        assert i < 2 or child != min(alive, key=lambda c: c["kind"])
        optimizer.tell(told(i, child, 0.0 if child["kind"] == "a" else 1.0))
        alive = [*alive, dict(child)][-2:]


def test_the_constriction_of_clerc_and_kennedy():
    assert constriction(2.05, 2.05) == pytest.approx(0.72984, abs=1e-5)
    assert constriction(2.8, 1.3) == pytest.approx(0.72984, abs=1e-5)


def test_a_ring_knows_its_neighbours_only():
    losses = np.array([5.0, 1.0, 4.0, 3.0, 2.0])
    assert neighbourhood_best(losses, ring=True).tolist() == [1, 1, 1, 4, 4]
    assert neighbourhood_best(losses, ring=False).tolist() == [1] * 5
    assert neighbourhood_best(np.full(4, np.inf), ring=True).tolist() == [0, 1, 2, 3]


def test_velocities_have_the_mean_and_range_of_the_rule():
    rng = np.random.default_rng(2)
    shape = (20_000, 1)
    x, v, p, g = (np.full(shape, value) for value in (0.2, 0.1, 0.6, 0.9))
    drawn = velocities(x, v, p, g, 2.05, 2.05, rng)
    chi = constriction(2.05, 2.05)
    assert drawn.mean() == pytest.approx(chi * (0.1 + 2.05 * 0.5 * 0.4 + 2.05 * 0.5 * 0.7), rel=0.01)
    assert drawn.min() >= chi * 0.1
    assert drawn.max() <= chi * (0.1 + 2.05 * 1.1)
    expected = chi * 2.05 * math.sqrt((0.4**2 + 0.7**2) / 12)
    assert drawn.std() == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("case", [CASES[1], CASES[3]], ids=["de", "pso"])
def test_a_population_that_has_converged_is_followed_by_a_fresh_one(case):
    """Once the losses are within 1e-8 of their range at first, it looks around again."""
    kind, info = case
    optimizer = built(kind, info, cube(2))
    losses = minimise(optimizer, bowl, 3000)
    best = np.minimum.accumulate(losses)
    assert min(losses) < 1e-9
    later = losses[int(np.argmax(best < 1e-9)) + 20 * optimizer._size :]
    assert max(later) > 0.1


def test_a_population_that_is_too_small_to_work_is_enlarged():
    kind, info = CASES[1]
    assert min(minimise(built(kind, info, cube(3), population=1), bowl, 200)) < 0.05


def test_convergence_waits_for_all_and_is_relative():
    convergence = Convergence()
    assert not convergence.reached(np.array([1.0, np.inf]))
    assert not convergence.reached(np.array([1.0, 3.0]))
    assert not convergence.reached(np.array([1.0, 1.0 + 1e-7]))
    assert convergence.reached(np.array([1.0, 1.0 + 1e-8]))
    assert Convergence().reached(np.array([1e300, 1e300]))
    assert not Convergence().reached(np.array([-1.7e308, 1.7e308]))


def test_one_huge_loss_at_first_is_no_reason_to_take_what_follows_for_converged():
    convergence = Convergence()
    assert not convergence.reached(np.array([1.0, 2.0, 3.0, 1e300]))
    assert not convergence.reached(np.array([1.0, 2.0, 3.0, 2.0]))


def test_walls():
    points, speeds = np.array([[-0.3, 0.5, 1.2]]), np.array([[-0.4, 0.1, 0.3]])
    for absorb, place, speed in ((True, [0.0, 0.5, 1.0], [0.0, 0.1, 0.0]), (False, [0.3, 0.5, 0.8], [0.4, 0.1, -0.3])):
        at, going = walled(points, speeds, absorb)
        np.testing.assert_allclose(at[0], place)
        np.testing.assert_allclose(going[0], speed)


def test_a_particle_remembers_its_best_place_also_when_told_late():
    optimizer = built(ParticleSwarm, evolution.PARTICLE_SWARM, cube(2), particles=3)
    asks = [optimizer.ask().configuration for _ in range(9)]
    values = [np.array([c[n] for n in optimizer.encoding.names]) for c in asks]
    for i in (8, 0, 5, 1, 2, 4, 3, 7, 6):
        optimizer.tell(told(i, asks[i], [3.0, 5.0, 7.0, 2.0, 6.0, None, 9.0, 4.0, 8.0][i]))
    np.testing.assert_allclose(optimizer._best, [values[3], values[7], values[2]], atol=1e-12)
    assert optimizer._losses.tolist() == [2.0, 4.0, 7.0]
