"""k nearest neighbours, for classes and numbers alike; where there are fewer examples than k, all of them."""

from typing import TYPE_CHECKING

from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from hpobench_suites.ml.shares import Circumstances, Estimator, Model, ShareTuning, scaled
from hpobench_tui.core import Configuration

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace


def space(regression: bool) -> "ConfigurationSpace":
    """How many neighbours, what is near, and whether nearer ones count more."""
    from ConfigSpace import Categorical, ConfigurationSpace, Integer

    return ConfigurationSpace(
        space=[
            Integer("neighbours", (1, 50), log=True, default=5),
            Categorical("metric", ["euclidean", "manhattan", "chebyshev", "cosine"], default="euclidean"),
            Categorical("weights", ["uniform", "distance"], default="uniform"),
        ]
    )


def estimator(configuration: Configuration, made_for: Circumstances) -> Estimator:
    """An unfitted model; it has no use for a seed."""
    made: Estimator = (KNeighborsRegressor if made_for.regression else KNeighborsClassifier)(
        n_neighbors=min(int(configuration["neighbours"]), made_for.examples),
        metric=configuration["metric"],
        weights=configuration["weights"],
        algorithm="brute",  # with so few examples no slower than trees, and all metrics alike
        n_jobs=1,
    )
    return made


MODEL = Model(space, estimator)


def problem(data: str) -> ShareTuning:
    """The problem ``ml/knn``."""
    return ShareTuning(data, scaled(MODEL))
