"""Linear regression with l1 and l2 penalties: Zou and Hastie's elastic net (doi 10.1111/j.1467-9868.2005.00503.x)."""

from typing import TYPE_CHECKING

from sklearn.linear_model import ElasticNet

from hpobench_suites.ml.shares import Circumstances, Estimator, Model, ShareTuning, scaled
from hpobench_tui.core import Configuration

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace


def space(regression: bool) -> "ConfigurationSpace":
    """The strength of the penalty, and how much of it is l1."""
    from ConfigSpace import ConfigurationSpace, Float

    return ConfigurationSpace(
        space=[
            Float("alpha", (1e-5, 10.0), log=True, default=1.0),
            Float("l1_ratio", (0.0, 1.0), default=0.5),
        ]
    )


def estimator(configuration: Configuration, made_for: Circumstances) -> Estimator:
    """An unfitted model; it has no use for a seed."""
    made: Estimator = ElasticNet(alpha=configuration["alpha"], l1_ratio=configuration["l1_ratio"])
    return made


MODEL = Model(space, estimator)


def problem(data: str) -> ShareTuning:
    """The problem ``ml/elastic-net``."""
    return ShareTuning(data, scaled(MODEL))
