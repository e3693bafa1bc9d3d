"""Choice of a whole pipeline, as AutoML has it: scaling, a projection or none, and one of five models.

Each model has the hyperparameters that it has alone, under its name (``svm:C``), active where it is chosen; those of a
kernel or a penalty depend on that in turn. A forest has 27 trees here, boosting 27 iterations; the fidelity is percent
of the examples.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest, f_classif, f_regression
from sklearn.pipeline import make_pipeline
from sklearn.random_projection import GaussianRandomProjection

from hpobench_suites.ml import boosting, elastic_net, forest, knn, logistic, scaling, svm
from hpobench_suites.ml.shares import Circumstances, Estimator, Model, ShareTuning
from hpobench_tui.core import Configuration

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

COMMON: Mapping[str, Model] = {"svm": svm.MODEL, "knn": knn.MODEL, "forest": forest.MODEL, "boosting": boosting.MODEL}
BETWEEN = ":"


def models(regression: bool) -> Mapping[str, Model]:
    """Four models for everything, and the linear one that fits."""
    return {**COMMON, "elastic-net": elastic_net.MODEL} if regression else {**COMMON, "logistic": logistic.MODEL}


def space(regression: bool) -> "ConfigurationSpace":
    """The steps, and below each model its own hyperparameters."""
    from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float, InCondition

    offered = models(regression)
    model = Categorical("model", list(offered), default="svm")
    projection = Categorical("projection", ["none", "pca", "best", "random"], default="none")
    kept, whiten = Float("kept", (0.05, 1.0), log=True, default=0.5), Categorical("whiten", [False, True])
    whole = ConfigurationSpace()
    whole.add(scaling.hyperparameter(), projection, kept, whiten, model)
    whole.add(InCondition(kept, projection, ["pca", "best", "random"]), EqualsCondition(whiten, projection, "pca"))
    for name, one in offered.items():
        whole.add_configuration_space(
            name, one.space(regression), BETWEEN, parent_hyperparameter={"parent": model, "value": name}
        )
    return whole


def project(configuration: Configuration, made_for: Circumstances) -> object:
    """The step that keeps a share of the columns: principal components, the best by an F-test, or random mixtures."""
    if configuration["projection"] == "none":
        return "passthrough"
    kept = max(1, round(float(configuration["kept"]) * made_for.columns))
    match configuration["projection"]:
        case "pca":
            return PCA(min(kept, made_for.examples), whiten=bool(configuration["whiten"]), random_state=made_for.seed)
        case "best":
            return SelectKBest(f_regression if made_for.regression else f_classif, k=kept)
    return GaussianRandomProjection(kept, random_state=made_for.seed)


def estimator(configuration: Configuration, made_for: Circumstances) -> Estimator:
    """The unfitted pipeline."""
    chosen = str(configuration["model"])
    before = f"{chosen}{BETWEEN}"
    own = {name.removeprefix(before): value for name, value in configuration.items() if name.startswith(before)}
    made: Estimator = make_pipeline(
        scaling.scaler(configuration),
        project(configuration, made_for),
        models(made_for.regression)[chosen].estimator(own, made_for),
    )
    return made


def problem(data: str) -> ShareTuning:
    """The problem ``ml/pipeline``."""
    return ShareTuning(data, Model(space, estimator))
