"""Every optimizer on the spaces at the edge of what ConfigSpace makes: valid configurations only, or a named refusal.

A refusal is an :class:`HpobenchError` at the start that says which hyperparameter is the trouble.
"""

import math

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

from hpobench_baselines import native, third_party
from hpobench_tui.core import Budget, HpobenchError, OptimizerInfo
from hpobench_tui.core.compatibility import missing
from hpobench_tui.core.space import LARGEST_INTEGER, checked

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


SPACES = {
    "empty": ConfigurationSpace,
    "constants": of(Constant("k", 3), Constant("word", "w")),
    "odd constants": of(Constant("k", None), Constant("t", (1, (2, None)))),
    "one ordinal": of(OrdinalHyperparameter("o", ["one"])),
    "one choice": of(Categorical("c", ["only"])),
    "one of each and a number": of(OrdinalHyperparameter("o", ["one"]), Categorical("c", [7]), Float("x", (0.0, 1.0))),
    "none": of(Categorical("max_depth", [None, 5, 10]), Float("x", (0.0, 1.0))),
    "tuples": of(Categorical("layers", [(), (8,), (8, 8), (8, (1.5, None))]), Float("x", (0.0, 1.0))),
    "all types": of(Categorical("c", [None, True, 2, 2.5, "2", (2,)]), OrdinalHyperparameter("o", [None, 1.5, 1, (3,)])),
    "integers and a boolean": of(Categorical("c", [True, 2, 3.5]), Float("x", (0.0, 1.0))),
    "integers": of(Integer("n", (-LARGEST_INTEGER // 2, LARGEST_INTEGER // 2)), Integer("m", (0, LARGEST_INTEGER))),
    "log integers": of(Integer("n", (1, LARGEST_INTEGER), log=True), Integer("two", (1, 2), log=True)),
    "far integers": of(Integer("n", (LARGEST_INTEGER - 3, LARGEST_INTEGER)), Integer("m", (2**40, 2**40 + 1), log=True)),
    "floats": of(Float("x", (-1e294, 1e294)), Float("y", (1e-13, 1e294), log=True)),
    "narrow floats": of(Float("x", (1.0, 1.0 + 1e-12)), Float("y", (1e16, float(np.nextafter(1e16, np.inf))))),
    "priors": of(
        NormalFloatHyperparameter("x", 0.5, 3.0, 0.0, 1.0), NormalIntegerHyperparameter("n", 5, 2, 0, 10),
        BetaFloatHyperparameter("y", 2.0, 3.0, 1e-3, 1e3, log=True), BetaIntegerHyperparameter("m", 2.0, 3.0, 1, 9),
        Categorical("c", ["a", "b"], weights=[0.0, 1.0]),
    ),
    "names": of(*(Float(name, (0.0, 1.0)) for name in ("", " ", "self", "x y", "größe", "名前", 'q"', "a\nb", LONG))),
    "conditions on choices": conditional_choices,
}  # fmt: skip
CANNOT = {
    "conditions on choices": lambda can: not can.conditions,
    "priors": lambda can: False,
}


@pytest.mark.parametrize("kind", SPACES)
@pytest.mark.parametrize("info", OPTIMIZERS, ids=lambda info: info.name)
def test_valid_configurations_or_a_named_refusal(info: OptimizerInfo, kind: str) -> None:
    if reason := missing(info):
        pytest.skip(reason)
    can, space = info.capabilities, checked(SPACES[kind]())
    discrete = any(hasattr(h, "choices") or hasattr(h, "sequence") for h in space.values())
    if (discrete and not can.categoricals) or (space.conditions and not can.conditions):
        return  # the engine does not bring them together
    try:
        drive(info, space, Budget.of(40, "evaluations"), 3, 14, 1)
    except HpobenchError as error:
        assert kind == "priors", error
        assert info in (third_party.OPTUNA_TPE, third_party.SKOPT_GP)
        assert "cannot express the prior of hyperparameter" in str(error)
