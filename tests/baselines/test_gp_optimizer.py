"""The Gaussian-process optimizers where it is hard for them, and whether they optimise."""

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, Constant, Integer
from hypothesis import given, settings
from hypothesis import strategies as st
from spaces_strategy import spaces
from unit_cube import cube

from hpobench_baselines.native import gp
from hpobench_tui.core import Ask, Budget, Configuration, HpobenchError, Optimizer, OptimizerInfo, Task
from hpobench_tui.core.space import validator
from hpobench_tui.plugins import build_optimizer
from hpobench_tui.testing.by_hand import play, trial

BOTH = pytest.mark.parametrize("info", gp.GAUSSIAN_PROCESSES, ids=lambda info: info.name)


def built(info: OptimizerInfo, space: ConfigurationSpace, seed: int = 1, **parameters) -> Optimizer:
    return build_optimizer(info, Task(space, None, Budget.of(1000, "evaluations"), seed, info.settings(parameters)))


def optimised(optimizer: Optimizer, loss, trials: int) -> list[Configuration]:
    return [trial.configuration for trial in play(optimizer, loss, trials)]


@BOTH
@settings(max_examples=10, deadline=None)
@given(space=spaces(forbiddens=True), seed=st.integers(0, 2**62))
def test_all_that_is_asked_is_valid(info, space, seed):
    invalid, rng = validator(space), np.random.default_rng(seed)
    optimizer = built(info, space, seed, initial=3)
    for number in range(9):
        ask = optimizer.ask()
        assert invalid(ask.configuration) is None
        optimizer.tell(trial(number, ask, None if rng.random() < 0.2 else float(rng.standard_normal())))


@BOTH
@pytest.mark.parametrize("parent", ["one", "two"])
def test_a_space_of_one_or_two_points_is_asked_again_and_again(info, parent):
    space = ConfigurationSpace(space=[Constant("a", 3), Categorical("b", ["x"] if parent == "one" else ["x", "y"])])
    asked = optimised(built(info, space), lambda c: 0.5, 12)
    assert {c["b"] for c in asked} == ({"x"} if parent == "one" else {"x", "y"})


def test_pending_trials_are_all_different():
    optimizer = built(gp.GP, cube(2), initial=8)
    asked = optimised(optimizer, lambda c: (c["x0"] - 0.3) ** 2 + c["x1"], 12)
    asked += [optimizer.ask().configuration for _ in range(30)]
    assert len({tuple(c.values()) for c in asked}) == 42


@pytest.mark.slow
@pytest.mark.parametrize("pending", ["kriging-believer", "constant-liar"])
def test_a_thousand_pending_trials(pending):
    optimizer = built(gp.GP, cube(2), pending=pending)
    asked = optimised(optimizer, lambda c: (c["x0"] - 0.3) ** 2 + c["x1"], 20)
    asked += [optimizer.ask().configuration for _ in range(1000)]
    assert len({tuple(c.values()) for c in asked}) == 1020
    optimizer.tell(trial(1019, Ask(asked[1019]), 0.1))
    optimizer.ask()


@BOTH
def test_fifty_dimensions(info):
    space = cube(50)
    invalid = validator(space)
    asked = optimised(built(info, space, initial=10), lambda c: sum((v - 0.4) ** 2 for v in c.values()), 25)
    assert all(invalid(c) is None for c in asked)
    losses = [sum((v - 0.4) ** 2 for v in c.values()) for c in asked]
    assert min(losses[10:]) < 0.95 * min(losses[:10])


@BOTH
def test_duplicated_and_extreme_losses(info):
    losses = iter([1e300, -1e300, 0.0, 0.0, 1e-300, -1e-300, None, 5.0, 1e300, 1e308, -1e308, 3.0] * 2)
    optimised(built(info, cube(3), initial=3), lambda c: next(losses), 24)


def test_it_begins_with_points_that_are_evenly_spread():
    asked = optimised(built(gp.GP, cube(2), initial=8), lambda c: 0.0, 8)
    for name in ("x0", "x1"):
        assert sorted(int(8 * c[name]) for c in asked) == list(range(8))


def test_a_smooth_bowl_is_found_to_five_digits():
    def loss(c: Configuration) -> float:
        return (float(c["x0"]) - 0.31) ** 2 + 2.0 * (float(c["x1"]) - 0.72) ** 2 + float(c["x0"]) * float(c["x1"]) / 9

    grid = np.linspace(0, 1, 2001)
    least = (grid[:, None] - 0.31) ** 2 + 2 * (grid - 0.72) ** 2 + grid[:, None] * grid / 9
    assert min(map(loss, optimised(built(gp.GP, cube(2)), loss, 25))) < least.min() + 1e-5


def test_mixed_columns_are_found():
    space = cube(1)
    space.add(Integer("n", (1, 12)), Categorical("kind", ["a", "b", "c", "d"]))

    def loss(c: Configuration) -> float:
        return (
            (float(c["x0"]) - 0.4) ** 2
            + (float(c["n"]) - 9) ** 2 / 50
            + {"a": 0.3, "b": 0.5, "c": 0.0, "d": 1.0}[c["kind"]]
        )

    best = min(optimised(built(gp.GP, space), loss, 30), key=loss)
    assert (best["n"], best["kind"]) == (9, "c")
    assert abs(best["x0"] - 0.4) < 0.02


def test_where_trials_fail_is_avoided():
    asked = optimised(built(gp.GP, cube(1), initial=6), lambda c: None if c["x0"] < 0.5 else 1.0 - c["x0"], 25)
    assert sum(c["x0"] < 0.45 for c in asked[6:]) <= 3


def test_turbo_converges_in_twenty_dimensions():
    def loss(c: Configuration) -> float:
        return sum((float(v) - 0.3) ** 2 for v in c.values())

    losses = [loss(c) for c in optimised(built(gp.TURBO, cube(20), initial=20), loss, 70)]
    assert min(losses) < 0.6 * min(losses[:20])


def test_a_region_doubles_halves_and_is_spent():
    from hpobench_baselines.native.gp.turbo import Region

    region = Region(5)
    for loss in (3.0, 2.0, 1.0):
        region.record(loss)
    assert region.length == 1.6
    for _ in range(5):
        region.record(1.0)
    assert region.length == 0.8
    for _ in range(35):
        assert not region.spent
        region.record(float("inf"))
    assert region.spent


@pytest.mark.parametrize("name", ["xi", "kappa"])
def test_settings_whose_squares_overflow_are_refused(name):
    with pytest.raises(HpobenchError, match="at most 1000"):
        gp.GP.settings({name: 1e300})
