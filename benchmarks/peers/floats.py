"""Spaces of floats for libraries that know boxes only: a logarithmic float is searched in its logarithm."""

from math import exp, log

from ConfigSpace import ConfigurationSpace
from ConfigSpace.hyperparameters import FloatHyperparameter

from hpobench_baselines.third_party.translation import refuse_priors
from hpobench_tui.core import HpobenchError


def floats(space: ConfigurationSpace, library: str) -> list[FloatHyperparameter]:
    """The hyperparameters of a space of floats.

    Raises:
        HpobenchError: it has anything else, conditions, forbiddens or priors.
    """
    refuse_priors(space, library)
    if space.conditions or space.forbidden_clauses:
        raise HpobenchError(f"{library} cannot take conditions and forbidden combinations.")
    found = []
    for hyperparameter in space.values():
        if not isinstance(hyperparameter, FloatHyperparameter):
            raise HpobenchError(f"{library} takes floats only, not {hyperparameter}.")
        found.append(hyperparameter)
    return found


def bounds(hyperparameter: FloatHyperparameter) -> tuple[float, float]:
    """The interval that is searched."""
    low, high = float(hyperparameter.lower), float(hyperparameter.upper)
    return (log(low), log(high)) if hyperparameter.log else (low, high)


def value(hyperparameter: FloatHyperparameter, searched: float) -> float:
    """The hyperparameter's value at a point of that interval; points beyond it count as its ends."""
    reached = exp(searched) if hyperparameter.log else searched
    return min(max(reached, float(hyperparameter.lower)), float(hyperparameter.upper))
