"""Every optimizer on the spaces at the edge of what ConfigSpace makes: valid configurations only, or a named refusal.

A refusal is an :class:`HpobenchError` at the start that says which hyperparameter is the trouble.
"""

import random
from operator import attrgetter

import numpy as np
import pytest
from ConfigSpace import (
    BetaFloatHyperparameter,
    BetaIntegerHyperparameter,
    Categorical,
    ConfigurationSpace,
    Constant,
    EqualsCondition,
    Float,
    Integer,
    NormalFloatHyperparameter,
    NormalIntegerHyperparameter,
    OrdinalHyperparameter,
)
from test_native_robust import drive

from condition_graphs import graph, is_forbidden, values
from hpobench_baselines import native, third_party
from hpobench_baselines.native.bandits import POLICIES
from hpobench_tui.core import Budget, HpobenchError, OptimizerInfo
from hpobench_tui.core.compatibility import missing
from hpobench_tui.core.space import LARGEST_INTEGER, checked

NAME = attrgetter("name")
POLICY_NAMES = [policy.name for policy in POLICIES]
OPTIMIZERS = (*native.OPTIMIZERS, *third_party.OPTIMIZERS)
LONG = "n" * 400


def conditional_choices():
    """Conditions on None and on tuples."""
    space = ConfigurationSpace()
    space.add(depth := Categorical("depth", [None, 5, 10]), layers := Categorical("layers", [(8,), (8, 8)]))
    space.add(x := Float("x", (0.0, 1.0)), y := Float("y", (0.0, 1.0)), k := Constant("k", None))
    space.add(EqualsCondition(x, depth, None), EqualsCondition(y, layers, (8, 8)), EqualsCondition(k, depth, 5))
    return space


def of(*hyperparameters):
    return lambda: ConfigurationSpace(space=list(hyperparameters))


