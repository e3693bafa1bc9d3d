"""DEHB: its operators one by one, successive halving as judge of its first bracket, and what its rungs train later."""

from itertools import permutations
from typing import ClassVar

import numpy as np
import pytest
from ConfigSpace import ConfigurationSpace, Float
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.spaces_strategy import edges, spaces
from engine.toys import collect
from hpobench_baselines.native import HYPERBAND
from hpobench_baselines.native.multifidelity import DEHB
from hpobench_baselines.native.multifidelity.dehb import Dehb, Subpopulation
from hpobench_baselines.native.multifidelity.evolution import crossed, mutant
from hpobench_baselines.native.rungs import BracketRunner
from hpobench_tui import plugins
from hpobench_tui.core import Budget, Fidelity, HpobenchError, Simulation, Task
from hpobench_tui.core.space import validator
from hpobench_tui.testing.by_hand import trial
from hpobench_tui.testing.optimizers import OptimizerConformance


class TestDehb(OptimizerConformance):
    info = DEHB
    asks = 60  # beyond the first two cycles of its brackets


class TestOneFidelity(OptimizerConformance):
    """A cycle is as short as it can be: 9 epochs allow for no halving by 10."""

    info = DEHB
    parameters: ClassVar = {"eta": 10}


def line() -> ConfigurationSpace:
    return ConfigurationSpace(space=[Float(name, (0.0, 1.0)) for name in "xyz"])


def build(space=None, maximum=81, minimum=1, **parameters) -> Dehb:
    fidelity = Fidelity("epochs", minimum, maximum)
    return Dehb(Task(space or line(), fidelity, Budget.of(10_000, "fidelity"), 3, DEHB.settings(parameters)))


def test_a_mutant_is_a_plus_f_times_b_minus_c_of_three_different_ones() -> None:
    pool = np.array([[0.5, 0.40], [0.52, 0.41], [0.56, 0.47], [0.5, 0.6]])
    possible = {tuple(np.round(a + 0.5 * (b - c), 12)) for a, b, c in permutations(pool, 3)}
    rng = np.random.default_rng(0)
    assert {tuple(np.round(mutant(pool, 0.5, rng), 12)) for _ in range(2000)} == possible


def test_what_leaves_the_cube_is_drawn_anew() -> None:
    pool, rng = np.array([[0.0, 0.5], [1.0, 0.5], [0.9, 0.5]]), np.random.default_rng(0)
    mutants = np.array([mutant(pool, 1.0, rng) for _ in range(3000)])
    assert ((mutants >= 0) & (mutants <= 1)).all()
    assert (mutants[:, 1] == 0.5).all()
    drawn = mutants[~np.isin(np.round(mutants[:, 0], 9), np.round([0.1, 0.9, 1.0, 0.0], 9)), 0]
    assert len(drawn) > 1000
    assert abs(drawn.mean() - 0.5) < 5 / np.sqrt(12 * len(drawn))


def test_crossover_takes_each_column_at_its_rate_and_never_none() -> None:
    rng = np.random.default_rng(0)
    target, other = np.zeros(6), np.ones(6)
    rare = np.array([crossed(target, other, 0.0, rng) for _ in range(400)])
    assert (rare.sum(axis=1) == 1).all()
    assert rare.any(axis=0).all()
    often = np.array([crossed(target, other, 0.5, rng) for _ in range(4000)])
    assert np.abs(often.mean(axis=0) - 0.5 - 0.5**6 / 6).max() < 0.04
    assert (crossed(target, other, 1.0, rng) == other).all()
    assert not len(crossed(target[:0], other[:0], 0.0, rng))  # a space of constants


@settings(max_examples=20, deadline=None)
@given(space=spaces(forbiddens=True), seed=st.integers(0, 2**32))
def test_valid_on_any_space(space, seed) -> None:
    rng, optimizer, invalid = np.random.default_rng(seed), build(space, maximum=9), validator(space)
    for number in range(60):
        ask = optimizer.ask()
        assert invalid(ask.configuration) is None
        optimizer.tell(trial(number, ask, float(rng.random())))


def test_the_first_bracket_is_successive_halving() -> None:
    """Judge: the rungs of successive halving and Hyperband, given the same random configurations and losses."""
    optimizer = build()
    rng, configurations, asks = np.random.default_rng(4), [], []
    losses = {}

    def loss(configuration, fidelity):
        return losses.setdefault((tuple(configuration.values()), fidelity), float(rng.random()))

    for number in range(121):
        ask = optimizer.ask()
        asks.append(ask)
        if ask.rung == 0:
            configurations.append(ask.configuration)
        optimizer.tell(trial(number, ask, loss(ask.configuration, ask.fidelity)))
    judge = BracketRunner(0, optimizer.plan()[0], iter(configurations))
    for number, ask in enumerate(asks):
        assert judge.ask() == ask
        judge.tell(trial(number, ask, loss(ask.configuration, ask.fidelity)))


