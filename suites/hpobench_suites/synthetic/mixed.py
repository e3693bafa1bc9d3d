"""A stylised training of a network, with every kind of hyperparameter and learning curves; ours.

With k the place of ``units`` among 16, 32, ..., 512 (from 0), the limit of the validation error is

    L = 0.05 + a(activation) + o(optimizer)
        + 0.02 (log10(learning_rate) - t)^2,   t = -3 for adam, -2 for sgd, and 0.1 lower a layer beyond the fourth
        + 0.3 (dropout - p_k)^2,               p_k = 0, 0.1, ..., 0.5: wide networks need more
        + 0.01 (l^2 + l m + m^2),              l = layers - 4, m = k - 3: what depth does, width can do too

and after r of R = 27 epochs the error is L + (1/r - 1/R) s with s = 0.3 - 0.05 log10(learning_rate) > 0: small steps
start badly, so curves cross.

The optimum at R, where the error is L: every term but the first is at least 0 (l^2 + l m + m^2 is positive
definite, a and o are at least 0), and all are 0 together for adam, relu, 4 layers, 128 units, dropout 0.3 and learning
rate 10^-3. So the least error is 0.05 exactly, there alone.

An epoch takes 0.01 (1 + layers units / 64) seconds: large networks cost forty times as much as small ones, so that
workers who wait for each other lose time.
"""

from collections.abc import Sequence
from math import log10
from typing import TYPE_CHECKING

from hpobench_suites.synthetic.description import TOLERANCE
from hpobench_tui.core import Configuration, Dimensions, Fidelity, ProblemInfo, Reference, Report
from hpobench_tui.core.problem import NO_METRICS
from hpobench_tui.core.targets import spaced

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

R = 27
LEAST = 0.05
ACTIVATION = {"tanh": 0.03, "relu": 0.0, "elu": 0.01}
OPTIMIZER = {"sgd": (0.005, -2.0), "adam": (0.0, -3.0)}
UNITS = (16, 32, 64, 128, 256, 512)
PLACE = {units: k for k, units in enumerate(UNITS)}
DROPOUT = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)

INFO = ProblemInfo(
    id="synthetic/mixed",
    summary="A stylised network: floats, integer, categoricals and ordinal, crossing curves, size costs time",
    load="hpobench_suites.synthetic.mixed:Mixed",
    dimensions=Dimensions(floats=2, integers=1, categoricals=2, ordinals=1),
    reference=Reference(LEAST, "closed form"),
    fidelity=Fidelity("epochs", 1, R, step=1),
    seconds=2e-6,
    tags=("closed-form", "mixed", "multi-fidelity"),
    tolerance=TOLERANCE,
    costs=True,
    targets=spaced(0.132, TOLERANCE),  # from the median of random draws (``python -m benchmarks.levels``)
)


class Epochs:
    """One training: its limit, how slowly it starts, and seconds an epoch."""

    __slots__ = ("_limit", "_reached", "_seconds", "_start")

    def __init__(self, limit: float, start: float, seconds: float) -> None:
        self._limit, self._start, self._seconds, self._reached = limit, start, seconds, 0

    def advance(self, to_fidelity: int) -> Report:
        """The error after ``to_fidelity`` epochs; the truth is that after R."""
        loss = self._limit + (1.0 / to_fidelity - 1.0 / R) * self._start
        cost = (to_fidelity - self._reached) * self._seconds
        self._reached = to_fidelity
        return Report(loss, NO_METRICS, self._limit, cost)


class Mixed:
    """The problem ``synthetic/mixed``.

    >>> (best,) = Mixed().minimisers()
    >>> training = Mixed().start(best, seed=0, device="cpu")
    >>> [round(training.advance(epochs).loss, 3) for epochs in (1, 9, 27)]
    [0.483, 0.083, 0.05]
    """

    def space(self) -> "ConfigurationSpace":
        """Two floats (one logarithmic), an integer, two categoricals and an ordinal."""
        from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer, OrdinalHyperparameter

        return ConfigurationSpace(
            space=[
                Float("learning_rate", (1e-5, 1e-1), log=True, default=1e-4),
                Float("dropout", (0.0, 0.8)),
                Integer("layers", (1, 6)),
                OrdinalHyperparameter("units", list(UNITS)),
                Categorical("activation", list(ACTIVATION)),
                Categorical("optimizer", list(OPTIMIZER)),
            ]
        )

    def start(self, configuration: Configuration, seed: int, device: str) -> Epochs:
        """The configuration's training; the seed has no part in it."""
        layers, units = int(configuration["layers"]), int(configuration["units"])
        offset, target = OPTIMIZER[str(configuration["optimizer"])]
        place, exponent = PLACE[units], log10(float(configuration["learning_rate"]))
        deeper, wider = layers - 4, place - 3
        limit = (
            LEAST
            + ACTIVATION[str(configuration["activation"])]
            + offset
            + 0.02 * (exponent - target + 0.1 * deeper) ** 2
            + 0.3 * (float(configuration["dropout"]) - DROPOUT[place]) ** 2
            + 0.01 * (deeper * deeper + deeper * wider + wider * wider)
        )
        return Epochs(limit, 0.3 - 0.05 * exponent, 0.01 * (1.0 + layers * units / 64.0))

    def minimisers(self) -> Sequence[Configuration]:
        """The one optimum."""
        return [
            {
                "learning_rate": 1e-3,
                "dropout": 0.3,
                "layers": 4,
                "units": 128,
                "activation": "relu",
                "optimizer": "adam",
            }
        ]