NORMAL = NormalFloatHyperparameter("x", 0.5, 3.0, 0.0, 1.0), NormalIntegerHyperparameter("n", 5, 2, 0, 10)
BETA = BetaFloatHyperparameter("y", 2.0, 3.0, 1e-3, 1e3, log=True), BetaIntegerHyperparameter("m", 2.0, 3.0, 1, 9)
SPACES = {
    "empty": ConfigurationSpace,
    "constants": of(Constant("k", 3), Constant("word", "w")),
    "odd constants": of(Constant("k", None), Constant("t", (1, (2, None)))),
    "one ordinal": of(OrdinalHyperparameter("o", ["one"])),
    "one choice": of(Categorical("c", ["only"])),
    "one of each and a number": of(OrdinalHyperparameter("o", ["one"]), Categorical("c", [7]), Float("x", (0.0, 1.0))),
    "none": of(Categorical("max_depth", [None, 5, 10]), Float("x", (0.0, 1.0))),
    "tuples": of(Categorical("layers", [(), (8,), (8, 8), (8, (1.5, None))]), Float("x", (0.0, 1.0))),
    "all types": of(Categorical("c", [None, True, 2, 2.5, "2"]), OrdinalHyperparameter("o", [None, 1.5, 1, (3,)])),
    "integers and a boolean": of(Categorical("c", [True, 2, 3.5]), Float("x", (0.0, 1.0))),
    "integers": of(Integer("n", (-LARGEST_INTEGER // 2, LARGEST_INTEGER // 2)), Integer("m", (0, LARGEST_INTEGER))),
    "log integers": of(Integer("n", (1, LARGEST_INTEGER), log=True), Integer("two", (1, 2), log=True)),
    "far integers": of(Integer("n", (LARGEST_INTEGER - 3, LARGEST_INTEGER)), Integer("m", (2**40, 2**40 + 1))),
    "floats": of(Float("x", (-1e294, 1e294)), Float("y", (1e-13, 1e294), log=True)),
    "narrow floats": of(Float("x", (1.0, 1.0 + 1e-12)), Float("y", (1e16, float(np.nextafter(1e16, np.inf))))),
    "priors": of(*NORMAL, *BETA, Categorical("c", ["a", "b"], weights=[0.0, 1.0])),
    "names": of(*(Float(name, (0.0, 1.0)) for name in ("", " ", "self", "x y", "größe", "名前", 'q"', "a\nb", LONG))),
    "conditions on choices": conditional_choices,
}
BUDGET = Budget.of(400, "evaluations")
SOON = {"initial": 3, "startup": 3, "n_startup_trials": 3, "n_initial_points": 3, "init_points": 3, "candidates": 8}
"""Settings that bring a model in after three trials."""
COSTLY = (
    "gp",
    "turbo",
    "freeze-thaw",
    "forest",
    "skopt-gp",
    "bayesian-optimization",
    "hpbandster-bohb",
    "hpbandster-hyperband",
)
TELLING = ("empty", "odd constants", "all types", "integers", "conditions on choices")


def pairs():
    for info in OPTIMIZERS:
        costly = info.name in COSTLY or info.name in POLICY_NAMES[2:]  # policies have their arms in common
        for kind in SPACES:
            marks = [pytest.mark.slow] * (costly and kind not in TELLING)
            yield pytest.param(info, kind, marks=marks, id=f"{info.name}-{kind}")


@pytest.mark.parametrize(("info", "kind"), pairs())
def test_valid_configurations_or_a_named_refusal(info: OptimizerInfo, kind: str) -> None:
    if reason := missing(info):
        pytest.skip(reason)
    can, space = info.capabilities, checked(SPACES[kind]())
    discrete = any(hasattr(h, "choices") or hasattr(h, "sequence") for h in space.values())
    if (discrete and not can.categoricals) or (space.conditions and not can.conditions):
        return  # the engine does not bring them together
    settings = {p.name: SOON[p.name] for p in info.parameters if p.name in SOON}
    if kind == "priors" and info.name in ("optuna-tpe", "skopt-gp", "bayesian-optimization"):
        with pytest.raises(HpobenchError, match="cannot express the prior of hyperparameter 'c'"):
            drive(info, space, BUDGET, 3, 1, 1)
        return
    if kind == "floats" and info.name == "bayesian-optimization":
        with pytest.raises(HpobenchError, match=r"cannot search hyperparameter 'x'.*up to 1e.100"):
            drive(info, space, BUDGET, 3, 1, 1)
        return
    drive(info, space, BUDGET, 3, 7, 1, **settings)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("info", [i for i in OPTIMIZERS if i.name not in (*COSTLY, *POLICY_NAMES[1:])], ids=NAME)
def test_valid_configurations_on_graphs_of_conditions(info: OptimizerInfo, seed: int) -> None:
    """Chains, nested AND and OR, all kinds of parents; forbidden clauses where they are taken."""
    check_graph(info, seed, 12)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20, 40))
@pytest.mark.parametrize("info", OPTIMIZERS, ids=NAME)
def test_valid_configurations_on_many_graphs_of_conditions(info: OptimizerInfo, seed: int) -> None:
    check_graph(info, seed, 25)


@pytest.mark.e2e
def test_hpbandster_on_graphs_of_conditions() -> None:
    for seed in range(3):
        check_graph(third_party.HPBANDSTER_BOHB, seed, 30)


def check_graph(info: OptimizerInfo, seed: int, asks: int) -> None:
    if reason := missing(info):
        pytest.skip(reason)
    can, draw = info.capabilities, random.Random(seed)
    if not can.conditions or not can.categoricals:
        return
    while True:
        space = graph(draw.randrange(2**40), forbiddens=can.forbiddens)
        fulls = [values(space, draw, borders=0.0) for _ in range(50)]
        usual = {name: h.default_value for name, h in space.items()}
        if not is_forbidden(space, usual) and sum(is_forbidden(space, full) for full in fulls) < 40:
            break
    settings = {p.name: SOON[p.name] for p in info.parameters if p.name in SOON}
    drive(info, space, BUDGET, seed, asks, 1, **settings)
