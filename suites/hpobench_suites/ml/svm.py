"""Support vector machines: scikit-learn's SVC, and SVR on a regression.

At most :data:`MOST_STEPS` steps of libsvm's solver a fit: some configurations need millions, and are no better for it.
"""

from typing import TYPE_CHECKING, Any

from sklearn.svm import SVC, SVR

from hpobench_suites.ml.shares import Circumstances, Estimator, Model, ShareTuning, scaled
from hpobench_tui.core import Configuration

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

MOST_STEPS = 20_000


def space(regression: bool) -> "ConfigurationSpace":
    """C, kernel and what kernels have; on a regression epsilon, in deviations of the target."""
    from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float, InCondition, Integer

    kernel = Categorical("kernel", ["rbf", "poly", "sigmoid", "linear"], default="rbf")
    gamma = Float("gamma", (1e-5, 10.0), log=True, default=0.03)
    degree, offset = Integer("degree", (2, 5), default=3), Float("coef0", (-1.0, 1.0), default=0.0)
    whole = ConfigurationSpace()
    whole.add(Float("C", (1e-3, 1e3), log=True, default=1.0), kernel, gamma, degree, offset)
    if regression:
        whole.add(Float("epsilon", (1e-3, 1.0), log=True, default=0.1))
    whole.add(
        InCondition(gamma, kernel, ["rbf", "poly", "sigmoid"]),
        EqualsCondition(degree, kernel, "poly"),
        InCondition(offset, kernel, ["poly", "sigmoid"]),
    )
    return whole


def estimator(configuration: Configuration, made_for: Circumstances) -> Estimator:
    """An unfitted machine; it has no use for a seed."""
    names = ("C", "kernel", "gamma", "degree", "coef0", "epsilon")
    given: dict[str, Any] = {name: configuration[name] for name in names if name in configuration}
    machine: Estimator = (SVR if made_for.regression else SVC)(max_iter=MOST_STEPS, **given)
    return machine


MODEL = Model(space, estimator)


def problem(data: str) -> ShareTuning:
    """The problem ``ml/svm``."""
    return ShareTuning(data, scaled(MODEL))
