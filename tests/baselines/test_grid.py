"""The grid is the full factorial, each point once, and fits the budget."""

import itertools
import math

import pytest
from ConfigSpace import (
    AndConjunction,
    Categorical,
    ConfigurationSpace,
    EqualsCondition,
    Float,
    ForbiddenAndConjunction,
    ForbiddenEqualsClause,
    Integer,
    OrConjunction,
)
from ConfigSpace.forbidden import ForbiddenGreaterThanClause, ForbiddenLessThanClause
from hypothesis import given, settings
from hypothesis import strategies as st
from spaces_strategy import spaces

from hpobench_baselines.native import GRID
from hpobench_baselines.native.grid import GridSearch, coprime_near, fitted_levels, points, values
from hpobench_tui.core import Budget, Complete, Fidelity, HpobenchError, Task
from hpobench_tui.core.space import validator


def asked(space, budget, fidelity=None, **parameters):
    optimizer = GridSearch(Task(space, fidelity, budget, 0, GRID.settings(parameters)))
    result = []
    while True:
        try:
            result.append(optimizer.ask().configuration)
        except Complete:
            return result


def key(configuration):
    return frozenset(configuration.items())


def square() -> ConfigurationSpace:
    return ConfigurationSpace(space=[Float("x", (0.0, 1.0)), Float("y", (1e-4, 1.0), log=True)])


def test_levels_are_equally_spaced_in_the_searched_scale():
    assert values(square()["x"], 5) == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert values(square()["y"], 5) == pytest.approx([1e-4, 1e-3, 1e-2, 1e-1, 1.0], rel=1e-12)
    assert values(square()["y"], 1) == pytest.approx([1e-2])
    assert values(Integer("n", (1, 9)), 3) == [1, 5, 9]
    assert values(Integer("n", (1, 3)), 7) == [1, 2, 3]
    assert values(Integer("n", (1, 1000), log=True), 4) == [1, 10, 100, 1000]


def test_covers_the_full_factorial_exactly_once():
    space = square()
    space.add(Categorical("c", ["p", "q", "r"]))
    got = asked(space, Budget.of(1, "seconds"), resolution=4)
    expected = itertools.product(values(space["c"], 4), values(space["x"], 4), values(space["y"], 4))
    assert sorted((g["c"], g["x"], g["y"]) for g in got) == sorted(expected)


@pytest.mark.parametrize(
    ("budget", "fidelity", "points_asked"),
    [
        (Budget.of(16, "evaluations"), None, 16),
        (Budget.of(17, "evaluations"), None, 16),
        (Budget.of(20, "evaluations"), None, 20),  # 5 × 4
        (Budget.of(3, "evaluations"), None, 2),
        (Budget.of(1, "evaluations"), None, 1),
        (Budget.of(16, "evaluations"), Fidelity("epochs", 1, 81), 16),
        (Budget.of(16 * 81 + 80, "fidelity"), Fidelity("epochs", 1, 81), 16),
        (Budget.of(16 * 81, "fidelity-continued"), Fidelity("epochs", 1, 81), 16),
        (Budget.of("16.5", "full-evaluations"), Fidelity("epochs", 1, 81), 16),
        (Budget.of(100, "seconds"), None, 9),  # three levels each
    ],
)
def test_automatic_resolution_fits_the_budget(budget, fidelity, points_asked):
    assert len(asked(square(), budget, fidelity)) == points_asked


def test_inactive_hyperparameters_multiply_nothing():
    space = ConfigurationSpace(space=[c := Categorical("c", ["off", "on"]), x := Float("x", (0.0, 1.0))])
    space.add(EqualsCondition(x, c, "on"))
    got = asked(space, Budget.of(1, "seconds"), resolution=3)
    on = [{"c": "on", "x": x} for x in (0.0, 0.5, 1.0)]
    assert set(map(key, got)) == set(map(key, [{"c": "off"}, *on]))
    assert len(got) == 4


def test_forbidden_points_are_skipped():
    space = ConfigurationSpace(space=[c := Categorical("c", ["a", "b", "d"])])
    space.add(ForbiddenEqualsClause(c, "b"))
    assert sorted(g["c"] for g in asked(space, Budget.of(10, "evaluations"))) == ["a", "d"]


def test_a_grid_of_forbidden_points_is_refused():
    space = ConfigurationSpace(space=[i := Integer("i", (0, 99), default=50)])
    space.add(ForbiddenGreaterThanClause(i, 50), ForbiddenLessThanClause(i, 50))
    with pytest.raises(HpobenchError, match="leave nothing of its 2 combinations"):
        asked(space, Budget.of(2, "evaluations"))


def test_every_prefix_is_spread_out():
    """Any four in a row of a 16 × 16 grid leave no half of either side empty for long: eight in a row never do."""
    got = asked(square(), Budget.of(256, "evaluations"))
    for start in range(0, 248, 8):
        window = got[start : start + 8]
        assert 1 < sum(g["x"] < 0.5 for g in window) < 7
        assert len({g["y"] for g in window}) >= 4


def test_a_million_evaluations_are_laid_out_at_once():
    levels = fitted_levels(square(), 10**6)
    assert math.prod(map(len, levels.values())) == 10**6


@given(total=st.integers(1, 10**12))
def test_stride_is_a_permutation(total):
    assert math.gcd(coprime_near(total / 1.618, total), total) == 1


def met(condition, active):
    match condition:
        case AndConjunction():
            return all(met(part, active) for part in condition.components)
        case OrConjunction():
            return any(met(part, active) for part in condition.components)
    return condition.parent.name in active and condition.satisfied_by_value(active)


def test_a_clause_on_an_inactive_hyperparameter_forbids_nothing():
    """By hand: kind 'b' leaves `flag` inactive, so that forbidding (b, True) takes nothing away."""
    space = ConfigurationSpace({"kind": ["a", "b"], "flag": [True, False]})
    space.add(EqualsCondition(space["flag"], space["kind"], "a"))
    space.add(
        ForbiddenAndConjunction(ForbiddenEqualsClause(space["kind"], "b"), ForbiddenEqualsClause(space["flag"], True))
    )
    got = [key(point) for point in points(space, {name: values(space[name], 1) for name in space})]
    assert len(got) == 3
    assert set(got) == {key({"flag": True, "kind": "a"}), key({"flag": False, "kind": "a"}), key({"kind": "b"})}


@settings(max_examples=60, deadline=None)
@given(space=spaces(forbiddens=True), resolution=st.integers(1, 3))
def test_random_spaces_are_covered_exactly_once(space, resolution):
    levels = {name: values(space[name], resolution) for name in space}
    expected = set()
    invalid = validator(space)
    for combination in itertools.product(*levels.values()):
        full = dict(zip(levels, combination, strict=True))
        # Independently of the grid: drop the inactive ones, conditions before what hangs on them.
        active = dict(full)
        for _ in levels:
            for name in list(active):
                if not all(met(c, active) for c in space.parent_conditions_of[name]):
                    del active[name]
        if invalid(active) is None:
            expected.add(key(active))
    got = list(points(space, levels))
    assert [reason for configuration in got if (reason := invalid(configuration))] == []
    assert len(got) == len(expected)
    assert {key(configuration) for configuration in got} == expected


@settings(max_examples=60, deadline=None)
@given(space=spaces(conditions=False), evaluations=st.integers(1, 500))
def test_random_grids_fit(space, evaluations):
    fixed = math.prod(len(values(h, 1)) for h in space.values())
    size = math.prod(map(len, fitted_levels(space, evaluations).values()))
    assert size <= max(evaluations, fixed)
