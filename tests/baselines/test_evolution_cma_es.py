"""CMA-ES: the library's strategies behave as alone, whatever order trials are told in, with margins and restarts."""

import numpy as np
import pytest

pytest.importorskip("cmaes")

from cmaes import CMA, CMAwM
from ConfigSpace import Categorical, ConfigurationSpace, Constant, Float, ForbiddenGreaterThanRelation, Integer
from unit_cube import cube, told

from hpobench_baselines.native import evolution
from hpobench_baselines.native.encoding import Encoding
from hpobench_baselines.native.evolution.cma_es import CMAES, default_population, lattice
from hpobench_baselines.native.evolution.relaxation import reflect
from hpobench_tui.core import Budget, HpobenchError, Task
from hpobench_tui.core.space import validator
from hpobench_tui.testing.optimizers import OptimizerConformance


class TestCMAES(OptimizerConformance):
    info = evolution.CMA_ES
    asks = 60


class TestRestarts(OptimizerConformance):
    info = evolution.CMA_ES
    parameters = {"restarts": "bipop", "sigma": 1e-6, "population": 5}  # noqa: RUF012


def built(space: ConfigurationSpace, seed: int = 1, **parameters) -> CMAES:
    return CMAES(Task(space, None, Budget.of(1000, "evaluations"), seed, evolution.CMA_ES.settings(parameters)))


def vector(optimizer: CMAES, configuration) -> np.ndarray:
    return np.array([configuration[name] for name in optimizer.encoding.names])


def rosenbrock(x: np.ndarray) -> float:
    z = 4 * x - 2
    return float(sum(100 * (z[1:] - z[:-1] ** 2) ** 2 + (1 - z[:-1]) ** 2))


def minimise(optimizer: CMAES, loss, evaluations: int) -> list[float]:
    losses = []
    for i in range(evaluations):
        configuration = optimizer.ask().configuration
        losses.append(loss(vector(optimizer, configuration)))
        optimizer.tell(told(i, configuration, losses[-1]))
    return losses


def test_one_after_the_other_it_is_the_library():
    """The strategy of the same seed, asked and told by hand, samples what is asked for; only bounds are ours."""
    optimizer = built(cube(4))
    rng = np.random.default_rng(1)
    alone = CMA(np.full(4, 0.5), 0.15, seed=int(rng.integers(2**32)), population_size=8)
    number = 0
    for _ in range(25):
        generation = []
        for _ in range(8):
            configuration = optimizer.ask().configuration
            raw = alone.ask()
            np.testing.assert_allclose(vector(optimizer, configuration), reflect(raw), atol=1e-12)
            loss = rosenbrock(reflect(raw))
            generation.append((raw, loss))
            optimizer.tell(told(number, configuration, loss))
            number += 1
        alone.tell(generation)


def test_the_population_is_hansens_unless_given():
    assert [default_population(d) for d in (1, 2, 5, 40)] == [4, 6, 8, 15]
    assert built(cube(5))._strategy.population_size == 8
    assert built(cube(5), population=20)._strategy.population_size == 20


def test_a_population_that_is_too_small_to_work_is_enlarged():
    assert min(minimise(built(cube(3), population=1), lambda x: float(np.sum((x - 0.3) ** 2)), 200)) < 0.05


def test_a_curved_valley_is_followed():
    for seed in range(3):
        assert min(minimise(built(cube(4), seed), rosenbrock, 1000)) < 0.05


def test_an_optimum_on_the_bounds_is_found():
    assert min(minimise(built(cube(5)), lambda x: float(x.sum()), 700)) < 1e-3


def test_failures_are_the_worst_of_their_generation():
    """Where half of the space fails, the search stays in the other half."""
    optimizer = built(cube(3), sigma=0.25)
    failed = 0
    for i in range(400):
        configuration = optimizer.ask().configuration
        x = vector(optimizer, configuration)
        failed += i >= 200 and x[0] < 0.5
        optimizer.tell(told(i, configuration, None if x[0] < 0.5 else float(((x - 0.75) ** 2).sum()) + 1e280))
    assert failed < 10


