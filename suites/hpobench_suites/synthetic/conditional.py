"""Choosing a model and its hyperparameters, as AutoML does, with conditions on two levels; ours.

``model`` is one of three, and each has hyperparameters that only it has; ``gamma`` and ``degree`` depend on the
``kernel``, which is itself conditional. With c = log10 C, g = log10 gamma and n = log10 trees the loss is

    svm, linear   0.20 + 0.02 (c - 1)^2
    svm, poly     0.15 + 0.02 (c - 1)^2 + 0.01 (degree - 3)^2
    svm, rbf      0.10 + 0.02 (c - 1)^2 + 0.03 (g + 2 + (c - 1) / 2)^2
    forest        0.12 + 0.01 (2 - n)^2 + 0.001 (depth - 12)^2
    knn           0.14 + 0.0001 (neighbours - 9)^2 + (0.02 if weights are uniform)

All that is added is a square, so each row is least where its squares vanish, and the least of all is 0.10 exactly: an
SVM with rbf kernel, C = 10 and gamma = 0.01. Badly tuned SVMs are the worst models, so that a search which compares
the models too early settles for another.

Seconds: svm 0.5 (rbf 1), and as much again for each power of ten of C above 1; forest trees * depth / 1000; knn 0.05.
"""

from collections.abc import Sequence
from math import log10
from typing import TYPE_CHECKING

from hpobench_suites.synthetic.description import TOLERANCE
from hpobench_tui.core import Configuration, Dimensions, ProblemInfo, Reference, Report
from hpobench_tui.core.problem import NO_METRICS
from hpobench_tui.core.targets import spaced

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

LEAST = 0.10

INFO = ProblemInfo(
    id="synthetic/conditional",
    summary="Choice of a model with hyperparameters of its own, conditions on two levels, unequal costs",
    load="hpobench_suites.synthetic.conditional:Conditional",
    dimensions=Dimensions(floats=2, integers=4, categoricals=3, conditions=8),
    reference=Reference(LEAST, "closed form"),
    seconds=2e-6,
    tags=("closed-form", "mixed", "conditional"),
    tolerance=TOLERANCE,
    costs=True,
    targets=spaced(0.0842, TOLERANCE),  # from the median of random draws (``python -m benchmarks.levels``)
)


class Settled:
    """An evaluation whose outcome is known."""

    __slots__ = ("_report",)

    def __init__(self, loss: float, cost: float) -> None:
        self._report = Report(loss, NO_METRICS, loss, cost)

    def advance(self, to_fidelity: int) -> Report:
        """The loss, which is also the truth."""
        return self._report


class Conditional:
    """The problem ``synthetic/conditional``.

    >>> (best,) = Conditional().minimisers()
    >>> best
    {'model': 'svm', 'kernel': 'rbf', 'C': 10.0, 'gamma': 0.01}
    >>> Conditional().start(best, seed=0, device="cpu").advance(1).loss == LEAST
    True
    """

    def space(self) -> "ConfigurationSpace":
        """Nine hyperparameters, eight of them conditional."""
        from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float, Integer

        model = Categorical("model", ["forest", "knn", "svm"])
        kernel = Categorical("kernel", ["linear", "poly", "rbf"])
        c = Float("C", (1e-3, 1e3), log=True)
        gamma, degree = Float("gamma", (1e-5, 10.0), log=True), Integer("degree", (2, 5))
        trees, depth = Integer("trees", (10, 1000), log=True), Integer("depth", (1, 20))
        neighbours, weights = Integer("neighbours", (1, 50)), Categorical("weights", ["uniform", "distance"])
        space = ConfigurationSpace()
        space.add(model, kernel, c, gamma, degree, trees, depth, neighbours, weights)
        space.add(
            *(EqualsCondition(child, model, "svm") for child in (kernel, c)),
            EqualsCondition(gamma, kernel, "rbf"),
            EqualsCondition(degree, kernel, "poly"),
            *(EqualsCondition(child, model, "forest") for child in (trees, depth)),
            *(EqualsCondition(child, model, "knn") for child in (neighbours, weights)),
        )
        return space

    def start(self, configuration: Configuration, seed: int, device: str) -> Settled:
        """The evaluation of one model; the seed has no part in it."""
        match configuration["model"]:
            case "svm":
                return _svm(configuration)
            case "forest":
                trees, depth = int(configuration["trees"]), int(configuration["depth"])
                loss = 0.12 + 0.01 * (2.0 - log10(trees)) ** 2 + 0.001 * (depth - 12) ** 2
                return Settled(loss, trees * depth / 1000.0)
            case _:
                loss = 0.14 + 0.0001 * (int(configuration["neighbours"]) - 9) ** 2
                return Settled(loss + (0.02 if configuration["weights"] == "uniform" else 0.0), 0.05)

    def minimisers(self) -> Sequence[Configuration]:
        """The one optimum."""
        return [{"model": "svm", "kernel": "rbf", "C": 10.0, "gamma": 0.01}]


def _svm(configuration: Configuration) -> Settled:
    exponent = log10(float(configuration["C"]))
    off = exponent - 1.0
    slower = 1.0 + max(0.0, exponent)
    match configuration["kernel"]:
        case "linear":
            return Settled(0.20 + 0.02 * off * off, 0.5 * slower)
        case "poly":
            return Settled(0.15 + 0.02 * off * off + 0.01 * (int(configuration["degree"]) - 3) ** 2, 0.5 * slower)
        case _:
            width = log10(float(configuration["gamma"])) + 2.0 + off / 2.0
            return Settled(LEAST + 0.02 * off * off + 0.03 * width * width, slower)
