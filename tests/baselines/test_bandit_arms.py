"""Which arms a space has, how many pulls are planned for, and what is refused."""

import pytest
from bandit_play import UNKNOWN
from ConfigSpace import (
    Categorical,
    ConfigurationSpace,
    Constant,
    EqualsCondition,
    Float,
    ForbiddenEqualsClause,
    Integer,
)

from hpobench_baselines.native import bandits
from hpobench_baselines.native.bandits.arms import arms, combinations, horizon
from hpobench_tui.core import Budget, Fidelity, HpobenchError, Task
from hpobench_tui.plugins import build_optimizer


def task(space, budget=UNKNOWN, fidelity=None, info=bandits.MOSS, seed=3, **parameters):
    budget = Budget.of(budget, "evaluations") if isinstance(budget, int) else budget
    return Task(space, fidelity, budget, seed, info.settings(parameters))


def numbers():
    return ConfigurationSpace(space=[Float("x", (0.0, 1.0)), Integer("n", (1, 9))])


def configurations(asks):
    return [ask.configuration for ask in asks]


@pytest.mark.parametrize("count", [1, 10, 1000])
def test_a_single_categorical_is_a_bandit_as_it_stands(count):
    space = ConfigurationSpace(space=[Categorical("arm", [str(k) for k in range(count)])])
    asks = arms(task(space, 100))
    assert sorted(int(c["arm"]) for c in configurations(asks)) == list(range(count))
    assert {ask.fidelity for ask in asks} == {None}


def test_a_small_finite_space_has_each_valid_configuration_as_an_arm():
    space = ConfigurationSpace(
        space=[kind := Categorical("kind", ["a", "b"]), n := Integer("n", (1, 8)), Constant("one", 1)]
    )
    assert combinations(space) == 16
    got = configurations(arms(task(space)))
    assert sorted((c["kind"], c["n"]) for c in got) == [(k, n) for k in "ab" for n in range(1, 9)]
    space.add(EqualsCondition(n, kind, "a"))
    valid = [*(("a", n) for n in range(1, 9)), ("b", None)]
    assert sorted((c["kind"], c.get("n")) for c in configurations(arms(task(space)))) == valid
    space.add(ForbiddenEqualsClause(kind, "b"))
    assert len(arms(task(space))) == 8


@pytest.mark.parametrize(
    ("budget", "parameters", "count"),
    [
        (1, {}, 1), (8, {}, 2), (99, {}, 9), (1000, {}, 31), (10**6, {}, 64), (UNKNOWN, {}, 32),
        (UNKNOWN, {"horizon": 50}, 7), (10**6, {"arms": 5}, 5), (10, {"arms": 200}, 200),
    ],
)  # fmt: skip
def test_other_spaces_are_discretised_by_the_documented_rule(budget, parameters, count):
    got = configurations(arms(task(numbers(), budget, **parameters)))
    assert len(got) == count
    assert len({(c["x"], c["n"]) for c in got}) == count


def test_discretisation_depends_on_the_seed_alone():
    first, again, other = (arms(task(numbers(), 100, seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_fewer_arms_than_there_are_configurations_are_distinct():
    space = ConfigurationSpace(space=[Integer("n", (1, 100))])
    assert len(arms(task(space, 10**4))) == 64
    assert {c["n"] for c in configurations(arms(task(space, arms=99)))} < set(range(1, 101))
    assert len(arms(task(space, arms=99))) == 99
    assert len(arms(task(space, arms=100))) == 100  # no fewer than there are: all of them, without drawing


def test_fewer_valid_configurations_than_wanted_are_all_taken():
    space = ConfigurationSpace(space=[n := Integer("n", (1, 70), default=1), Categorical("c", ["a", "b"])])
    for k in range(4, 71):
        space.add(ForbiddenEqualsClause(n, k))
    assert len(arms(task(space, arms=10))) == 6


@pytest.mark.parametrize(
    ("budget", "pulls"),
    [
        (Budget.of(7, "evaluations"), 7), (Budget.of("2.5", "full-evaluations"), 2), (Budget.of(161, "fidelity"), 1),
        (Budget.of(162, "fidelity-continued"), 2), (Budget.of(3, "fidelity"), 1), (Budget.of(9, "seconds"), None),
        (Budget.of(9, "simulated-seconds"), None), (Budget.of(9, "device-seconds"), None),
    ],
)  # fmt: skip
def test_horizon_is_what_the_budget_pays_for(budget, pulls):
    assert horizon(task(numbers(), budget, Fidelity("epochs", 1, 81))) == pulls
    assert horizon(task(numbers(), budget, Fidelity("epochs", 1, 81), horizon=33)) == 33


NEED_IT = [bandits.EXPLORE_THEN_COMMIT, bandits.SUCCESSIVE_REJECTS, bandits.SEQUENTIAL_HALVING, bandits.UCB_E]


@pytest.mark.parametrize("info", NEED_IT, ids=lambda info: info.name)
def test_policies_that_need_a_horizon_say_so(info):
    with pytest.raises(HpobenchError, match=rf"{info.name} must know the number of pulls.*'horizon'"):
        build_optimizer(info, task(numbers(), info=info))
    build_optimizer(info, task(numbers(), info=info, horizon=100)).ask()


@pytest.mark.parametrize("info", [p for p in bandits.POLICIES if p not in NEED_IT], ids=lambda info: info.name)
def test_the_others_do_without(info):
    build_optimizer(info, task(numbers(), info=info)).ask()


def test_settings_that_replace_the_horizon():
    build_optimizer(bandits.EXPLORE_THEN_COMMIT, task(numbers(), info=bandits.EXPLORE_THEN_COMMIT, pulls=3)).ask()
    build_optimizer(bandits.UCB_E, task(numbers(), info=bandits.UCB_E, a=3.0)).ask()


@pytest.mark.parametrize(
    ("info", "pulls", "message"),
    [
        (bandits.SUCCESSIVE_REJECTS, 16, r"more pulls than there are arms \(16\), not 16"),
        (bandits.UCB_E, 16, r"more pulls than there are arms \(16\), not 16"),
        (bandits.SEQUENTIAL_HALVING, 63, "16 arms needs at least 64 pulls, not 63"),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_too_few_pulls_for_the_arms_are_refused(info, pulls, message):
    space = ConfigurationSpace(space=[Categorical("arm", [str(k) for k in range(16)])])
    with pytest.raises(HpobenchError, match=message):
        build_optimizer(info, task(space, pulls, info=info))
    build_optimizer(info, task(space, pulls + 1, info=info)).ask()


@pytest.mark.parametrize("info", bandits.POLICIES, ids=lambda info: info.name)
def test_the_automatic_rule_leaves_every_policy_enough_pulls(info):
    settings = {"rounds": "lecture"} if info is bandits.SEQUENTIAL_HALVING else {}
    space = ConfigurationSpace(space=[Float("x", (0.0, 1.0))])
    for pulls in (*range(1, 26), 100, 4096, 10**6):
        build_optimizer(info, task(space, pulls, info=info, **settings)).ask()
