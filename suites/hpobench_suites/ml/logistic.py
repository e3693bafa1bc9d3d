"""Logistic regression with l1, l2 or both as penalty (Zou and Hastie's elastic net).

L-BFGS minimises where the penalty is l2 alone; else SAGA (Defazio et al., arXiv 1407.0202), which draws the examples
always alike, and is stopped after :data:`MOST_PASSES` passes, converged or not.
"""

from typing import TYPE_CHECKING

from sklearn.linear_model import LogisticRegression

from hpobench_suites.ml.shares import Circumstances, Estimator, Model, ShareTuning, scaled
from hpobench_tui.core import Configuration

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

MOST_PASSES = 50


def space(regression: bool) -> "ConfigurationSpace":
    """C (the inverse of the penalty's strength), which penalty, and whether rare classes weigh more."""
    from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float

    penalty = Categorical("penalty", ["l2", "l1", "elastic-net"], default="l2")
    ratio = Float("l1_ratio", (0.0, 1.0), default=0.5)
    whole = ConfigurationSpace()
    whole.add(
        Float("C", (1e-4, 1e4), log=True, default=1.0),
        penalty,
        ratio,
        Categorical("weights", ["uniform", "balanced"], default="uniform"),
    )
    whole.add(EqualsCondition(ratio, penalty, "elastic-net"))
    return whole


def estimator(configuration: Configuration, made_for: Circumstances) -> Estimator:
    """An unfitted model; it has no use for a seed."""
    penalty = configuration["penalty"]
    ratio = {"l2": 0.0, "l1": 1.0}.get(str(penalty), configuration.get("l1_ratio"))
    made: Estimator = LogisticRegression(
        C=configuration["C"],
        l1_ratio=ratio,
        class_weight="balanced" if configuration["weights"] == "balanced" else None,
        solver="lbfgs" if penalty == "l2" else "saga",
        max_iter=100 if penalty == "l2" else MOST_PASSES,
        random_state=0,
    )
    return made


MODEL = Model(space, estimator)


def problem(data: str) -> ShareTuning:
    """The problem ``ml/logistic``."""
    return ShareTuning(data, scaled(MODEL))