def test_parents_of_a_higher_rung_are_the_best_below() -> None:
    """With F = 0 and CR = 1 a proposal is a parent: where nothing is to be promoted, one of the n best below."""
    optimizer = build(maximum=27, factor=0.0, crossover=1.0)
    seen = 0
    for number in range(400):
        below = {fidelity: (s.individuals.copy(), s.losses.copy()) for fidelity, s in optimizer._subpopulations.items()}
        ask = optimizer.ask()
        rung = optimizer.plan()[ask.bracket % 4].rungs[ask.rung]
        if ask.bracket and ask.continues is None and rung.configurations >= 4:
            individuals, losses = below[rung.fidelity // 3 if ask.rung else rung.fidelity]
            parents = individuals[np.argsort(losses, kind="stable")[: rung.configurations]]
            assert tuple(ask.configuration.values()) in {tuple(map(float, p)) for p in parents}
            seen += ask.rung > 0
        optimizer.tell(trial(number, ask, float(number)))  # worse and worse: soon nobody new is among the best
    assert seen > 30


def test_selection_and_promotion() -> None:
    population = Subpopulation(np.arange(4.0)[:, None] / 4)
    for target, loss in enumerate([3.0, 1.0, 2.0]):
        population.select(target, np.array([target / 10]), loss, 100 + target)
    assert population.promote(1)[1] == 101
    assert population.promote(1) is None  # the best is promoted already, the next is not among the one best
    assert population.promote(2)[1] == 102
    population.select(1, np.array([0.9]), 1.5, 200)  # worse than its target
    assert population.promote(2) is None
    population.select(2, np.array([0.8]), 2.0, 201)  # as good as its target: takes its place
    assert population.promote(2) == (pytest.approx([0.8]), 201)
    population.select(None, np.array([0.7]), 5.0, 202)  # in the place of the one that was never evaluated
    assert population.losses.tolist() == [3.0, 1.0, 2.0, 5.0]
    population.select(0, np.array([0.6]), np.inf, 203)
    assert population.losses.tolist() == [3.0, 1.0, 2.0, 5.0]
    assert [population.next_target() for _ in range(5)] == [0, 1, 2, 3, 0]


def test_a_thousand_pending_trials_told_backwards() -> None:
    optimizer = build()
    asks = [optimizer.ask() for _ in range(1000)]
    for number, asked in enumerate(reversed(range(1000))):
        optimizer.tell(trial(number, asks[asked], float(asked % 7), asked))
    assert optimizer._under_way
    ends = [optimizer.ask() for _ in range(300)]
    assert any(ask.continues is not None for ask in ends)


@edges
@pytest.mark.parametrize(("minimum", "maximum"), [(1, 1), (7, 7), (1, 2), (5, 81)])
def test_any_space_and_range_of_fidelities(space, minimum, maximum) -> None:
    optimizer, invalid = build(space, maximum, minimum), validator(space)
    for number in range(60):
        ask = optimizer.ask()
        assert invalid(ask.configuration) is None
        assert minimum <= ask.fidelity <= maximum
        optimizer.tell(trial(number, ask, None if number % 3 == 0 else float(number)))


def test_no_worker_waits() -> None:
    run = collect(plugins.problems()["bandits/curves"], DEHB, 300, "simulated-seconds", Simulation(workers=8))
    busy = sum(end - start for start, end in run.column("clock_start", "clock_end"))
    assert busy == pytest.approx(8 * 300)


def test_refuses_what_needs_too_large_a_population() -> None:
    with pytest.raises(HpobenchError, match="for epochs from 1 to 9007199254740992"):
        Dehb(Task(line(), Fidelity("epochs", 1, 2**53), Budget.of(1, "evaluations"), 0, DEHB.settings({})))


@pytest.mark.slow
@pytest.mark.parametrize("problem", ["synthetic/counting-ones", "synthetic/hartmann6-mf"])
def test_better_than_hyperband(problem: str) -> None:
    """At equal fidelity from scratch, the incumbent of most of 10 repetitions."""
    final = {}
    for info in (DEHB, HYPERBAND):
        runs = [collect(plugins.problems()[problem], info, 63, "full-evaluations", seed=seed) for seed in range(10)]
        final[info.name] = [run.progress[-1]["incumbent_value"] for run in runs]
    assert sum(ours < theirs for ours, theirs in zip(final["dehb"], final["hyperband"], strict=True)) >= 8