def test_pending_trials_are_learnt_in_the_order_of_their_tells():
    optimizer = built(cube(3))
    asks = [optimizer.ask().configuration for _ in range(40)]
    assert len({tuple(a.values()) for a in asks}) == 40
    for i in reversed(range(40)):
        optimizer.tell(told(i, asks[i], rosenbrock(vector(optimizer, asks[i]))))
    assert optimizer._strategy.generation == 40 // optimizer._strategy.population_size
    optimizer.ask()


@pytest.mark.parametrize("restarts", ["same", "ipop", "bipop"])
def test_restarts(restarts):
    """On a plateau, strategies stop soon: the next are as large, twice as large, or in turn that and small."""
    optimizer = built(cube(3), restarts=restarts)
    runs = [("large", 7)]
    means = {tuple(optimizer._strategy.mean)}
    for i in range(3000):
        optimizer.tell(told(i, optimizer.ask().configuration, 1.0))
        if optimizer._run == len(runs):
            runs.append((optimizer._regime, optimizer._strategy.population_size))
            means.add(tuple(optimizer._strategy.mean))
    assert len(means) == len(runs) >= 4
    large = [size for regime, size in runs if regime == "large"]
    assert large == [7 if restarts == "same" else 7 * 2**k for k in range(len(large))]
    small = [(i, size) for i, (regime, size) in enumerate(runs) if regime == "small"]
    assert bool(small) == (restarts == "bipop")
    for i, size in small:
        assert 7 <= size <= max(7, max(s for _, s in runs[:i]) / 2)
    if small:
        assert 0.3 < optimizer._trials["small"] / optimizer._trials["large"] < 3


def test_trials_from_before_a_restart_do_not_count():
    optimizer = built(cube(3))
    late = optimizer.ask().configuration
    i = 1
    while optimizer._run == 0:
        optimizer.tell(told(i, optimizer.ask().configuration, 1.0))
        i += 1
    before = len(optimizer._told)
    optimizer.tell(told(0, late, -1.0))
    assert len(optimizer._told) == before


def test_margins_are_for_equally_spaced_integers():
    space = ConfigurationSpace(space=[Float("f", (0.0, 1.0)), Integer("few", (3, 6)), Integer("huge", (0, 10**6))])
    space.add(Integer("log", (1, 64), log=True), Constant("k", 1))
    encoding = Encoding(space)
    ends, steps = lattice(space, encoding)
    names = [n for n in encoding.names if n != "k"]
    assert dict(zip(names, steps, strict=True)) == {"f": 0, "few": 0.25, "huge": 0, "log": 0}
    np.testing.assert_array_equal(ends[names.index("few")], [0.125, 0.875])
    assert np.isinf(np.delete(ends, names.index("few"), axis=0)).all()
    assert isinstance(built(space)._strategy, CMAwM)
    assert isinstance(built(cube(2))._strategy, CMA)


def test_integers_do_not_freeze():
    """An integer that matters a thousandth as much as the float still gets right: its margin keeps it moving."""
    space = ConfigurationSpace(space=[Float("x", (0.0, 1.0)), Integer("n", (0, 20)), Integer("m", (0, 1))])
    for seed in range(4):
        optimizer = built(space, seed)
        best = (np.inf, None)
        for i in range(600):
            c = optimizer.ask().configuration
            loss = 1000 * (c["x"] - 0.2) ** 2 + abs(c["n"] - 17) + (c["m"] != 1)
            best = min(best, (loss, i))
            optimizer.tell(told(i, c, loss))
        assert best[0] < 1e-3


def test_categoricals_are_refused_by_name():
    space = cube(2)
    space.add(Categorical("kind", ["a", "b"]))
    with pytest.raises(HpobenchError, match="categorical kind"):
        built(space)


def test_forbidden_points_are_mended():
    space = ConfigurationSpace()
    a, b = Float("a", (0.0, 1.0), default=0.2), Float("b", (0.0, 1.0), default=0.8)
    space.add(a, b)
    space.add(ForbiddenGreaterThanRelation(a, b))
    optimizer, invalid = built(space, sigma=0.25), validator(space)
    for i in range(300):
        configuration = optimizer.ask().configuration
        assert invalid(configuration) is None
        optimizer.tell(told(i, configuration, -configuration["a"]))
    assert configuration["a"] > 0.8
