"""The descriptions of the suite's problems; what a model is, its module says. Imports nothing heavy."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from hpobench_tui.core import Dimensions, Fidelity, HpobenchError, Parameter, ProblemInfo, Reference
from hpobench_tui.core.targets import spaced


class DataSet(NamedTuple):
    """A data set: what it is in words, its source, how many examples are tuned on, and what guessing loses."""

    words: str
    source: str
    examples: int
    guess: float
    regression: bool = False


DATA: Mapping[str, DataSet] = {
    "digits": DataSet(
        "64 pixels of 10 digits", "Alpaydin and Kaynak, Optical recognition of handwritten digits, UCI", 1438, 0.9
    ),
    "breast-cancer": DataSet(
        "30 measures of 2 kinds of tumour", "Wolberg et al., Breast cancer Wisconsin (diagnostic), UCI", 456, 0.37
    ),
    "wine": DataSet("13 measures of 3 wines", "Aeberhard and Forina, Wine, UCI", 143, 0.6),
    "diabetes": DataSet(
        "10 measures, how far a disease progressed", "Efron et al., Least angle regression, 2004", 354, 1.0, True
    ),
}
"""By the name that the parameter ``data`` takes; the guess is the largest class's, or the mean."""
CLASSES = tuple(name for name, data in DATA.items() if not data.regression)
SHARE = Fidelity("percent", 10, 100, resumable=False)


@dataclass(frozen=True)
class Tuned:
    """One model; calling it with the parameters gives the description of that variant.

    Attributes:
        model: Its module, and its name in ids.
        classifier: Its hyperparameters where there are classes.
        seconds: Of a full evaluation, the mean of random configurations, by the data sets on which it can be tuned.
        regressor: Its hyperparameters on a regression.
    """

    model: str
    words: str
    fidelity: Fidelity
    seconds: Mapping[str, float]
    classifier: Dimensions | None
    regressor: Dimensions | None = None
    noisy: bool = False
    tags: tuple[str, ...] = ()

    def __call__(self, data: str = "") -> ProblemInfo:
        default = next(iter(self.seconds))
        data = data or default
        of = DATA[data]
        dimensions = self.regressor if of.regression else self.classifier
        if dimensions is None:
            raise HpobenchError(f"ml/{self.model}: there is none on {data}. Take one of {', '.join(self.seconds)}.")
        tags = ("mixed", "multi-fidelity", "regression" if of.regression else "classification", *self.tags)
        return ProblemInfo(
            id=f"ml/{self.model}",
            summary=f"{self.words}, cross-validated on {data}: {of.words}",
            load=f"hpobench_suites.ml.{self.model.replace('-', '_')}:problem",
            dimensions=dimensions,
            reference=Reference(0.0, "no error: a bound", exact=False),
            fidelity=self.fidelity,
            reward="loss = 1 - R²" if of.regression else "loss = 1 - accuracy",
            noisy=self.noisy,
            seconds=self.seconds[data],
            requires={"sklearn": "ml"},
            tags=(*tags, "conditional") if dimensions.conditions else tags,
            loss_range=None if of.regression else (0.0, 1.0),
            parameters=(Parameter("data", default, "The data set of scikit-learn's.", tuple(self.seconds)),),
            vary=f"hpobench_suites.ml.descriptions:{self.model.replace('-', '_')}",
            arguments={"data": data},
            targets=spaced(of.guess, 1 / of.examples),  # from a guess down to one example
            origin=of.source,
        )


def _seconds(*of: float) -> Mapping[str, float]:
    return dict(zip(DATA, of, strict=False))


svm = Tuned(
    "svm",
    "Support vector machine",
    SHARE,
    _seconds(0.24, 0.04, 0.02, 0.03),
    Dimensions(floats=3, integers=1, categoricals=2, conditions=3),
    Dimensions(floats=4, integers=1, categoricals=2, conditions=3),
)
knn = Tuned(
    "knn",
    "k nearest neighbours",
    SHARE,
    _seconds(0.06, 0.016, 0.012, 0.01),
    Dimensions(integers=1, categoricals=3),
    Dimensions(integers=1, categoricals=3),
)
logistic = Tuned(
    "logistic",
    "Logistic regression",
    SHARE,
    _seconds(0.45, 0.045, 0.03),
    Dimensions(floats=2, categoricals=3, conditions=1),
    tags=("linear",),
)
elastic_net = Tuned(
    "elastic-net",
    "Linear regression with an elastic net",
    SHARE,
    {"diabetes": 0.01},
    None,
    Dimensions(floats=2, categoricals=1),
    tags=("linear",),
)
forest = Tuned(
    "forest",
    "Forest of decision trees",
    Fidelity("trees", 1, 81, step=3),
    _seconds(1.2, 0.6, 0.4, 0.27),
    Dimensions(floats=1, integers=3, categoricals=3),
    Dimensions(floats=1, integers=3, categoricals=2),
    noisy=True,
    tags=("trees",),
)
boosting = Tuned(
    "boosting",
    "Gradient boosting of histogram trees",
    Fidelity("iterations", 1, 81, step=3),
    _seconds(2.4, 0.18, 0.22, 0.18),
    Dimensions(floats=2, integers=4),
    Dimensions(floats=2, integers=4, categoricals=1),
    tags=("trees",),
)
mlp = Tuned(
    "mlp",
    "Network of one to three hidden layers",
    Fidelity("epochs", 1, 81, step=1),
    _seconds(4.0, 1.7, 1.0, 0.9),
    Dimensions(floats=3, integers=3, categoricals=3, conditions=1),
    Dimensions(floats=3, integers=3, categoricals=3, conditions=1),
    noisy=True,
    tags=("neural-network",),
)
pipeline = Tuned(
    "pipeline",
    "Scaling, projection and one of five models",
    SHARE,
    _seconds(0.35, 0.08, 0.08, 0.06),
    Dimensions(floats=9, integers=9, categoricals=12, conditions=27),
    Dimensions(floats=10, integers=9, categoricals=10, conditions=26),
    noisy=True,
    tags=("automl",),
)

TUNED: Mapping[str, Tuned] = {
    tuned.model: tuned for tuned in (svm, knn, logistic, elastic_net, forest, boosting, mlp, pipeline)
}
